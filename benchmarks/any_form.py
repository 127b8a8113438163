"""Mixed sheets of every kind of form, without markers and badly treated: which is it, and where exactly?

    python -m benchmarks.any_form [--sheets 300] [--foreign 60] [--cores 2]

Each sheet is filled by an invented hand, loses its corner markers, is photocopied twice, and goes through the
scanner any way up; every other one was stretched by a feeder, every fourth has stamps over one half. Then
``foreign`` sheets of forms that the reader was not told of: none of them may be taken for another for sure.
An error is the distance of a field's corner from where it truly lies on the page, in millimetres of the form.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.intervals import Share
from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.forms import FormReader, ReaderSettings
from ocr.forms.bend import bend_of, onto_page
from ocr.load import PageImage
from ocr.results import SlipReading
from ocr.thresholds import load_thresholds
from simulate import files, scanner
from simulate.copies import Copy, Side, covered, photocopied, scanned, stamped_over, stretched
from simulate.fill import Writer, fill
from simulate.hands import HANDS
from simulate.paper import Grey, blank, personal, written
from simulate.strokes import Pen
from templates import all_templates
from templates.catalogue import in_use
from templates.model import Field, Template

DPI = 200
OUT = Path(__file__).parent / "out"
_CACHE = OUT / "blanks"
_SIDES: tuple[Side, ...] = ("top", "bottom", "left", "right")


@dataclass(frozen=True)
class Sheet:
    """What became of one sheet; errors in millimetres, empty where it was not found as what it is."""

    number: int
    template: str
    known: bool
    said: str
    outcome: str
    sure: bool
    accepted: bool
    residual_mm: float
    seconds: float
    errors: list[float] = field(default_factory=list)


@cache
def forms() -> tuple[Template, ...]:
    """The kinds of sheets: the newest version of each form for customers."""
    newest: dict[str, Template] = {}
    for template in in_use(all_templates()):
        if template.purpose != "header" and newest.get(template.name, template).version <= template.version:
            newest[template.name] = template
    return tuple(newest.values())


@cache
def reader(without: str = "") -> FormReader:
    """A reader of all shipped forms but one."""
    known = [template for template in in_use(all_templates()) if template.key != without]
    return FormReader(known, CellClassifier.load(threads=1), settings=ReaderSettings(blanks=_CACHE))


def corners(template: Template) -> NDArray[np.float64]:
    """Every corner of every cell and box, (n, 2) mm."""
    boxes = [box for each in template.fields for box in each.cells or (each.box,)]
    return np.array([[x, y] for b in boxes for x in (b.x_mm, b.right_mm) for y in (b.y_mm, b.bottom_mm)])


def value(where: Field, rng: np.random.Generator) -> str:
    """Something to write into a field."""
    if where.kind == "date":
        return f"{rng.integers(1, 29):02d}{rng.integers(1, 13):02d}2026"
    if where.kind == "date_line":
        return f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.26"
    if where.kind in ("digits", "digits_line"):
        return "".join(str(rng.integers(10)) for _ in where.cells or range(5))
    if where.kind == "tick":
        return "ticked" if rng.random() < 0.6 else ""
    return "" if where.kind in ("printed", "typed", "code") else "ул. Мира, 12-7"


@cache
def _personal(template: Template, account: str) -> Grey:
    return personal(template, account, DPI)


def page(template: Template, number: int) -> Copy:
    """The page image of sheet ``number`` and where its fields' corners are (px)."""
    rng = np.random.default_rng(number)
    pen = Pen(width=float(rng.uniform(0.35, 0.6)), darkness=0.95, shade=int(rng.integers(20, 90)))
    writer = Writer(HANDS[int(rng.integers(len(HANDS)))], pen)
    says = {each.name: value(each, rng) for each in template.fields}
    says = {name: text for name, text in says.items() if text}
    printed = (
        _personal(template, f"1210001234{int(rng.integers(10)):02d}")
        if template.personal
        else blank(template, DPI)
    )
    paper = written(fill(template, says, writer, rng), printed, DPI, rng)
    to_px = np.array([paper.shape[1] / template.width_mm, paper.shape[0] / template.height_mm])
    copy = Copy(paper, corners(template) * to_px - 0.5)
    boxes = [marker.box.grown(2.0) for marker in template.markers]
    copy = covered(copy, DPI, [(b.x_mm, b.y_mm, b.w_mm, b.h_mm) for b in boxes])
    if number % 4 == 1:
        copy = stamped_over(copy, DPI, _SIDES[int(rng.integers(4))], rng)
    for _ in range(2):
        copy = photocopied(copy, DPI, rng)
    if number % 2:
        copy = stretched(copy, DPI, rng)
    copy = scanned(copy, scanner.random_scan(rng), rng)
    with Image.open(io.BytesIO(files.jpeg(copy.grey, DPI))) as image:
        return Copy(np.asarray(image.convert("L"), dtype=np.uint8), copy.points)


def read(job: tuple[int, bool]) -> list[Sheet]:
    """One sheet, written, scanned and read; ``job``: its number, and whether its form is known."""
    number, known = job
    template = forms()[number % len(forms())]
    copy = page(template, number)
    began = time.process_time()
    slips = reader("" if known else template.key).read_page(PageImage(copy.grey, float(DPI)))
    spent = time.process_time() - began
    return [_sheet(number, template, slip, copy, known=known, seconds=spent) for slip in slips]


def _sheet(
    number: int, template: Template, slip: SlipReading, copy: Copy, *, known: bool, seconds: float
) -> Sheet:
    errors: list[float] = []
    place = slip.registration
    if slip.template == template.key and slip.outcome == "read" and place is not None:
        bend = bend_of(place, template.width_mm, template.height_mm)
        px = onto_page(np.array(place.homography).reshape(3, 3), bend, corners(template))
        errors = [round(float(e) * 25.4 / DPI, 4) for e in np.linalg.norm(px - copy.points, axis=1)]
    return Sheet(
        number,
        template.key,
        known,
        slip.template or "",
        slip.outcome,
        Reason.FORM_UNSURE not in slip.reasons,
        _accepted(slip),
        -1.0 if place is None or not np.isfinite(place.residual_mm) else round(place.residual_mm, 3),
        round(seconds, 3),
        errors,
    )


def _accepted(slip: SlipReading) -> bool:
    """Whether account and reading would pass the thresholds in force for scanned slips."""
    row = load_thresholds()("station", slip.template or "", slip.model).lowest
    needed = [row.get(name) for name in ("account", "reading")]
    got = [slip.fields[name].confidence if name in slip.fields else 0.0 for name in ("account", "reading")]
    clear = slip.outcome == "read" and Reason.FORM_UNSURE not in slip.reasons
    return clear and all(low is not None and have >= low for low, have in zip(needed, got, strict=True))


def report(sheets: Sequence[Sheet]) -> str:
    """What the sheets gave, in words and numbers."""
    mine = [sheet for sheet in sheets if sheet.known]
    foreign = [sheet for sheet in sheets if not sheet.known]
    numbers = sorted({sheet.number for sheet in mine})
    right, found = Share(), Share()
    for number in numbers:
        said = [sheet for sheet in mine if sheet.number == number]
        right.add(len(said) == 1 and said[0].said == said[0].template)
        found.add(len(said) == 1 and said[0].said == said[0].template and said[0].outcome == "read")
    errors = np.array([e for sheet in mine for e in sheet.errors])
    worst = np.array([max(sheet.errors) for sheet in mine if sheet.errors])
    within = Share(int((worst <= 0.5).sum()), len(worst))
    wrong = [s for s in sheets if s.outcome == "read" and s.said != s.template]
    lines = [
        f"right template          {right}",
        f"… and registered        {found}",
        f"field corners (mm)      p50 {np.median(errors):.3f}, p95 {np.quantile(errors, 0.95):.3f}, "
        f"max {errors.max():.3f}, n {len(errors)}",
        f"sheets within 0.5 mm    {within}",
        f"of these unsure         {Share(sum(not s.sure for s in mine if s.errors), len(worst))}",
        f"read as a wrong form    {len(wrong)}, for sure {sum(s.sure for s in wrong)}, "
        f"with an accepted value {sum(s.accepted for s in wrong)}",
        f"foreign sheets          {len({s.number for s in foreign})}: not found "
        f"{sum(s.outcome != 'read' for s in foreign)}, taken for another, unsure "
        f"{sum(s.outcome == 'read' and not s.sure for s in foreign)}, for sure "
        f"{sum(s.outcome == 'read' and s.sure for s in foreign)}",
        f"processor time (s)      p50 {np.median([s.seconds for s in mine]):.2f}, "
        f"p95 {np.quantile([s.seconds for s in mine], 0.95):.2f} a sheet, recognition included",
        f"kinds                   {dict(Counter(s.template for s in mine))}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print; a line a sheet goes to ``benchmarks/out/any_form.jsonl``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=300)
    parser.add_argument("--foreign", type=int, default=60)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="number of the first sheet")
    given = parser.parse_args()
    jobs = [(given.first + n, True) for n in range(given.sheets)]
    jobs += [(given.first + given.sheets + n, False) for n in range(given.foreign)]
    sheets: list[Sheet] = []
    OUT.mkdir(exist_ok=True)
    with (
        (OUT / "any_form.jsonl").open("w", encoding="utf-8") as out,
        get_context("spawn").Pool(given.cores) as pool,
    ):
        for some in pool.imap_unordered(read, jobs):
            sheets += some
            for sheet in some:
                out.write(json.dumps(asdict(sheet)) + "\n")
            out.flush()
    print(report(sheets))


if __name__ == "__main__":
    main()
