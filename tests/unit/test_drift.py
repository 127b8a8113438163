"""Drift of confidences: found when there is some, not found when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from domain.drift import BINS, EDGES, drift, histogram
from domain.proof import ProvenThreshold
from ocr.confidences import shipped_confidences
from ocr.thresholds import load_thresholds


def test_an_edge_belongs_to_the_bin_above_it() -> None:
    assert histogram([0.0, EDGES[0], 0.499, 1.0]) == (2, 1, *[0] * (BINS - 3), 1)


def test_the_index_of_known_histograms() -> None:
    # Two bins change places: (p − q)·ln(p / q) twice, with half a sheet in every bin.
    found = drift([300, 100, *[0] * 8], [100, 300, *[0] * 8])
    p, q = 300.5 / 405, 100.5 / 405
    assert found.psi == pytest.approx(2 * (p - q) * np.log(p / q))
    assert found.lower and (found.n, found.reference) == (400, 400)


def test_chance_alone_stays_under_what_chance_explains() -> None:
    rng = np.random.default_rng(3)
    shares = np.array(next(iter(shipped_confidences().values())), float)
    shares /= shares.sum()
    above = 0
    for _ in range(2000):
        found = drift(rng.multinomial(400, shares), rng.multinomial(1500, shares))
        above += found.psi > found.chance
    # One in a thousand is what it promises; ten times that would be a wrong formula.
    assert above < 20


def test_a_real_change_is_above_chance() -> None:
    rng = np.random.default_rng(4)
    shares = np.array([1, 1, 1, 1, 2, 4, 10, 20, 30, 30]) / 100
    worse = np.array([10, 5, 5, 5, 10, 10, 10, 15, 15, 15]) / 100
    found = drift(rng.multinomial(300, worse), rng.multinomial(1500, shares))
    assert found.psi > 0.25 > found.chance and found.lower


@pytest.mark.parametrize("bad", [[1, 2], [0] * BINS])
def test_nothing_to_compare_is_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="histograms"):
        drift(bad, [1] * BINS)


def test_every_shipped_histogram_belongs_to_a_shipped_threshold() -> None:
    rows: dict[tuple[str, str, str], ProvenThreshold] = {
        (row.channel, row.template, row.model): row for row in load_thresholds().rows
    }
    for key, counts in shipped_confidences().items():
        assert key in rows
        assert sum(counts) >= rows[key].n
