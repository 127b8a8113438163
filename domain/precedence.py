"""What a reading is worth beside those that the period already has: the same, another, higher or lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.account import AccountState, EarlierReading
from domain.claim import JudgedReading, Kept
from domain.supplier import DatedRules


@dataclass(frozen=True)
class Precedence:
    """``duplicate_of``: the sheet that brought the same; ``contradicts``: another reading of the same rank.

    ``replaces``: sheets whose readings these take the place of; ``kept``: why these are not billed.
    """

    duplicate_of: int | None = None
    contradicts: bool = False
    replaces: tuple[int, ...] = ()
    kept: Kept = ""


def precedence(
    readings: Sequence[JudgedReading],
    account: AccountState,
    rules: DatedRules,
    channel: str,
    day: date,
    *,
    confirmed: bool = False,
) -> Precedence:
    """Weigh readings against the period's earlier ones.

    ``confirmed``: a person says that they take the place of another of the same rank.
    """
    ours = {judged.row.key: judged for judged in readings}
    same: list[EarlierReading] = []
    others: list[EarlierReading] = []
    for earlier in account.earlier:
        judged = ours.get((earlier.meter_serial, earlier.tariff))
        if judged is not None:
            (same if int(earlier.reading) == int(judged.reading) else others).append(earlier)
    if not same and not others:
        return Precedence()
    rank = rules.rank(channel)
    # A reading whose channel nobody wrote down counts as one of the same rank.
    ranks = {each.sheet_id: rules.rank(each.channel or channel) for each in (*same, *others)}
    if any(ranks[other.sheet_id] > rank for other in others):
        # Half outranked, half new: a person decides what it adds.
        known = {(each.meter_serial, each.tariff) for each in (*same, *others)}
        complete = len(known) == len(ours)
        return Precedence(kept="outranked") if complete else Precedence(contradicts=True)
    if not others:
        if len({(each.meter_serial, each.tariff) for each in same}) < len(ours):
            return Precedence(contradicts=True)
        higher = all(ranks[each.sheet_id] < rank for each in same)
        return Precedence(same[0].sheet_id, kept="confirms" if higher else "")
    if not all(
        ranks[other.sheet_id] < rank or confirmed or _is_newer(other, ours, rules, day) for other in others
    ):
        return Precedence(contradicts=True)
    replaced = tuple(dict.fromkeys(each.sheet_id for each in (*others, *same)))
    uncovered = any(
        each.sheet_id in replaced and (each.meter_serial, each.tariff) not in ours for each in account.earlier
    )
    uncovered = uncovered or any(each.fixed for each in account.earlier if each.sheet_id in replaced)
    return Precedence(contradicts=True) if uncovered else Precedence(replaces=replaced)


def _is_newer(
    earlier: EarlierReading,
    ours: dict[tuple[str, str], JudgedReading],
    rules: DatedRules,
    day: date,
) -> bool:
    """Whether the supplier takes the later of two readings, and this one goes on from the earlier."""
    if rules.same_period != "newer" or earlier.day is None or day <= earlier.day:
        return False
    judged = ours[(earlier.meter_serial, earlier.tariff)]
    return int(judged.reading) >= int(earlier.reading)
