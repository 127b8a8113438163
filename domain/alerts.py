"""What an engineer or a supervisor should look at, and from when on: the same rules everywhere.

``deploy/prometheus/alerts.yml`` states them for Prometheus; a test holds both equal.
``docs/observability.md`` says what to do about each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Severity = Literal["critical", "warning"]


class AlertCode(StrEnum):
    """Stable codes of what may be wrong."""

    SHEETS_WAIT = "sheets_wait"
    WORKERS_SILENT = "workers_silent"
    REVIEW_WAITS = "review_waits"
    BOUND_EXCEEDED = "bound_exceeded"
    WRONG_PROVEN = "wrong_proven"
    CONFIDENCE_DRIFTS = "confidence_drifts"
    AUDITS_WAIT = "audits_wait"
    STATION_SILENT = "station_silent"
    OUTBOX_STUCK = "outbox_stuck"
    NOTICES_STUCK = "notices_stuck"
    VERIFY_FAILED = "verify_failed"
    DISK_NEARLY_FULL = "disk_nearly_full"


#: What must not wait until the next morning.
CRITICAL = frozenset(
    {
        AlertCode.WORKERS_SILENT,
        AlertCode.WRONG_PROVEN,
        AlertCode.OUTBOX_STUCK,
        AlertCode.VERIFY_FAILED,
        AlertCode.DISK_NEARLY_FULL,
    }
)

MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Levels:
    """From when on something is worth an alert; ages in seconds.

    ``pending``: the oldest sheet that waits to be read; ``workers``: since anything was read, while sheets
    wait; ``review``, ``audits``: the oldest one that waits for a person; ``outbox``: the oldest reading that
    billing has not answered; ``notices``: the oldest notice that did not go out; ``station``: since a station
    that is expected handed anything in. ``drift``: population stability index, from ``drift_sheets`` recent
    sheets on; ``disk``: share of the disk that is free.
    """

    pending: float = 30 * MINUTE
    workers: float = 10 * MINUTE
    review: float = 24 * HOUR
    audits: float = 14 * 24 * HOUR
    outbox: float = 6 * HOUR
    notices: float = 2 * HOUR
    station: float = 30 * HOUR
    drift: float = 0.25
    drift_sheets: int = 300
    disk: float = 0.1


@dataclass(frozen=True)
class Alert:
    """One thing to look at. ``subject``: which station, supplier or form; ``value`` and ``level``: what was
    measured and from when on it counts.
    """

    code: AlertCode
    value: float
    level: float
    subject: str = ""

    @property
    def severity(self) -> Severity:
        """``critical`` or ``warning``."""
        return "critical" if self.code in CRITICAL else "warning"


@dataclass(frozen=True)
class BoundSigns:
    """Blind audits of one channel: ``low`` and ``high`` bound the share of wrong sheets, each with 95 %."""

    subject: str
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class DriftSigns:
    """Confidences of one form: see ``domain.drift.Drift``."""

    subject: str
    n: int
    psi: float
    chance: float


@dataclass(frozen=True)
class Signs:
    """What the rules look at; ages in seconds, None where nothing waits."""

    pending: float | None = None
    read: float | None = None
    review: float | None = None
    audits: float | None = None
    notices: float | None = None
    outbox: Sequence[tuple[str, float]] = ()
    stations: Sequence[tuple[str, float]] = ()
    bounds: Sequence[BoundSigns] = ()
    drifts: Sequence[DriftSigns] = ()
    allowed: float = 1.0
    audits_needed: int = 0
    verify_problems: int = 0
    disk_free: float | None = None
    levels: Levels = field(default_factory=Levels)


def alerts(signs: Signs) -> list[Alert]:
    """What is wrong now, the critical ones first."""
    return sorted(_alerts(signs), key=lambda alert: (alert.severity, alert.code, alert.subject))


def _alerts(signs: Signs) -> Iterator[Alert]:
    levels = signs.levels
    ages = (
        (AlertCode.SHEETS_WAIT, signs.pending, levels.pending),
        (AlertCode.REVIEW_WAITS, signs.review, levels.review),
        (AlertCode.AUDITS_WAIT, signs.audits, levels.audits),
        (AlertCode.NOTICES_STUCK, signs.notices, levels.notices),
    )
    for code, age, level in ages:
        if age is not None and age > level:
            yield Alert(code, age, level)
    if signs.pending is not None and signs.pending > levels.workers:
        # Nothing was ever read: since the oldest sheet came.
        silent = signs.pending if signs.read is None else min(signs.read, signs.pending)
        if silent > levels.workers:
            yield Alert(AlertCode.WORKERS_SILENT, silent, levels.workers)
    for subject, age in signs.outbox:
        if age > levels.outbox:
            yield Alert(AlertCode.OUTBOX_STUCK, age, levels.outbox, subject)
    for subject, age in signs.stations:
        if age > levels.station:
            yield Alert(AlertCode.STATION_SILENT, age, levels.station, subject)
    yield from _quality(signs)
    if signs.verify_problems:
        yield Alert(AlertCode.VERIFY_FAILED, signs.verify_problems, 0)
    if signs.disk_free is not None and signs.disk_free < levels.disk:
        yield Alert(AlertCode.DISK_NEARLY_FULL, signs.disk_free, levels.disk)


def _quality(signs: Signs) -> Iterator[Alert]:
    for each in signs.bounds:
        if each.low > signs.allowed:
            yield Alert(AlertCode.WRONG_PROVEN, each.low, signs.allowed, each.subject)
        elif each.n >= signs.audits_needed and each.high > signs.allowed:
            # With fewer audits no bound could be as low as that, however well all goes.
            yield Alert(AlertCode.BOUND_EXCEEDED, each.high, signs.allowed, each.subject)
    for form in signs.drifts:
        if form.n >= signs.levels.drift_sheets and form.psi > max(signs.levels.drift, form.chance):
            yield Alert(AlertCode.CONFIDENCE_DRIFTS, form.psi, signs.levels.drift, form.subject)
