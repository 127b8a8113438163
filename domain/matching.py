"""Which meter and tariff does each claimed reading belong to, and does it fit there?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations

from domain.account import AccountState, RegisterRow, same_serial
from domain.claim import Circumstances, Claim, ClaimedReading, JudgedReading, Thresholds, Value
from domain.plausibility import History, Plausibility, believable, check, pad
from domain.reasons import Reason
from domain.supplier import DatedRules, base

#: Readings that seem to have changed places are tried in all orders up to so many.
_MOST_EXCHANGED = 4


@dataclass(frozen=True)
class _Place:
    """A register row with everything that says what its meter may show."""

    row: RegisterRow
    history: History


def match(
    claim: Claim,
    account: AccountState,
    here: Circumstances,
    rules: DatedRules,
    thresholds: Thresholds,
) -> tuple[tuple[JudgedReading, ...], list[Reason]]:
    """Match each written reading to its meter and tariff, and check it against that row's history.

    A sheet with several meters is matched meter by meter; two of them that name one meter fit nowhere.
    """
    parts = _by_meter(claim)
    if len(parts) == 1:
        return _match_one(parts[0], account, here, rules, thresholds)
    judged: list[JudgedReading] = []
    reasons: list[Reason] = []
    for part in parts:
        found, said = _match_one(part, account, here, rules, thresholds)
        reasons += said
        if {each.row.key for each in found} & {each.row.key for each in judged}:
            reasons.append(Reason.METER_UNKNOWN)
        judged += found
    return tuple(judged), list(dict.fromkeys(reasons))


def _by_meter(claim: Claim) -> list[Claim]:
    """A claim for each meter of the sheet about which something is written; the first always counts."""
    meters = {reading.meter for reading in claim.readings if reading.value.value}
    meters |= {meter for meter, serial in claim.further_serials.items() if serial.value}
    if meters <= {1}:
        first = tuple(reading for reading in claim.readings if reading.meter == 1)
        return [replace(claim, readings=first)]
    return [
        replace(
            claim,
            readings=tuple(reading for reading in claim.readings if reading.meter == meter),
            meter_serial=claim.meter_serial if meter == 1 else claim.further_serials.get(meter, Value()),
        )
        for meter in sorted({1, *meters})
    ]


def _match_one(
    claim: Claim,
    account: AccountState,
    here: Circumstances,
    rules: DatedRules,
    thresholds: Thresholds,
) -> tuple[tuple[JudgedReading, ...], list[Reason]]:
    reasons = _unclear(claim, thresholds)
    written = [reading for reading in claim.readings if reading.value.value]
    if not written or all(r.tariff not in (None, "", "T1") for r in written):
        reasons.append(Reason.READING_MISSING)
    if not account.known:
        return (), reasons
    rows, meter_reasons = _rows(claim, account, here.day, thresholds)
    reasons += meter_reasons
    if meter_reasons:
        return (), reasons
    places = [_Place(row, _history(account, row, rules)) for row in rows]
    pairs, left, unmatched = _pairs(claim, written, places)
    reasons += unmatched
    judged: list[JudgedReading] = []
    blocked = False
    for text, place in pairs:
        if not (text.isascii() and text.isdigit()):
            reasons.append(Reason.READING_UNCLEAR)
            continue
        plain = _checked(text, place, here)
        if plain.blocking is not None:
            reasons.append(plain.blocking)
            blocked = True
        judged.append(_judged(text, place, plain))
    if left and written:
        summed = _is_sum(pairs, places, here)
        reasons.append(Reason.ZONES_SUMMED if summed else Reason.READING_MISSING)
    if blocked and _change_places(pairs, here):
        several = len({place.row.meter_serial for _, place in pairs}) > 1
        reasons.append(Reason.METERS_SWAPPED if several else Reason.ZONES_SWAPPED)
    return tuple(judged), reasons


def _unclear(claim: Claim, thresholds: Thresholds) -> list[Reason]:
    """An optional reading that looks empty is not asked for its confidence: most slips leave it so."""
    reasons: list[Reason] = []
    for reading in claim.readings:
        if not claim.certain and (reading.value.value or reading.tariff in (None, "", "T1")):
            reasons += thresholds.below("reading", reading.value, Reason.READING_UNCLEAR)
    return reasons


def _rows(
    claim: Claim, account: AccountState, day: date, thresholds: Thresholds
) -> tuple[tuple[RegisterRow, ...], list[Reason]]:
    """The rows of the meters that are up: the claim's meter, or all of them where the readings are in order.

    With several meters the number written must say which, and the machine must have read it surely enough:
    meters that were bought together differ in one digit. With one meter it may be left out, but a clear one
    that names another speaks against the account, or the meter was changed.
    """
    written = claim.meter_serial
    standing = tuple(row for row in account.rows if row.status_on(day) != "replaced")
    clear = bool(written.value) and (claim.certain or thresholds.passes("meter_serial", written.confidence))
    named = tuple(row for row in standing if same_serial(row.meter_serial, written.value))
    gone = any(same_serial(row.meter_serial, written.value) for row in account.rows if row not in standing)
    if not standing or (clear and gone and not named):
        return (), [Reason.METER_REPLACED]
    serials = {row.meter_serial for row in standing}
    if len(serials) <= 1:
        contradicts = clear and not claim.by_person and any(serials) and not named
        return ((), [Reason.METER_UNKNOWN]) if contradicts else (standing, [])
    if claim.in_order and not written.value:
        return standing, []
    if not named:
        return (), [Reason.METER_UNKNOWN]
    unsure = [] if claim.certain else thresholds.below("meter_serial", written, Reason.METER_UNKNOWN)
    return ((), unsure) if unsure else (named, [])


def _history(account: AccountState, row: RegisterRow, rules: DatedRules) -> History:
    return History(account.past.get(row.key, ()), rules.season, rules.tariff_changes)


def _pairs(
    claim: Claim, written: Sequence[ClaimedReading], places: Sequence[_Place]
) -> tuple[list[tuple[str, _Place]], bool, list[Reason]]:
    """(reading, its place), whether places are left without one, and readings that have none."""
    if claim.in_order and all(reading.tariff is None for reading in written):
        texts = _without_total([reading.value.value for reading in written], len(places))
        reasons = [Reason.METER_UNKNOWN] if len(texts) > len(places) else []
        if len({place.row.meter_serial for place in places}) > 1 and len(texts) < len(places):
            # Which of the meters was left out is anybody's guess.
            return [], False, [Reason.METER_UNKNOWN]
        return list(zip(texts, places, strict=False)), len(texts) < len(places), reasons
    by_tariff = {place.row.tariff or "T1": place for place in places}
    pairs = [(r.value.value, by_tariff[r.tariff or "T1"]) for r in written if (r.tariff or "T1") in by_tariff]
    return pairs, len(pairs) < len(by_tariff), [Reason.METER_UNKNOWN] * (len(written) > len(pairs))


def _without_total(texts: list[str], zones: int) -> list[str]:
    """The readings without their sum, which an LCD shows before or after its zones; else as they are.

    A zone's decimals are cut off, so that the sum may be larger by one less than there are zones.
    """
    if zones < 2 or len(texts) != zones + 1 or not all(text.isascii() and text.isdigit() for text in texts):
        return texts
    fits = [
        rest
        for total, rest in ((texts[-1], texts[:-1]), (texts[0], texts[1:]))
        if 0 <= int(total) - sum(map(int, rest)) < zones
    ]
    return fits[0] if len(fits) == 1 else texts


def _checked(text: str, place: _Place, here: Circumstances) -> Plausibility:
    """As ``check`` says; a controller stood before the meter, so what he read counts and is marked."""
    found = check(text, place.row, here.day, here.plausibility, place.history)
    if base(here.channel) != "act":
        return found
    if found.blocking is Reason.LOWER_THAN_LAST:
        return replace(found, blocking=None, flag=Reason.PREVIOUS_DOUBTFUL)
    if found.blocking in {Reason.IMPLAUSIBLY_HIGH, Reason.HIGH_AT_TARIFF_CHANGE}:
        return replace(found, blocking=None, flag=Reason.IMPLAUSIBLY_HIGH)
    return found


def _judged(text: str, place: _Place, plain: Plausibility) -> JudgedReading:
    digits = place.row.digits
    shown = text.lstrip("0") if digits is not None and len(text) > digits else text
    return JudgedReading(
        place.row,
        pad(shown, digits),
        plain.rolled_over,
        plain.flag,
        used=plain.used,
        usual=plain.usual,
    )


def _is_sum(pairs: Sequence[tuple[str, _Place]], places: Sequence[_Place], here: Circumstances) -> bool:
    """Whether the one reading is that of all the meter's zones together."""
    if len(pairs) != 1 or len({place.row.meter_serial for place in places}) != 1:
        return False
    text, first = pairs[0]
    before = [place.row.previous_reading for place in places]
    if not text.isdigit() or any(each is None for each in before):
        return False
    total = sum(int(each) for each in before if each is not None)
    together = replace(first.row, previous_reading=str(total), digits=None)
    fits = check(text, together, here.day, here.plausibility).blocking is None
    return fits and not believable(text, first.row, here.day, here.plausibility, first.history)


def _change_places(pairs: Sequence[tuple[str, _Place]], here: Circumstances) -> bool:
    """Whether the readings, which do not fit as they stand, all do in one other order alone."""
    texts = [text for text, _ in pairs]
    if not 2 <= len(pairs) <= _MOST_EXCHANGED or not all(text.isdigit() for text in texts):
        return False
    fitting = [
        order
        for order in permutations(texts)
        if order != tuple(texts)
        and all(
            believable(text, place.row, here.day, here.plausibility, place.history)
            for text, (_, place) in zip(order, pairs, strict=True)
        )
    ]
    return len(fitting) == 1
