"""Photos given as files, all of one account: what ``meterdrop ingest --account`` runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.errors import InputError
from ocr.load import Missing, expand, read_file
from services import batch, digitise
from services.context import Context
from services.photo_intake import PhotoClaim, PhotoReceipt, receive_photo
from services.results import BatchResult, FileProblem

#: Largest file taken for a photo.
MOST_BYTES = 64 << 20


def run_photos(ctx: Context, paths: Sequence[Path], claim: PhotoClaim) -> BatchResult:
    """Receive, read and judge every photo under ``paths``, a reading each, as ``services.batch.run_batch``.

    Interrupted and called again with the same paths and claim, it goes on where it was.
    """
    began = time.monotonic()
    with ctx.records.begin() as tx:
        batch_id = tx.files.add_batch(claim.supplier, claim.channel, "", claim.day, ctx.clock())
    receipts: list[PhotoReceipt] = []
    problems: list[FileProblem] = []
    for path in _files(paths, problems):
        try:
            receipts.append(receive_photo(ctx, read_file(path, MOST_BYTES), path.name, claim, batch_id))
        except InputError as error:
            problems.append(FileProblem(str(path), error.reason, error.detail or str(error)))
    sheets = list(dict.fromkeys(receipt.sheet_id for receipt in receipts))
    size = ctx.settings.chunk_sheets
    outcomes = [
        outcome
        for start in range(0, len(sheets), size)
        for outcome in digitise.digitise_chunk(ctx, sheets[start : start + size]).outcomes
    ]
    return batch.result(ctx, batch_id, (receipts, problems, outcomes), time.monotonic() - began)


def _files(paths: Sequence[Path], problems: list[FileProblem]) -> Iterator[Path]:
    for path in expand(paths):
        if isinstance(path, Missing):
            problems.append(FileProblem(str(path.path), path.error.reason, str(path.error)))
        else:
            yield path
