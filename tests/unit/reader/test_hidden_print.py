"""What hides a form's print, what moves it, and what looks like print beside the paper."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ocr.forms.markerless import PrintLibrary
from ocr.forms.markerless.alignment import align
from ocr.forms.markerless.blanks import load_blank
from ocr.forms.markerless.patches import COARSE, FINE, patches_of
from ocr.forms.markerless.registering import registered
from ocr.forms.settings import ReaderSettings
from simulate.copies import Copy, stamped_over
from templates import find
from templates.model import Box, Field, Template
from tests.unit.reader.slips import Grey, blank, dropbox

DPI = 150
SETTINGS = ReaderSettings()


@cache
def library() -> PrintLibrary:
    return PrintLibrary((dropbox(),))


def unsure(page: Grey) -> bool:
    """Whether the slip is found, and its place is doubted."""
    (told,) = library().find(page, DPI)
    place = registered(page, told, SETTINGS)
    return place.unsure or not place.accepted


def without_markers() -> Grey:
    page = blank(DPI)
    for marker in dropbox().markers:
        box = marker.box.grown(3.0)
        corner = [round(v / 25.4 * DPI) for v in (box.x_mm, box.y_mm, box.right_mm, box.bottom_mm)]
        cv2.rectangle(page, (corner[0], corner[1]), (corner[2], corner[3]), 255, -1)
    return page


def around_account() -> tuple[slice, slice]:
    """The account's row with its label, from edge to edge."""
    box = dropbox().field("account").box
    top, bottom = (round(mm / 25.4 * DPI) for mm in (box.y_mm - 9.0, box.bottom_mm + 3.0))
    return slice(top, bottom), slice(0, blank(DPI).shape[1])


def test_print_under_stamps_over_half_the_form_is_only_hidden() -> None:
    page = without_markers()
    stamped = stamped_over(Copy(page, np.zeros((1, 2))), DPI, "left", np.random.default_rng(1))
    assert (np.asarray(stamped.grey) < page).mean() > 0.02, "the stamps cover something"
    assert not unsure(stamped.grey)


def test_a_row_that_stands_elsewhere_is_moved_whatever_is_around_it() -> None:
    page = without_markers()
    rows, columns = around_account()
    by = round(2.5 / 25.4 * DPI)
    moved = page.copy()
    moved[rows, columns] = 255
    moved[rows.start + by : rows.stop + by, columns] = np.minimum(
        page[rows, columns], moved[rows.start + by : rows.stop + by, columns]
    )
    assert unsure(moved)


def test_what_is_hidden_counts_less_against_a_field_than_what_is_elsewhere() -> None:
    """Of the print around the account, the same share is not in place: once under ink, once moved."""
    page = without_markers()
    (told,) = library().find(page, DPI)
    assert not registered(page, told, SETTINGS).unsure
    aligned, field = told.aligned, dropbox().field("account")
    middle, box = aligned.patches.middle, field.box.grown(11.0)
    near = (
        (middle[:, 0] >= box.x_mm)
        & (middle[:, 0] <= box.right_mm)
        & (middle[:, 1] >= box.y_mm)
        & (middle[:, 1] <= box.bottom_mm)
    )
    # Rather what is around the cells than the cells themselves.
    lost = np.flatnonzero(near)
    lost = lost[np.argsort(aligned.patches.touching(field.box)[lost], kind="stable")]
    lost = lost[: round(0.55 * len(lost))]
    assert len(lost) > 5
    found = aligned.found.copy()
    found[lost] = False
    score = aligned.looked.score.copy()
    score[lost] = 0.1
    hidden = replace(aligned, found=found, looked=replace(aligned.looked, score=score))
    score = aligned.looked.score.copy()
    score[lost] = 0.9
    elsewhere = replace(aligned, found=found, looked=replace(aligned.looked, score=score))
    assert not registered(page, replace(told, aligned=hidden), SETTINGS).unsure
    assert registered(page, replace(told, aligned=elsewhere), SETTINGS).unsure


def marked_form(folder: Path) -> tuple[Template, Grey]:
    """Somebody's form with timing marks near its right edge; its picture is the page without a lid."""
    page = np.full((900, 900), 255, np.uint8)
    words = np.random.default_rng(9)
    for row in range(17):
        y = 50 + 50 * row
        text = "".join(chr(int(c)) for c in words.integers(97, 123, 14 + row % 5))
        cv2.putText(page, text, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1, cv2.LINE_AA)
        cv2.rectangle(page, (835, y - 12), (865, y), 20, -1)
    path = folder / "form.png"
    cv2.imwrite(str(path), page)
    side = 900 / DPI * 25.4
    field = Field("account", "digits_line", "account", True, "x", Box(70.0, 60.0, 50.0, 8.0))
    form = replace(
        find("krasnoyarsk-dropbox"),
        name="marked",
        markers=(),
        form_code=-1,
        fields=(field,),
        reference=path,
        width_mm=side,
        height_mm=side,
    )
    return form, page


def test_a_dark_lid_beside_the_paper_is_no_print(tmp_path: Path) -> None:
    form, page = marked_form(tmp_path)
    known = load_blank(form)
    coarse, fine = patches_of(known, COARSE), patches_of(known)
    assert fine.free[3] > 0.8 * (900 - 865) / DPI * FINE.dpi
    # The paper is a hundredth narrower and lies to the right: its edge comes within the form's area.
    lidded = np.full_like(page, 60)
    narrow = cv2.resize(page, (888, 900), interpolation=cv2.INTER_AREA)
    lidded[:, 4:892] = narrow
    start = np.array([[DPI / 25.4, 0.0, 0.0], [0.0, DPI / 25.4, 0.0], [0.0, 0.0, 1.0]])
    aligned = align(lidded, known, coarse, fine, start)
    assert aligned is not None
    assert aligned.residual_mm < 0.3
    blind = replace(fine, free=(0, 0, 0, 0))
    fooled = align(lidded, known, coarse, blind, start)
    assert fooled is None or fooled.residual_mm > aligned.residual_mm
