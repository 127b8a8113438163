"""A customer's typed reading, by whatever channel: text message, mail, call of the API, row of a day file.

A message is a sheet like any other: its own words are the original, kept under their SHA-256, the same gate
judges it, and from there on it goes the same way to review, billing and evidence. Each message is handled
once: who hands it over names it, and the same name again gets the same answer.
"""

from __future__ import annotations

from datetime import datetime

from domain.claim import Claim, ClaimedReading, Thresholds, Value, Verdict
from domain.errors import ConflictError, UsageError
from domain.messages import parse_message
from domain.notices import NoticeKind, Told
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.results import Character, FieldResult, SlipReading
from services import judging, recognition, telling
from services.context import Context
from services.incoming import Incoming, Spoken, original_of, words_of
from services.message_form import MESSAGE, READING_FIELDS
from services.portal import new_reference
from services.standing import KINDS, Answered, outcome_of, standing_of, told_reasons
from services.text import printable
from storage.records import SheetRow, Transaction
from storage.records.messages import MessageRow, NewMessage
from storage.records.sheets import join_reasons

MACHINE = "machine"

#: Nothing was recognised: what stands there was typed.
_TYPED = Thresholds(dict.fromkeys(("account", "reading", "meter_serial"), 0.0))
#: What the sender can put right at once is not kept waiting for a person.
_AT_ONCE = frozenset(
    {
        Reason.ACCOUNT_MISSING,
        Reason.ACCOUNT_UNKNOWN,
        Reason.ACCOUNT_FORMAT,
        Reason.READING_MISSING,
        Reason.READING_TOO_LONG,
        Reason.LOWER_THAN_LAST,
        Reason.ZONES_SUMMED,
        Reason.CHANNEL_NOT_OFFERED,
    }
)
_NOT_OURS = frozenset({Reason.SERVED_ELSEWHERE, Reason.READ_REMOTELY})
_STATES = {
    Verdict.ACCEPT: SheetState.ACCEPTED,
    Verdict.REVIEW: SheetState.REVIEW,
    Verdict.REJECT: SheetState.REJECTED,
    Verdict.DUPLICATE: SheetState.DUPLICATE,
}


def receive_message(ctx: Context, incoming: Incoming) -> Answered:
    """Record, judge and answer a message in one transaction; the same one again is answered as it stands.

    Raises ``UsageError`` for a supplier that there is none of, ``ConflictError`` when the same name comes
    with other words.
    """
    if incoming.supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {incoming.supplier!r}")
    understood = _understood(ctx, incoming)
    original = original_of(incoming)
    with ctx.records.read() as tx:
        known = tx.messages.known(incoming.supplier, incoming.channel, incoming.source, incoming.external_id)
    # Durable before anything is acknowledged. What brings no sheet has its words in its record, and there
    # alone: an object that no file names would outlive its term.
    brings = known is None and understood[0] is not None
    key = ctx.objects.put(original) if brings else ""
    with ctx.records.begin() as tx:
        tx.lock(judging.sheets_lock(incoming.supplier))
        known = tx.messages.known(incoming.supplier, incoming.channel, incoming.source, incoming.external_id)
        if known is not None:
            if known.text not in ("", words_of(incoming)):
                raise ConflictError("another message came under the same name; nothing was changed")
            return standing_of(ctx, tx, known)
        return _handle(ctx, tx, incoming, understood, (key, len(original)))


def _understood(ctx: Context, incoming: Incoming) -> tuple[Spoken | None, tuple[Reason, ...]]:
    if incoming.spoken is not None:
        return incoming.spoken, ()
    form = ctx.suppliers[incoming.supplier].account
    parsed = parse_message(incoming.text, form, subject=incoming.subject)
    if parsed.reasons:
        return None, parsed.reasons
    return Spoken(parsed.account, tuple((r, "") for r in parsed.readings), name=parsed.surname), ()


def _handle(
    ctx: Context,
    tx: Transaction,
    incoming: Incoming,
    understood: tuple[Spoken | None, tuple[Reason, ...]],
    original: tuple[str, int],
) -> Answered:
    at = ctx.clock()
    spoken, why = understood
    message = add_message(tx, incoming, at)
    if spoken is None:
        tx.messages.set(message.id, outcome="not_understood", reasons=join_reasons(why))
        here = incoming.answered_here
        text = telling.answer(ctx, tx, message, NoticeKind.NOT_UNDERSTOOD, reasons=why, here=here)
        return Answered(message.reference, "not_understood", why, text.body)
    sheet = _sheet(tx, incoming, message, original, at)
    state, reasons, report_to = _settle(ctx, tx, sheet, spoken, at)
    tx.messages.set(message.id, outcome="reading", reasons=join_reasons(reasons), sheet_id=sheet.id)
    told = [Told(reading, tariff) for reading, tariff in spoken.readings]
    said = told_reasons(state, reasons)
    text = telling.answer(
        ctx,
        tx,
        message,
        KINDS[state],
        account=spoken.account,
        told=told,
        reasons=said,
        report_to=report_to,
        here=incoming.answered_here,
    )
    return Answered(
        message.reference,
        outcome_of(state),
        said,
        text.body,
        spoken.account,
        tuple(reading for reading, _ in spoken.readings),
        sheet.id,
    )


def add_message(tx: Transaction, incoming: Incoming, at: datetime) -> MessageRow:
    """The message's row, which nobody had added before."""
    new = NewMessage(
        supplier=incoming.supplier,
        channel=incoming.channel,
        source=incoming.source,
        external_id=incoming.external_id,
        reference=new_reference(),
        sender=printable(incoming.sender),
        language=telling.language_of(incoming.language),
        text=words_of(incoming),
        received_at=at,
    )
    added = tx.messages.add(new)
    assert added is not None
    return MessageRow(**vars(new), id=added)


def _sheet(
    tx: Transaction, incoming: Incoming, message: MessageRow, original: tuple[str, int], at: datetime
) -> SheetRow:
    key, size = original
    name = f"{incoming.channel.replace('/', '-')}-{message.reference}.json"
    station = printable(incoming.source)
    batch = tx.files.add_batch(incoming.supplier, incoming.channel, station, incoming.day, at)
    file, _ = tx.files.add_file(incoming.supplier, key, name, size=size, batch_id=batch, at=at)
    tx.files.add_receipt(incoming.supplier, file.id, batch, name, at)
    tx.files.close(file.id, "split", 1)
    place = {"channel": incoming.channel, "station": station, "collected": incoming.day}
    tx.sheets.add(file, place, [(1, 1)], at)
    [sheet] = tx.sheets.at(file.id, 1)
    details = {"file": file.id, "batch": batch, "name": name, "message": message.id}
    tx.audits.add(at, station, "file.received", supplier=incoming.supplier, details=details)
    return sheet


def _settle(
    ctx: Context, tx: Transaction, sheet: SheetRow, spoken: Spoken, at: datetime
) -> tuple[SheetState, tuple[Reason, ...], str]:
    """The gate's answer, written down, and who takes the readings of an account that is not ours."""
    claim = _claim(spoken)
    state = judging.state_for(ctx, tx, sheet, spoken.account)
    decision = judging.decide(ctx, sheet, claim, state, _TYPED)
    after = _STATES[decision.verdict]
    if after is SheetState.REVIEW and _AT_ONCE.intersection(decision.reasons):
        after = SheetState.REJECTED
    tx.sheets.move(
        sheet,
        after,
        decision.reasons + decision.flags,
        at=at,
        who=MACHINE,
        template=MESSAGE.key,
        account=state.number or spoken.account or None,
        recognition=recognition.to_json(_as_read(spoken)),
        duplicate_of=decision.duplicate_of_sheet,
    )
    if after is _STATES[decision.verdict]:
        judging.record(ctx, tx, sheet, claim, decision, who=MACHINE, at=at)
    foreign = _NOT_OURS.intersection(decision.reasons) and state.known
    return after, decision.reasons, state.rows[0].report_to if foreign else ""


def _claim(spoken: Spoken) -> Claim:
    named = any(tariff for _, tariff in spoken.readings)
    return Claim(
        account=Value(spoken.account, 1.0),
        readings=tuple(
            ClaimedReading(Value(reading, 1.0), tariff or None) for reading, tariff in spoken.readings
        ),
        meter_serial=Value("".join(filter(str.isdigit, spoken.meter_serial)), 1.0),
        required=frozenset({"account", "reading"}),
        typed=True,
        in_order=not named,
        surname=spoken.name,
    )


def _as_read(spoken: Spoken) -> SlipReading:
    """What was typed, in the fields that review shows."""

    def typed(text: str) -> FieldResult:
        return FieldResult(text, 1.0, text, tuple(Character(c, 1.0) for c in text), source="typed")

    fields = {"account": typed(spoken.account), "meter_serial": typed(spoken.meter_serial)}
    tariffs = [tariff for _, tariff in spoken.readings]
    # Tariffs that repeat are several meters': only their order tells them apart.
    named = set(tariffs) <= {"T1", "T2", "T3"} and len(set(tariffs)) == len(tariffs)
    for place, (reading, tariff) in enumerate(spoken.readings[: len(READING_FIELDS)]):
        fields[READING_FIELDS[int(tariff[1:]) - 1 if named else place]] = typed(reading)
    return SlipReading("read", template=MESSAGE.key, fields=fields)
