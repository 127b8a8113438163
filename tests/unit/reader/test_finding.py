"""A slip that fills its page is found in its corners; where more may be, the whole page is looked at."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.forms import finding
from ocr.forms.finding import find_slips
from ocr.forms.geometry import corners, project
from ocr.forms.settings import Floats
from simulate.scanner import Scan, scan
from templates.model import Box
from tests.unit.reader.slips import SETTINGS, Grey, blank, dropbox


def _corners_of(page: Grey) -> Floats:
    (slip,) = find_slips(page, 200.0, (dropbox(),), SETTINGS).slips
    matrix = slip.matrix()
    assert matrix is not None and len(slip.sightings) == 4
    return project(matrix, corners(Box(0.0, 0.0, slip.template.width_mm, slip.template.height_mm)))


@pytest.mark.parametrize("turns", range(4))
def test_a_slip_alone_is_where_the_look_at_the_whole_page_sees_it(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    skewed = Scan(quarter_turns=turns, skew_deg=2.0 - turns, noise=5.0)
    page = scan(blank(200), skewed, np.random.default_rng(turns))
    with monkeypatch.context() as without:
        without.setattr(finding, "passes", lambda *_: pytest.fail("the whole page was looked at"))
        quickly = _corners_of(page)
    monkeypatch.setattr(finding, "in_corners", lambda *_: [])
    assert np.abs(quickly - _corners_of(page)).max() < 0.2


@pytest.mark.parametrize("where", ["beside it", "above it"])
def test_a_second_slip_on_the_page_is_not_overlooked(where: str) -> None:
    slip = blank(200)
    page = np.hstack([slip, slip]) if where == "beside it" else np.vstack([slip, slip])
    found = find_slips(page, 200.0, (dropbox(),), SETTINGS)
    assert [len(each.sightings) for each in found.slips] == [4, 4]


def test_a_hidden_marker_leaves_the_slip_to_the_look_at_the_whole_page() -> None:
    page = blank(200)
    marker = dropbox().markers[0].box
    x, y = (round(side / 25.4 * 200) for side in (marker.right_mm, marker.bottom_mm))
    cv2.rectangle(page, (0, 0), (x + 8, y + 8), 255, -1)
    (slip,) = find_slips(page, 200.0, (dropbox(),), SETTINGS).slips
    assert len(slip.sightings) == 3


def test_a_small_page_has_no_corners_to_look_at() -> None:
    assert find_slips(np.full((90, 120), 250, np.uint8), None, (dropbox(),), SETTINGS).slips == ()
