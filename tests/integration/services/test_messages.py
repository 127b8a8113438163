"""Typed readings: one gate, one answer, each message once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from delivery.pump import deliver
from domain.errors import ConflictError, UsageError
from domain.reasons import Reason
from services import review, telling
from services.context import Context
from services.day_file import DayFile, as_csv, read_day_file
from services.desk import find
from services.incoming import Incoming, Spoken
from services.message_form import MESSAGE
from services.messages import receive_message
from services.receipt_lines import write_lines
from services.standing import status_of
from services.status import status
from services.verify import verify
from storage.records.accounts import Accounts
from tests.delivery_desk import Desk, accept
from tests.paper import DAY, SUPPLIER, Clock, account_row, register

ACCOUNT = "121000000001"


@pytest.fixture
def desk(ctx: Context) -> Context:
    register(ctx, account_row(ACCOUNT))
    return replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})


def sms(text: str, name: str = "1", **more: object) -> Incoming:
    values = {
        "supplier": SUPPLIER,
        "channel": "sms",
        "source": "gateway",
        "external_id": name,
        "sender": "+79030000001",
        "text": text,
        "day": DAY,
    }
    return Incoming(**(values | more))  # type: ignore[arg-type]


def test_a_text_message_is_received_and_later_accepted(desk: Context) -> None:
    answered = receive_message(desk, sms(f"{ACCOUNT}*01100"))
    assert (answered.outcome, answered.reasons) == ("received", ())
    assert status(desk).by_state["accepted"] == 1
    found = status_of(desk, answered.reference)
    assert found is not None
    assert found.outcome == "received", "accepted only once billing has acknowledged it"
    deliver(desk, SUPPLIER, Desk())
    found = status_of(desk, answered.reference, SUPPLIER)
    assert found is not None
    assert found.outcome == "accepted"
    assert status_of(desk, answered.reference, "altaienergosbyt") is None
    with desk.records.read() as tx:
        assert Accounts(tx.connection).of_reference(answered.reference) == (SUPPLIER, ACCOUNT), "for the desk"
    assert answered.sheet_id is not None
    notices = telling.notices_of_sheet(desk, answered.sheet_id)
    assert [(n.kind, n.channel, n.address) for n in notices] == [
        ("received", "sms", "+79030000001"),
        ("accepted", "sms", "+79030000001"),
    ]
    assert notices[1].body == f"Показание 01100 по счёту {ACCOUNT} принято к расчёту за 11.2026."
    assert verify(desk).problems == ()


def test_the_same_message_again_is_answered_as_it_stands(desk: Context) -> None:
    first = receive_message(desk, sms(f"{ACCOUNT}*01100"))
    again = receive_message(desk, sms(f"{ACCOUNT}*01100"))
    assert again.again
    assert (again.reference, again.outcome) == (first.reference, "received")
    assert status(desk).sheets == 1
    with pytest.raises(ConflictError, match="same name"):
        receive_message(desk, sms(f"{ACCOUNT}*01101"))
    other = receive_message(desk, sms(f"{ACCOUNT}*01100", "2"))
    assert other.outcome == "duplicate"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("121000000999*01100", Reason.ACCOUNT_UNKNOWN),
        (f"{ACCOUNT}*00900", Reason.LOWER_THAN_LAST),
        (f"{ACCOUNT}*1234567", Reason.READING_TOO_LONG),
    ],
)
def test_what_the_sender_can_put_right_is_said_at_once(desk: Context, text: str, reason: Reason) -> None:
    answered = receive_message(desk, sms(text))
    assert answered.outcome == "not_accepted"
    assert reason in answered.reasons
    assert "не принято" in answered.text
    assert status(desk).by_state["rejected"] == 1
    assert telling.rejected(desk) == 0, "told already"


def test_what_is_doubtful_is_not_understood(desk: Context) -> None:
    answered = receive_message(desk, sms("какое у меня показание?"))
    assert answered.outcome == "not_understood"
    assert "121000000000*0563" in answered.text, "how it is written"
    assert status(desk).sheets == 0
    assert receive_message(desk, sms("какое у меня показание?")).again


def test_what_a_person_has_to_look_at_is_received(desk: Context) -> None:
    answered = receive_message(desk, sms(f"{ACCOUNT}*09900"))
    assert (answered.outcome, answered.reasons) == ("received", ())
    assert status(desk).by_state["review"] == 1
    assert answered.sheet_id is not None
    sheet = review.claim(desk, "anna", answered.sheet_id)
    assert sheet.template == MESSAGE.key
    assert {f.name: f.value for f in sheet.fields if f.value} == {"account": ACCOUNT, "reading": "09900"}
    picture = review.sheet_picture(desk, answered.sheet_id)
    assert picture.grey.shape[1] == 1000
    assert picture.grey.min() < 64
    shown = find(desk, "olga", SUPPLIER, ACCOUNT, DAY)
    assert shown is not None
    [case] = shown.cases
    assert case.sent == ("09900",)
    assert (case.row.text, case.row.reference) == (f"{ACCOUNT}*09900", answered.reference)
    values = {f.name: f.value for f in sheet.fields}
    accepted = review.accept(desk, "anna", answered.sheet_id, values, [Reason.IMPLAUSIBLY_HIGH])
    assert accepted.outcome == "accepted"
    assert verify(desk).problems == ()


def test_a_rejected_message_is_told_once_after_a_while(desk: Context, clock: Clock) -> None:
    answered = receive_message(desk, sms(f"{ACCOUNT}*09900"))
    assert answered.sheet_id is not None
    review.claim(desk, "anna", answered.sheet_id)
    review.reject(desk, "anna", answered.sheet_id, Reason.REJECTED_BY_PERSON)
    assert telling.rejected(desk) == 0, "the verdict may still be taken back"
    clock.forward(601)
    assert telling.rejected(desk) == 1
    assert telling.rejected(desk) == 0
    last = telling.notices_of_sheet(desk, answered.sheet_id)[-1]
    assert (last.kind, last.channel) == ("not_accepted", "sms")
    assert "передайте его ещё раз" in last.body


def test_a_person_sees_every_meter_of_a_message(desk: Context) -> None:
    supplier, account = "altaienergosbyt", "123456"
    rows = [
        account_row(account, meter_serial=f"1000000{n}", previous_reading=f"0{n}000", supplier=supplier)
        for n in range(1, 6)
    ]
    register(desk, *rows)
    text = "123456 01100 02100 03100 04100 95100"
    answered = receive_message(desk, sms(text, supplier=supplier))
    assert answered.sheet_id is not None
    sheet = review.claim(desk, "anna", answered.sheet_id)
    shown = {each.name: each.value for each in sheet.fields if each.role == "reading"}
    assert list(shown.values()) == ["01100", "02100", "03100", "04100", "95100"]
    assert [each.label for each in sheet.fields][4:6] == ["Показание 4", "Показание 5"]
    values = {each.name: each.value for each in sheet.fields} | {"reading_5": "05100"}
    assert review.accept(desk, "anna", answered.sheet_id, values).outcome == "accepted"
    with desk.records.read() as tx:
        found = {each.meter_serial: each.reading for each in tx.readings.of_sheet(answered.sheet_id)}
    assert found == {f"1000000{n}": f"0{n}100" for n in range(1, 6)}


def test_tariffs_that_repeat_are_kept_apart(desk: Context) -> None:
    readings = (("01100", "T1"), ("00500", "T2"), ("02100", "T1"), ("00600", "T2"))
    answered = receive_message(desk, sms("", spoken=Spoken("121000000009", readings)))
    assert answered.sheet_id is not None
    with desk.records.read() as tx:
        [row] = tx.sheets.get([answered.sheet_id])
    read = row.recognition["fields"]
    assert [read[name]["value"] for name in ("reading", "reading_t2", "reading_t3", "reading_4")] == [
        value for value, _ in readings
    ]


def test_several_tariffs_in_one_message(desk: Context) -> None:
    two = "121000000002"
    register(desk, account_row(two, tariff="T1"), account_row(two, tariff="T2", previous_reading="00400"))
    answered = receive_message(desk, sms(f"{two} 1100 450"))
    assert answered.outcome == "received"
    with desk.records.read() as tx:
        rows = tx.readings.of_sheet(answered.sheet_id or 0)
    assert [(r.tariff, r.reading) for r in rows] == [("T1", "01100"), ("T2", "00450")]


def test_customers_of_a_managing_company_are_told_where_to_report(desk: Context) -> None:
    register(desk, account_row(ACCOUNT, status="managed", report_to="УК «Дом», 212-00-00"))
    answered = receive_message(desk, sms(f"{ACCOUNT}*01100"))
    assert (answered.outcome, answered.reasons) == ("not_accepted", (Reason.SERVED_ELSEWHERE,))
    assert answered.text.endswith("Передавайте показания сюда: УК «Дом», 212-00-00.")


def test_a_call_says_tariffs_and_name_outright(desk: Context) -> None:
    spoken = Spoken(ACCOUNT, (("01100", ""),), name="Иванова")
    answered = receive_message(desk, sms("", channel="portal", spoken=spoken, answered_here=True))
    assert answered.outcome == "received"
    with desk.records.read() as tx:
        assert tx.notices.counts(None) == {}
    with pytest.raises(UsageError, match="no supplier"):
        receive_message(desk, sms("", supplier="nobody"))


def test_slips_are_told_by_the_registers_telephone_or_on_the_next_receipt(
    ctx: Context, tmp_path: Path
) -> None:
    [phone] = accept(ctx, 11, 1, phone="+7903")
    [mail] = accept(ctx, 12, 1, phone="+7903", email="a@example.org", notify="email")
    [paper] = accept(ctx, 14, 1)
    deliver(ctx, SUPPLIER, Desk())
    with ctx.records.read() as tx:
        told = {n.address: (n.channel, n.kind) for sheet in (1, 2, 3) for n in tx.notices.of_sheet(sheet)}
    assert told == {
        "+7903": ("sms", "accepted"),
        "a@example.org": ("email", "accepted"),
        paper: ("receipt", "accepted"),
    }
    assert write_lines(ctx, SUPPLIER, tmp_path / "lines.csv") == 1
    assert paper in (tmp_path / "lines.csv").read_text("utf-8")
    assert write_lines(ctx, SUPPLIER, tmp_path / "more.csv") == 0
    assert {phone, mail}.isdisjoint((tmp_path / "lines.csv").read_text("utf-8").split(","))


DAY_FILE = (
    "ЛицевойСчет;Показание;Дата;Номер\r\n"
    f"{ACCOUNT};01100,7;24.11.2026;A1\r\n"
    "121000000999;5;24.11.2026;A2\r\n"
    f"{ACCOUNT};пять;24.11.2026;A3\r\n"
    f"{ACCOUNT};01101;31.12.2026;A4\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_day_file_is_judged_row_by_row_and_once(desk: Context, encoding: str) -> None:
    file = DayFile(SUPPLIER, "terminal/platezhka", "ПлатеЖКа", DAY)
    data = DAY_FILE.encode(encoding)
    rows = read_day_file(desk, data, file)
    assert [row.line for row in rows] == [2, 3, 4, 5]
    outcomes = [row.answered.outcome if row.answered else row.problem for row in rows]
    assert outcomes == [
        "received",
        "not_accepted",
        "reading 'пять' is no number",
        "date 2026-12-31 is later than the file's day 2026-11-24",
    ]
    again = read_day_file(desk, data, file)
    assert [row.answered.again for row in again if row.answered] == [True, True]
    assert status(desk).sheets == 2
    receipt = as_csv(rows).splitlines()
    assert receipt[0] == "line;outcome;reference;reasons;text"
    assert receipt[2].split(";")[1:4:2] == ["not_accepted", "account_unknown"]


def test_a_file_that_is_none_is_refused_with_what_to_do(desk: Context) -> None:
    file = DayFile(SUPPLIER, "terminal", "x", date(2026, 11, 24))
    with pytest.raises(UsageError, match="no column reading"):
        read_day_file(desk, b"account\n1\n", file)
    with pytest.raises(UsageError, match="neither UTF-8 nor CP1251"):
        read_day_file(desk, b"\x98\xff\x98", file)
