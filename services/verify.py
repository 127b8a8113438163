"""Do records, objects and audit log agree?"""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import ObjectCorruptError, ObjectNotFoundError
from services import evidence
from services.context import Context
from services.results import VerifyResult
from storage.records.proofs import contradictions


def verify(ctx: Context, progress: Callable[[int, int], None] | None = None) -> VerifyResult:
    """Check sheets, readings, exports, models, objects and pages of evidence against each other and the log.

    Reads every original, so it takes as long as that. An object that no record names is no contradiction: it
    was being handed in when something stopped, and handing it in again finds it. ``progress`` is told
    how many originals of how many are read. Raises ``StorageError`` when
    the store itself cannot be reached.
    """
    with ctx.records.read() as tx:
        problems = list(contradictions(tx.connection))
        files = tx.files.keys()
        choices = tx.shadows.choices()
        given_out = tx.audits.of_what(evidence.MADE)
    for done, (file_id, key, size) in enumerate(files):
        if progress is not None:
            progress(done, len(files))
        try:
            found = len(ctx.objects.get(key))
        except ObjectNotFoundError:
            problems.append(f"file {file_id}: its original {key} is missing; restore it from a backup")
        except ObjectCorruptError:
            problems.append(f"file {file_id}: its original {key} is damaged; restore it from a backup")
        else:
            if found != size:
                problems.append(f"file {file_id}: its original has {found} bytes, not {size}")
    for weights, model in sorted({(choice.weights, choice.model) for choice in choices if choice.weights}):
        try:
            ctx.objects.get(weights)
        except (ObjectNotFoundError, ObjectCorruptError):
            problems.append(f"model {model}: its weights {weights} are missing or damaged; restore a backup")
    for row in given_out:
        problems += evidence.problems_of(ctx, row.details or {})
    return VerifyResult(not problems, tuple(problems))
