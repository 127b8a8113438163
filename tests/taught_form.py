"""A form without markers for tests: the drop-box slip with its corner markers covered, as a scan of it."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulate import fill, hands, paper, scanner
from templates.catalogue import SHIPPED
from templates.loader import load_template
from templates.model import Template
from templates.printing import picture

Grey = NDArray[np.uint8]
FORM = SHIPPED / "krasnoyarskenergosbyt" / "dropbox.yaml"
VALUES = {
    "account": "121000000001",
    "address": "ул. Мира, 12-45",
    "reading": "05600",
    "date": "24112026",
    "signature": "x",
}


@cache
def form() -> Template:
    """The form that is printed."""
    return load_template(FORM)


@cache
def _printed(dpi: int) -> Grey:
    grey = np.array(picture(form(), dpi).convert("L"))
    for marker in form().markers:
        box = marker.box.grown(1.0)
        left, top, right, bottom = (
            round(v / 25.4 * dpi) for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)
        )
        cv2.rectangle(grey, (left, top), (right, bottom), 255, -1)
    return grey


def blank(dpi: int = 150) -> Grey:
    """The empty form."""
    return _printed(dpi).copy()


def filled(seed: int = 3, dpi: int = 150) -> Grey:
    """The form filled by hand and scanned, turned by a third of a degree."""
    rng = np.random.default_rng(seed)
    writer = fill.Writer(hand=hands.HANDS[seed % len(hands.HANDS)])
    sheet = paper.written(fill.fill(form(), VALUES, writer, rng), blank(dpi), dpi, rng)
    seen = scanner.scan(sheet, scanner.Scan(blur_px=0.4, noise=3), rng)
    turn = cv2.getRotationMatrix2D((seen.shape[1] / 2, seen.shape[0] / 2), 0.3, 1.0)
    turned = cv2.warpAffine(seen, turn, (seen.shape[1], seen.shape[0]), borderValue=245)
    return np.ascontiguousarray(turned, dtype=np.uint8)


def png(grey: Grey, dpi: int | None = 150) -> bytes:
    """As a file that says its resolution."""
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def yaml(reference: str, name: str = "my-slip") -> str:
    """The form's YAML as somebody would write it who has a picture of it."""
    lines = []
    for line in FORM.read_text("utf-8").splitlines():
        if line.startswith(("code:", "markers:", "style:")):
            continue
        if line.startswith("texts:"):
            break
        lines.append(f"name: {name}\nreference: {reference}" if line.startswith("name:") else line)
    return "\n".join(lines) + "\n"


def written(folder: Path, name: str = "my-slip") -> Path:
    """The YAML with its picture beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "blank.png").write_bytes(png(blank()))
    path = folder / f"{name}.yaml"
    path.write_text(yaml("blank.png", name), "utf-8")
    return path
