"""The flow of one batch: receive, split, then chunks of sheets through the services, with progress.

Thin on purpose: state lives in the records, so a flow may be killed anywhere and run again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from domain.errors import InputError, StorageError
from domain.reasons import Reason
from flows import runtime
from flows.progress import Meter
from flows.tables import leave_table
from ocr.load import Missing, expand
from services import batch as batches
from services import digitise as digitising
from services import receive
from services.context import Context
from services.patience import patiently
from services.results import BatchOrder, BatchResult, ChunkResult, FileProblem, Receipt
from services.trail import about

T = TypeVar("T")

#: Sheets in a task: a task costs about 40 ms of client and server together, a sheet about 50 ms of a core;
#: with so many, tasks cost a hundredth of the sheets.
TASK_SHEETS = 96
#: Tasks under way at once: enough to keep the reader processes busy while another commits.
AT_ONCE = 3


def curable(_task: object, _run: object, state: Any) -> bool:
    """Only what another try may cure is tried again: storage that was away for a moment."""
    return isinstance(state.data, StorageError)


@task(retries=3, retry_delay_seconds=[1, 5, 20], retry_condition_fn=curable, cache_policy=NO_CACHE)
async def receive_files(paths: list[str], order: BatchOrder) -> tuple[int, list[Receipt], list[FileProblem]]:
    """Make every file durable; returns the batch, a receipt a file, and what could not be taken."""
    return await asyncio.to_thread(_receive, paths, order)


def _receive(paths: list[str], order: BatchOrder) -> tuple[int, list[Receipt], list[FileProblem]]:
    ctx = runtime.current()
    batch = receive.open_batch(ctx, order)
    receipts: list[Receipt] = []
    problems: list[FileProblem] = []
    for path in expand([Path(each) for each in paths]):
        if isinstance(path, Missing):
            problems.append(FileProblem(str(path.path), path.error.reason, str(path.error)))
            continue
        try:
            receipts.append(receive.receive_file(ctx, path, path.name, order, batch))
        except InputError as error:
            problems.append(FileProblem(str(path), error.reason, str(error)))
    return batch, receipts, problems


@task(retries=3, retry_delay_seconds=[1, 5, 20], retry_condition_fn=curable, cache_policy=NO_CACHE)
async def split_files(file_ids: list[int]) -> dict[int, str]:
    """Count the files' pages and give each page a pending sheet; returns why some cannot be counted now."""
    return await asyncio.to_thread(_split, file_ids)


def _split(file_ids: list[int]) -> dict[int, str]:
    ctx = runtime.current()
    counts = [(file_id, digitising.begin_split(ctx, file_id)) for file_id in file_ids]
    held: dict[int, str] = {}
    for file_id, count in counts:
        if count is not None:
            counted = count.result()
            digitising.finish_split(ctx, file_id, counted)
            if counted.held:
                held[file_id] = counted.held
    return held


@task(retries=3, retry_delay_seconds=[1, 5, 20], retry_condition_fn=curable, cache_policy=NO_CACHE)
async def digitise_sheets(sheet_ids: list[int]) -> ChunkResult:
    """Recognise, judge and commit some sheets; those that are no longer pending are skipped."""
    return await asyncio.to_thread(digitising.digitise_chunk, runtime.current(), sheet_ids)


@flow(name="digitise", flow_run_name="{station} {collected}", validate_parameters=False)
async def digitise(
    paths: Sequence[str],
    supplier: str,
    channel: str,
    station: str,
    collected: date,
) -> BatchResult:
    """Digitise one batch of files; returns when every page of it is in its state.

    ``collected``: the day the box was emptied. Files that were taken before are gone on with or left as they
    are.
    """
    started = time.monotonic()
    order = BatchOrder(supplier, channel, station, _day(collected))
    with runtime.opened() as ctx:
        batch, receipts, problems = await receive_files([str(path) for path in paths], order)
        held = await split_files(await _patiently(ctx, partial(digitising.unsplit, ctx, batch)))
        names = {receipt.file_id: receipt.name for receipt in receipts}
        problems += [FileProblem(names[i], Reason.ORIGINAL_DAMAGED, why) for i, why in held.items()]
        sheets = await _patiently(ctx, partial(digitising.pending, ctx, batch))
        with about(batch=batch):
            results = await _digitise_all(batch, sheets, _task_sheets(len(sheets), ctx.reader.workers))
        outcomes = [outcome for result in results for outcome in result.every]
        # One line a file, however many of its sheets wait.
        problems += dict.fromkeys(each.problem for result in results for each in result.held)
        done = (receipts, problems, outcomes)
        seconds = time.monotonic() - started
        await leave_table(ctx, batch, seconds)
        return batches.result(ctx, batch, done, seconds)


def _task_sheets(sheets: int, workers: int) -> int:
    """Sheets in a task: few enough that a small batch still shows progress and ends evenly."""
    return max(8, min(TASK_SHEETS, -(-sheets // (2 * workers))))


async def _patiently(ctx: Context, call: Callable[[], T]) -> T:
    """Outside any task, which would be tried again by itself."""
    return await asyncio.to_thread(patiently, call, ctx.settings.patience_seconds)


async def _digitise_all(batch: int, sheets: list[int], task_sheets: int) -> list[ChunkResult]:
    chunks = [sheets[i : i + task_sheets] for i in range(0, len(sheets), task_sheets)]
    meter = Meter(batch, len(sheets), runtime.listener())
    await meter.begin()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(chunk: list[int]) -> ChunkResult:
        async with places:
            result = await digitise_sheets(chunk)
            await meter.advance(len(chunk), result)
            return result

    return await asyncio.gather(*(one(chunk) for chunk in chunks))


def _day(value: date | str) -> date:
    """A deployment's parameters come as JSON."""
    return date.fromisoformat(value) if isinstance(value, str) else value
