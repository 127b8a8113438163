"""The flow that a worker runs: take sheets that wait, read them, take the next ones, until none is left.

Any number of workers run it at once; ``services.waiting`` keeps them apart. It ends by itself when nothing
waits, and early, with its chunks committed or given back, when its worker is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Sequence

from prefect import flow, task
from prefect.artifacts import acreate_progress_artifact
from prefect.cache_policies import NO_CACHE

from domain.errors import StorageError
from domain.reasons import Reason
from flows import runtime, stopping
from flows.digitise import AT_ONCE, TASK_SHEETS, curable
from flows.tables import leave_table
from services import waiting
from services.context import Context
from services.results import ChunkResult

log = logging.getLogger(__name__)

#: A run that finds nothing to do waits so long for more before it ends: its start costs some seconds, and
#: the pages of a file that another run counts come free a moment later.
LINGER_SECONDS = 60.0
LOOK_EVERY = 1.0
#: How often a batch's progress is written for people; each time costs the server a request.
TELL_EVERY = 5.0


@task(retries=3, retry_delay_seconds=[1, 5, 20], retry_condition_fn=curable, cache_policy=NO_CACHE)
async def read_sheets(who: str, sheet_ids: list[int]) -> ChunkResult:
    """Count, recognise, judge and commit the sheets that ``who`` has taken."""
    return await asyncio.to_thread(waiting.read, runtime.current(), who, sheet_ids)


@flow(name="digitise-waiting", flow_run_name="{worker}", validate_parameters=False)
async def digitise_waiting(worker: str = "worker", linger: float = LINGER_SECONDS) -> dict[str, int]:
    """Read what waits until nothing does; ``worker`` names the run on the server's pages.

    Returns how many sheets were brought to which state. Killed anywhere, its sheets come free when their
    lease ends. Raises ``StorageError`` when records or objects stay away.
    """
    with runtime.opened() as ctx:
        return await _Turn(ctx, linger).run()


class _Turn:
    """One run's way through the heap."""

    def __init__(self, ctx: Context, linger: float) -> None:
        self._ctx = ctx
        self._linger = linger
        self._who = f"{socket.gethostname()}:{os.getpid()}"
        self._parent = os.getppid()
        self._chunk = max(8, min(TASK_SHEETS, 24 * ctx.reader.workers))
        self._at_once = min(AT_ONCE, ctx.reader.workers + 1)
        self._under_way: set[asyncio.Task[None]] = set()
        self._states: dict[str, int] = {}
        self._teller = _Teller(ctx)

    async def run(self) -> dict[str, int]:
        """Until nothing is left, or until told to stop."""
        renewing = asyncio.create_task(self._renew())
        try:
            quiet_since = time.monotonic()
            while not self._stopped() and time.monotonic() - quiet_since < self._linger:
                if await self._fill():
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                    self._collect()
                    quiet_since = time.monotonic()
                else:
                    await asyncio.to_thread(waiting.close_papers, self._ctx)
                    await asyncio.sleep(LOOK_EVERY)
            if self._under_way:
                await asyncio.wait(self._under_way)
            self._collect()
        finally:
            renewing.cancel()
            for each in self._under_way:
                each.cancel()
            with contextlib.suppress(StorageError):
                await asyncio.to_thread(waiting.give_back, self._ctx, self._who)
            await self._teller.end()
        return self._states

    async def _fill(self) -> bool:
        """Have as many chunks under way as keep the readers busy; whether there is any."""
        while len(self._under_way) < self._at_once and not self._stopped():
            taken = await asyncio.to_thread(waiting.take, self._ctx, self._who, self._chunk)
            if not taken:
                break
            self._under_way.add(asyncio.create_task(self._read(taken)))
        return bool(self._under_way)

    def _collect(self) -> None:
        """Forget the chunks that are through; raises what one of them raised."""
        ended = {each for each in self._under_way if each.done()}
        self._under_way -= ended
        for each in ended:
            each.result()

    async def _read(self, sheet_ids: Sequence[int]) -> None:
        """One chunk; where it fails for another reason than storage, sheet by sheet."""
        try:
            result = await read_sheets(self._who, list(sheet_ids))
        except StorageError:
            raise
        except Exception as error:
            if len(sheet_ids) > 1:
                for each in sheet_ids:
                    await self._read([each])
                return
            log.exception("sheet %s rests: no worker can bring it to an end", sheet_ids[0])
            why = f"{type(error).__name__}: {error}"
            reason = Reason.DECODER_CRASHED
            await asyncio.to_thread(waiting.set_aside, self._ctx, self._who, sheet_ids[0], reason, why)
            return
        for outcome in result.outcomes:
            self._states[outcome.state.value] = self._states.get(outcome.state.value, 0) + 1
        self._teller.tell(sheet_ids)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(waiting.LEASE_SECONDS / 3)
            # Storage that is away for a moment: the next time, or another worker reads the same.
            with contextlib.suppress(StorageError):
                await asyncio.to_thread(waiting.renew, self._ctx, self._who)

    def _stopped(self) -> bool:
        """Told to stop, or the worker that started this is gone."""
        return stopping.asked() or os.getppid() != self._parent


class _Teller:
    """Progress of the batches for people, beside the work: a server that is away holds nothing up."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._sheets: set[int] = set()
        self._told_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def tell(self, sheet_ids: Sequence[int]) -> None:
        """These sheets are through."""
        self._sheets.update(sheet_ids)
        free = self._task is None or self._task.done()
        if free and time.monotonic() - self._told_at >= TELL_EVERY:
            self._told_at = time.monotonic()
            self._task = asyncio.create_task(self._write())

    async def end(self) -> None:
        """Write what is not written, in bounded time."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=TELL_EVERY)
        if self._sheets:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._write(), TELL_EVERY)

    async def _write(self) -> None:
        sheets, self._sheets = list(self._sheets), set()
        try:
            batches = await asyncio.to_thread(waiting.how_far, self._ctx, sheets)
            for batch, (left, every) in batches.items():
                await acreate_progress_artifact(
                    100.0 * (every - left) / max(every, 1),
                    key=f"batch-{batch}",
                    description=f"Пакет {batch}: {every - left} из {every} листов",
                )
                if not left:
                    await leave_table(self._ctx, batch)
        except Exception as error:
            # Only people miss something by it.
            log.warning("progress not shown: %s", error)
