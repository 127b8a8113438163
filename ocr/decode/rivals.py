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
from ocr.decode.history import fit_of
from ocr.decode.meters import meters_of
from ocr.results import FieldResult, SlipReading
from templates.model import Template

#: A rival less probable than this keeps nothing from being accepted.
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
    """``slip`` with its account as sure as the written readings make it beside its rival.

    ``ours``, ``theirs``: all register rows of the account as it was read and of its rival; ``day``: when the
    readings were taken. Nothing changes unless the register knows an earlier reading of both.
    """
    account = slip.fields.get("account")
    if account is None or day is None or _names_a_meter(slip, template):
        return slip
    fits = [_fit(slip, template, rows, day, rules) for rows in (ours, theirs)]
    if fits[0] is None or fits[1] is None:
        return slip
    return replace(slip, fields=slip.fields | {"account": weighed(account, fits[0], fits[1])})


def weighed(account: FieldResult, ours: float, theirs: float) -> FieldResult:
    """The account against its closest rival, once each is so many times likelier than the ink says.

    Whatever else the ink may mean gets the larger of both factors, so that it never loses by this. Where the
    rival becomes the likelier one the account stays what the ink says, in doubt: a person decides.
    """
    near = account.runner_up or 0.0
    rest = max(0.0, 1.0 - account.confidence - near) * max(ours, theirs)
    mass, rival = account.confidence * ours, near * theirs
    total = mass + rival + rest
    if total <= 0.0:
        return account
    doubt, value = Reason.ACCOUNT_NEIGHBOUR, account.value or ""
    # Among the rest there may be another neighbour: its doubt is not this rival's to lift.
    kept = doubt in account.reasons and is_neighbour(value, account.other, 1.0 - mass / total)
    close = kept or rival >= mass or is_neighbour(value, account.other, rival / total)
    reasons = tuple(reason for reason in account.reasons if reason is not doubt)
    return replace(
        account,
        confidence=mass / total,
        by_ink=account.confidence if account.by_ink is None else account.by_ink,
        runner_up=rival / total,
        reasons=(*reasons, doubt) if close else reasons,
    )


def _names_a_meter(slip: SlipReading, template: Template) -> bool:
    """Whether a meter's number is written, too: then the gate asks whose meter that is."""
    written = (slip.fields.get(field.name) for field in template.of_role("meter_serial"))
    return any(result is not None and result.value for result in written)


def _fit(
    slip: SlipReading, template: Template, rows: Sequence[RegisterRow], day: date, rules: PlausibilityRules
) -> float | None:
    """How well an account's meters explain the readings written; None where that cannot be told.

    From ``1 / MOST_RATIO`` for readings that none of them could show to 1 for usual ones.
    """
    standing = [row for row in rows if row.status_on(day) != "replaced"]
    fits = []
    for field in template.of_role("reading"):
        result = slip.fields.get(field.name)
        if result is None or not result.value:
            continue
        known = meters_of(slip, template, field, standing)
        if not known or any(row.previous_reading is None for row, _ in known):
            return None
        fit = fit_of(result, [expectation(row, day, rules, share) for row, share in known])
        if fit is None:
            return None
        fits.append(fit)
    # Two tariffs of one meter are read by one person on one day: together they tell no more than one.
    return min(fits, default=None)
