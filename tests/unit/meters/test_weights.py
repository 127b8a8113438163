"""The shipped weights on photos that the project draws: found, read, and honest about what they cannot."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from domain.reasons import Reason
from ocr.meters.reader import MeterReader
from simulate.meters.drums import draw_drums
from simulate.meters.model import Picture
from simulate.meters.scene import draw_scene
from simulate.meters.segments import draw_lcd

#: Whole photos, tens of them.
pytestmark = pytest.mark.slow


@cache
def _reader() -> MeterReader:
    return MeterReader.load()


def _shown(picture: Picture) -> set[str]:
    return {row.value for row in picture.rows if row.means == "reading"}


@pytest.mark.parametrize(("draw", "least"), [(draw_drums, 0.7), (draw_lcd, 0.6)])
def test_displays_seen_close_are_read(draw: object, least: float) -> None:
    assert callable(draw)
    right = of = 0
    for seed in range(40):
        picture = draw(np.random.default_rng([41, seed]))
        if _shown(picture):
            of += 1
            found = _reader().read(picture.image)
            right += bool(found.displays) and found.displays[0].value in _shown(picture)
    assert of > 20
    assert right / of >= least


def test_what_is_sure_on_whole_photos_is_right() -> None:
    sure = wrong = found = of = 0
    for seed in range(50):
        picture = draw_scene(np.random.default_rng([42, seed]))
        reading = _reader().read(picture.image)
        of += bool(_shown(picture))
        if reading.displays:
            best = reading.displays[0]
            found += best.value in _shown(picture)
            sure += best.confidence > 0.9
            wrong += best.confidence > 0.9 and best.value not in _shown(picture)
    assert found / of >= 0.4
    assert sure >= 8
    assert wrong <= max(1, 0.1 * sure)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_may_lie_on_its_side_or_head(turns: int) -> None:
    right = of = 0
    for seed in range(15):
        picture = draw_drums(np.random.default_rng([43, seed]))
        upright = _reader().read(picture.image)
        if not upright.displays or upright.displays[0].confidence < 0.95:
            continue
        of += 1
        turned = _reader().read(np.ascontiguousarray(np.rot90(picture.image, turns)))
        right += bool(turned.displays) and turned.displays[0].value == upright.displays[0].value
    assert of >= 5
    assert right >= of - 2


def test_nothing_is_read_surely_where_no_meter_is() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        noise = rng.integers(0, 256, (300, 400, 3)).astype(np.uint8)
        for image in (noise, np.full((300, 400, 3), int(rng.integers(0, 256)), np.uint8)):
            assert all(display.confidence < 0.5 for display in _reader().read(image).displays)


def test_the_models_name_themselves() -> None:
    assert _reader().model.startswith("meter-finder@")
    assert "meter-reader@" in _reader().model


def test_a_register_that_moves_a_clearly_seen_mark_is_contradicted() -> None:
    told = fine = of = 0
    for seed in range(20):
        picture = draw_drums(np.random.default_rng([41, seed]))
        row = picture.rows[0]
        if row.means != "reading" or not row.decimals:
            continue
        free = _reader().read(picture.image).displays
        if not free or (free[0].value, free[0].decimals) != (row.value, row.decimals):
            continue
        if free[0].confidence < 0.8:
            continue
        of += 1
        digits = len(row.value)
        moved = _reader().read(picture.image, digits + len(row.decimals), 0).displays[0]
        told += Reason.MARK_ELSEWHERE in moved.reasons
        kept = _reader().read(picture.image, digits, len(row.decimals)).displays[0]
        fine += Reason.MARK_ELSEWHERE not in kept.reasons
    assert of >= 3
    assert fine == of
    assert told >= 0.75 * of
