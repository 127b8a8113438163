"""A slip under review as the template shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.account import RegisterRow, same_serial
from domain.plausibility import PlausibilityRules, check, usual_limit
from domain.reasons import Reason
from review_ui.layout import FieldLayout, lay_out
from review_ui.pictures import PagePicture
from services.results import AccountView, MeterView, ReviewAnswer, ReviewField, ReviewSheet

#: What "other" offers, in the order of the number keys 1 … 9, 0.
REJECT_REASONS = (
    Reason.ILLEGIBLE,
    Reason.ACCOUNT_UNKNOWN,
    Reason.ACCOUNT_MISSING,
    Reason.READING_MISSING,
    Reason.LOWER_THAN_LAST,
    Reason.CONTRADICTS_EARLIER,
    Reason.SIGNATURE_MISSING,
    Reason.NOT_A_SLIP,
    Reason.REJECTED_BY_PERSON,
    Reason.RESCAN,
)

#: Which role's field a reason is about: where the cursor goes when the gate refuses.
ABOUT = {
    Reason.ACCOUNT_MISSING: "account",
    Reason.ACCOUNT_UNCLEAR: "account",
    Reason.ACCOUNT_UNKNOWN: "account",
    Reason.ACCOUNT_NEIGHBOUR: "account",
    Reason.ACCOUNT_CONTRADICTS_CODE: "account",
    Reason.ACCOUNT_CLOSED: "account",
    Reason.METER_UNKNOWN: "meter_serial",
    Reason.READING_MISSING: "reading",
    Reason.READING_UNCLEAR: "reading",
    Reason.READING_TOO_LONG: "reading",
    Reason.DECIMALS_WRITTEN: "reading",
    Reason.LOWER_THAN_LAST: "reading",
    Reason.IMPLAUSIBLY_HIGH: "reading",
    Reason.DATE_MISSING: "date",
    Reason.DATE_UNCLEAR: "date",
    Reason.DATE_IMPLAUSIBLE: "date",
    Reason.ADDRESS_MISSING: "address",
    Reason.ADDRESS_DIFFERS: "address",
    Reason.SIGNATURE_MISSING: "signature",
}

#: What may be said of any field: its name is put before the reason.
OF_ANY_FIELD = frozenset(
    {
        Reason.STRUCK_OUT,
        Reason.REWRITTEN_BESIDE,
        Reason.CELL_CROSSED,
        Reason.TWO_DIGITS_IN_CELL,
        Reason.CORRECTION_FLUID,
        Reason.BELOW_THRESHOLD,
        Reason.PICKED_OUT,
    }
)


@dataclass(frozen=True)
class FieldView:
    """One field: what the reader said, where its crop lies. ``extra``: empty and optional, folded away."""

    field: ReviewField
    layout: FieldLayout
    needs_person: bool
    extra: bool

    @property
    def has_slots(self) -> bool:
        """Whether characters are entered one by one."""
        return bool(self.layout.slots)

    @property
    def is_text(self) -> bool:
        """Whether it is typed as text: print, or handwriting that no machine reads."""
        return not self.has_slots and self.field.kind in ("typed", "handwriting")

    @property
    def value(self) -> str:
        """The places' characters, blanks as spaces, without those at the end."""
        return "".join(slot.value or " " for slot in self.layout.slots).rstrip()


@dataclass(frozen=True)
class Laid:
    """A slip's fields over its picture. ``key``: names it on the page; ``picture_url``: where the JPEG is."""

    key: str
    picture_url: str
    picture: PagePicture
    fields: tuple[FieldView, ...]

    @property
    def by_name(self) -> dict[str, FieldView]:
        """Fields by name."""
        return {view.field.name: view for view in self.fields}

    def role(self, role: str) -> list[FieldView]:
        """The fields of one role, in the form's order."""
        return [view for view in self.fields if view.field.role == role]

    @property
    def values(self) -> dict[str, str]:
        """The values as they were read: what the page would send if nobody touched it."""
        return {view.field.name: view.field.value for view in self.fields}


@dataclass(frozen=True)
class Why:
    """A reason why the slip is here, with the fields that it is about where it does not say so itself."""

    reason: Reason
    fields: tuple[ReviewField, ...] = ()


@dataclass(frozen=True)
class SheetView(Laid):
    """A slip under review, laid out."""

    sheet: ReviewSheet

    @property
    def whys(self) -> list[Why]:
        """The slip's reasons, in their order."""
        return [Why(reason, self._about(reason)) for reason in self.sheet.reasons]

    def _about(self, reason: Reason) -> tuple[ReviewField, ...]:
        if reason not in OF_ANY_FIELD:
            return ()
        return tuple(view.field for view in self.fields if reason in view.field.reasons)


def view_sheet(sheet: ReviewSheet, picture: PagePicture, weak_below: float, account_digits: int) -> SheetView:
    """Lay a slip out; ``account_digits``: how long the supplier's accounts are."""
    views = lay_fields(sheet.fields, picture, weak_below, account_digits)
    return SheetView(str(sheet.sheet_id), f"/review/{sheet.sheet_id}/picture", picture, views, sheet)


def lay_fields(
    fields: Iterable[ReviewField], picture: PagePicture, weak_below: float, account_digits: int
) -> tuple[FieldView, ...]:
    """Each field over its place in the picture."""
    return tuple(
        FieldView(
            field,
            lay_out(field, picture, weak_below, account_digits),
            needs_person=field.weak,
            # A box left empty is an answer.
            extra=not (field.required or field.value or field.weak or field.kind == "tick"),
        )
        for field in fields
    )


@dataclass(frozen=True)
class AnswerRow:
    """One field of two answers that differ: what each says."""

    field: ReviewField
    texts: tuple[str, ...]
    differs: bool


@dataclass(frozen=True)
class Answers:
    """Two answers side by side; ``keyed``: field name → text, as the page would fill it in, for each."""

    rows: tuple[AnswerRow, ...]
    keyed: tuple[dict[str, str], ...]


def answers_side_by_side(view: Laid, answers: Sequence[Mapping[str, str]]) -> Answers:
    """The answers field by field; one that is empty altogether could not be read."""
    keyed = tuple(
        {each.field.name: _on_paper(each.field, answer.get(each.field.name, "")) for each in view.fields}
        for answer in answers
    )
    rows = []
    for each in view.fields:
        texts = tuple(_in_print(each.field, one[each.field.name]) for one in keyed)
        rows.append(AnswerRow(each.field, texts, len(set(texts)) > 1))
    return Answers(tuple(rows), keyed)


def _in_print(field: ReviewField, text: str) -> str:
    """A date as people write it; anything else as it is."""
    dated = field.kind in ("date", "date_line") and len(text) == 8
    return f"{text[:2]}.{text[2:4]}.{text[4:]}" if dated else text


def _on_paper(field: ReviewField, text: str) -> str:
    """A date as its cells have it, DDMMYYYY; anything else as it is."""
    parts = text.split("-")
    return "".join(reversed(parts)) if field.kind in ("date", "date_line") and len(parts) == 3 else text


@dataclass(frozen=True)
class Use:
    """What a reading would mean for one meter: kWh used since the last one, and the most believable."""

    meter: MeterView
    used: int | None
    limit: float
    believable: bool


def uses(account: AccountView | None, fields: SheetView, values: Mapping[str, str]) -> list[Use]:
    """The use by each of the account's meters and tariffs, for the readings among ``values``."""
    if account is None:
        return []
    day = fields.sheet.collected
    readings = {
        (view.field.meter, view.field.tariff or "T1"): values.get(view.field.name, "")
        for view in fields.role("reading")
    }
    serials = {view.field.meter: values.get(view.field.name, "") for view in fields.role("meter_serial")}
    return [
        _use(account.account, meter, readings.get((_place_of(meter, serials), meter.tariff or "T1"), ""), day)
        for meter in account.meters
    ]


def _place_of(meter: MeterView, serials: Mapping[int, str]) -> int:
    """Which of the sheet's meters a meter is: the one whose number is written there, else the first."""
    return next(
        (place for place, serial in serials.items() if serial and same_serial(meter.meter_serial, serial)), 1
    )


def _use(account: str, meter: MeterView, reading: str, day: date) -> Use:
    row = RegisterRow(
        supplier="",
        account=account,
        digits=meter.digits,
        previous_reading=meter.previous_reading or None,
        previous_date=meter.previous_date,
        previous_kind="actual" if meter.previous_kind == "actual" else "average",
        monthly_average=meter.monthly_average,
    )
    limit = usual_limit(row, day, PlausibilityRules())
    if not (reading.isascii() and reading.isdigit()):
        return Use(meter, None, limit, True)
    plain = check(reading, row, day, PlausibilityRules())
    return Use(meter, plain.used, limit, plain.blocking is None)


@dataclass(frozen=True)
class Line:
    """One sentence of the gate's answer: a reason and how it weighs."""

    reason: Reason
    weight: str


def answer_lines(answer: ReviewAnswer) -> list[Line]:
    """What the gate says: what blocks first, then what a person may overrule, then what is only noted."""
    lines = [Line(reason, "blocking") for reason in answer.blocking]
    lines += [Line(reason, "confirm") for reason in answer.reasons if reason not in answer.blocking]
    lines += [Line(reason, "flag") for reason in answer.flags]
    return lines


def field_to_mend(view: SheetView, answer: ReviewAnswer) -> str | None:
    """The name of the field that the first blocking reason is about."""
    for reason in (*answer.blocking, *answer.reasons):
        for each in view.fields:
            if ABOUT.get(reason) == each.field.role or reason in each.field.reasons:
                return each.field.name
    return None
