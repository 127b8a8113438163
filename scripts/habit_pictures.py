"""Draws the pictures of docs/habits.md: one for each habit that ``simulate.habits`` knows.

    python -m scripts.habit_pictures [FOLDER]

The same pictures each time, of invented hands.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from simulate.fill import Manner, Writer
from simulate.habits import HABITS, Slip, draw
from simulate.hands import HANDS
from simulate.paper import Grey, blank
from simulate.scanner import Scan, scan
from simulate.strokes import Pen
from templates import find

DPI = 110
#: Which draw of each habit shows it best; 1 where none is named.
SEEDS = {"z_through": 4, "off_centre": 6, "oversized": 3, "two_in_a_cell": 2}


def main() -> int:
    """Draw them all."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/habits")
    folder.mkdir(parents=True, exist_ok=True)
    for name in HABITS:
        picture = Image.fromarray(part(name)).quantize(8, dither=Image.Dither.NONE)
        picture.save(folder / f"{name}.png", optimize=True)
    return 0


def part(name: str) -> Grey:
    """The row of the slip that the habit is in."""
    rng = np.random.default_rng(SEEDS.get(name, 1))
    template = find("krasnoyarsk-dropbox")
    reading = "0563" if name in {"comma_in_cell", "z_through", "dashes", "dash_through"} else "05630"
    values = {"account": "121000123456", "reading": reading, "date": "05112026"}
    writer = Writer(HANDS[0], Pen(width=0.45, darkness=0.95, shade=45))
    habitual = HABITS[name](Slip(template, values, writer, rng, manner=Manner()))
    page = scan(draw(habitual, blank(template, DPI), DPI, rng), Scan(noise=0.0, blur_px=0.4, gain=0.97), rng)
    box = template.field(habitual.field).box
    top, bottom = box.y_mm - 6.5, box.bottom_mm + 5.5
    left, right = box.x_mm - 2.0, box.x_mm + 74.0
    y0, y1, x0, x1 = (round(mm * DPI / 25.4) for mm in (top, bottom, left, right))
    return page[y0:y1, x0:x1]


if __name__ == "__main__":
    sys.exit(main())
