"""A photo and what its customer says as one slip, with every doubt that a person should look into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from domain.reasons import Reason
from ocr.meters.honesty import another_day
from ocr.meters.likeness import ALIKE_BITS, SAME_LOOK, distances, same_look
from ocr.results import Character, FieldResult, SlipReading
from services.context import Context
from services.photos import PhotoRead, form_of
from storage.records import SheetRow, Transaction
from storage.records.photo_marks import NewMark

#: Photos are compared with those of so many days.
REMEMBERED = timedelta(days=62)
#: Marks alone leave some candidates; so many, the nearest first, are looked at.
_CANDIDATES = 60


def slip_of(
    read: PhotoRead, account: str, meter_serial: str, entered: Mapping[str, str], day: date
) -> SlipReading:
    """The slip. ``entered``: ``reading``, and ``reading_t2`` and ``reading_t3`` for further tariffs.

    Without an entered reading the photo's counts alone. ``day``: which the reading is claimed for.
    """
    told = entered.get("reading", "")
    agrees = bool(read.value) and (not told or read.value.lstrip("0") == told.lstrip("0"))
    fields = {
        "account": FieldResult(account, 1.0, characters=_spelled(account), source="typed"),
        "reading": FieldResult(
            read.value if agrees else told,
            read.confidence if agrees else 0.0,
            raw=read.value or None,
            characters=read.characters[: len(read.value)] if agrees else _spelled(told, 0.0),
            evidence=read.evidence if agrees else b"",
        ),
    }
    reasons = list(read.reasons)
    if read.value and not agrees:
        reasons.append(Reason.PHOTO_CONTRADICTS_ENTERED)
        fields["photo_reading"] = FieldResult(
            read.value, read.confidence, characters=read.characters[: len(read.value)]
        )
    if read.on_screen:
        reasons.append(Reason.PHOTO_OF_SCREEN)
    if another_day(read.taken, day):
        reasons.append(Reason.PHOTO_OF_ANOTHER_DAY)
    serial = meter_serial or read.serial
    if serial:
        # The plate's number is one of the register's, or it would not be there.
        fields["meter_serial"] = FieldResult(serial, 1.0, source="typed" if meter_serial else "plate")
    for name in ("reading_t2", "reading_t3"):
        if name in entered:
            fields[name] = FieldResult(entered[name], 0.0, characters=_spelled(entered[name], 0.0))
    return SlipReading(
        "read",
        template=form_of(read).key,
        fields=fields,
        reasons=tuple(dict.fromkeys(reasons)),
        model=read.model,
    )


def with_reason(slip: SlipReading, reason: Reason) -> SlipReading:
    """``slip`` with one reason more."""
    return replace(slip, reasons=tuple(dict.fromkeys((*slip.reasons, reason))))


def remembered(
    ctx: Context, tx: Transaction, sheet: SheetRow, read: PhotoRead, slip: SlipReading
) -> SlipReading:
    """``slip`` with a reason when a sheet of the last two months has the same photo; this one is kept too."""
    if not read.mark:
        return slip
    at = ctx.clock()
    sheets, marks = tx.photo_marks.since(sheet.supplier, at - REMEMBERED, sheet.id)
    account = slip.fields["account"].value or ""
    tx.photo_marks.add(NewMark(sheet.id, sheet.supplier, account, read.mark, read.look, at))
    bits = distances(read.mark, marks)
    near = sorted((int(b), i) for i, b in enumerate(bits) if b <= ALIKE_BITS)[:_CANDIDATES]
    looks = tx.photo_marks.looks([sheets[i] for _, i in near]) if near else {}
    if any(same_look(looks[sheets[i]], read.look) >= SAME_LOOK for _, i in near if sheets[i] in looks):
        return with_reason(slip, Reason.PHOTO_SEEN_BEFORE)
    return slip


def _spelled(text: str, confidence: float = 1.0) -> tuple[Character, ...]:
    return tuple(Character(symbol, confidence) for symbol in text)
