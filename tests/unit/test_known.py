"""What thresholds are proven with: simulated registers in which neighbours have meters, too."""

from __future__ import annotations

import numpy as np
import pytest

from templates import find
from tests.paper import FORM, _slip, slip
from training import known
from training.slips import Truth

A, B = "121000000001", "121000000007"
TEMPLATE = find(FORM.split("@")[0])


def truth(reading: str) -> Truth:
    return Truth(A, reading, "2026-11-24", {}, "nobody")


@pytest.mark.parametrize("reading", ["00012", "05630", "99999", "041777"])
def test_a_slip_mostly_fits_its_own_meter(reading: str) -> None:
    rows = [known.row(A, truth(reading), seed) for seed in range(300)]
    assert rows == [known.row(A, truth(reading), seed) for seed in range(300)]
    told = [int(row.previous_reading) for row in rows if row.previous_reading is not None]
    assert 0.6 < len(told) / 300 < 0.8, "of some the register knows nothing"
    assert {row.digits for row in rows} == {len(reading)}
    assert all(0 <= each <= int(reading) for each in told)
    believed = sum(known.plausible(reading, A, truth(reading), seed) for seed in range(300))
    assert believed > 0.9 * 300


def test_a_neighbours_meter_is_as_old_and_sometimes_shows_the_same() -> None:
    ratios, alike, fits = [], 0, 0
    for seed in range(600):
        own, other = (known.row(each, truth("20000"), seed) for each in (A, B))
        if own.previous_reading is None or other.previous_reading is None:
            continue
        gap = abs(int(own.previous_reading) - int(other.previous_reading))
        alike += gap < 3 * (other.monthly_average or 0.0)
        months = [int(row.previous_reading or "") / (row.monthly_average or 1.0) for row in (own, other)]
        ratios.append(months[1] / months[0])
        fits += known.plausible("20000", B, truth("20000"), seed)
    assert len(ratios) > 200
    assert 0.3 < alike / len(ratios) < 0.45
    assert fits > 0.2 * len(ratios), "the neighbour's meter may often show it, too"
    assert 0.2 < np.mean([abs(ratio - 1.0) < 0.02 for ratio in ratios]) < 0.8, "most are of one age"


def test_what_is_no_number_is_never_plausible() -> None:
    assert not known.plausible("", A, truth("05630"), 1)


def test_slips_are_weighed_as_in_operation() -> None:
    told = {"doubts": {}, "rival": (B, 0.2), "account_confidence": 0.79}
    right = wrong = 0
    for seed in range(200):
        seen = known.weighed(_slip(slip(A, "20000", **told), 1), TEMPLATE, truth("20000"), seed)
        right += seen.fields["account"].confidence > 0.9
        # The same ink, but the slip is the neighbour's.
        other = Truth(B, "20000", "2026-11-24", {}, "nobody")
        seen = known.weighed(_slip(slip(A, "20000", **told), 1), TEMPLATE, other, seed)
        wrong += seen.fields["account"].confidence > 0.9
    assert right > 40, "where both readings are known and not alike"
    assert wrong < 10
