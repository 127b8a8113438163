"""Many workers, one heap of work: each takes some sheets for a time, reads them, and takes the next ones.

Whoever dies leaves sheets whose lease runs out; whoever is told to stop gives them back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Missing, expand
from services import batch as batches
from services import digitise, receive, station
from services.context import Context
from services.patience import patiently
from services.results import (
    BatchOrder,
    BatchResult,
    ChunkResult,
    FileProblem,
    Progress,
    Receipt,
    SheetOutcome,
)
from services.text import printable

#: How long sheets stay a worker's that says nothing; it renews them in a third of that.
LEASE_SECONDS = 120
#: How long a sheet rests that no worker could bring to an end; then it is tried again.
REST_SECONDS = 900
#: ``what`` in the audit log.
RESTS = "sheet.rests"


def take(ctx: Context, who: str, most: int) -> list[int]:
    """Take up to ``most`` free sheets, the oldest first; raises ``StorageError`` in an old program."""
    now = ctx.clock()
    with ctx.records.begin() as tx:
        return tx.waiting.take(who, most, now, now + timedelta(seconds=LEASE_SECONDS))


def renew(ctx: Context, who: str) -> None:
    """Keep what ``who`` holds for another lease."""
    with ctx.records.begin() as tx:
        tx.waiting.renew(who, ctx.clock() + timedelta(seconds=LEASE_SECONDS))


def give_back(ctx: Context, who: str, sheet_ids: Collection[int] | None = None) -> int:
    """Let others have these sheets, or all that ``who`` still holds; returns how many."""
    with ctx.records.begin() as tx:
        return tx.waiting.give_back(who, sheet_ids)


def set_aside(ctx: Context, who: str, sheet_id: int, reason: Reason, why: str) -> None:
    """Let a sheet rest that no worker can bring to an end now: those behind it go on, the log says why."""
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if tx.waiting.rest(who, sheet_id, at + timedelta(seconds=REST_SECONDS)):
            details = {"reason": reason.value, "why": printable(why)}
            tx.audits.add(at, digitise.MACHINE, RESTS, sheet_id=sheet_id, details=details)


def read(ctx: Context, who: str, sheet_ids: Sequence[int]) -> ChunkResult:
    """Count the pages of files that are new, then recognise, judge and commit the sheets taken.

    The further pages of a file counted here are free sheets like any other, for whoever comes first. A sheet
    whose original cannot be had rests.
    """
    with ctx.records.read() as tx:
        uncounted = tx.waiting.uncounted(sheet_ids)
    for file_id in uncounted:
        digitise.split(ctx, file_id)
    result = digitise.digitise_chunk(ctx, sheet_ids)
    for held in result.held:
        set_aside(ctx, who, held.sheet_id, held.problem.reason, held.problem.detail)
    give_back(ctx, who, sheet_ids)
    return result


def anything_free(ctx: Context) -> int:
    """How many sheets wait for a worker; raises ``StorageError`` in an old program."""
    with ctx.records.read() as tx:
        return tx.waiting.free(ctx.clock())


def how_far(ctx: Context, sheet_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The batches of these sheets: how many of their sheets wait, and how many there are."""
    with ctx.records.read() as tx:
        return {batch: tx.waiting.left(batch) for batch in tx.waiting.batches(sheet_ids)}


def close_papers(ctx: Context) -> None:
    """Close the papers of stations' batches that are through."""
    station.finish_all(ctx)


def hand_in(
    ctx: Context,
    paths: Sequence[Path],
    order: BatchOrder,
    pause: Callable[[float], None],
    progress: Callable[[Progress], None] | None = None,
    *,
    wait: bool = True,
) -> BatchResult:
    """Make files durable for the workers to read; with ``wait``, until no sheet waits for one.

    The same files again add receipts and wait for the same sheets. ``pause`` waits some seconds. Sheets that
    rest are among the problems: they are tried again later, or when their original has been restored.
    """
    began, since = monotonic(), ctx.clock()
    patience = ctx.settings.patience_seconds
    batch = patiently(lambda: receive.open_batch(ctx, order), patience)
    receipts: list[Receipt] = []
    problems: list[FileProblem] = []
    for path in expand(paths):
        if isinstance(path, Missing):
            problems.append(FileProblem(str(path.path), path.error.reason, str(path.error)))
            continue
        try:
            take_in = partial(receive.receive_file, ctx, path, path.name, order, batch)
            receipts.append(patiently(take_in, patience))
        except InputError as error:
            problems.append(FileProblem(str(path), error.reason, str(error)))
    if wait:
        _wait(ctx, batch, pause, progress or (lambda _: None))
        problems += _resting(ctx, batch)
    return batches.result(ctx, batch, (receipts, problems, _ended(ctx, batch, since)), monotonic() - began)


def _wait(
    ctx: Context, batch: int, pause: Callable[[float], None], progress: Callable[[Progress], None]
) -> None:
    shown = (-1, -1)
    while True:
        waiting, every = patiently(lambda: _left(ctx, batch), ctx.settings.patience_seconds)
        if shown != (waiting, every):
            progress(Progress(batch, every - waiting, every))
        shown = (waiting, every)
        if not waiting:
            return
        pause(1.0)


def _ended(ctx: Context, batch: int, since: datetime) -> list[SheetOutcome]:
    """What became of the batch's sheets that left ``pending`` since then."""
    with ctx.records.read() as tx:
        rows = tx.waiting.ended(batch, since)
    return [SheetOutcome(r.id, r.file_name, r.page, r.slip, r.state, r.reasons) for r in rows]


def _left(ctx: Context, batch: int) -> tuple[int, int]:
    with ctx.records.read() as tx:
        return tx.waiting.left(batch)


def _resting(ctx: Context, batch: int) -> list[FileProblem]:
    """The sheets of a batch that no worker could bring to an end, each with what the log says of it."""
    with ctx.records.read() as tx:
        problems = []
        for sheet_id, name in tx.waiting.resting(batch):
            said = [row.details or {} for row in tx.audits.of_sheet(sheet_id) if row.what == RESTS]
            last = said[-1] if said else {}
            reason = Reason(last.get("reason", Reason.DECODER_CRASHED.value))
            problems.append(FileProblem(name, reason, f"sheet {sheet_id}: {last.get('why', '')}"))
        return problems
