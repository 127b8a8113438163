"""Whether recent sheets are read as surely as those that the thresholds were proven from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.drift import Drift, drift, histogram
from ocr.confidences import shipped_confidences
from services.context import Context
from services.recognition import from_json
from services.scores import scores
from storage.records import Transaction
from storage.records.vitals import ReadSheet
from templates.sides import form_of

#: Recent sheets looked at, of all combinations together, and earlier ones of each.
RECENT, EARLIER = 1500, 1500
#: With fewer the index says nothing.
LEAST = 50

Reference = Literal["calibration", "before_threshold", "first_sheets"]


@dataclass(frozen=True)
class DriftOf:
    """The drift of one (channel, template, model).

    ``against``: the collection that the shipped threshold was proven from; the sheets before operation proved
    another one; or, where neither is known, the first sheets of the combination.
    """

    key: tuple[str, str, str]
    against: Reference
    drift: Drift


def drifts(ctx: Context) -> list[DriftOf]:
    """Every combination among the newest sheets that has enough of them."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    with ctx.records.read() as tx:
        for sheet in tx.vitals.read(RECENT):
            found[sheet.key] += _confidence(ctx, sheet)
        made = (_of(ctx, tx, key, recent) for key, recent in sorted(found.items()))
        return [each for each in made if each is not None]


def _of(ctx: Context, tx: Transaction, key: tuple[str, str, str], recent: Sequence[float]) -> DriftOf | None:
    if len(recent) < LEAST:
        return None
    against, reference = _reference(ctx, tx, key)
    if sum(reference) < LEAST:
        return None
    return DriftOf(key, against, drift(histogram(recent), reference))


def _reference(ctx: Context, tx: Transaction, key: tuple[str, str, str]) -> tuple[Reference, Sequence[int]]:
    row = tx.proven.in_force(*key, ctx.settings.most_risk)
    if row is not None:
        earlier = _histogram(ctx, tx.vitals.read(EARLIER, key=key, before=row.at))
        if sum(earlier) >= LEAST:
            return "before_threshold", earlier
    shipped = shipped_confidences().get(key)
    if shipped is not None:
        return "calibration", shipped
    return "first_sheets", _histogram(ctx, tx.vitals.read(EARLIER, key=key, oldest=True))


def _histogram(ctx: Context, sheets: Iterable[ReadSheet]) -> Sequence[int]:
    return histogram(each for sheet in sheets for each in _confidence(ctx, sheet))


def _confidence(ctx: Context, sheet: ReadSheet) -> list[float]:
    """The confidence that the thresholds are held against; none of a sheet that was not read."""
    template = form_of(ctx.templates, sheet.key[1])
    slip = from_json(sheet.recognition)
    return [scores(slip, template).main] if template is not None and slip.outcome == "read" else []
