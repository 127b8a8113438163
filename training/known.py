"""What a register knows of simulated accounts: of the one that a slip names, and of its neighbours."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from domain.account import RegisterRow
from domain.plausibility import PlausibilityRules, check
from ocr.decode import rivals
from ocr.decode.history import with_register
from ocr.results import SlipReading
from templates.model import Template
from training.slips import Truth

COLLECTED = date(2026, 11, 25)
#: How often a meter has seen far more use than usual, a neighbour's shows nearly the same, and the register
#: knows no reading of a meter.
UNUSUAL, ALIKE, UNKNOWN = 0.1, 0.3, 0.3


def weighed(slip: SlipReading, template: Template, truth: Truth, seed: int) -> SlipReading:
    """As the services do before the gate: with the meters of the account, and of its closest rival."""
    rival = rivals.rival_of(slip)
    if rival:
        ours, theirs = [row(slip.account, truth, seed)], [row(rival, truth, seed)]
        slip = rivals.by_readings(slip, template, ours, theirs, COLLECTED)
    return with_register(slip, template, [row(slip.account, truth, seed)], COLLECTED)


def plausible(value: str, account: str, truth: Truth, seed: int) -> bool:
    """Whether the gate would believe ``value`` of that account's meter."""
    if not value.isdigit():
        return False
    return check(value, row(account, truth, seed), COLLECTED, PlausibilityRules()).blocking is None


def row(account: str, truth: Truth, seed: int) -> RegisterRow:
    """The register's row of an account beside a slip that says ``truth``.

    The slip's own meter has seen use since a month ago, one in ten far more than usual. Any other is of the
    same age and differs by its flat's use; three in ten show nearly the same, as in a house just built. Of
    three in ten the register knows no reading.
    """
    own, digits = np.random.default_rng(seed), len(truth.reading)
    average = _average(own)
    more = float(own.uniform(3.0, 6.0)) if own.random() < UNUSUAL else 1.0
    used = min(int(truth.reading), round(average * more * float(np.exp(own.normal(0.0, 0.3)))))
    previous = int(truth.reading) - used
    mine = np.random.default_rng([seed, int(account or 0)])
    if account != truth.account:
        months, average = previous / average, _average(mine)
        alike = mine.random() < ALIKE
        previous = previous + round(mine.normal(0.0, average)) if alike else round(months * average)
        previous = max(0, previous) % 10**digits
    known = mine.random() >= UNKNOWN
    return RegisterRow(
        "", account, digits=digits, previous_reading=f"{previous:0{digits}d}" if known else None,
        previous_date=COLLECTED - timedelta(days=30) if known else None, monthly_average=average,
    )  # fmt: skip


def _average(rng: np.random.Generator) -> float:
    """A flat's use in a month, kWh."""
    return float(rng.gamma(4.0, 50.0)) + 20.0
