"""Pictures made smaller are the means of their blocks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.reduce import reduced


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("most", [3, 256])
def test_every_pixel_is_the_mean_of_its_block(factor: int, most: int) -> None:
    grey = np.random.default_rng(factor).integers(256 - most, 256, (62, 95), dtype=np.uint8)
    height, width = 62 // factor, 95 // factor
    whole = grey[: height * factor, : width * factor]
    small = reduced(grey, factor)
    np.testing.assert_array_equal(small, cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    means = whole.reshape(height, factor, width, factor).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 0.5
    assert small.flags.c_contiguous


def test_what_is_smaller_than_a_block_stays() -> None:
    grey = np.zeros((2, 40), np.uint8)
    assert reduced(grey, 3) is grey
