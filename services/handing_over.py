"""Hand what is accepted over as a file, each exactly once over all runs.

A run goes through three commits, so that after a crash records and folder together tell what happened:

1. ``writing``: the run and what it holds are recorded; a temporary file is written beside the place.
2. ``written``: the temporary file is complete and durable. Now it is linked into place and unlinked.
3. ``finished``: the file is in place; its sheets are ``delivered``.

A run that stopped before its file came into place is taken over by the next run, contents and all; one whose
file is in place is finished. The temporary file tells which: it goes away only when the file is in place. One
process at a time hands over one kind.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from services.context import Context
from services.placing import free_place, let_go, put_in_place, sync_folder
from services.results import ExportResult
from storage.records import Transaction

WHO = "export"
_OPEN = ("writing", "written")


class Run(Protocol):
    """A run as the records keep it."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def state(self) -> str:
        """One of writing, written, finished and taken_over."""

    @property
    def path(self) -> str:
        """Of its file, absolute."""

    @property
    def count(self) -> int:
        """How many it holds."""


class Ledger(Protocol):
    """The records of one kind's runs."""

    def start(self, path: str, at: datetime) -> Run:
        """A run in state ``writing`` with all that no run has yet."""

    def run(self, run_id: int) -> Run | None:
        """The run of that id."""

    def unfinished(self) -> Sequence[Run]:
        """Runs whose process died, oldest first."""

    def set_state(self, run_id: int, before: Collection[str], after: str, at: datetime | None = None) -> bool:
        """Compare and set a run's state."""

    def deliver(self, run_id: int, at: datetime, who: str) -> int:
        """Make the run's accepted sheets ``delivered``; how many."""

    def free(self, run_id: int) -> None:
        """Give back what a run holds."""


@dataclass(frozen=True)
class Kind:
    """What is handed over.

    ``what``: in the audit log's details; ``lock``: of the processes; ``mark``: in a temporary file's name;
    ``finished``, ``taken_over``, ``again``: the audit log's words; ``of``: in a sentence to the user.
    """

    what: str
    lock: str
    mark: str
    finished: str
    taken_over: str
    again: str
    of: str
    ledger: Callable[[Transaction], Ledger]
    lines: Callable[[Context, Transaction, int], Iterable[str]]


def hand_over(ctx: Context, kind: Kind, path: Path) -> ExportResult:
    """Write what was never handed over before to ``path``.

    Raises ``AlreadyExistsError`` for an existing file, ``UsageError`` for a missing folder, ``StorageError``
    when the file cannot be written; nothing is lost by any of them.
    """
    path = free_place(path)
    with ctx.records.exclusive(kind.lock):
        settle_interrupted(ctx, kind)
        with ctx.records.begin() as tx:
            run = kind.ledger(tx).start(str(path), ctx.clock())
        temporary = _temporary(kind, run)
        write(ctx, kind, run.id, temporary)
        with ctx.records.begin() as tx:
            kind.ledger(tx).set_state(run.id, ("writing",), "written")
        try:
            put_in_place(temporary, path)
        except FileExistsError:
            _take_over(ctx, kind, run)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        _finish(ctx, kind, run)
    return ExportResult(run.id, str(path), run.count)


def hand_over_again(ctx: Context, kind: Kind, run_id: int, path: Path) -> ExportResult:
    """Write what a past run held once more; ``UsageError`` for a run that never handed anything over."""
    path = free_place(path)
    with ctx.records.exclusive(kind.lock):
        settle_interrupted(ctx, kind)
        with ctx.records.read() as tx:
            run = kind.ledger(tx).run(run_id)
        if run is None or run.state != "finished":
            raise UsageError(f"there is no finished export run {run_id}{kind.of}")
        temporary = path.with_name(f".{path.name}.again-{run.id}.tmp")
        write(ctx, kind, run.id, temporary)
        try:
            put_in_place(temporary, path)
        except FileExistsError:
            temporary.unlink(missing_ok=True)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        with ctx.records.begin() as tx:
            details = {"run": run.id, "path": str(path)}
            tx.audits.add(ctx.clock(), WHO, kind.again, details=details)
    return ExportResult(run.id, str(path), run.count)


def settle_interrupted(ctx: Context, kind: Kind) -> None:
    """Finish or undo the runs whose process died; the caller holds the lock."""
    with ctx.records.read() as tx:
        runs = kind.ledger(tx).unfinished()
    for run in runs:
        temporary, path = _temporary(kind, run), Path(run.path)
        if run.state == "written":
            with contextlib.suppress(OSError):
                if temporary.samefile(path):
                    # Died between link and unlink: the file is in place.
                    let_go(temporary)
            if not temporary.exists():
                _finish(ctx, kind, run)
                continue
        _take_over(ctx, kind, run)


def csv_line(cells: Iterable[str]) -> str:
    """A line of a CSV; no cell is one that a spreadsheet would run."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def write(ctx: Context, kind: Kind, run_id: int, temporary: Path) -> None:
    """What the run holds to ``temporary``, durable when it returns."""
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out, ctx.records.read() as tx:
            out.writelines(kind.lines(ctx, tx, run_id))
            out.flush()
            os.fsync(out.fileno())
        # Its name, too: that it is gone will mean that the file came into place.
        sync_folder(temporary.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{temporary.parent} cannot be written to: {error.strerror}") from error


def _temporary(kind: Kind, run: Run) -> Path:
    path = Path(run.path)
    return path.with_name(f".{path.name}.{kind.mark}-{run.id}.tmp")


def _finish(ctx: Context, kind: Kind, run: Run) -> None:
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if kind.ledger(tx).set_state(run.id, ("written",), "finished", at):
            sheets = kind.ledger(tx).deliver(run.id, at, WHO)
            _audit(ctx, tx, kind, kind.finished, run, sheets=sheets)


def _take_over(ctx: Context, kind: Kind, run: Run) -> None:
    """Free what is held by a run whose file never came into place."""
    with contextlib.suppress(OSError):
        _temporary(kind, run).unlink(missing_ok=True)
    with ctx.records.begin() as tx:
        if kind.ledger(tx).set_state(run.id, _OPEN, "taken_over"):
            kind.ledger(tx).free(run.id)
            _audit(ctx, tx, kind, kind.taken_over, run)


def _audit(ctx: Context, tx: Transaction, kind: Kind, what: str, run: Run, **more: int) -> None:
    details = {"run": run.id, "path": run.path, kind.what: run.count, **more}
    tx.audits.add(ctx.clock(), WHO, what, details=details)
