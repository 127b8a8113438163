"""The papers of a batch: its box, who emptied it, how many slips were counted, which bag keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.reasons import Reason
from domain.sheet import SheetState
from storage.records.files import BatchRow
from storage.records.office_tables import batch_papers
from storage.records.sheets import split_reasons
from storage.records.tables import batch, receipt, sheet, source_file
from storage.records.upsert import insert

OPEN, CLOSED, DONE = "open", "closed", "done"
#: What a person or a header sheet may say.
NAMES = ("box", "seal", "collector", "emptied")


@dataclass(frozen=True)
class PapersRow:
    """A batch's papers.

    ``state``: open (files may come), closed (all are here), done (every sheet is in its state). ``bag``: the
    archive bag that the paper lies in. ``declared``: how many slips the collector counted; None: not said.
    ``header_sheet``: the sheet that said so, where one was scanned.
    """

    batch_id: int
    key: str
    opened_by: str
    state: str = OPEN
    bag: str = ""
    box: str = ""
    seal: str = ""
    collector: str = ""
    emptied: str = ""
    declared: int | None = None
    header_sheet: int | None = None
    done_at: datetime | None = None


@dataclass(frozen=True)
class StationBatch:
    """A batch with its papers and how far it is: sheets by state, files, pages not yet counted."""

    batch: BatchRow
    papers: PapersRow
    files: int
    uncounted: int
    by_state: dict[str, int]

    @property
    def sheets(self) -> int:
        """All sheets."""
        return sum(self.by_state.values())

    @property
    def pending(self) -> int:
        """Sheets that wait for the reader."""
        return self.by_state.get("pending", 0)


@dataclass(frozen=True)
class BatchSheet:
    """A sheet as its station sees it."""

    id: int
    file_name: str
    page: int
    slip: int
    state: SheetState
    reasons: tuple[Reason, ...]


#: The states in the order in which a station has to do something about them.
_WORST_FIRST = (
    SheetState.UNREADABLE,
    SheetState.REJECTED,
    SheetState.REVIEW,
    SheetState.PENDING,
    SheetState.DUPLICATE,
    SheetState.BLANK,
    SheetState.ACCEPTED,
    SheetState.DELIVERED,
)


class Papers:
    """Opens, fills in, closes and lists the batches of stations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: PapersRow) -> bool:
        """Record papers; False when the station has opened this batch before."""
        added = self._connection.execute(
            insert(self._connection, batch_papers)
            .values(**vars(row))
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(batch_papers.c.batch_id)
        ).one_or_none()
        return added is not None

    def by_key(self, key: str) -> PapersRow | None:
        """The papers that a station opened under ``key``."""
        return self._one(batch_papers.c.key == key)

    def of_batch(self, batch_id: int) -> PapersRow | None:
        """The papers of a batch; None for one that no station opened."""
        return self._one(batch_papers.c.batch_id == batch_id)

    def change(self, batch_id: int, **values: Any) -> None:
        """Set columns."""
        self._connection.execute(
            sa.update(batch_papers).where(batch_papers.c.batch_id == batch_id).values(**values)
        )

    def unfinished(self) -> list[int]:
        """Batches whose sheets are not all in their states, oldest first."""
        query = sa.select(batch_papers.c.batch_id).where(batch_papers.c.state != DONE)
        return list(self._connection.execute(query.order_by(batch_papers.c.batch_id)).scalars())

    def latest(self, limit: int = 30, station: str | None = None) -> list[StationBatch]:
        """The newest batches first."""
        query = self._joined().order_by(batch.c.id.desc()).limit(limit)
        if station is not None:
            query = query.where(batch.c.station == station)
        return [self._station_batch(row) for row in self._connection.execute(query)]

    def one(self, batch_id: int) -> StationBatch | None:
        """One batch with how far it is."""
        row = self._connection.execute(self._joined().where(batch.c.id == batch_id)).one_or_none()
        return None if row is None else self._station_batch(row)

    def sheets(self, batch_id: int, limit: int) -> list[BatchSheet]:
        """A batch's sheets, those that want something first; without what was read, which is long."""
        rank = sa.case({state.value: place for place, state in enumerate(_WORST_FIRST)}, value=sheet.c.state)
        mine = sa.select(receipt.c.file_id).where(receipt.c.batch_id == batch_id)
        query = (
            sa.select(
                sheet.c.id,
                source_file.c.name.label("file_name"),
                sheet.c.page,
                sheet.c.slip,
                sheet.c.state,
                sheet.c.reasons,
            )
            .join(source_file, source_file.c.id == sheet.c.file_id)
            .where(sheet.c.file_id.in_(mine))
            .order_by(rank, sheet.c.file_id, sheet.c.page, sheet.c.slip)
            .limit(limit)
        )
        return [
            BatchSheet(r.id, r.file_name, r.page, r.slip, SheetState(r.state), split_reasons(r.reasons))
            for r in self._connection.execute(query)
        ]

    def _joined(self) -> sa.Select[Any]:
        return sa.select(
            *(column.label(f"b_{column.name}") for column in batch.c),
            *(column.label(f"p_{column.name}") for column in batch_papers.c),
        ).join(batch_papers, batch_papers.c.batch_id == batch.c.id)

    def _station_batch(self, row: sa.Row[Any]) -> StationBatch:
        values = row._mapping
        one = BatchRow(**{name[2:]: value for name, value in values.items() if name.startswith("b_")})
        papers = PapersRow(**{name[2:]: value for name, value in values.items() if name.startswith("p_")})
        mine = sa.select(receipt.c.file_id).where(receipt.c.batch_id == one.id)
        files = sa.select(sa.func.count(receipt.c.file_id.distinct())).where(receipt.c.batch_id == one.id)
        uncounted = sa.select(sa.func.count()).where(
            source_file.c.id.in_(mine), source_file.c.state == "received"
        )
        states = sa.select(sheet.c.state, sa.func.count()).where(sheet.c.file_id.in_(mine))
        return StationBatch(
            one,
            papers,
            int(self._connection.execute(files).scalar_one()),
            int(self._connection.execute(uncounted).scalar_one()),
            {r[0]: int(r[1]) for r in self._connection.execute(states.group_by(sheet.c.state))},
        )

    def _one(self, which: sa.ColumnElement[bool]) -> PapersRow | None:
        row = self._connection.execute(sa.select(batch_papers).where(which)).one_or_none()
        return None if row is None else PapersRow(**row._mapping)
