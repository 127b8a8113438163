"""How the installation does: questions for metrics and alerts, each over an index or a bounded part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.audits import AuditRow
from storage.records.channel_tables import delivery, delivery_run, notice
from storage.records.tables import audit, batch, blind_audit, receipt, sheet
from storage.records.upsert import insert
from storage.records.vital_tables import reading_pace

#: Upper ends of the histogram's bins in seconds; what took longer counts under the last one.
PACE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 1e9)
#: ``what`` of the audit row that a check of everything leaves behind.
VERIFIED = "records.verified"
_PENDING, _REVIEW = SheetState.PENDING.value, SheetState.REVIEW.value
_WAITING = ("queued", "sent")


@dataclass(frozen=True)
class SheetCount:
    """So many sheets of one kind; ``template`` "": none was found."""

    supplier: str
    channel: str
    template: str
    state: str
    n: int


@dataclass(frozen=True)
class PaceRow:
    """Pages of one machine that took up to ``upto`` seconds each, ``seconds`` together."""

    worker: str
    upto: float
    pages: int
    seconds: float
    seen_at: datetime


@dataclass(frozen=True)
class OutboxCount:
    """Rows of a supplier's outbox in one state; ``oldest``: only of those without billing's answer."""

    supplier: str
    state: str
    n: int
    oldest: datetime | None


@dataclass(frozen=True)
class StationSeen:
    """When a station last handed something in, and how many batches it opened since a moment."""

    supplier: str
    station: str
    last: datetime
    batches: int


@dataclass(frozen=True)
class ReadSheet:
    """A sheet that was read: which combination of channel, form and model, and what it says."""

    key: tuple[str, str, str]
    recognition: Mapping[str, Any]


class Vitals:
    """Asks; only ``pace`` changes something."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pace(self, worker: str, seconds: Sequence[float], at: datetime) -> None:
        """Add pages that ``worker`` has read, each by its seconds; the last statement of a transaction."""
        found: dict[float, list[float]] = {}
        for each in seconds:
            found.setdefault(next(upto for upto in PACE if each <= upto), []).append(each)
        new = insert(self._connection, reading_pace)
        table, given = reading_pace.c, new.excluded
        # In one order: two processes of a machine never wait for each other's rows crosswise.
        for upto in sorted(found):
            pages = {"pages": len(found[upto]), "seconds": sum(found[upto]), "seen_at": at}
            self._connection.execute(
                new.values(worker=worker, upto=upto, **pages).on_conflict_do_update(
                    index_elements=["worker", "upto"],
                    set_={
                        "pages": table.pages + given.pages,
                        "seconds": table.seconds + given.seconds,
                        "seen_at": given.seen_at,
                    },
                )
            )

    def paces(self) -> list[PaceRow]:
        """Every machine's histogram; bins without a page are left out."""
        query = sa.select(reading_pace).order_by(reading_pace.c.worker, reading_pace.c.upto)
        return [PaceRow(**row._mapping) for row in self._connection.execute(query)]

    def sheets(self) -> list[SheetCount]:
        """Sheets by supplier, channel, form and state."""
        c = sheet.c
        key = (c.supplier, c.channel, c.template, c.state)
        rows = self._connection.execute(sa.select(*key, sa.func.count()).group_by(*key))
        return [SheetCount(row[0], row[1], row[2] or "", row[3], int(row[4])) for row in rows]

    def oldest_pending(self) -> datetime | None:
        """When the sheet came that waits longest for a reader."""
        query = sa.select(sheet.c.received_at).where(sheet.c.state == _PENDING)
        return self._connection.execute(query.order_by(sheet.c.id).limit(1)).scalar()

    def oldest_review(self) -> datetime | None:
        """When the sheet came to review that waits there longest."""
        query = sa.select(sa.func.min(sheet.c.updated_at)).where(sheet.c.state == _REVIEW)
        return self._connection.execute(query).scalar()

    def working(self, now: datetime) -> list[tuple[str, int]]:
        """(worker process, sheets that it holds) of those that hold any."""
        query = (
            sa.select(sheet.c.claimed_by, sa.func.count())
            .where(sheet.c.state == _PENDING, sheet.c.claimed_until > now)
            .group_by(sheet.c.claimed_by)
            .order_by(sheet.c.claimed_by)
        )
        return [(row[0], int(row[1])) for row in self._connection.execute(query)]

    def outbox(self) -> list[OutboxCount]:
        """Every supplier's outbox by state."""
        c = delivery.c
        totals = sa.select(c.supplier, c.state, sa.func.count()).group_by(c.supplier, c.state)
        oldest = sa.select(c.supplier, c.state, sa.func.min(c.created_at)).where(c.state.in_(_WAITING))
        since = {
            (row[0], row[1]): row[2] for row in self._connection.execute(oldest.group_by(c.supplier, c.state))
        }
        rows = self._connection.execute(totals.order_by(c.supplier, c.state))
        return [OutboxCount(row[0], row[1], int(row[2]), since.get((row[0], row[1]))) for row in rows]

    def failing_runs(self) -> dict[str, int]:
        """Supplier → runs that billing has not taken for sure and whose last try failed."""
        c = delivery_run.c
        query = sa.select(c.supplier, sa.func.count()).where(c.state == "open", c.error != "")
        return {row[0]: int(row[1]) for row in self._connection.execute(query.group_by(c.supplier))}

    def notices(self) -> list[tuple[str, str, int]]:
        """(channel, state, number) of the notices to customers."""
        c = notice.c
        query = sa.select(c.channel, c.state, sa.func.count()).group_by(c.channel, c.state)
        return [(row[0], row[1], int(row[2])) for row in self._connection.execute(query)]

    def oldest_notice(self) -> datetime | None:
        """When the notice was made that waits longest to be sent; lines of receipts wait for those."""
        query = sa.select(sa.func.min(notice.c.created_at)).where(
            notice.c.state.in_(("queued", "sending")), notice.c.channel != "receipt"
        )
        return self._connection.execute(query).scalar()

    def stations(self, since: datetime) -> list[StationSeen]:
        """The stations that handed something in since a moment."""
        query = (
            sa.select(
                batch.c.supplier,
                batch.c.station,
                sa.func.max(receipt.c.at).label("last"),
                sa.func.count(batch.c.id.distinct()).label("batches"),
            )
            .join(receipt, receipt.c.batch_id == batch.c.id)
            .where(batch.c.channel == "station", batch.c.created_at >= since)
            .group_by(batch.c.supplier, batch.c.station)
            .order_by(batch.c.supplier, batch.c.station)
        )
        return [
            StationSeen(row.supplier, row.station, row.last, int(row.batches))
            for row in self._connection.execute(query)
        ]

    def oldest_audit(self) -> datetime | None:
        """When the blind audit was drawn that waits longest for an answer."""
        query = sa.select(sa.func.min(blind_audit.c.drawn_at)).where(
            blind_audit.c.state.in_(("open", "disputed"))
        )
        return self._connection.execute(query).scalar()

    def last_verified(self) -> AuditRow | None:
        """What the last check of everything found."""
        query = sa.select(audit).where(audit.c.what == VERIFIED).order_by(audit.c.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else AuditRow(**row._mapping)

    def read(
        self,
        limit: int,
        *,
        key: tuple[str, str, str] | None = None,
        before: datetime | None = None,
        oldest: bool = False,
    ) -> list[ReadSheet]:
        """The newest (or oldest) sheets that a model has read, of one combination and before a moment."""
        c = sheet.c
        query = sa.select(c.channel, c.template, c.model, c.recognition).where(
            c.template.isnot(None), c.model.isnot(None)
        )
        if key is not None:
            query = query.where(c.channel == key[0], c.template == key[1], c.model == key[2])
        if before is not None:
            query = query.where(c.received_at < before)
        rows = self._connection.execute(query.order_by(c.id if oldest else c.id.desc()).limit(limit))
        return [ReadSheet((r.channel, r.template, r.model), r.recognition) for r in rows if r.recognition]
