"""Sheets: what they are, which state each is in, who holds it. Every change of state is audited here."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.reasons import Reason
from domain.sheet import SheetState, may_follow
from storage.records import audits
from storage.records.files import FileRow, files_of
from storage.records.tables import sheet, source_file
from storage.records.upsert import insert

log = logging.getLogger(__name__)

#: Who holds, in review, pages that wait for the other side of their paper: no person is given one meanwhile.
WAITING_SIDE = "other side"

_NO_FIRST_PICTURE = [
    state.value
    for state in (SheetState.PENDING, SheetState.DUPLICATE, SheetState.BLANK, SheetState.UNREADABLE)
]
_NO_FIRST_SCAN = [*_NO_FIRST_PICTURE, SheetState.REJECTED.value]
#: Built once: every sheet that is judged asks and says these.
_COLUMNS = frozenset(sheet.c.keys())
_MOVE = sa.update(sheet).where(
    sheet.c.id == sa.bindparam("moved_id"), sheet.c.state == sa.bindparam("moved_from")
)
_SAME_PIXELS = (
    sa.select(sheet.c.id)
    .where(
        sheet.c.supplier == sa.bindparam("supplier"),
        sheet.c.pixel_hash == sa.bindparam("pixel_hash"),
        sheet.c.slip == sa.bindparam("slip"),
        sheet.c.id != sa.bindparam("but"),
        sheet.c.state.notin_(_NO_FIRST_PICTURE),
    )
    .order_by(sheet.c.id)
    .limit(1)
)
_INKS = (
    sa.select(sheet.c.id, sheet.c.ink)
    .where(
        sheet.c.supplier == sa.bindparam("supplier"),
        sheet.c.account == sa.bindparam("account"),
        sheet.c.id != sa.bindparam("but"),
        sheet.c.ink.isnot(None),
        sheet.c.collected.between(sa.bindparam("since"), sa.bindparam("until")),
        sheet.c.state.notin_(_NO_FIRST_SCAN),
    )
    .order_by(sheet.c.id)
)


@dataclass(frozen=True)
class SheetRow:
    """A sheet with the file it lies in."""

    id: int
    supplier: str
    file_id: int
    sha256: str
    file_name: str
    page: int
    slip: int
    batch_id: int
    channel: str
    station: str
    collected: date
    received_at: datetime
    state: SheetState
    reasons: tuple[Reason, ...]
    template: str | None
    model: str | None
    account: str | None
    recognition: Mapping[str, Any] | None
    entered: Mapping[str, Any] | None
    pixel_hash: str | None
    ink: bytes | None
    duplicate_of: int | None
    claimed_by: str | None
    claimed_until: datetime | None
    updated_at: datetime

    @property
    def evidence(self) -> str:
        """Where the slip can be seen: the original's key, page and slip."""
        return f"{self.sha256}#page={self.page}&slip={self.slip}"


@dataclass(frozen=True)
class SheetFace:
    """A sheet of a file, as far as it tells which pages belong together."""

    id: int
    page: int
    state: SheetState
    reasons: tuple[Reason, ...]
    template: str | None
    duplicate_of: int | None


class Sheets:
    """Sheets by state; the only way to change a state is ``move``."""

    def __init__(self, connection: Connection, log: audits.Audits) -> None:
        self._connection = connection
        self._log = log

    def add(
        self, file: FileRow, batch: Mapping[str, Any], places: Iterable[tuple[int, int]], at: datetime
    ) -> None:
        """A pending sheet for each (page, slip) of ``file`` that has none.

        ``batch``: channel, station, collected.
        """
        rows = [
            {
                "supplier": file.supplier,
                "file_id": file.id,
                "page": page,
                "slip": slip,
                "batch_id": file.batch_id,
                "channel": batch["channel"],
                "station": batch["station"],
                "collected": batch["collected"],
                "received_at": file.received_at,
                "state": SheetState.PENDING.value,
                "reasons": "",
                "updated_at": at,
            }
            for page, slip in places
        ]
        for start in range(0, len(rows), 500):
            added = self._connection.execute(
                insert(self._connection, sheet)
                .values(rows[start : start + 500])
                .on_conflict_do_nothing(index_elements=["file_id", "page", "slip"])
                .returning(sheet.c.id)
            ).scalars()
            self._log.add_all(
                [
                    audits.row(
                        at,
                        "machine",
                        audits.STATE,
                        supplier=file.supplier,
                        sheet_id=i,
                        after=SheetState.PENDING.value,
                    )
                    for i in added
                ]
            )

    def get(self, sheet_ids: Sequence[int], *, lock: bool = False) -> list[SheetRow]:
        """These sheets by id, those that exist; ``lock`` keeps other writers from changing them meanwhile."""
        query = _select().where(sheet.c.id.in_(sheet_ids)).order_by(sheet.c.id)
        return self._rows(query.with_for_update(of=sheet) if lock else query)

    def at(self, file_id: int, page: int) -> list[SheetRow]:
        """The sheets of one page, from top to bottom."""
        query = _select().where(sheet.c.file_id == file_id, sheet.c.page == page).order_by(sheet.c.slip)
        return self._rows(query)

    def any_with(self, file_id: int, state: SheetState, first: Reason) -> bool:
        """Whether a sheet of a file is in ``state`` for ``first`` of all; quick where few sheets are."""
        # A range of the index over both, for every file is asked this with every chunk. It ends with a
        # letter: collations pass over signs.
        behind = first.value[:-1] + chr(ord(first.value[-1]) + 1)
        query = sa.select(sheet.c.id).where(
            sheet.c.state == state.value,
            sheet.c.reasons >= first.value,
            sheet.c.reasons < behind,
            sheet.c.file_id == file_id,
        )
        return self._connection.execute(query.limit(1)).scalar() is not None

    def faces(self, file_id: int) -> list[SheetFace]:
        """All sheets of a file in its order, without what was read of them."""
        query = (
            sa.select(*(sheet.c[name] for name in SheetFace.__dataclass_fields__))
            .where(sheet.c.file_id == file_id)
            .order_by(sheet.c.page, sheet.c.slip)
        )
        return [
            SheetFace(r.id, r.page, SheetState(r.state), split_reasons(r.reasons), r.template, r.duplicate_of)
            for r in self._connection.execute(query)
        ]

    def pending(
        self, batch_id: int | None = None, file_id: int | None = None, limit: int | None = None
    ) -> list[int]:
        """Sheets that wait for the reader in files whose pages are counted, by file and page."""
        query = (
            sa.select(sheet.c.id)
            .join(source_file, source_file.c.id == sheet.c.file_id)
            .where(sheet.c.state == SheetState.PENDING.value, source_file.c.state == "split")
            .order_by(sheet.c.file_id, sheet.c.page, sheet.c.slip)
        )
        if batch_id is not None:
            query = query.where(sheet.c.file_id.in_(files_of(batch_id)))
        if file_id is not None:
            query = query.where(sheet.c.file_id == file_id)
        if limit is not None:
            query = query.limit(limit)
        return list(self._connection.execute(query).scalars())

    def of_batch(self, batch_id: int, state: SheetState | None = None) -> list[SheetRow]:
        """The sheets of the files handed in with a batch: those in ``state``, or all."""
        query = _select().where(sheet.c.file_id.in_(files_of(batch_id)))
        if state is not None:
            query = query.where(sheet.c.state == state.value)
        return self._rows(query.order_by(sheet.c.file_id, sheet.c.page, sheet.c.slip))

    def count_of_batch(self, batch_id: int) -> dict[SheetState, int]:
        """How many sheets of the files handed in with a batch are in each state."""
        query = sa.select(sheet.c.state, sa.func.count()).where(sheet.c.file_id.in_(files_of(batch_id)))
        rows = self._connection.execute(query.group_by(sheet.c.state))
        return {SheetState(state): count for state, count in rows}

    def move(
        self,
        row: SheetRow,
        after: SheetState,
        reasons: Iterable[Reason],
        *,
        at: datetime,
        who: str,
        details: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> bool:
        """Compare and set.

        From the state that ``row`` has to ``after``; audited. False when it was not in it.
        """
        if not may_follow(row.state, after):
            raise ValueError(f"a sheet cannot go from {row.state} to {after}")
        if not _COLUMNS.issuperset(columns):
            raise TypeError(f"a sheet has no columns {sorted(columns.keys() - _COLUMNS)}")
        values = {
            "state": after.value,
            "reasons": join_reasons(reasons),
            "claimed_by": None,
            "claimed_until": None,
            "updated_at": at,
            "moved_id": row.id,
            "moved_from": row.state.value,
        }
        changed = self._connection.execute(_MOVE, values | columns)
        if changed.rowcount != 1:
            return False
        self._log.add(
            at,
            who,
            audits.STATE,
            supplier=row.supplier,
            sheet_id=row.id,
            before=row.state.value,
            after=after.value,
            details=details,
        )
        log.debug("a sheet is now %s", after.value, extra={"sheet": row.id, "state": after.value})
        return True

    def same_pixels(self, supplier: str, pixel_hash: str, slip: int, but: int) -> int | None:
        """The first other sheet with the same picture, itself no duplicate."""
        asked = {"supplier": supplier, "pixel_hash": pixel_hash, "slip": slip, "but": but}
        return self._connection.execute(_SAME_PIXELS, asked).scalar()

    def inks(
        self, supplier: str, account: str, but: int, since: date, until: date
    ) -> list[tuple[int, bytes]]:
        """Ink fingerprints of other sheets with this account, collected in these days, oldest first.

        Duplicates are left out, and rejected sheets: the paper may have been scanned again on request.
        """
        asked = {"supplier": supplier, "account": account, "but": but, "since": since, "until": until}
        return [(r.id, r.ink) for r in self._connection.execute(_INKS, asked)]

    def has_duplicate(self, row: SheetRow, since: datetime) -> bool:
        """Whether another sheet with the same account was recorded as a duplicate of this one since then."""
        query = sa.select(sheet.c.id).where(
            sheet.c.supplier == row.supplier,
            sheet.c.account == row.account,
            sheet.c.duplicate_of == row.id,
            sheet.c.updated_at >= since,
        )
        return self._connection.execute(query.limit(1)).scalar() is not None

    def counts(self, supplier: str | None = None, batch_id: int | None = None) -> list[tuple[str, str, int]]:
        """(state, comma-separated reasons, number of sheets), from one GROUP BY."""
        query = sa.select(sheet.c.state, sheet.c.reasons, sa.func.count()).group_by(
            sheet.c.state, sheet.c.reasons
        )
        if supplier is not None:
            query = query.where(sheet.c.supplier == supplier)
        if batch_id is not None:
            query = query.where(sheet.c.file_id.in_(files_of(batch_id)))
        return [(r[0], r[1], r[2]) for r in self._connection.execute(query)]

    def _rows(self, query: sa.Select[Any]) -> list[SheetRow]:
        return [to_row(r) for r in self._connection.execute(query)]


def _select() -> sa.Select[Any]:
    return sa.select(sheet, source_file.c.sha256, source_file.c.name.label("file_name")).join(
        source_file, source_file.c.id == sheet.c.file_id
    )


def to_row(row: sa.Row[Any]) -> SheetRow:
    """A row of ``_select`` with its state and reasons as enumerations."""
    values = dict(row._mapping)
    values["state"] = SheetState(values["state"])
    values["reasons"] = split_reasons(values["reasons"])
    return SheetRow(**values)


def join_reasons(reasons: Iterable[Reason]) -> str:
    """Reasons as one text, each once, in their order."""
    return ",".join(dict.fromkeys(reason.value for reason in reasons))


def split_reasons(text: str) -> tuple[Reason, ...]:
    """The inverse of ``join_reasons``."""
    return tuple(Reason(code) for code in text.split(",")) if text else ()
