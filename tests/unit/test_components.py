"""Pieces, bounds and areas are OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.components import components


@pytest.mark.parametrize("share", [0.0, 0.03, 0.3, 0.6, 1.0])
def test_bounds_and_areas_are_those_of_all_pixels(share: float) -> None:
    mask = np.random.default_rng(3).random((61, 83)) < share
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    found = components(mask)
    assert len(found.bounds) == count
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.bounds[1:], stats[1:])
    np.testing.assert_array_equal(labels.ravel()[found.places], found.owners)
    assert len(found.places) == np.count_nonzero(mask)


def test_more_pieces_than_two_bytes_can_number() -> None:
    mask = np.zeros((520, 540), dtype=np.bool_)
    mask[::2, ::2] = True
    found = components(mask)
    assert len(found.bounds) == 260 * 270 + 1
    assert (found.bounds[1:, 2:] == 1).all()
