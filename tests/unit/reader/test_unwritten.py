"""Cells without a trace of ink are blank without the network; all others are the network's to read."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from ocr.decode.evidence import BLANK
from ocr.forms.settings import Floats, Grey
from ocr.forms.unwritten import cell_probabilities, is_even


class Sevens:
    """Reads a 7 in everything that it is asked about."""

    model = "sevens@1"

    def __init__(self) -> None:
        self.asked = 0

    def probabilities(self, crops: Sequence[Grey], margin: float) -> Floats:
        self.asked += len(crops)
        return np.tile(np.eye(12)[7], (len(crops), 1))


def cell(noise: float, stroke: int = 0, shade: int = 235) -> Grey:
    """A cut of an 8 x 10 mm cell at 200 dpi with its border lines; ``stroke``: grey levels of a fine 1."""
    grey = np.full((110, 88), float(shade))
    grey[15:95, 12:76] = shade - 90
    grey[17:93, 14:74] = shade
    if stroke:
        grey[35:80, 43:46] -= stroke
    grey += np.random.default_rng(5).normal(0, noise, grey.shape)
    return np.clip(cv2.GaussianBlur(grey, (0, 0), 0.8), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 2.0, 4.0])
@pytest.mark.parametrize("shade", [140, 235, 255])
def test_bare_paper_is_even(noise: float, shade: int) -> None:
    assert is_even(cell(noise, shade=shade))


@pytest.mark.parametrize("noise", [0.0, 4.0])
@pytest.mark.parametrize("stroke", [25, 60, 150])
def test_the_faintest_pencil_is_not(noise: float, stroke: int) -> None:
    assert not is_even(cell(noise, stroke))


def test_what_is_too_noisy_to_tell_is_not_even() -> None:
    assert not is_even(cell(25.0))


def test_a_crop_too_small_to_tell_is_not_even() -> None:
    assert not is_even(np.full((4, 4), 255, np.uint8))


def test_the_network_is_asked_about_the_written_cells_alone() -> None:
    reader = Sevens()
    table = cell_probabilities([cell(2.0), cell(2.0, 80), cell(2.0), cell(2.0, 30)], reader)
    assert reader.asked == 2
    assert table.argmax(axis=1).tolist() == [BLANK, 7, BLANK, 7]
    np.testing.assert_allclose(table.sum(axis=1), 1.0)
    assert (table[0] > 0).all()


def test_nothing_is_asked_of_an_empty_slip() -> None:
    reader = Sevens()
    assert cell_probabilities([cell(3.0)] * 3, reader).argmax(axis=1).tolist() == [BLANK] * 3
    assert cell_probabilities([], reader).shape == (0, 12)
    assert reader.asked == 0
