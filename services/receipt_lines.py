"""Notices to customers whom nobody can reach otherwise: a line on their next receipt, each handed over once.

As an export: the lines are taken under the file's name, the file is written beside its place, and put there
last. Lines whose file never came into place go into the next one.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from pathlib import Path

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from services.context import Context
from services.placing import let_go, put_in_place, sync_folder
from services.telling import RECEIPT
from storage.records.notices import QUEUED, SENDING, SENT, NoticeRow

#: Lines of one file.
MOST_LINES = 1_000_000


def write_lines(ctx: Context, supplier: str, path: Path) -> int:
    """Write the supplier's lines to ``path``, a file that is not there; returns how many.

    Raises ``AlreadyExistsError``, ``UsageError`` for a missing folder, ``StorageError``.
    """
    path = path.absolute()
    if path.exists():
        raise AlreadyExistsError(f"{path} exists; choose another name")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}; make it first")
    with ctx.records.exclusive(f"receipt-lines-{supplier}"):
        _settle(ctx, supplier)
        with ctx.records.begin() as tx:
            rows = tx.notices.take(supplier, RECEIPT, ctx.clock(), MOST_LINES)
        temporary = _temporary(path)
        try:
            _write(temporary, rows)
            with ctx.records.begin() as tx:
                # From here on the temporary name tells whether the file came into place.
                for row in rows:
                    tx.notices.set(row.id, SENDING, SENDING, error=str(path))
            put_in_place(temporary, path)
        except FileExistsError:
            _settle(ctx, supplier)
            raise AlreadyExistsError(f"{path} exists; choose another name") from None
        except OSError as error:
            _settle(ctx, supplier)
            raise StorageError(f"{path.parent} cannot be written to: {error.strerror}") from error
        _settle(ctx, supplier)
    return len(rows)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _settle(ctx: Context, supplier: str) -> None:
    """Lines whose file is in place are handed over; the others are free again."""
    with ctx.records.begin() as tx:
        rows = tx.notices.sending(supplier, RECEIPT)
        places = {row.error: _in_place(Path(row.error)) for row in rows if row.error}
        for row in rows:
            if places.get(row.error, False):
                tx.notices.set(row.id, SENDING, SENT, sent_at=ctx.clock(), error="")
            else:
                tx.notices.set(row.id, SENDING, QUEUED, error="")


def _in_place(path: Path) -> bool:
    """Whether the file came into place: its temporary name goes away only then."""
    temporary = _temporary(path)
    with contextlib.suppress(OSError):
        if temporary.samefile(path):
            let_go(temporary)
    there = temporary.exists()
    temporary.unlink(missing_ok=True)
    return not there


def _write(path: Path, rows: list[NoticeRow]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("account", "kind", "date", "text"))
    for row in rows:
        day = row.created_at.date().isoformat()
        writer.writerow((harmless(row.address), row.kind, day, harmless(row.body)))
    with path.open("wb") as out:
        out.write(text.getvalue().encode())
        out.flush()
        os.fsync(out.fileno())
    sync_folder(path.parent)
