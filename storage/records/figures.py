"""Counts for the supervisor's pictures, each from one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.audits import STATE
from storage.records.tables import audit, blind_audit, sheet

#: Verdicts of one person looked at; more would not change a median that anybody reads.
_MOST = 20_000


@dataclass(frozen=True)
class Verdict:
    """One verdict of a person: ``effort`` as the page told it, where it did."""

    who: str
    at: datetime
    state: str
    effort: Mapping[str, Any] | None


@dataclass(frozen=True)
class AuditCount:
    """Blind audits of what came through one place: answers, and wrong or undecided ones among them."""

    station: str
    template: str
    kind: str
    n: int
    wrong: int


class Figures:
    """Asks; changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def states_since(self, since: datetime) -> list[tuple[str, bool, int]]:
        """(state, judged by a person, number) of the sheets received since a moment."""
        by_person = sheet.c.entered.isnot(None) & (sa.cast(sheet.c.entered, sa.Text) != "null")
        query = (
            sa.select(sheet.c.state, by_person.label("person"), sa.func.count())
            .where(sheet.c.received_at >= since)
            .group_by(sheet.c.state, "person")
        )
        return [(row[0], bool(row[1]), int(row[2])) for row in self._connection.execute(query)]

    def read_each_hour(self, since: datetime) -> dict[datetime, int]:
        """Beginning of an hour (UTC) → sheets that left ``pending`` in it."""
        if self._connection.dialect.name == "sqlite":
            hour = sa.func.strftime("%Y-%m-%d %H", audit.c.at)
        else:
            hour = sa.func.to_char(sa.func.timezone("UTC", audit.c.at), "YYYY-MM-DD HH24")
        query = (
            sa.select(hour.label("hour"), sa.func.count())
            .where(
                audit.c.what == STATE, audit.c.state_before == SheetState.PENDING.value, audit.c.at >= since
            )
            .group_by("hour")
        )
        return {
            datetime.strptime(row[0], "%Y-%m-%d %H").replace(tzinfo=UTC): int(row[1])
            for row in self._connection.execute(query)
        }

    def waiting_since(self) -> list[datetime]:
        """When each sheet in review came there, oldest first."""
        query = sa.select(sheet.c.updated_at).where(sheet.c.state == SheetState.REVIEW.value)
        return list(self._connection.execute(query.order_by(sheet.c.updated_at)).scalars())

    def verdicts(self, since: datetime) -> list[Verdict]:
        """What people judged since a moment, in its order."""
        query = (
            sa.select(audit.c.who, audit.c.at, audit.c.state_after.label("state"), audit.c.details)
            .where(
                audit.c.what == STATE, audit.c.state_before == SheetState.REVIEW.value, audit.c.at >= since
            )
            .order_by(audit.c.id.desc())
            .limit(_MOST)
        )
        rows = self._connection.execute(query).all()
        return [Verdict(r.who, r.at, r.state, (r.details or {}).get("effort")) for r in reversed(rows)]

    def audits(self) -> list[AuditCount]:
        """Answered blind audits by station, template and kind."""
        wrong = sa.case((blind_audit.c.wrong.is_(False), 0), else_=1)
        query = (
            sa.select(
                sheet.c.station,
                blind_audit.c.template,
                blind_audit.c.kind,
                sa.func.count().label("n"),
                sa.func.sum(wrong).label("wrong"),
            )
            .join(sheet, sheet.c.id == blind_audit.c.sheet_id)
            .where(blind_audit.c.state.in_(["done", "disputed"]))
            .group_by(sheet.c.station, blind_audit.c.template, blind_audit.c.kind)
            .order_by(sheet.c.station, blind_audit.c.template, blind_audit.c.kind)
        )
        return [
            AuditCount(r.station, r.template, r.kind, int(r.n), int(r.wrong))
            for r in self._connection.execute(query)
        ]
