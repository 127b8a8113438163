from __future__ import annotations

import cv2
import numpy as np
import pytest

from simulate import damage, scanner
from simulate.paper import Placed, sheet
from simulate.scanner import Scan
from tests.unit.reader.slips import Grey, Outcome, blank, crossed, dropbox, outcomes

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
