"""A slip's confidence as the thresholds see it, and what else keeps the machine from accepting it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.gate import Claim
from domain.reasons import Reason
from ocr.results import SlipReading
from services.claims import from_reader
from templates.model import Template

#: Reasons that come from thresholds on account and reading alone; any other one holds a slip at every
#: threshold.
OF_THRESHOLDS = frozenset({Reason.ACCOUNT_UNCLEAR, Reason.READING_UNCLEAR, Reason.NO_THRESHOLD})


@dataclass(frozen=True)
class Scores:
    """Confidences of the account, of the least sure reading, and of the date (None where it does not count).

    ``held``: no threshold would let the slip pass, for the reader itself doubts it or something is missing.
    """

    account: float
    reading: float
    date: float | None
    held: bool

    @property
    def main(self) -> float:
        """The lower of account and reading: what the one threshold on both is held against."""
        return min(self.account, self.reading)


def scores(slip: SlipReading, template: Template) -> Scores:
    """The scores of a slip that was read."""
    claim = from_reader(slip, template)
    counted = [
        reading.value.confidence
        for reading in claim.readings
        # As the gate does: an optional reading that looks empty is not asked for its confidence.
        if reading.value.value or reading.tariff in (None, "", "T1")
    ]
    dated = bool(claim.reading_date.value) and "date" in claim.required
    return Scores(
        claim.account.confidence,
        min(counted, default=0.0),
        claim.reading_date.confidence if dated else None,
        _held(slip, claim),
    )


def held_by_gate(reasons: Iterable[Reason], *, at_any_date: bool = False) -> bool:
    """Whether the gate's reasons would hold a slip at every threshold on account and reading.

    ``at_any_date``: at every threshold on the date, too.
    """
    thresholds = OF_THRESHOLDS | {Reason.DATE_UNCLEAR} if at_any_date else OF_THRESHOLDS
    return not thresholds.issuperset(reasons)


def _held(slip: SlipReading, claim: Claim) -> bool:
    readings = [reading for reading in claim.readings if reading.value.value]
    complete = bool(claim.account.value) and any(r.tariff in (None, "", "T1") for r in readings)
    digits = all(r.value.value.isascii() and r.value.value.isdigit() for r in readings)
    undated = "date" in claim.required and not claim.reading_date.value
    unsigned = "signature" in claim.required and claim.signature_present.value != "yes"
    return slip.outcome != "read" or bool(claim.reasons) or not complete or not digits or undated or unsigned
