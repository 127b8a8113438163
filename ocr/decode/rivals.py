"""Two accounts that the ink leaves close, told apart by what else is known of them.

What stands beside the account belongs to it, too: an address, and a reading that no neighbour's meter shows.
Such a witness changes the odds between the account and its closest rival by a factor with a bound; against
everything else that the ink may mean it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from domain.account import RegisterRow
from domain.history import expectation
from domain.plausibility import PlausibilityRules
from domain.reasons import Reason
from ocr.decode.account import is_neighbour
from ocr.decode.meters import meters_of
from ocr.decode.packed import unpack
from ocr.decode.reading import ReadingCells
from ocr.meters import evidence as readings
from ocr.results import FieldResult, SlipReading
from templates.model import Template

#: A rival less probable than this cannot become the account, nor keep it from being accepted.
LEAST = 0.001


def rival_of(slip: SlipReading) -> str:
    """The account that could be meant instead; "" where none is worth a look at the register."""
    account = slip.fields.get("account")
    if account is None or not account.value or not account.in_register:
        return ""
    return account.other if (account.runner_up or 0.0) >= LEAST and account.other != account.value else ""


def by_readings(
    slip: SlipReading,
    template: Template,
    ours: Sequence[RegisterRow],
    theirs: Sequence[RegisterRow],
    day: date | None,
    *,
    rules: PlausibilityRules = PlausibilityRules(),
) -> SlipReading:
    """``slip`` with the account whose meters the written readings fit better; it may be the rival.

    ``ours``, ``theirs``: all register rows of the account as it was read and of its rival; ``day``: when the
    readings were taken. Nothing changes unless the register knows an earlier reading of both.
    """
    account = slip.fields.get("account")
    if account is None or day is None:
        return slip
    fits = [_fit(slip, template, rows, day, rules) for rows in (ours, theirs)]
    if fits[0] is None or fits[1] is None:
        return slip
    return replace(slip, fields=slip.fields | {"account": weighed(account, fits[0], fits[1])})


def weighed(account: FieldResult, ours: float, theirs: float) -> FieldResult:
    """The account against its closest rival, once each is so many times likelier than the ink says.

    Whatever else the ink may mean gets the larger of both factors, so that it never loses by this.
    """
    near = account.runner_up or 0.0
    rest = max(0.0, 1.0 - account.confidence - near) * max(ours, theirs)
    mass, rival = account.confidence * ours, near * theirs
    total = mass + rival + rest
    if total <= 0.0:
        return account
    if rival > mass:
        account = replace(account, value=account.other, other=account.value or "")
        mass, rival = rival, mass
    doubt = Reason.ACCOUNT_NEIGHBOUR
    reasons = tuple(reason for reason in account.reasons if reason is not doubt)
    close = is_neighbour(account.value or "", account.other, rival / total)
    return replace(
        account,
        confidence=mass / total,
        runner_up=rival / total,
        reasons=(*reasons, doubt) if close else reasons,
    )


def _fit(
    slip: SlipReading, template: Template, rows: Sequence[RegisterRow], day: date, rules: PlausibilityRules
) -> float | None:
    """How well an account's meters explain the readings written; None where nothing tells.

    From ``1 / MOST_RATIO`` for readings that none of them could show to 1 for usual ones.
    """
    fits = []
    for field in template.of_role("reading"):
        result = slip.fields.get(field.name)
        known = list(meters_of(slip, template, field, rows))
        if result is None or not result.value or not result.evidence or not known:
            continue
        if any(row.previous_reading is None for row, _ in known):
            return None
        meters = [expectation(row, day, rules, share) for row, share in known]
        chances = readings.unpack(result.evidence)
        fits.append(
            readings.fit(chances, meters) if chances else ReadingCells(unpack(result.evidence)).fit(meters)
        )
    # Two tariffs of one meter are read by one person on one day: together they tell no more than one.
    return min(fits, default=None)
