"""Forms that are none of ours: each taught from one *filled* scan, then found and read on other scans.

    python -m benchmarks.foreign_forms [--sheets 50] [--cores 2] [--show FOLDER]

Two forms in the manner of those that the world has: a full page for samples of handwriting (long boxes with
thin lines for strings of 2 to 10 digits, small print, a paragraph to copy), and an exam sheet (combs: a rule
with ticks and no lid; bubbles; timing marks). They are taught by the functions that the designer's pages use:
places found by themselves, of them those kept that a person would keep, the picture emptied, the YAML loaded.
An error is the distance of a field's corner from where it truly lies on the page, in millimetres of the form;
the error of the place that was found on the teaching scan is in it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.foreign_drawings import FORMS, Drawn
from benchmarks.intervals import Share
from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.forms import FormReader
from ocr.forms.bend import bend_of, onto_page
from ocr.layout import DPI, Named, find_places, straighten
from ocr.layout.naming import kind_of
from ocr.load import PageImage
from ocr.results import SlipReading
from services.designing import emptied
from services.draft import DraftField, DraftForm, proposed
from services.draft_yaml import Head, yaml_of
from simulate.copies import Copy, moved, scanned
from simulate.fill import Writer, fill
from simulate.hands import HANDS
from simulate.paper import written
from simulate.scanner import Scan
from simulate.strokes import Pen
from templates.loader import load_template
from templates.model import Box, Template

#: Grey level below which a scan in black and white has ink.
_BLACK = 150
#: A found place is a field of the form when it covers this share of it, and as much of itself.
_SAME = 0.6


@dataclass(frozen=True)
class Taught:
    """What came of teaching a form: ``fields``: found place → its true field, by name."""

    template: Template
    fields: dict[str, str]
    missing: tuple[str, ...]
    stray: int
    seconds: float


@dataclass(frozen=True)
class Read:
    """What became of one scan; errors in mm, ``values``: per digit field what was written, read, how sure."""

    form: str
    number: int
    outcome: str
    said: str
    sure: bool
    seconds: float
    errors: dict[str, float] = field(default_factory=dict)
    values: dict[str, tuple[str, str, float]] = field(default_factory=dict)


def says(drawn: Drawn, rng: np.random.Generator) -> dict[str, str]:
    """What is written into the form's digit fields and boxes."""
    values = {}
    for each in drawn.template.fields:
        length = drawn.lengths.get(each.name, 0)
        if length:
            values[each.name] = "".join(str(rng.integers(10)) for _ in range(length))
        elif each.kind == "tick":
            values[each.name] = "ticked" if rng.random() < 0.25 else ""
        else:
            values[each.name] = "ул. Мира, 12-7"
    return {name: value for name, value in values.items() if value}


def page(drawn: Drawn, number: int) -> tuple[Copy, int, dict[str, str]]:
    """Scan ``number``: the page with the true corners of its fields (px), its dpi, what was written."""
    rng = np.random.default_rng(10_000 + number)
    dpi = (200, 300)[number % 2]
    pen = Pen(width=float(rng.uniform(0.35, 0.6)), darkness=0.95, shade=int(rng.integers(20, 90)))
    writer = Writer(HANDS[int(rng.integers(len(HANDS)))], pen)
    texts = says(drawn, rng)
    paper = written(fill(drawn.template, texts, writer, rng), drawn.picture(dpi), dpi, rng)
    copy = Copy(paper, corners([f.box for f in drawn.template.fields]) * dpi / 25.4 - 0.5)
    zoom, shift = 1.0 + rng.uniform(-0.01, 0.01, 2), rng.normal(0.0, 1.5, 2) * dpi / 25.4
    matrix = np.array([[zoom[0], 0.0, shift[0]], [0.0, zoom[1], shift[1]]])
    copy = moved(copy, matrix, (paper.shape[1], paper.shape[0]))
    lid = int(rng.choice([252, 240, 60]))
    skew = float(np.clip(rng.normal(0.0, 0.8), -2.5, 2.5))
    scan = Scan(skew_deg=skew, blur_px=0.5, noise=float(rng.uniform(1.5, 6.0)), lid=lid)
    height, width = copy.grey.shape
    copy = scanned(copy, scan, rng)
    # A scanner's page is as large as its paper, whatever lies askew on it.
    left, top = (copy.grey.shape[1] - width) // 2, (copy.grey.shape[0] - height) // 2
    grey = np.ascontiguousarray(copy.grey[top : top + height, left : left + width])
    if number % 4 >= 2:
        grey = np.where(grey < _BLACK, 0, 255).astype(np.uint8)
    return Copy(grey, copy.points - np.array([left, top])), dpi, texts


def corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Every corner of every box, (4n, 2) mm."""
    return np.array([[x, y] for b in boxes for x in (b.x_mm, b.right_mm) for y in (b.y_mm, b.bottom_mm)])


def teach(drawn: Drawn, number: int, folder: Path) -> Taught:
    """Teach a form from its filled scan ``number``; a person would only say which place is which field."""
    copy, _, _ = page(drawn, number)
    began = time.process_time()
    width, height = drawn.template.width_mm, drawn.template.height_mm
    grey, _ = straighten(copy.grey, width, height)
    places = find_places(grey, DPI, filled=True)
    spent = time.process_time() - began
    at = _onto_straight(copy, width, height).reshape(-1, 4, 2)
    true = {f.name: _around(points) for f, points in zip(drawn.template.fields, at, strict=True)}
    kept: list[DraftField] = []
    names: dict[str, str] = {}
    for place in places:
        name = next((n for n, box in true.items() if _same(box, place.box) and n not in names.values()), None)
        if name is None:
            continue
        kind = drawn.template.field(name).kind if place.shape != "cells" else kind_of(place, "")
        called = "account" if name == drawn.account else f"field_{len(kept)}"
        names[called] = name
        kept.append(proposed(Named(place, name, called, kind)))
    form = DraftForm(
        drawn.template.title,
        drawn.template.name,
        width,
        height,
        "questionnaire",
        filled=True,
        fields=tuple(kept),
    )
    Image.fromarray(emptied(grey, form)).save(folder / f"{drawn.template.name}.png", dpi=(DPI, DPI))
    path = folder / f"{drawn.template.name}@1.yaml"
    head = Head(1, "krasnoyarskenergosbyt", f"{drawn.template.name}.png", "taught from one scan")
    path.write_text(yaml_of(form, head), "utf-8")
    missing = tuple(name for name in true if name not in names.values())
    return Taught(load_template(path), names, missing, len(places) - len(kept), spent)


def _onto_straight(copy: Copy, width: float, height: float) -> NDArray[np.float64]:
    """Where the true corners are on the straightened picture (mm), by the marks that stood there."""
    from ocr.layout.upright import skew

    size = np.array([round(width / 25.4 * DPI), round(height / 25.4 * DPI)])
    points = (copy.points + 0.5) * size / np.array([copy.grey.shape[1], copy.grey.shape[0]]) - 0.5
    angle = skew(copy.grey)
    if abs(angle) >= 0.03:
        turn = np.asarray(cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), angle, 1.0))
        points = points @ turn[:, :2].T + turn[:, 2]
    straight: NDArray[np.float64] = (points + 0.5) * 25.4 / DPI
    return straight


def _around(points: NDArray[np.float64]) -> Box:
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(float(x0), float(y0), float(x1 - x0), float(y1 - y0))


def _same(a: Box, b: Box) -> bool:
    across = min(a.right_mm, b.right_mm) - max(a.x_mm, b.x_mm)
    down = min(a.bottom_mm, b.bottom_mm) - max(a.y_mm, b.y_mm)
    common = max(0.0, across) * max(0.0, down)
    return common > _SAME * a.w_mm * a.h_mm and common > _SAME * b.w_mm * b.h_mm


@cache
def ready(folder: str) -> tuple[FormReader, dict[str, Taught]]:
    """The forms, taught, and a reader that knows both; once a process."""
    taught = {drawn.template.name: teach(drawn, 3, Path(folder)) for drawn in FORMS}
    reader = FormReader([t.template for t in taught.values()], CellClassifier.load(threads=1))
    return reader, taught


def read(job: tuple[str, int, str]) -> Read:
    """One scan, written, scanned and read; ``job``: the form's name, the scan's number, a folder."""
    name, number, folder = job
    reader, taught = ready(folder)
    drawn = next(each for each in FORMS if each.template.name == name)
    copy, dpi, texts = page(drawn, 100 + number)
    began = time.process_time()
    slip = reader.read_page(PageImage(copy.grey, float(dpi)))[0]
    return _judged(drawn, taught[name], number, copy, dpi, texts, slip, time.process_time() - began)


def _judged(
    drawn: Drawn,
    known: Taught,
    number: int,
    copy: Copy,
    dpi: int,
    texts: dict[str, str],
    slip: SlipReading,
    seconds: float,
) -> Read:
    errors: dict[str, float] = {}
    values: dict[str, tuple[str, str, float]] = {}
    place, template = slip.registration, known.template
    if slip.template == template.key and slip.outcome == "read" and place is not None:
        order = [f.name for f in drawn.template.fields]
        matrix, bend = (
            np.array(place.homography).reshape(3, 3),
            bend_of(place, template.width_mm, template.height_mm),
        )
        for each in template.fields:
            name = known.fields[each.name]
            truth = copy.points[4 * order.index(name) : 4 * order.index(name) + 4]
            px = onto_page(matrix, bend, corners([each.box]))
            far = np.linalg.norm(px - truth, axis=1) * 25.4 / dpi
            if drawn.open_top(name):
                # How high a comb's cells are taken to be is a choice: its lower corners are seen.
                far = far[[1, 3]]
            errors[name] = round(float(far.max()), 3)
            if drawn.lengths.get(name):
                got = slip.fields[each.name]
                values[name] = (texts.get(name, ""), got.value or "", got.confidence)
    unsure = Reason.FORM_UNSURE in slip.reasons
    return Read(
        drawn.template.name, number, slip.outcome, slip.template or "", not unsure, seconds, errors, values
    )


def report(taught: dict[str, Taught], reads: Sequence[Read]) -> str:
    """What each form gave."""
    lines = []
    for name, known in taught.items():
        mine = [each for each in reads if each.form == name]
        right = [each for each in mine if each.outcome == "read" and each.said == f"{name}@1"]
        errors = np.array([e for each in right for e in each.errors.values()] or [np.nan])
        worst = np.array([max(each.errors.values()) for each in right if each.errors])
        values = [v for each in right for v in each.values.values()]
        sure = [v for v in values if v[2] >= 0.99]
        lines += [
            f"{name}: {len(known.fields)} of {len(known.fields) + len(known.missing)} fields found by "
            f"themselves, {known.stray} other places, {known.seconds:.1f} s",
            f"  not found       {', '.join(known.missing) or '-'}",
            f"  located         {Share(len(right), len(mine))}, "
            f"unsure {sum(not each.sure for each in right)}",
            f"  corners (mm)    p50 {np.median(errors):.3f}, p95 {np.quantile(errors, 0.95):.3f}, "
            f"max {errors.max():.3f}; sheets within 0.5 mm {Share(int((worst <= 0.5).sum()), len(mine))}",
            f"  digit fields    {Share(sum(a == b for a, b, _ in values), len(values))} right; at 0.99 "
            f"{len(sure)} of {len(values)} are sure, wrong of them {sum(a != b for a, b, _ in sure)}",
            f"  processor time  {np.median([each.seconds for each in mine] or [0]):.2f} s a sheet",
            f"  outcomes        {dict(Counter(each.outcome for each in mine))}",
        ]
    return "\n".join(lines)


def show(folder: Path, number: int = 3) -> None:
    """The teaching scans as pictures, with what was found on them."""
    folder.mkdir(parents=True, exist_ok=True)
    for drawn in FORMS:
        copy, _, _ = page(drawn, number)
        grey, _ = straighten(copy.grey, drawn.template.width_mm, drawn.template.height_mm)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        colours = {"cells": (0, 140, 0), "box": (0, 0, 230), "tick": (220, 0, 0), "rule": (200, 0, 200)}
        for place in find_places(grey, DPI, filled=True):
            for box in place.cells or (place.box,):
                edges = (np.array([box.x_mm, box.y_mm, box.right_mm, box.bottom_mm]) * DPI / 25.4).round()
                x0, y0, x1, y1 = (int(v) for v in edges)
                cv2.rectangle(picture, (x0, y0), (x1, y1), colours[place.shape], 2)
        cv2.imwrite(str(folder / f"{drawn.template.name}.png"), picture)


def main() -> None:
    """Teach, read, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=50)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--show", type=Path, help="draw what is found on the teaching scans, and stop")
    given = parser.parse_args()
    if given.show:
        show(given.show)
        return
    with tempfile.TemporaryDirectory() as folder:
        _, taught = ready(folder)
        jobs = [(drawn.template.name, n, folder) for drawn in FORMS for n in range(given.sheets)]
        if given.cores == 1:
            reads = [read(job) for job in jobs]
        else:
            with get_context("spawn").Pool(given.cores) as pool:
                reads = list(pool.imap_unordered(read, jobs))
    print(report(taught, reads))


if __name__ == "__main__":
    main()
