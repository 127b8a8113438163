"""A whole batch in this process: what ``meterdrop ingest`` runs when no flow server is configured.

A pipeline: while one chunk is committed, the next ones are already with the reader, and files are received
and counted ahead of both. Every step may be done twice, so each is done again when storage was away for
a moment (``patience_seconds``).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from domain.errors import InputError, StorageError
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.load import Missing, expand
from services import digitise, receive
from services.context import Context, PageCount
from services.patience import patiently
from services.results import BatchOrder, BatchResult, FileProblem, Progress, Receipt, SheetOutcome
from services.trail import about
from storage.records import SheetRow

T = TypeVar("T")


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
    batch_id = patiently(lambda: receive.open_batch(ctx, order), ctx.settings.patience_seconds)
    run = _Run(ctx, order, batch_id, progress or (lambda _: None))
    under_way: deque[digitise.Recognition] = deque()
    with about(batch=batch_id):
        for chunk in run.chunks(run.sheets(paths)):
            under_way.append(run.begin(chunk))
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
    unreadable, totals = patiently(lambda: _standing(ctx, batch_id), ctx.settings.patience_seconds)
    return BatchResult(
        batch_id=batch_id,
        receipts=tuple(done[0]),
        problems=tuple(done[1]),
        # The last word about a sheet: one side of a paper waits until its file is through.
        outcomes=tuple({each.sheet_id: each for each in done[2]}.values()),
        unreadable=tuple(digitise.outcome(row, row.state, row.reasons) for row in unreadable),
        totals={state.value: count for state, count in totals.items()},
        seconds=seconds,
    )


def _standing(ctx: Context, batch_id: int) -> tuple[list[SheetRow], dict[SheetState, int]]:
    """The unreadable sheets of a batch's files, and how many are in each state: there may be thousands."""
    with ctx.records.read() as tx:
        return tx.sheets.of_batch(batch_id, SheetState.UNREADABLE), tx.sheets.count_of_batch(batch_id)


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
                receipt = self._again(
                    partial(receive.receive_file, self.ctx, path, path.name, self.order, self.batch_id)
                )
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
            ahead.append((file_id, self._again(partial(digitise.begin_split, self.ctx, file_id))))
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

    def begin(self, chunk: list[int]) -> digitise.Recognition:
        """Hand a chunk to the reader."""
        return self._again(partial(digitise.begin_chunk, self.ctx, chunk))

    def finish(self, recognition: digitise.Recognition) -> None:
        """Commit a chunk and say how far the batch is."""
        try:
            result = digitise.finish_chunk(self.ctx, recognition)
        except StorageError:
            chunk = [row.id for row in recognition.sheets]
            result = self._again(partial(digitise.digitise_chunk, self.ctx, chunk))
        for each in result.held:
            self._hold(each.problem)
        self.outcomes += result.every
        result.count(self.by_state)
        self.done += recognition.asked
        self._report()

    def _counted(self, file_id: int, count: Future[PageCount] | None) -> list[int]:
        if count is not None:
            self._split(file_id, count)
        sheets = self._again(partial(self._pending, file_id))
        self.total += len(sheets)
        self._report()
        return sheets

    def _split(self, file_id: int, count: Future[PageCount]) -> None:
        try:
            counted = count.result()
            digitise.finish_split(self.ctx, file_id, counted)
        except StorageError:
            counted = self._again(partial(self._count_and_split, file_id))
        if counted.held:
            name = next(each.name for each in self.receipts if each.file_id == file_id)
            self._hold(FileProblem(name, Reason.ORIGINAL_DAMAGED, counted.held))

    def _count_and_split(self, file_id: int) -> PageCount:
        again = digitise.begin_split(self.ctx, file_id)
        counted = PageCount(0) if again is None else again.result()
        if again is not None:
            digitise.finish_split(self.ctx, file_id, counted)
        return counted

    def _pending(self, file_id: int) -> list[int]:
        with self.ctx.records.read() as tx:
            return tx.sheets.pending(file_id=file_id)

    def _hold(self, problem: FileProblem) -> None:
        """One line a file, however many of its sheets wait."""
        if problem not in self.problems:
            self.problems.append(problem)

    def _again(self, call: Callable[[], T]) -> T:
        return patiently(call, self.ctx.settings.patience_seconds)

    def _report(self) -> None:
        self.progress(Progress(self.batch_id, self.done, self.total, dict(self.by_state)))
