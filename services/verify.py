"""Do records, objects and audit log agree?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from domain.errors import ObjectCorruptError, ObjectNotFoundError
from services import evidence, strays
from services.context import Context
from services.results import VerifyResult
from storage.records import Transaction
from storage.records.proofs import contradictions, waiting_since

T = TypeVar("T")

#: Nobody's queue is so long: who leaves a sheet pending for that time has forgotten it.
FORGOTTEN_AFTER = timedelta(hours=24)
#: Rows taken at a time, so that memory does not grow with the records.
_SOME = 500
#: Originals read at a time: a bucket's answers are waited for side by side.
_AT_ONCE = 4


def verify(ctx: Context, progress: Callable[[int, int], None] | None = None) -> VerifyResult:
    """Check sheets, readings, exports, models, forms, objects and pages of evidence against each other and
    the log.

    Reads every original, so it takes as long as that; memory does not grow with how many there are. Sheets
    may come in and be judged meanwhile. An object that no record names is no contradiction: it was being
    handed in when something stopped, and handing it in again finds it. A pending sheet is one only when no
    run will find it, or after ``FORGOTTEN_AFTER``. ``progress`` is told how many originals of how many are
    read. Raises ``StorageError`` when records or objects cannot be reached.
    """
    problems: list[str] = []
    with ctx.records.read() as tx:
        problems += contradictions(tx.connection)
        for sheet_id, since in waiting_since(tx.connection, ctx.clock() - FORGOTTEN_AFTER):
            problems.append(
                f"sheet {sheet_id} is pending since {since:%Y-%m-%d %H:%M} UTC and nobody is at it; "
                "hand its file in again, or see that a worker runs"
            )
        total = tx.files.kept_count()
        choices = tx.shadows.choices()
        taught = tx.taught.published()
    problems += _originals(ctx, total, progress)
    problems += _drafts(ctx)
    problems += _said_to_be_gone(ctx)
    for weights, model in sorted({(choice.weights, choice.model) for choice in choices if choice.weights}):
        if _found(ctx, weights) is None:
            problems.append(f"model {model}: its weights {weights} are missing or damaged; restore a backup")
    for form in taught:
        for what, key in (("YAML", form.yaml), ("picture", form.reference)):
            if _found(ctx, key) is None:
                problems.append(f"form {form.key}: its {what} {key} is missing or damaged; restore a backup")
    for page in _pages(
        ctx, lambda tx, after: tx.audits.next_of_what(evidence.MADE, after, _SOME), lambda r: r.id
    ):
        for row in page:
            problems += evidence.problems_of(ctx, row.details or {})
    return VerifyResult(not problems, tuple(problems))


def _originals(ctx: Context, total: int, progress: Callable[[int, int], None] | None) -> Iterator[str]:
    done = 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="verify") as readers:
        for page in _pages(ctx, lambda tx, after: tx.files.kept(after, _SOME), lambda row: row[0]):
            sizes = readers.map(lambda row: _size(ctx, row[1]), page)
            for (file_id, key, size), found in zip(page, sizes, strict=True):
                if progress is not None:
                    progress(done, max(total, done + 1))
                done += 1
                if isinstance(found, str):
                    if not _purged(ctx, file_id):
                        yield f"file {file_id}: its original {key} is {found}; restore it from a backup"
                elif found != size:
                    yield f"file {file_id}: its original has {found} bytes, not {size}"


def _said_to_be_gone(ctx: Context) -> Iterator[str]:
    """Objects that lie where an act of destruction says that there are none."""
    keys = ctx.objects.untouched_since(ctx.clock() - strays.OLD)
    while some := list(islice(keys, _SOME)):
        with ctx.records.read() as tx:
            found = tx.named.destroyed(some)
        for file_id, key in found:
            yield f"file {file_id}: its original {key} was destroyed and is there again; run meterdrop purge"


def _drafts(ctx: Context) -> Iterator[str]:
    """Customers' photos that wait for a word: not received yet, but shown to them."""
    for page in _pages(ctx, lambda tx, after: tx.submissions.photos(after, _SOME), lambda row: row[0]):
        for _, reference, key in page:
            if _found(ctx, key) is None and _still_draft(ctx, reference):
                yield f"submission {reference}: its photo {key} is missing or damaged; restore a backup"


def _pages(
    ctx: Context, some: Callable[[Transaction, int], Sequence[T]], number: Callable[[T], int]
) -> Iterator[Sequence[T]]:
    """Rows some at a time, each time in a transaction of its own."""
    last = 0
    while True:
        with ctx.records.read() as tx:
            rows = some(tx, last)
        if not rows:
            return
        yield rows
        last = number(rows[-1])


def _size(ctx: Context, key: str) -> int | str:
    """The size of a sound object, or what is wrong with it."""
    try:
        return ctx.objects.prove(key)
    except ObjectNotFoundError:
        return "missing"
    except ObjectCorruptError:
        return "damaged"


def _found(ctx: Context, key: str) -> int | None:
    found = _size(ctx, key)
    return found if isinstance(found, int) else None


def _purged(ctx: Context, file_id: int) -> bool:
    """Whether its term ended since the records were asked: the object goes before the record says so."""
    with ctx.records.read() as tx:
        file = tx.files.file(file_id)
    return file is not None and file.purged_at is not None


def _still_draft(ctx: Context, reference: str) -> bool:
    with ctx.records.read() as tx:
        row = tx.submissions.get(reference)
    return row is not None and row.state == "draft"
