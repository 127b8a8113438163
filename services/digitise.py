"""From received files to judged sheets: split, recognise, judge; one transaction a chunk.

Recognising takes long and changes nothing, so it happens outside any transaction; what it found is then
committed by compare-and-set from ``pending``. A process killed anywhere leaves whole chunks behind, and
whoever comes second to a sheet leaves it alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from domain.reasons import Reason
from domain.sheet import SheetState
from services import judging, photo_intake, settling, sides, taught
from services.context import Context, PageCount, PageRead, PageRef
from services.results import ChunkResult, FileProblem, HeldSheet, SheetOutcome
from services.text import printable
from storage.records import SheetRow, Transaction

MACHINE = "machine"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recognition:
    """A chunk that is being recognised: its pending sheets and, some time later, what their pages gave."""

    sheets: tuple[SheetRow, ...]
    asked: int
    pages: Future[list[PageRead]]


def split(ctx: Context, file_id: int) -> int:
    """Count the file's pages and give each a pending sheet.

    Returns the pages (0: it is unreadable). Idempotent.
    """
    counted = begin_split(ctx, file_id)
    if counted is None:
        with ctx.records.read() as tx:
            file = tx.files.file(file_id)
        return 0 if file is None or file.pages is None else file.pages
    return finish_split(ctx, file_id, counted.result())


def begin_split(ctx: Context, file_id: int) -> Future[PageCount] | None:
    """Begin to count the file's pages; None when they are counted."""
    with ctx.records.read() as tx:
        file = tx.files.file(file_id)
    if file is None or file.state != "received":
        return None
    return ctx.reader.count(file.sha256, file.name)


def finish_split(ctx: Context, file_id: int, count: PageCount) -> int:
    """Give each counted page its sheet, or make the file's one sheet ``unreadable``; returns the pages.

    A file whose original is missing or damaged (``count.held``) is left as it is, and has none for now.
    """
    if count.held:
        return 0
    at = ctx.clock()
    with ctx.records.begin() as tx:
        file = tx.files.file(file_id)
        assert file is not None
        if not tx.files.close(file_id, "unreadable" if count.reason else "split", count.pages):
            return file.pages or 0
        [first] = tx.sheets.at(file_id, 1)
        if count.reason is None:
            tx.sheets.add(file, _place(first), [(page, 1) for page in range(2, count.pages + 1)], at)
        else:
            details = {"detail": printable(count.detail)}
            tx.sheets.move(first, SheetState.UNREADABLE, (count.reason,), at=at, who=MACHINE, details=details)
    return count.pages


def unsplit(ctx: Context, batch_id: int | None = None) -> list[int]:
    """Files of a batch (of all, without one) whose pages are not yet counted."""
    with ctx.records.read() as tx:
        return tx.files.uncounted(batch_id)


def pending(ctx: Context, batch_id: int | None = None) -> list[int]:
    """Sheets of a batch (of all, without one) that wait for the reader, by file and page."""
    with ctx.records.read() as tx:
        return tx.sheets.pending(batch_id)


def digitise_chunk(ctx: Context, sheet_ids: Sequence[int]) -> ChunkResult:
    """Recognise and judge sheets and commit them together; sheets no longer pending are skipped."""
    return finish_chunk(ctx, begin_chunk(ctx, sheet_ids))


def begin_chunk(ctx: Context, sheet_ids: Sequence[int]) -> Recognition:
    """Hand the pages of pending sheets to the reader."""
    taught.refresh(ctx)
    with ctx.records.read() as tx:
        rows = tuple(row for row in tx.sheets.get(sheet_ids) if row.state is SheetState.PENDING)
        versions = {row.supplier: tx.registers.version(row.supplier) for row in rows}
        weights = {batch: _weights(tx, row) for batch, row in {row.batch_id: row for row in rows}.items()}
        sent = tx.submissions.of_sheets([row.id for row in rows])
        plates = ctx.settings.photo_plates
        meters = {sheet: photo_intake.hint(tx, each, plates=plates) for sheet, each in sent.items()}
    for supplier, version in versions.items():
        _refresh(ctx, supplier, version)
    refs = [
        PageRef(row.sha256, row.file_name, row.page, row.supplier, weights[row.batch_id], meters.get(row.id))
        for row in rows
    ]
    return Recognition(rows, len(sheet_ids), ctx.reader.submit(refs))


def finish_chunk(ctx: Context, recognition: Recognition) -> ChunkResult:
    """Wait for the reader, then judge and commit the whole chunk in one transaction."""
    pages = recognition.pages.result()
    if not recognition.sheets:
        return ChunkResult((), recognition.asked)
    found = {row.id: page for row, page in zip(recognition.sheets, pages, strict=True)}
    outcomes: list[SheetOutcome] = []
    held = tuple(
        HeldSheet(row.id, FileProblem(row.file_name, Reason.ORIGINAL_DAMAGED, found.pop(row.id).held))
        for row in recognition.sheets
        if found[row.id].held
    )
    if not found:
        return ChunkResult((), recognition.asked - len(held), held)
    skipped = recognition.asked - len(found) - len(held)
    with ctx.records.begin() as tx:
        # Two stations may hold two scans of one slip: whoever commits second must see the first.
        for supplier in sorted({row.supplier for row in recognition.sheets}):
            tx.lock(judging.sheets_lock(supplier))
        fresh = {row.id: row for row in tx.sheets.get(list(found), lock=True)}
        for sheet_id, page in found.items():
            if fresh[sheet_id].state is not SheetState.PENDING:
                skipped += 1
                continue
            outcomes += _settle_page(ctx, tx, fresh[sheet_id], page)
        outcomes, later = _join_sides(ctx, tx, outcomes, {row.file_id for row in recognition.sheets})
        _note_pace(ctx, tx, [page.seconds for page in found.values() if page.seconds > 0])
    by_state = Counter(each.state.value for each in outcomes)
    log.info("sheets committed", extra={"sheets": len(outcomes), "by_state": dict(by_state)})
    return ChunkResult(tuple(outcomes), skipped, held, tuple(later))


def _join_sides(
    ctx: Context, tx: Transaction, outcomes: Sequence[SheetOutcome], files: Collection[int]
) -> tuple[list[SheetOutcome], list[SheetOutcome]]:
    """Make one document of each paper's two sides in files that are through.

    Returns what became of the chunk's sheets, and of those that earlier chunks had left waiting.
    """
    at = ctx.clock()
    ended = {
        each.sheet_id: each
        for file_id in sorted(files)
        for each in sides.conclude(ctx, tx, file_id, at=at, who=MACHINE)
    }
    own = [ended.pop(each.sheet_id, each) for each in outcomes]
    return own, list(ended.values())


def _note_pace(ctx: Context, tx: Transaction, seconds: Sequence[float]) -> None:
    """Last in its transaction: the machine's row is what its processes may have to wait for."""
    if ctx.settings.worker and seconds:
        tx.vitals.pace(ctx.settings.worker, seconds, ctx.clock())


def _settle_page(ctx: Context, tx: Transaction, first: SheetRow, page: PageRead) -> list[SheetOutcome]:
    """Settle the page's sheet and add one for each further slip on it."""
    at = ctx.clock()
    if page.photo is not None:
        sent = tx.submissions.of_sheet(first.id)
        assert sent is not None
        return [outcome(first, *photo_intake.settle(ctx, tx, first, sent, page, at=at))]
    if page.reason is not None or not page.slips:
        reason = page.reason or Reason.TEMPLATE_NOT_FOUND
        details = {"detail": printable(page.detail)}
        tx.sheets.move(first, SheetState.UNREADABLE, (reason,), at=at, who=MACHINE, details=details)
        return [outcome(first, SheetState.UNREADABLE, (reason,))]
    rows = [first]
    if len(page.slips) > 1:
        file = tx.files.file(first.file_id)
        assert file is not None
        tx.sheets.add(file, _place(first), [(first.page, n) for n in range(2, len(page.slips) + 1)], at)
        rows = tx.sheets.at(first.file_id, first.page)
    settled = []
    for row, slip in zip(rows, page.slips, strict=True):
        state, reasons = settling.settle(ctx, tx, row, slip, page, at=at, who=MACHINE)
        settled.append(outcome(row, state, reasons))
    return settled


def outcome(row: SheetRow, state: SheetState, reasons: tuple[Reason, ...]) -> SheetOutcome:
    """What became of ``row``."""
    return SheetOutcome(row.id, row.file_name, row.page, row.slip, state, reasons)


def _place(row: SheetRow) -> dict[str, object]:
    return {"channel": row.channel, "station": row.station, "collected": row.collected}


def _weights(tx: Transaction, row: SheetRow) -> str:
    """The model that was chosen when the sheet's batch began: none is switched within a batch."""
    batch = tx.files.batch(row.batch_id)
    chosen = tx.shadows.active(row.supplier, None if batch is None else batch.created_at)
    return "" if chosen is None else chosen.weights


def refresh_register(ctx: Context, supplier: str) -> None:
    """Let the reader decode against the supplier's register as it is now."""
    with ctx.records.read() as tx:
        version = tx.registers.version(supplier)
    _refresh(ctx, supplier, version)


def _refresh(ctx: Context, supplier: str, version: int) -> None:
    def accounts() -> list[str]:
        with ctx.records.read() as tx:
            return tx.registers.accounts(supplier)

    length = ctx.suppliers[supplier].account.digits_max
    ctx.reader.refresh(supplier, str(version), length, accounts)
