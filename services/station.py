"""What a scanning station does: open a batch with its papers, hand files in, see how each sheet ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import digitise, receive
from services.context import Context
from services.results import BatchOrder, Receipt
from services.text import printable
from storage.records.papers import CLOSED, DONE, NAMES, OPEN, BatchSheet, PapersRow, StationBatch

#: Sheets of a batch that are listed.
MOST_SHEETS = 400
#: A sheet that is no slip: the collector did not count it.
_NOT_COUNTED = frozenset({SheetState.BLANK, SheetState.DUPLICATE})


@dataclass(frozen=True)
class PapersEntry:
    """What stands on a batch's papers. ``declared``: slips that the collector counted; None: not said."""

    box: str = ""
    seal: str = ""
    collector: str = ""
    emptied: str = ""
    bag: str = ""
    declared: int | None = None


@dataclass(frozen=True)
class BatchView:
    """A batch as its station sees it.

    ``sheets``: at most ``MOST_SHEETS`` of them, those that want something first. ``slips``: sheets without
    blank ones and second scans.
    """

    row: StationBatch
    sheets: tuple[BatchSheet, ...] = ()

    @property
    def slips(self) -> int:
        """Sheets that a collector would have counted."""
        left_out = sum(self.row.by_state.get(state.value, 0) for state in _NOT_COUNTED)
        return self.row.sheets - left_out

    @property
    def missing(self) -> int | None:
        """Slips that the collector counted and nobody found (negative: too many); None: not known yet."""
        if self.row.papers.declared is None or self.row.papers.state != DONE:
            return None
        return self.row.papers.declared - self.slips

    @property
    def done(self) -> int:
        """Sheets that are in their states."""
        return self.row.sheets - self.row.pending

    @property
    def again(self) -> tuple[BatchSheet, ...]:
        """Sheets whose paper has to be scanned again."""
        return tuple(row for row in self.sheets if wants_scan(row))


def wants_scan(row: BatchSheet) -> bool:
    """Whether only another scan of the paper helps."""
    if row.state is SheetState.UNREADABLE:
        return True
    return row.state is SheetState.REJECTED and Reason.RESCAN in row.reasons


def open_batch(
    ctx: Context, user: str, key: str, order: BatchOrder, entry: PapersEntry = PapersEntry()
) -> int:
    """Begin a batch, or find the one that was begun under ``key``; raises ``UsageError``."""
    if not key.isascii() or not key.isalnum() or not 8 <= len(key) <= 64:
        raise UsageError("the key of a batch has 8 to 64 letters and digits")
    with ctx.records.read() as tx:
        known = tx.papers.by_key(key)
    if known is not None:
        return known.batch_id
    batch = receive.open_batch(ctx, order)
    values = _values(entry)
    values["bag"] = values["bag"] or f"{order.collected:%Y%m%d}-{batch}"
    with ctx.records.begin() as tx:
        if not tx.papers.add(PapersRow(batch, key, user, **values)):
            again = tx.papers.by_key(key)
            assert again is not None
            return again.batch_id
        tx.audits.add(
            ctx.clock(), user, "batch.opened", supplier=order.supplier, details={"batch": batch, **values}
        )
    return batch


def _values(entry: PapersEntry) -> dict[str, Any]:
    values: dict[str, Any] = {name: printable(getattr(entry, name), 80) for name in (*NAMES, "bag")}
    return values | {"declared": entry.declared}


def write_papers(ctx: Context, user: str, batch_id: int, entry: PapersEntry) -> None:
    """Fill the papers in or correct them; audited. Raises ``UsageError``."""
    values = _values(entry)
    with ctx.records.begin() as tx:
        before = tx.papers.of_batch(batch_id)
        if before is None:
            raise UsageError(f"there is no batch {batch_id} of a station")
        values["bag"] = values["bag"] or before.bag
        old = {name: getattr(before, name) for name in values}
        if old == values:
            return
        tx.papers.change(batch_id, **values)
        details = {"batch": batch_id, "before": old, "after": values}
        tx.audits.add(ctx.clock(), user, "batch.papers", details=details)


def hand_in(ctx: Context, batch_id: int, source: bytes | Path, name: str) -> Receipt:
    """Take a file in; durable when this returns. A closed batch opens again. Raises ``UsageError``."""
    with ctx.records.read() as tx:
        batch = tx.files.batch(batch_id)
        papers = tx.papers.of_batch(batch_id)
    if batch is None or papers is None:
        raise UsageError(f"there is no batch {batch_id} of a station")
    order = BatchOrder(batch.supplier, batch.channel, batch.station, batch.collected)
    receipt = receive.receive_file(ctx, source, name, order, batch_id)
    if papers.state != OPEN:
        with ctx.records.begin() as tx:
            tx.papers.change(batch_id, state=CLOSED, done_at=None)
    return receipt


def close(ctx: Context, batch_id: int) -> None:
    """Say that all files of the batch are here."""
    with ctx.records.begin() as tx:
        papers = tx.papers.of_batch(batch_id)
        if papers is None:
            raise UsageError(f"there is no batch {batch_id} of a station")
        if papers.state == OPEN:
            tx.papers.change(batch_id, state=CLOSED)


def latest(ctx: Context, limit: int = 30) -> list[BatchView]:
    """The newest batches, without their sheets."""
    with ctx.records.read() as tx:
        return [BatchView(row) for row in tx.papers.latest(limit)]


def view(ctx: Context, batch_id: int) -> BatchView:
    """One batch with its sheets; raises ``UsageError``."""
    with ctx.records.read() as tx:
        row = tx.papers.one(batch_id)
        if row is None:
            raise UsageError(f"there is no batch {batch_id} of a station")
        return BatchView(row, tuple(tx.papers.sheets(batch_id, MOST_SHEETS)))


def is_of_station(ctx: Context, sheet_id: int) -> bool:
    """Whether a sheet came through a station."""
    with ctx.records.read() as tx:
        rows = tx.sheets.get([sheet_id])
        return bool(rows) and tx.papers.of_batch(rows[0].batch_id) is not None


def work(ctx: Context, stop: Callable[[], bool] = lambda: False) -> int:
    """Digitise whatever waits in stations' batches, oldest first; returns how many sheets.

    May be killed anywhere and called again; closes the papers of batches that are through.
    """
    finished = 0
    with ctx.records.read() as tx:
        unfinished = tx.papers.unfinished()
    for batch_id in unfinished:
        for file_id in digitise.unsplit(ctx, batch_id):
            digitise.split(ctx, file_id)
        held: set[int] = set()
        while not stop() and (sheets := [i for i in digitise.pending(ctx, batch_id) if i not in held]):
            result = digitise.digitise_chunk(ctx, sheets[: ctx.settings.chunk_sheets])
            finished += len(result.outcomes)
            held |= {each.sheet_id for each in result.held}
            if not result.outcomes and not result.held:
                # Another process is at these: it commits them.
                break
        if stop():
            break
        _finish(ctx, batch_id)
    return finished


def finish_all(ctx: Context) -> None:
    """Close the papers of batches that are through, whoever has read them."""
    with ctx.records.read() as tx:
        unfinished = tx.papers.unfinished()
    for batch_id in unfinished:
        _finish(ctx, batch_id)


def _finish(ctx: Context, batch_id: int) -> None:
    with ctx.records.begin() as tx:
        row = tx.papers.one(batch_id)
        if row is not None and row.papers.state == CLOSED and not row.pending and not row.uncounted:
            at = ctx.clock()
            tx.papers.change(batch_id, state=DONE, done_at=at)
            details: Mapping[str, Any] = {"batch": batch_id, "by_state": row.by_state}
            tx.audits.add(at, "machine", "batch.done", supplier=row.batch.supplier, details=details)
