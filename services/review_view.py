"""A sheet as the review page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.account import AccountState
from domain.reasons import Reason
from ocr.results import FieldResult, SlipReading
from services import judging
from services.context import Context
from services.message_form import MESSAGE, READING_FIELDS, form_for
from services.recognition import from_json
from services.results import AccountView, MeterView, ReviewField, ReviewQuestion, ReviewSheet
from services.thresholds import in_force
from storage.records import SheetRow, Transaction
from templates.model import Box, Field, Template
from templates.sides import form_of

#: Which field a reason of the gate is about.
_ABOUT = {
    "account": (
        Reason.ACCOUNT_MISSING,
        Reason.ACCOUNT_UNCLEAR,
        Reason.ACCOUNT_UNKNOWN,
        Reason.ACCOUNT_NEIGHBOUR,
        Reason.ACCOUNT_CONTRADICTS_CODE,
        Reason.ACCOUNT_CLOSED,
        Reason.SERVED_ELSEWHERE,
        Reason.READ_REMOTELY,
        Reason.SURNAME_DIFFERS,
    ),
    "reading": (
        Reason.READING_MISSING,
        Reason.READING_UNCLEAR,
        Reason.READING_TOO_LONG,
        Reason.DECIMALS_WRITTEN,
        Reason.LOWER_THAN_LAST,
        Reason.IMPLAUSIBLY_HIGH,
        Reason.HIGH_AT_TARIFF_CHANGE,
        Reason.RATIO_APPLIED,
        Reason.ZONES_SWAPPED,
        Reason.ZONES_SUMMED,
        Reason.METERS_SWAPPED,
        Reason.CONTRADICTS_EARLIER,
    ),
    "date": (Reason.DATE_MISSING, Reason.DATE_UNCLEAR, Reason.DATE_IMPLAUSIBLE),
    "address": (Reason.ADDRESS_MISSING, Reason.ADDRESS_DIFFERS),
    "signature": (Reason.SIGNATURE_MISSING,),
    "meter_serial": (
        Reason.METER_REPLACED,
        Reason.METER_UNKNOWN,
    ),
}
#: A tick, or that nothing is written, is looked at by a person below this.
_SURE_TICK = 0.98


def sheet_view(ctx: Context, tx: Transaction, row: SheetRow) -> ReviewSheet:
    """Everything that the page needs beside the picture."""
    template = template_of(ctx, row)
    slip = slip_of(row)
    account = value_of(slip.fields.get("account"), "digits") if slip is not None else ""
    state = judging.state_for(ctx, tx, row, account)
    asked = tx.questions.of_sheet(row.id)
    return ReviewSheet(
        sheet_id=row.id,
        supplier=row.supplier,
        channel=row.channel,
        station=row.station,
        collected=row.collected,
        received_at=row.received_at,
        file_name=row.file_name,
        page=row.page,
        slip=row.slip,
        template=row.template,
        state=row.state,
        reasons=row.reasons,
        fields=fields_of(ctx, tx, row, template, slip),
        account=account_view(account, state),
        held_by=row.claimed_by,
        held_until=row.claimed_until,
        question=None if asked is None else ReviewQuestion(asked.asked_by, asked.note),
    )


def template_of(ctx: Context, row: SheetRow) -> Template:
    """The slip's form; for a page on which none was found, the supplier's ordinary one to key it by."""
    known = form_of(ctx.templates, row.template)
    if known is not None and known.name == MESSAGE.name:
        return form_for(_readings_of(row))
    if known is not None:
        return known
    forms = sorted(
        ctx.templates.values(),
        key=lambda t: (t.purpose != "slip", t.supplier != row.supplier, t.personal, t.large_print),
    )
    return forms[0]


def _readings_of(row: SheetRow) -> int:
    """Up to which box of a message something is said, by its sender or by a person."""
    said = {*((row.recognition or {}).get("fields") or {}), *(row.entered or {})}
    return max((place for place, name in enumerate(READING_FIELDS, 1) if name in said), default=1)


def slip_of(row: SheetRow) -> SlipReading | None:
    """What the reader said of the sheet."""
    return None if row.recognition is None else from_json(row.recognition)


def fields_of(
    ctx: Context, tx: Transaction, row: SheetRow, template: Template, slip: SlipReading | None
) -> tuple[ReviewField, ...]:
    """The form's fields with what was read; the account first where it is printed, not written."""
    results = {} if slip is None else slip.fields
    lowest = in_force(ctx, tx, row.channel, template.key, row.model or "").lowest.lowest
    about = {role for role, reasons in _ABOUT.items() if set(reasons) & set(row.reasons)}
    # What a code says is the account's value already.
    shown = [field for field in template.fields if field.role != "account_code"]
    if all(field.role != "account" for field in shown):
        shown.insert(0, _printed_account(ctx, row))
    checked = {} if slip is None else tx.glyphs.checked([row.id])
    views = (_field(f, results.get(f.name), lowest.get(f.role), f.role in about) for f in shown)
    return tuple(
        _with_checks(view, {place: right for (_, name, place), right in checked.items() if name == view.name})
        for view in views
    )


def value_of(result: FieldResult | None, kind: str) -> str:
    """A result as the page's text: digits, YYYY-MM-DD, print, or "yes" and "" for ink and ticks.

    Handwriting that no machine reads is empty: a person types it.
    """
    if result is None:
        return ""
    if kind in {"line", "signature"}:
        return "yes" if result.present else ""
    if kind == "tick":
        return "yes" if result.value == "ticked" else ""
    return result.value or ""


def machine_values(row: SheetRow) -> dict[str, str]:
    """Field name → what the machine read, for the audit log."""
    slip = slip_of(row)
    fields = {} if slip is None else slip.fields
    return {
        name: ("yes" if result.present else "") if result.value is None else result.value
        for name, result in fields.items()
    }


def account_view(account: str, state: AccountState) -> AccountView | None:
    """What the register says of an account; None for an unknown one."""
    if not state.rows:
        return None
    return AccountView(
        account=account,
        surname=state.rows[0].surname,
        address=state.rows[0].address,
        meters=tuple(
            MeterView(
                meter_serial=row.meter_serial,
                tariff=row.tariff,
                digits=row.digits,
                decimals=row.decimals,
                previous_reading=row.previous_reading or "",
                previous_date=row.previous_date,
                previous_kind=row.previous_kind,
                monthly_average=row.monthly_average,
            )
            for row in state.rows
        ),
    )


def _printed_account(ctx: Context, row: SheetRow) -> Field:
    """The account of a personal slip as a field, to be checked like a written one."""
    rules = ctx.suppliers[row.supplier].account
    nowhere = Box(0.0, 0.0, 0.0, 0.0)
    return Field(
        name="account",
        kind="digits",
        role="account",
        required=True,
        label=rules.name.capitalize(),
        box=nowhere,
        cells=(nowhere,) * rules.digits_max,
    )


def _field(field: Field, result: FieldResult | None, lowest: float | None, doubted: bool) -> ReviewField:
    confidence = 0.0 if result is None else result.confidence
    reasons = () if result is None else result.reasons
    # A line's characters do not stand under places of their own where something beside digits is among them.
    aligned = result is not None and field.kind != "date_line" and "#" not in (result.raw or "")
    return ReviewField(
        name=field.name,
        label=field.label,
        kind=field.kind,
        role=field.role,
        tariff=field.tariff,
        required=field.required,
        cells=len(field.cells),
        value=value_of(result, field.kind),
        confidence=confidence,
        characters=result.characters if result is not None and (field.cells or aligned) else (),
        weak=_needs_person(field, result, lowest, doubted=doubted),
        reasons=reasons,
        meter=field.meter,
        check=field.check,
    )


def _needs_person(field: Field, result: FieldResult | None, lowest: float | None, *, doubted: bool) -> bool:
    """Whether a person has to look at the field, or to type what stands there."""
    if result is None:
        return field.required or field.role == "account"
    if field.kind == "tick":
        return doubted or result.value == "crossed_out" or result.confidence < _SURE_TICK
    if field.kind == "handwriting":
        return field.required or bool(result.present) or result.confidence < _SURE_TICK
    written = field.required or field.role == "account" or bool(result.value)
    return written and (doubted or lowest is None or result.confidence < lowest or bool(result.reasons))


def _with_checks(field: ReviewField, checks: Mapping[int, bool]) -> ReviewField:
    """The field after people compared its characters: one marked as misread is as weak as can be."""
    if not checks:
        return field
    characters = tuple(
        replace(char, confidence=float(checks[place])) if place in checks else char
        for place, char in enumerate(field.characters)
    )
    if all(checks.values()):
        return replace(field, characters=characters)
    return replace(field, characters=characters, weak=True, reasons=(*field.reasons, Reason.PICKED_OUT))
