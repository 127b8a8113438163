"""Which thresholds are in force: what operation has proven, else what ships with the weights."""

from __future__ import annotations

from dataclasses import dataclass

from domain.gate import Thresholds
from domain.proof import ProvenThreshold
from ocr.thresholds import ProvenThresholds
from services.context import Context
from storage.records import ThresholdRow, Transaction

#: Fields that the one threshold on account and reading speaks for.
MAIN_FIELDS = ("account", "reading", "meter_serial")


@dataclass(frozen=True)
class InForce:
    """The thresholds of a combination.

    ``proof``: what they were proven from; None when there are none. ``row``: the row of the history that
    counts; None while the shipped table does. A withdrawn row still says where date and signature stood.
    """

    lowest: Thresholds
    proof: ProvenThreshold | None = None
    row: ThresholdRow | None = None

    @property
    def main(self) -> float | None:
        """Confidence that account and reading need; None: nothing is accepted by the machine alone."""
        both = [self.lowest.lowest.get(name) for name in ("account", "reading")]
        known = [value for value in both if value is not None]
        return max(known) if len(known) == len(both) else None

    @property
    def withdrawn(self) -> bool:
        """Whether operation has taken the threshold back."""
        return self.row is not None and self.row.withdrawn


def in_force(ctx: Context, tx: Transaction, channel: str, template: str, model: str) -> InForce:
    """What counts now, within this transaction: a row committed before it is seen by it."""
    row = tx.proven.in_force(channel, template, model, ctx.settings.most_risk)
    if row is not None:
        return InForce(Thresholds(row.proof.lowest), row.proof, row)
    shipped = ctx.thresholds
    proof = shipped.row(channel, template, model) if isinstance(shipped, ProvenThresholds) else None
    return InForce(shipped(channel, template, model), proof)


def known_keys(ctx: Context, tx: Transaction) -> list[tuple[str, str, str]]:
    """Every (channel, template, model) that has a threshold, shipped or recorded."""
    shipped = ctx.thresholds
    rows = shipped.rows if isinstance(shipped, ProvenThresholds) else ()
    return sorted({(row.channel, row.template, row.model) for row in rows} | set(tx.proven.keys()))
