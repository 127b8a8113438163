"""Take a file in: bytes durable first, then a committed row, then the acknowledgement."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import InputError, UsageError
from domain.reasons import Reason
from ocr.load.files import open_regular, too_many_bytes
from services import strays
from services.context import Context
from services.results import BatchOrder, Receipt
from services.text import printable
from storage.records import FileRow, Transaction


def open_batch(ctx: Context, order: BatchOrder) -> int:
    """Begin a batch.

    Returns its id. Raises ``UsageError`` for a supplier or channel that there is none of.
    """
    _check(ctx, order)
    with ctx.records.begin() as tx:
        return _open(ctx, tx, order)


def receive_file(
    ctx: Context, source: bytes | Path, name: str, order: BatchOrder, batch_id: int | None = None
) -> Receipt:
    """Store the bytes and record the file; when this returns, both are durable.

    The same bytes again give another receipt and no further sheet. Without ``batch_id`` the file is a batch
    of its own. Raises ``InputError`` (not found, not a file, too large) when there is nothing to take, and
    for what was destroyed at the end of its term; a damaged or empty file is taken, and its sheet becomes
    ``unreadable``.
    """
    _check(ctx, order)
    key, size = _put(ctx, source, name)
    at = ctx.clock()
    shown = printable(name.encode("utf-8", "backslashreplace").decode()) or "?"
    with letting_go(ctx, key), ctx.records.begin() as tx:
        batch = batch_id if batch_id is not None else _open(ctx, tx, order)
        file, new = tx.files.add_file(order.supplier, key, shown, size=size, batch_id=batch, at=at)
        refuse_destroyed(file)
        receipt = tx.files.add_receipt(file.supplier, file.id, batch, shown, at)
        if new:
            # One sheet stands for the file until its pages are counted, so that it is never out of sight.
            place = {"channel": order.channel, "station": order.station, "collected": order.collected}
            tx.sheets.add(file, place, [(1, 1)], at)
        tx.audits.add(
            at,
            order.station or order.channel,
            "file.received",
            supplier=file.supplier,
            details={"file": file.id, "batch": batch, "name": shown, "again": not new},
        )
    return Receipt(receipt, batch, file.id, key, shown, again=not new)


def refuse_destroyed(file: FileRow) -> None:
    """Raise ``InputError`` for bytes whose term has ended: their readings went to billing long ago.

    What would tell them from a second reading was destroyed with them, and the act says that they are gone.
    """
    if file.purged_at is not None:
        raise InputError(
            Reason.ALREADY_DESTROYED,
            f"these bytes were received on {file.received_at:%Y-%m-%d} and destroyed at the end of their "
            f"term on {file.purged_at:%Y-%m-%d} (file {file.id}); they are not taken in again",
        )


@contextmanager
def letting_go(ctx: Context, key: str) -> Iterator[None]:
    """Destroy the object again when what it was stored for is refused (``InputError``)."""
    try:
        yield
    except InputError:
        strays.let_go(ctx, key)
        raise


def _check(ctx: Context, order: BatchOrder) -> None:
    if order.supplier not in ctx.suppliers:
        known = ", ".join(sorted(ctx.suppliers))
        raise UsageError(f"there is no supplier {order.supplier!r}; known are: {known}")
    if not (order.channel + order.station).isprintable():
        raise UsageError("the names of channel and station may have visible characters only")


def _open(ctx: Context, tx: Transaction, order: BatchOrder) -> int:
    return tx.files.add_batch(order.supplier, order.channel, order.station, order.collected, ctx.clock())


def _put(ctx: Context, source: bytes | Path, name: str) -> tuple[str, int]:
    """The key and the size of the bytes, which are durable."""
    most = ctx.settings.max_file_bytes
    if isinstance(source, Path):
        try:
            with open_regular(source) as file:
                size = file.seek(0, io.SEEK_END)
                if size > most:
                    raise too_many_bytes(size, most)
                # A box of slips is one large file: it goes to the store a piece at a time.
                return ctx.objects.put_file(file), size
        except InputError as error:
            if error.reason is not Reason.EMPTY_FILE:
                raise
            source = b""
        except OSError as error:
            why = (error.strerror or "cannot be read").lower()
            raise InputError(Reason.CORRUPT_FILE, f"{name}: {why}") from None
    if len(source) > most:
        raise InputError(Reason.TOO_LARGE, f"{name}: larger than {most} bytes")
    return ctx.objects.put(source), len(source)
