"""From the plan to files as scanners and phones write them, and what does not belong among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop.demo.filling import Forms, picture
from meterdrop.demo.plan import Expectation, Kind, Slip, expectation
from simulate import damage, files, paper
from simulate.hands import HANDS
from simulate.lines import line
from simulate.paper import Grey, Placed
from simulate.scanner import Scan, photograph, random_scan, scan
from simulate.strokes import Pen, draw, lay

FEEDER, FLATBED, LATE = "box-1-feeder.pdf", "box-2-flatbed.pdf", "box-3-late.jpg"
FEEDER_DPI, FLATBED_DPI, PHOTO_DPI = 300, 200, 220

_WORDS = ("просим", "проверить", "мой", "и", "тариф", "за", "апрель", "май", "спасибо", "кв")

#: Which sheet: file name, page from 1, slip on the page from 1.
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Papers:
    """The files of the demo, and how each sheet may end.

    ``twins``: pairs of sheets that show one and the same paper; whichever came second is the duplicate.
    ``late``: files from a box that was emptied on another day.
    """

    files: tuple[Path, ...]
    late: tuple[Path, ...]
    sheets: Mapping[Place, Expectation]
    twins: tuple[tuple[Place, Place], ...]


class _Desk:
    """Collects pages and expectations while papers are made."""

    def __init__(self, folder: Path, forms: Forms, rng: np.random.Generator) -> None:
        self.folder, self.forms, self.rng = folder, forms, rng
        self.sheets: dict[Place, Expectation] = {}
        self.pages: dict[str, list[tuple[bytes, int]]] = {FEEDER: [], FLATBED: []}

    def page(self, name: str, image: Grey, dpi: int, expected: Sequence[Expectation]) -> Place:
        self.pages[name].append((files.jpeg(image, dpi, int(self.rng.integers(70, 86))), dpi))
        number = len(self.pages[name])
        for slip, each in enumerate(expected, start=1):
            self.sheets[name, number, slip] = each
        return (name, number, 1)

    def write(self, name: str, data: bytes, expected: Expectation | None = None) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        if expected is not None:
            self.sheets[name, 1, 1] = expected
        return path


def make(slips: Sequence[Slip], forms: Forms, folder: Path, rng: np.random.Generator) -> Papers:
    """Fill, damage and scan every slip of the plan, add what goes wrong in an office, write it all to
    ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    desk = _Desk(folder, forms, rng)
    regular = [slip for slip in slips if slip.kind is not Kind.OUTSIDE]
    pair = _feeder(desk, [slip for slip in regular if slip.where == "feeder"])
    twin = _flatbed(desk, [slip for slip in regular if slip.where == "flatbed"], pair[1])
    written = [desk.write(name, files.pdf_of_jpegs(pages)) for name, pages in desk.pages.items()]
    written += [_photo(desk, slip) for slip in regular if slip.where == "photo"]
    written += _strays(desk, written[-1])
    late = [_late(desk, slip) for slip in slips if slip.kind is Kind.OUTSIDE]
    return Papers(tuple(written), tuple(late), desk.sheets, ((pair[0], twin),))


def _feeder(desk: _Desk, slips: Sequence[Slip]) -> tuple[Place, Grey]:
    """A5 slips through a duplex feeder at 300 dpi; returns the place and paper of one that is scanned
    again.
    """
    rng = desk.rng
    kept: list[tuple[Place, Grey]] = []
    plain = [i for i, slip in enumerate(slips) if slip.kind is Kind.PLAIN]
    again, stamped, folded, torn, faint = (plain + [-1] * 5)[:5]
    for index, slip in enumerate(slips):
        sheet = picture(slip, desk.forms, FEEDER_DPI, rng)
        if index == stamped:
            sheet = damage.stamp(sheet, FEEDER_DPI, (118.0, 168.0), rng)
        if index == folded:
            sheet = damage.fold(sheet, FEEDER_DPI, rng)
        if index == torn:
            sheet = damage.torn(sheet, FEEDER_DPI, "br", rng)
        settings = random_scan(rng, skew_deg=4.0)
        if index == faint:
            settings = replace(settings, fade=0.35)
        image = scan(damage.dust(sheet, FEEDER_DPI, rng, 12), settings, rng)
        place = desk.page(FEEDER, image, FEEDER_DPI, [expectation(slip)])
        if index == again:
            kept.append((place, sheet))
        if index % 9 == 4:
            _blank_back(desk, sheet)
    return kept[0]


def _blank_back(desk: _Desk, front: Grey) -> None:
    """The back of a slip: nothing but what shines through."""
    back = damage.bleed(np.full(front.shape, 255, np.uint8), front, strength=0.06)
    image = scan(back, random_scan(desk.rng, 2.0, turned=False), desk.rng)
    desk.page(FEEDER, image, FEEDER_DPI, [Expectation("blank back", frozenset({SheetState.BLANK}))])


def _flatbed(desk: _Desk, slips: Sequence[Slip], again: Grey) -> Place:
    """Two slips on each A4 page at 200 dpi, laid down by hand; the last page holds a slip scanned before."""
    rng = desk.rng
    for first in range(0, len(slips), 2):
        pair = slips[first : first + 2]
        laid = [
            # An A5 slip lies across the A4 page: turned by a quarter, so that two fit below one another.
            Placed(np.ascontiguousarray(np.rot90(picture(slip, desk.forms, FLATBED_DPI, rng), 1)), 0.0, 0.0)
            for slip in pair
        ]
        placed = [_lay(each, row, rng) for row, each in enumerate(laid)]
        sheet = paper.sheet(placed, FLATBED_DPI)
        settings = replace(random_scan(rng, 1.0, turned=False), lid=245)
        image = scan(damage.dust(sheet, FLATBED_DPI, rng, 20), settings, rng)
        desk.page(FLATBED, image, FLATBED_DPI, [expectation(slip) for slip in pair])
    small = Placed(
        _shrink(again, FLATBED_DPI / FEEDER_DPI), float(rng.uniform(5, 50)), float(rng.uniform(5, 70)), 6.0
    )
    settings = Scan(skew_deg=-1.0, noise=4.0)
    image = scan(paper.sheet([small], FLATBED_DPI), settings, rng)
    return desk.page(
        FLATBED, image, FLATBED_DPI, [Expectation("same slip again", frozenset({SheetState.DUPLICATE}))]
    )


def _lay(slip: Placed, row: int, rng: np.random.Generator) -> Placed:
    y = 0.2 + row * 148.4
    return replace(slip, x_mm=float(rng.uniform(-0.2, 0.6)), y_mm=y, turn_deg=float(rng.normal(0.0, 0.12)))


def _shrink(grey: Grey, factor: float) -> Grey:
    import cv2

    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _photo(desk: _Desk, slip: Slip) -> Path:
    """By phone, as a customer sends it when he missed the box; clerks drop such files in too."""
    image = photograph(picture(slip, desk.forms, PHOTO_DPI, desk.rng), desk.rng, strength=0.05, shadow=0.35)
    return desk.write(f"phone-{slip.number:02d}.jpg", files.jpeg(image, 72, 80), expectation(slip))


def _late(desk: _Desk, slip: Slip) -> Path:
    image = scan(picture(slip, desk.forms, FLATBED_DPI, desk.rng), random_scan(desk.rng), desk.rng)
    return desk.write(LATE, files.jpeg(image, FLATBED_DPI, 80), expectation(slip))


def _strays(desk: _Desk, copied: Path) -> list[Path]:
    """A corrupt PDF, a page that is no slip, and the very same file under another name."""
    rng = desk.rng
    corrupt = Expectation("corrupt PDF", frozenset({SheetState.UNREADABLE}), frozenset({Reason.CORRUPT_FILE}))
    foreign = Expectation(
        "foreign page", frozenset({SheetState.REVIEW}), frozenset({Reason.TEMPLATE_NOT_FOUND})
    )
    return [
        desk.write("corrupt.pdf", b"%PDF-1.5\n" + rng.bytes(4000), corrupt),
        desk.write("letter.jpg", files.jpeg(scan(_letter(rng), random_scan(rng), rng), 200, 80), foreign),
        # The same bytes: another receipt, no further sheet.
        desk.write("copy-of-" + copied.name, copied.read_bytes()),
    ]


def _letter(rng: np.random.Generator) -> Grey:
    """Somebody put a letter into the box."""
    sheet = np.full((round(297 * 200 / 25.4), round(210 * 200 / 25.4)), 255, np.uint8)
    pen = Pen(width=0.07, shade=50)
    for row in range(14):
        words = rng.choice(_WORDS, 5, replace=False)
        ink = draw(line(" ".join(words), HANDS[row % 2], rng), 52.0, pen, rng)
        lay(sheet, ink, 150 + int(rng.integers(-10, 10)), 250 + row * 120, pen.shade)
    return sheet
