"""Hand readings to billing as files in a folder, each placed once, and read the receipts that it leaves.

A file's name comes from its run, so that a run handed over again has the same name. It goes through the same
commits as an export: complete under a temporary name, then ``written`` in the records, then put in place.
After a crash the temporary name tells whether the file came into place, even if billing has taken it away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from delivery.connections import ExchangeBilling, FileBilling
from delivery.formats import write_durably, write_mapped, write_rows
from delivery.receipts import ReceiptColumns, receipts_in
from delivery.targets import Handed, NotHandedOverError
from domain.errors import StorageError
from services.context import Context
from services.outbox import Answer, Call, written
from services.placing import let_go, put_in_place
from storage.records.outbox import WRITTEN

#: Receipts that were read go to this folder beside them.
READ = "read"
#: A receipt that was changed within so many seconds may still be being written.
_SETTLED = 5.0
_OUR_RECEIPTS = {"key": "key", "status": "status", "code": "code", "words": "text", "receipt": "receipt"}


class FileTarget:
    """A folder: files go in, and receipts come out of another."""

    def __init__(self, to: FileBilling | ExchangeBilling) -> None:
        self.to = to
        self.kind = "exchange" if isinstance(to, ExchangeBilling) else "file"
        self.place = str(to.folder)
        self.rows = to.rows
        self.reasons = to.reasons
        self.patience: timedelta | None = None
        self._read: list[Path] = []

    def hand_over(self, ctx: Context, call: Call) -> Handed:
        """Put the run's file in place; raises ``NotHandedOverError``."""
        path = self.to.folder / self._name(call)
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            self.to.folder.mkdir(parents=True, exist_ok=True)
            if call.run.state != WRITTEN:
                write_durably(temporary, lambda out: self._write(out, call))
                written(ctx, call.run)
            with contextlib.suppress(OSError):
                if temporary.samefile(path):
                    # The process died between link and unlink: the file is in place.
                    let_go(temporary)
            if temporary.exists():
                put_in_place(temporary, path)
        except FileExistsError:
            raise NotHandedOverError(f"{path} is there already and is not ours; move it away") from None
        except (OSError, StorageError) as error:
            raise NotHandedOverError(str(error)) from error
        if isinstance(self.to, FileBilling) and self.to.acknowledged_by == "hand-over":
            return Handed(tuple(Answer(row.key, accepted=True, receipt=path.name) for row in call.rows))
        return Handed()

    def answers(self, ctx: Context, waiting: Sequence[str]) -> list[Answer]:
        """The rows of all receipts that are complete; their bytes are kept among the objects."""
        folder = self.to.receipts
        if folder is None or not folder.is_dir():
            return []
        found: list[Answer] = []
        now = ctx.clock().timestamp()
        for path in sorted(each for each in folder.iterdir() if each.is_file() and each.name[0] != "."):
            if now - path.stat().st_mtime < _SETTLED:
                continue
            data = path.read_bytes()
            answers = receipts_in(data, path.name, self._receipt_columns())
            if answers is None:
                # Not for us, or not readable: it stays where it is.
                continue
            key = ctx.objects.put(data)
            with ctx.records.begin() as tx:
                details = {"file": path.name, "object": key, "rows": len(answers)}
                tx.audits.add(ctx.clock(), "billing", "delivery.receipt", details=details)
            found += answers
            self._read.append(path)
        return found

    def taken(self) -> None:
        """Move the receipts aside."""
        for path in self._read:
            aside = path.parent / READ
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
        self._read = []

    def close(self) -> None:
        """Nothing is open."""

    def _name(self, call: Call) -> str:
        to = self.to
        stem = to.name if isinstance(to, ExchangeBilling) else f"readings-{call.run.supplier}"
        return f"{stem}-{call.run.created_at:%Y%m%d}-{call.run.id:06d}.{to.format}"

    def _write(self, out: BinaryIO, call: Call) -> None:
        if isinstance(self.to, ExchangeBilling):
            write_mapped(out, call.rows, self.to)
        else:
            write_rows(out, call.rows, self.to.format)

    def _receipt_columns(self) -> ReceiptColumns:
        if isinstance(self.to, ExchangeBilling):
            return ReceiptColumns(self.to.receipt_columns, self.to.receipt_row, self.to.accepted)
        return ReceiptColumns(_OUR_RECEIPTS, "row", frozenset({"accepted"}))
