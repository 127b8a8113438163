"""A whole batch in this process: what ``meterdrop ingest`` runs when no flow server is configured.

A pipeline: while one chunk is committed, the next ones are already with the reader, and files are received
and counted ahead of both.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import InputError
from domain.sheet import SheetState
from ocr.load import Missing, expand
from services import digitise, receive
from services.context import Context, PageCount
from services.results import BatchOrder, BatchResult, FileProblem, Progress, Receipt, SheetOutcome


def run_batch(
    ctx: Context,
    paths: Sequence[Path],
    order: BatchOrder,
    progress: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """Receive, split and digitise everything under ``paths`` (files or folders).

    Blocks until it is through. Interrupted and called again with the same paths, it goes on where it was.
    """
    began = time.monotonic()
    run = _Run(ctx, order, receive.open_batch(ctx, order), progress or (lambda _: None))
    under_way: deque[digitise.Recognition] = deque()
    for chunk in run.chunks(run.sheets(paths)):
        under_way.append(digitise.begin_chunk(ctx, chunk))
        # One chunk more than there are readers: they do not wait while a chunk is committed.
        if len(under_way) > ctx.reader.workers:
            run.finish(under_way.popleft())
    while under_way:
        run.finish(under_way.popleft())
    return result(ctx, run.batch_id, (run.receipts, run.problems, run.outcomes), time.monotonic() - began)


def result(
    ctx: Context,
    batch_id: int,
    done: tuple[Sequence[Receipt], Sequence[FileProblem], Sequence[SheetOutcome]],
    seconds: float,
) -> BatchResult:
    """What a run that is through tells: what it has ``done``, and how all sheets of its files stand."""
    with ctx.records.read() as tx:
        rows = tx.sheets.of_batch(batch_id)
    unreadable = (row for row in rows if row.state is SheetState.UNREADABLE)
    return BatchResult(
        batch_id=batch_id,
        receipts=tuple(done[0]),
        problems=tuple(done[1]),
        outcomes=tuple(done[2]),
        unreadable=tuple(digitise.outcome(row, row.state, row.reasons) for row in unreadable),
        totals=dict(Counter(row.state.value for row in rows)),
        seconds=seconds,
    )


@dataclass
class _Run:
    """What a run has done so far."""

    ctx: Context
    order: BatchOrder
    batch_id: int
    progress: Callable[[Progress], None]
    receipts: list[Receipt] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    outcomes: list[SheetOutcome] = field(default_factory=list)
    done: int = 0
    total: int = 0
    by_state: Counter[str] = field(default_factory=Counter)

    def files(self, paths: Sequence[Path]) -> Iterator[int]:
        """Receive file after file; gives the ids of those that were taken, each once."""
        seen: set[int] = set()
        for path in expand(paths):
            if isinstance(path, Missing):
                self.problems.append(FileProblem(str(path.path), path.error.reason, str(path.error)))
                continue
            try:
                receipt = receive.receive_file(self.ctx, path, path.name, self.order, self.batch_id)
            except InputError as error:
                self.problems.append(FileProblem(str(path), error.reason, str(error)))
                continue
            self.receipts.append(receipt)
            if receipt.file_id not in seen:
                seen.add(receipt.file_id)
                yield receipt.file_id

    def sheets(self, paths: Sequence[Path]) -> Iterator[int]:
        """The pending sheets of all files; pages are counted some files ahead."""
        ahead: deque[tuple[int, Future[PageCount] | None]] = deque()
        for file_id in self.files(paths):
            ahead.append((file_id, digitise.begin_split(self.ctx, file_id)))
            if len(ahead) > self.ctx.settings.chunk_sheets:
                yield from self._counted(*ahead.popleft())
        while ahead:
            yield from self._counted(*ahead.popleft())

    def chunks(self, sheets: Iterator[int]) -> Iterator[list[int]]:
        """Sheets in lists of the configured size."""
        chunk: list[int] = []
        for sheet_id in sheets:
            chunk.append(sheet_id)
            if len(chunk) == self.ctx.settings.chunk_sheets:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def finish(self, recognition: digitise.Recognition) -> None:
        """Commit a chunk and say how far the batch is."""
        result = digitise.finish_chunk(self.ctx, recognition)
        self.outcomes += result.outcomes
        self.by_state.update(outcome.state.value for outcome in result.outcomes)
        self.done += recognition.asked
        self._report()

    def _counted(self, file_id: int, count: Future[PageCount] | None) -> list[int]:
        if count is not None:
            digitise.finish_split(self.ctx, file_id, count.result())
        with self.ctx.records.read() as tx:
            sheets = tx.sheets.pending(file_id=file_id)
        self.total += len(sheets)
        self._report()
        return sheets

    def _report(self) -> None:
        self.progress(Progress(self.batch_id, self.done, self.total, dict(self.by_state)))
