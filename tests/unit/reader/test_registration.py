from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from ocr.forms.geometry import project
from simulate import damage, scanner
from simulate.fill import Writer, fill
from simulate.hands import HANDS
from simulate.paper import Placed, sheet, written
from simulate.scanner import Scan
from simulate.strokes import Pen
from tests.unit.reader.slips import Grey, Outcome, blank, crossed, dropbox, line, outcomes, values

#: A cell is 8 mm wide; a cut this far off still has the whole digit in it.
GOOD_MM = 0.3


def only(page: Grey, dpi: float | None) -> Outcome:
    (found,) = outcomes(page, dpi)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_any_orientation_skew_and_resolution(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dpi = int(rng.choice([150, 200, 300]))
    scan = Scan(
        quarter_turns=seed % 4,
        skew_deg=float(rng.uniform(-15, 15)),
        noise=float(rng.uniform(1, 10)),
        blur_px=float(rng.uniform(0.3, 1.0)),
        fade=float(rng.uniform(0, 0.05 if seed % 5 == 4 else 0.3)),
        bilevel=seed % 5 == 4,
    )
    found = only(scanner.scan(crossed(dpi), scan, rng), float(dpi) if seed % 3 else None)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM
    assert found.registered is not None
    assert found.registered.registration.residual_mm < 0.2
    assert found.markers == 4


@pytest.mark.parametrize("corner", ["tl", "tr", "br", "bl"])
def test_three_markers_suffice(corner: damage.Corner) -> None:
    rng = np.random.default_rng(1)
    torn = damage.torn(crossed(200), 200, corner, rng, size_mm=24)
    found = only(scanner.scan(torn, Scan(skew_deg=4.0), rng), 200.0)
    assert found.markers == 3
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def test_two_markers_are_confirmed_by_the_print() -> None:
    rng = np.random.default_rng(2)
    page = crossed(200)
    for corner in ("tl", "br"):
        page = damage.torn(page, 200, corner, rng)
    found = only(scanner.scan(page, Scan(skew_deg=-3.0), rng), 200.0)
    assert found.markers == 2
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def test_one_marker_is_a_slip_that_cannot_be_read() -> None:
    rng = np.random.default_rng(3)
    page = crossed(150)
    for corner in ("tl", "br", "bl"):
        page = damage.torn(page, 150, corner, rng)
    found = only(page, 150.0)
    assert (found.markers, found.worst_mm) == (1, None)


@pytest.mark.parametrize("seed", range(3))
def test_a_phone_photo_with_perspective_and_shadow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    photo = scanner.photograph(crossed(200), rng, height_px=2200, strength=0.09)
    found = only(photo, None)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def test_two_slips_of_one_template_on_a_page_from_top_to_bottom() -> None:
    rng = np.random.default_rng(4)
    slips = [Placed(crossed(150), 31.0, -31.0 + 148.5 * i, 90.0 + 0.5 * i) for i in range(2)]
    found = outcomes(scanner.scan(sheet(slips, 150), Scan(), rng), 150.0)
    assert [each.markers for each in found] == [4, 4]
    assert all(each.worst_mm is not None and each.worst_mm < GOOD_MM for each in found)
    tops = [each.registered.registration.homography[5] for each in found if each.registered is not None]
    assert tops == sorted(tops)


def test_four_slips_lying_on_their_heads_among_each_other() -> None:
    slips = [
        Placed(crossed(150), 2.0 + 149 * (i % 2), 2.0 + 212 * (i // 2), 180.0 * (i % 2) + 1.5)
        for i in range(4)
    ]
    found = outcomes(sheet(slips, 150, (300.0, 426.0)), 150.0)
    assert len(found) == 4
    assert all(each.worst_mm is not None and each.worst_mm < GOOD_MM for each in found)


def test_a_slip_anywhere_on_a_large_page() -> None:
    page = sheet([Placed(crossed(200), 55.0, 70.0, -11.0)], 200)
    found = only(page, 200.0)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def _with_cells_moved(dpi: int, dx_mm: float, dy_mm: float) -> Grey:
    """What lies between the corner markers moved, as by a printer's or copier's fault."""
    page = crossed(dpi)
    scale = dpi / 25.4
    x0, x1, y0, y1 = (round(v * scale) for v in (1.0, 147.0, 48.0, 172.0))
    shift = np.array([[1, 0, dx_mm * scale], [0, 1, dy_mm * scale]], dtype=np.float64)
    moved = cv2.warpAffine(page, shift, page.shape[::-1], borderValue=255.0)
    page[y0:y1, x0:x1] = moved[y0:y1, x0:x1]
    return page


@pytest.mark.parametrize(
    ("dx_mm", "dy_mm"),
    [(8, 0), (-8, 0), (16, 0), (0, 10), (0, -10), (0, 20), (0, -20), (8, 10), (4, 0), (27, 0), (-27, 0)],
)
def test_never_read_shifted_by_a_cell(dx_mm: float, dy_mm: float) -> None:
    found = only(_with_cells_moved(150, dx_mm, dy_mm), 150.0)
    assert found.markers == 4
    assert found.worst_mm is None


def _with_strokes_beside_lines(dpi: int, beside_mm: float, moved_mm: float = 0.0) -> Grey:
    """Pen strokes as long as a digit's stem, ``beside_mm`` right of where the lines between cells belong.

    The print itself lies ``moved_mm`` to the right of its place.
    """
    page = _with_cells_moved(dpi, moved_mm, 0.0)
    for field in dropbox().fields:
        for before, cell in pairwise(field.cells):
            if cell.x_mm - before.x_mm - before.w_mm < 0.1:
                x, y = cell.x_mm + beside_mm, cell.y_mm + cell.h_mm / 2
                line(page, dpi, [(x, y - 0.24 * cell.h_mm), (x, y + 0.18 * cell.h_mm)], 0.6)
    return page


def _cut_off_mm(found: Outcome, dpi: int, moved_mm: float = 0.0) -> float:
    """How far the worst cut is from its cell, when the print lies ``moved_mm`` to the right of its place."""
    assert found.registered is not None and found.registered.accepted
    matrix = np.array(found.registered.registration.homography).reshape(3, 3)
    worst = 0.0
    for field in dropbox().fields:
        for cell, shift in zip(
            field.cells, found.registered.correction.shifts.get(field.name, ()), strict=True
        ):
            middle = np.array([[cell.x_mm + cell.w_mm / 2, cell.y_mm + cell.h_mm / 2]])
            cut = (project(matrix, middle + shift) + 0.5) * 25.4 / dpi
            worst = max(worst, float(np.abs(cut - middle - [moved_mm, 0.0]).max()))
    return worst


@pytest.mark.parametrize("dpi", [150, 200, 300])
@pytest.mark.parametrize("beside_mm", [0.9, -0.8, 0.5])
def test_strokes_that_run_beside_the_lines_are_not_taken_for_them(dpi: int, beside_mm: float) -> None:
    found = only(_with_strokes_beside_lines(dpi, beside_mm), float(dpi))
    assert _cut_off_mm(found, dpi) < 0.15


@pytest.mark.parametrize("moved_mm", [0.8, 1.5, -1.5])
def test_strokes_where_the_lines_belong_do_not_hide_that_the_print_is_elsewhere(moved_mm: float) -> None:
    found = only(_with_strokes_beside_lines(200, 0.0, moved_mm), 200.0)
    assert _cut_off_mm(found, 200, moved_mm) < 0.15


@pytest.mark.parametrize("moved_mm", [4.0, -4.0, 8.0, -8.0])
def test_strokes_where_the_lines_belong_do_not_make_shifted_print_readable(moved_mm: float) -> None:
    assert only(_with_strokes_beside_lines(200, 0.0, moved_mm), 200.0).worst_mm is None


@pytest.mark.parametrize("seed", [34, 269, 359, 607])
def test_digits_that_crowd_the_lines_do_not_make_a_slip_unreadable(seed: int) -> None:
    """In these, digits stand beside several faint lines of one row, as they do in some slips of every box."""
    rng = np.random.default_rng(seed)
    writer = Writer(HANDS[seed % len(HANDS)], Pen(width=0.6, darkness=1.0, shade=20), size=0.8, unsteady=0.1)
    says = values(account="447944474447", reading="444444", date="24112026")
    page = written(fill(dropbox(), says, writer, rng), blank(200), 200, rng)
    assert _cut_off_mm(only(page, 200.0), 200) < GOOD_MM


@pytest.mark.parametrize("shift", [(1.2, 0.0), (0.0, -1.2), (0.8, 0.8)])
def test_print_a_little_out_of_its_place_is_followed(shift: tuple[float, float]) -> None:
    found = only(_with_cells_moved(200, *shift), 200.0)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def test_a_marker_torn_off_and_stuck_on_elsewhere() -> None:
    page = crossed(200)
    scale = 200 / 25.4
    x, y, side = round(131 * scale), round(193 * scale), round(12 * scale)
    marker = page[y : y + side, x : x + side].copy()
    page[y : y + side, x : x + side] = 255
    moved = round(5 * scale)
    page[y + moved // 2 : y + moved // 2 + side, x - moved : x - moved + side] = marker
    found = only(page, 200.0)
    assert found.worst_mm is None or found.worst_mm < GOOD_MM


def test_a_foreign_marker_on_the_slip_does_not_matter() -> None:
    page = crossed(200)
    scale = 200 / 25.4
    side = round(12 * scale)
    scrap = page[
        round(5 * scale) : round(5 * scale) + side, round(5 * scale) : round(5 * scale) + side
    ].copy()
    x, y = round(90 * scale), round(178 * scale)
    page[y : y + side, x : x + side] = scrap
    found = only(page, 200.0)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


@pytest.mark.parametrize(("x", "y"), [(1.04, 1.0), (0.96, 1.03)])
def test_a_stretched_copy(x: float, y: float) -> None:
    page = cv2.resize(crossed(200), None, fx=x, fy=y, interpolation=cv2.INTER_AREA)
    found = only(np.asarray(page, dtype=np.uint8), 200.0)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


def test_an_uneven_feed_is_corrected() -> None:
    page = crossed(200)
    height, width = page.shape
    rows = np.arange(height) + 7.0 * np.sin(np.arange(height) / height * 2 * np.pi)
    places = np.meshgrid(np.arange(width, dtype=np.float32), rows.astype(np.float32))
    uneven = cv2.remap(page, places[0], places[1], cv2.INTER_LINEAR, borderValue=255.0)
    found = only(np.asarray(uneven, dtype=np.uint8), 200.0)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM


@pytest.mark.parametrize("step_mm", [0.5, 1.0, 3.0])
def test_a_fold_is_followed_or_refused(step_mm: float) -> None:
    page = crossed(200)
    scale = 200 / 25.4
    crease, step = round(88 * scale), round(step_mm * scale)
    folded = np.vstack([page[:crease], page[crease + step :]])
    found = only(folded, 200.0)
    assert found.worst_mm is None or found.worst_mm < 0.6
    if step_mm < 1.0:
        assert found.worst_mm is not None


def _with_row_moved(name: str, dx_mm: float, dy_mm: float) -> Grey:
    """One row's cells printed elsewhere, its label where it belongs."""
    page, scale, box = crossed(200), 200 / 25.4, dropbox().field(name).box.grown(0.6)
    x0, x1, y0, y1 = (round(v * scale) for v in (box.x_mm, box.right_mm, box.y_mm, box.bottom_mm))
    cells = page[y0:y1, x0:x1].copy()
    page[y0:y1, x0:x1] = 255
    dx, dy = round(dx_mm * scale), round(dy_mm * scale)
    there = page[y0 + dy : y1 + dy, x0 + dx : x1 + dx]
    np.minimum(there, cells[: there.shape[0], : there.shape[1]], out=there)
    return page


@pytest.mark.parametrize("name", ["account", "date"])
@pytest.mark.parametrize(("dx_mm", "dy_mm"), [(3, 0), (-3, 0), (4, 0), (6, 0), (-8, 0), (0, 4), (0, -3)])
def test_a_row_printed_off_from_its_own_label_is_not_read(name: str, dx_mm: float, dy_mm: float) -> None:
    assert only(_with_row_moved(name, dx_mm, dy_mm), 200.0).worst_mm is None


@pytest.mark.parametrize(("at_mm", "step_mm"), [(55, 1.6), (58, 2.0), (61, 1.2), (98, 3.0), (161, 1.6)])
def test_a_fold_through_the_cells_with_paper_missing_is_not_read(at_mm: float, step_mm: float) -> None:
    page, scale = crossed(200), 200 / 25.4
    crease, step = round(at_mm * scale), round(step_mm * scale)
    assert only(np.vstack([page[:crease], page[crease + step :]]), 200.0).worst_mm is None


@pytest.mark.parametrize(("at_mm", "step_mm"), [(33, 1.6), (50, 2.0), (55, 3.0), (75, 1.6), (90, 4.0)])
def test_a_fold_down_the_slip_is_followed_or_refused(at_mm: float, step_mm: float) -> None:
    page, scale = crossed(200), 200 / 25.4
    crease, step = round(at_mm * scale), round(step_mm * scale)
    found = only(np.hstack([page[:, :crease], page[:, crease + step :]]), 200.0)
    assert found.worst_mm is None or found.worst_mm < 0.6


def _erase(page: Grey, dpi: int, left: float, top: float, right: float, bottom: float) -> None:
    x0, y0, x1, y1 = (round(v * dpi / 25.4) for v in (left, top, right, bottom))
    page[y0:y1, x0:x1] = 255


def test_a_row_without_its_lines_is_borne_out_by_its_label() -> None:
    page = crossed(200)
    box = dropbox().field("account").box
    _erase(page, 200, box.x_mm - 1, box.bottom_mm - 0.6, box.right_mm + 1, box.bottom_mm + 0.6)
    found = only(page, 200.0)
    assert found.registered is not None and found.registered.correction.doubtful == ("account",)
    assert found.worst_mm is not None and found.worst_mm < GOOD_MM
    _erase(page, 200, box.x_mm - 1, box.y_mm - 6, box.right_mm + 1, box.y_mm - 0.6)
    _erase(page, 200, box.x_mm + 28, box.y_mm - 6, box.right_mm + 1, box.bottom_mm + 2)
    assert only(page, 200.0).worst_mm is None


def test_no_slip_on_the_form_of_nobody() -> None:
    page = blank(150)
    for marker in dropbox().markers:
        x0, y0, x1, y1 = (
            round(v * 150 / 25.4)
            for v in (
                marker.box.x_mm - 1,
                marker.box.y_mm - 1,
                marker.box.right_mm + 1,
                marker.box.bottom_mm + 1,
            )
        )
        page[y0:y1, x0:x1] = 255
    assert outcomes(page, 150.0) == []
