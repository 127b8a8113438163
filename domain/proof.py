"""A threshold with everything that it was proven from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Evidence(StrEnum):
    """What a threshold was proven on. Only ``SIMULATED`` is provisional: no customer wrote those slips."""

    SIMULATED = "simulated"
    #: The supplier's past scans, keyed twice by his own staff.
    ARCHIVE = "archive"
    #: Blind audits of what the machine accepted.
    AUDITS = "audits"
    #: What people read on slips below the threshold.
    REVIEWED = "reviewed"
    #: Both of them, weighted by how many slips each stands for.
    AUDITS_AND_REVIEWED = "audits_and_reviewed"


@dataclass(frozen=True)
class ProvenThreshold:
    """One row of the table, stored with everything that it was proven from.

    ``lowest``: field → lowest confidence for the machine alone to accept; None: no threshold keeps the
    target. ``target``: most wrong among accepted; ``delta``: probability that the bound is exceeded all the
    same; ``n`` values with ``accepted`` above the threshold and ``wrong`` among them; ``bound``: the
    Clopper–Pearson upper bound; ``data``: fingerprint of what was measured; ``provisional``: from simulated
    sheets, not audits.

    ``wrong_registered``: those of ``wrong`` whose account is another customer's, the worst error there is,
    with a bound of their own; None: not counted. ``note``: one line on how the row came about.
    """

    channel: str
    template: str
    model: str
    lowest: Mapping[str, float | None]
    target: float
    delta: float
    n: int
    accepted: int
    wrong: int
    bound: float
    date: str
    data: str
    provisional: bool
    evidence: Evidence = field(default=Evidence.SIMULATED)
    wrong_registered: int | None = None
    bound_registered: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        # The shipped table is JSON: its words become the enumeration's, and a wrong one is an error.
        object.__setattr__(self, "evidence", Evidence(self.evidence))

    @property
    def main(self) -> float | None:
        """Confidence that account and reading both need; None: nothing is accepted by the machine alone."""
        both = (self.lowest.get("account"), self.lowest.get("reading"))
        known = [value for value in both if value is not None]
        return max(known) if len(known) == len(both) else None
