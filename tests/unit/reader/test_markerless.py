"""Forms that are found and registered by their own print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr.cells import CellClassifier
from ocr.forms import FormReader, rectify
from ocr.forms.bend import bend_of, onto_page
from ocr.forms.markerless import PrintLibrary
from ocr.forms.markerless.registering import registered
from ocr.forms.registration import Registered
from ocr.forms.seeing import see
from ocr.forms.settings import ReaderSettings
from ocr.load import PageImage
from ocr.thresholds import load_thresholds
from simulate import scanner
from simulate.copies import Copy, covered, photocopied, scanned, stamped_over, stretched
from simulate.paper import Placed
from simulate.paper import sheet as lay_out
from simulate.scanner import Scan
from templates import find
from templates.model import Box, Field, Template
from tests.unit.reader.slips import Grey, blank, crossed, dropbox, filled

#: Whole sheets, each looked at with every form that there is.
pytestmark = pytest.mark.slow

SETTINGS = ReaderSettings()
DPI = 150
GOOD_MM = 0.5


@cache
def forms() -> tuple[Template, ...]:
    return tuple(find(f"krasnoyarsk-{name}") for name in ("dropbox", "dropbox-large", "box"))


@cache
def library() -> PrintLibrary:
    return PrintLibrary(forms())


def corners(template: Template) -> NDArray[np.float64]:
    boxes = [box for field in template.fields for box in field.cells or (field.box,)]
    return np.array([[x, y] for b in boxes for x in (b.x_mm, b.right_mm) for y in (b.y_mm, b.bottom_mm)])


def without_markers(slip: Grey, template: Template) -> Copy:
    """The slip with its corners cut away, and where its fields are."""
    whole = Copy(slip, corners(template) * DPI / 25.4 - 0.5)
    boxes = [marker.box.grown(3.0) for marker in template.markers]
    return covered(whole, DPI, [(b.x_mm, b.y_mm, b.w_mm, b.h_mm) for b in boxes])


def worst_mm(place: Registered, template: Template, points: NDArray[np.float64]) -> float:
    """How far the worst corner of a field is from where it has really come to lie."""
    registration = place.registration
    matrix = np.array(registration.homography).reshape(3, 3)
    bend = bend_of(registration, template.width_mm, template.height_mm)
    px = onto_page(matrix, bend, corners(template))
    return float(np.linalg.norm(px - points, axis=1).max()) * 25.4 / DPI


def only(
    page: Grey, dpi: float | None = DPI, known: PrintLibrary | None = None
) -> tuple[Template, Registered]:
    sight = see(page, dpi, forms(), known or library(), SETTINGS)
    (slip,) = sight.slips
    assert slip.registered is not None
    return slip.template, slip.registered


@pytest.mark.parametrize("turns", [1, 2])
def test_a_slip_without_its_corners_is_found_any_way_up(turns: int) -> None:
    rng = np.random.default_rng(turns)
    slip = without_markers(filled(DPI, rng)[0], dropbox())
    page = scanned(slip, Scan(quarter_turns=turns, skew_deg=3.0 * turns - 5.0), rng)
    template, place = only(page.grey, None if turns % 2 else float(DPI))
    assert (template.key, place.accepted, place.unsure) == ("krasnoyarsk-dropbox@1", True, False)
    assert place.registration.markers_found == 0
    assert place.registration.residual_mm < GOOD_MM
    assert worst_mm(place, template, page.points) < GOOD_MM


@pytest.mark.parametrize("seed", range(2))
def test_the_third_copy_of_a_stretched_slip_under_stamps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    copy = without_markers(filled(DPI, rng)[0], dropbox())
    for _ in range(2):
        copy = photocopied(copy, DPI, rng)
    copy = stamped_over(copy, DPI, ("top", "bottom", "left")[seed], rng)
    copy = scanned(stretched(copy, DPI, rng), scanner.random_scan(rng), rng)
    template, place = only(copy.grey)
    assert (template.key, place.accepted) == ("krasnoyarsk-dropbox@1", True)
    assert worst_mm(place, template, copy.points) < GOOD_MM


def test_cells_of_a_stretched_slip_are_cut_where_they_are_and_shown_so() -> None:
    rng = np.random.default_rng(4)
    copy = stretched(without_markers(crossed(DPI), dropbox()), DPI, rng, most_mm=2.0)
    template, place = only(scanned(copy, Scan(), rng).grey)
    shown = rectify(scanned(copy, Scan(), rng).grey, place.registration, template, SETTINGS.dpi)
    assert np.abs(shown.astype(int) - place.slip.astype(int)).mean() < 6
    plain = replace(place.registration, bend=(), bend_columns=0)
    uneven = rectify(copy.grey, plain, template, SETTINGS.dpi)
    assert np.abs(uneven.astype(int) - place.slip.astype(int)).mean() > 12


def test_a_form_that_is_none_of_them_is_not_found() -> None:
    page = blank(DPI, "krasnoyarsk-personal")
    sight = see(without_markers(page, find("krasnoyarsk-personal")).grey, DPI, forms(), library(), SETTINGS)
    assert not any(
        slip.registered and slip.registered.accepted and not slip.registered.unsure for slip in sight.slips
    )


def test_a_slip_that_lost_its_markers_is_found_beside_one_that_has_them() -> None:
    rng = np.random.default_rng(6)
    first, _ = filled(DPI, rng)
    second = without_markers(filled(DPI, rng)[0], dropbox()).grey
    page = lay_out([Placed(first, 0.0, 0.0), Placed(second, 150.0, 3.0)], DPI, (300.0, 215.0))
    sight = see(page, DPI, forms(), library(), SETTINGS)
    places = [slip.registered.registration.markers_found for slip in sight.slips if slip.registered]
    assert (places, sight.more) == ([4, 0], False)


def moved(template: Template, by_mm: float) -> Template:
    """The next version: its account, with what is printed around it, stands lower."""
    fields, labels = [], []
    for field in template.fields:
        box = field.box
        if field.name in ("account", "address"):
            cells = tuple(replace(cell, y_mm=cell.y_mm + by_mm) for cell in field.cells)
            fields.append(replace(field, cells=cells, box=replace(box, y_mm=box.y_mm + by_mm)))
        else:
            fields.append(field)
    for label, field in zip(template.artwork.labels, template.fields, strict=True):
        moves = field.name in ("account", "address")
        labels.append(replace(label, baseline_mm=label.baseline_mm + by_mm) if moves else label)
    art = replace(template.artwork, labels=tuple(labels))
    return replace(template, version=template.version + 1, fields=tuple(fields), artwork=art)


def test_versions_side_by_side_are_told_apart() -> None:
    versions = (dropbox(), moved(dropbox(), 1.5))
    both = PrintLibrary(versions)
    rng = np.random.default_rng(8)
    for template in versions:
        from simulate.paper import blank as printed

        page = scanned(without_markers(printed(template, DPI), template), Scan(skew_deg=1.0), rng).grey
        (told,) = both.find(page, DPI)
        assert (told.aligned.blank.template.version, told.sure) == (template.version, True)


def test_an_unknown_version_is_not_taken_for_sure() -> None:
    from simulate.paper import blank as printed

    template = moved(dropbox(), 2.0)
    page = without_markers(printed(template, DPI), template).grey
    _, place = only(page)
    assert place.unsure or not place.accepted


def test_blanks_are_kept_and_damaged_ones_made_anew(tmp_path: Path) -> None:
    from ocr.forms.markerless import blanks

    first = blanks.load_blank(dropbox(), tmp_path)
    (file,) = tmp_path.iterdir()
    blanks._load.cache_clear()
    again = blanks.load_blank(dropbox(), tmp_path)
    assert np.array_equal(first.grey, again.grey) and len(first.features) == len(again.features)
    file.write_bytes(b"damaged")
    blanks._load.cache_clear()
    assert np.array_equal(blanks.load_blank(dropbox(), tmp_path).grey, first.grey)


def boxes_and_text(rng: np.random.Generator, says: Sequence[str]) -> Grey:
    """A page of somebody's form with boxes, filled with some of ``says``; always the same print."""
    page = np.full((1240, 900), 255, dtype=np.uint8)
    words = np.random.default_rng(99)
    for row in range(22):
        y = 60 + 52 * row
        text = "".join(chr(int(c)) for c in words.integers(97, 123, 12 + row % 5))
        cv2.putText(page, text, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1, cv2.LINE_AA)
        for box in range(2):
            x = 350 + 260 * box
            cv2.rectangle(page, (x, y - 28), (x + 220, y + 12), 30, 2)
            at = (x + 10 + int(rng.integers(0, 60)), y + int(rng.integers(-4, 6)))
            said = says[int(rng.integers(len(says)))]
            cv2.putText(page, said, at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, float(rng.uniform(0.8, 1.2)), 50, 2)
    return page


def boxes_taught() -> tuple[Field, ...]:
    """Half of the boxes as fields; what is written in the others is a part of the taught picture."""
    scale = 25.4 / DPI
    return tuple(
        Field(
            f"box{row}",
            "digits_line",
            "other",
            False,
            "x",
            Box(350 * scale, y * scale, 220 * scale, 40 * scale),
        )
        for row, y in enumerate(range(32, 1176, 52))
    )


def test_a_form_taught_from_a_filled_scan_is_found_on_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    says = ["71", "4068", "930215", "28", "5577", "1934"]
    picture = tmp_path / "taught.png"
    cv2.imwrite(str(picture), scanner.scan(boxes_and_text(rng, says), Scan(), rng))
    size = (900 * 25.4 / DPI, 1240 * 25.4 / DPI)
    taught = replace(
        find("krasnoyarsk-dropbox"),
        name="taught",
        markers=(),
        form_code=-1,
        fields=boxes_taught(),
        reference=picture,
        width_mm=size[0],
        height_mm=size[1],
    )
    known = PrintLibrary((taught, *forms()))
    grid = np.array([[x, y] for x in (40.0, 450.0, 850.0) for y in (60.0, 600.0, 1180.0)])
    for turns in (0, 2):
        copy = photocopied(Copy(boxes_and_text(rng, says), grid), DPI, rng)
        copy = scanned(copy, Scan(quarter_turns=turns, skew_deg=1.5), rng)
        (told,) = known.find(copy.grey, DPI)
        place = registered(copy.grey, told, SETTINGS)
        assert told.aligned.blank.template.name == "taught" and place.accepted
        matrix = np.array(place.registration.homography).reshape(3, 3)
        px = onto_page(matrix, place.bend, (grid + 0.5) * 25.4 / DPI)
        assert np.linalg.norm(px - copy.points, axis=1).max() * 25.4 / DPI < GOOD_MM


def test_what_was_proven_with_markers_counts_for_nothing_without_them() -> None:
    reader = FormReader(forms(), CellClassifier.load())
    slip = filled(DPI, np.random.default_rng(11))[0]
    (whole,) = reader.read_page(PageImage(slip, float(DPI)))
    (cut,) = reader.read_page(PageImage(without_markers(slip, dropbox()).grey, float(DPI)))
    assert (whole.outcome, cut.outcome) == ("read", "read")
    assert cut.fields["account"].raw == whole.fields["account"].raw
    assert cut.model == f"{whole.model}+print"
    lowest = load_thresholds()("station", "krasnoyarsk-dropbox@1", cut.model).lowest
    assert not lowest and load_thresholds()("station", "krasnoyarsk-dropbox@1", whole.model).lowest
