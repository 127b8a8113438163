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
_USE = 50.0


def weighed(slip: SlipReading, template: Template, truth: Truth, seed: int) -> SlipReading:
    """As the services do before the gate: with the meters of the account, and of its closest rival."""
    rival = rivals.rival_of(slip)
    if rival:
        ours, theirs = [row(_account(slip), truth, seed)], [row(rival, truth, seed)]
        slip = rivals.by_readings(slip, template, ours, theirs, COLLECTED)
    return with_register(slip, template, [row(_account(slip), truth, seed)], COLLECTED)


def plausible(value: str, account: str, truth: Truth, seed: int) -> bool:
    """Whether the gate would believe ``value`` of that account's meter."""
    if not value.isdigit():
        return False
    return check(value, row(account, truth, seed), COLLECTED, PlausibilityRules()).blocking is None


def row(account: str, truth: Truth, seed: int) -> RegisterRow:
    """The register's row of an account beside a slip that says ``truth``.

    The slip's own meter has seen usual use since a month ago. Any other is of the same age, as if it hung in
    the same new house, and differs by its flat's use alone: nothing makes neighbours' readings more alike.
    """
    own, digits = np.random.default_rng(seed), len(truth.reading)
    average = _average(own)
    used = min(int(truth.reading), round(average * float(np.exp(own.normal(0.0, 0.3)))))
    previous = int(truth.reading) - used
    if account != truth.account:
        months = previous / average
        average = _average(np.random.default_rng([seed, int(account or 0)]))
        previous = round(months * average) % 10**digits
    return RegisterRow(
        "", account, digits=digits, previous_reading=f"{previous:0{digits}d}",
        previous_date=COLLECTED - timedelta(days=30), monthly_average=average,
    )  # fmt: skip


def _average(rng: np.random.Generator) -> float:
    """A flat's use in a month, kWh."""
    return float(rng.gamma(4.0, _USE)) + 20.0


def _account(slip: SlipReading) -> str:
    account = slip.fields.get("account")
    return (account.value if account is not None else None) or ""
