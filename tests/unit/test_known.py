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


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("reading", ["00012", "05630", "99999", "041777"])
def test_a_slip_fits_its_own_meter(reading: str, seed: int) -> None:
    row = known.row(A, truth(reading), seed)
    assert (row.digits, len(row.previous_reading or "")) == (len(reading), len(reading))
    assert 0 <= int(row.previous_reading or "") <= int(reading)
    assert known.plausible(reading, A, truth(reading), seed)
    assert row == known.row(A, truth(reading), seed)


def test_a_neighbours_meter_is_as_old_and_shows_something_else() -> None:
    ratios, fits = [], 0
    for seed in range(400):
        own, other = (known.row(each, truth("20000"), seed) for each in (A, B))
        assert other == known.row(B, truth("20000"), seed)
        own_months = int(own.previous_reading or "") / (own.monthly_average or 1.0)
        months = int(other.previous_reading or "") / (other.monthly_average or 1.0)
        ratios.append(months / own_months)
        fits += known.plausible("20000", B, truth("20000"), seed)
    # But for the few whose counter has gone round.
    assert np.median(ratios) == pytest.approx(1.0, abs=1e-3)
    assert 0 < fits < 60, "a reading seldom fits the neighbour's meter, but it may"


def test_what_is_no_number_is_never_plausible() -> None:
    assert not known.plausible("", A, truth("05630"), 1)


def test_slips_are_weighed_as_in_operation() -> None:
    told = {"doubts": {}, "rival": (B, 0.2), "account_confidence": 0.79}
    right = wrong = 0
    for seed in range(50):
        seen = known.weighed(_slip(slip(A, "20000", **told), 1), TEMPLATE, truth("20000"), seed)
        right += seen.fields["account"].confidence > 0.9
        # The same ink, but the slip is the neighbour's.
        other = Truth(B, "20000", "2026-11-24", {}, "nobody")
        seen = known.weighed(_slip(slip(A, "20000", **told), 1), TEMPLATE, other, seed)
        wrong += seen.fields["account"].confidence > 0.9
    assert right > 30
    assert wrong < 10
