"""The end of retention: what goes, what stays, and the act."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from delivery.evidence_page import as_html
from domain.errors import ObjectNotFoundError, SettingsError, UsageError
from domain.notices import NoticeKind, NoticeText
from meterdrop.acts import act_text
from meterdrop.settings import load_settings
from meterdrop.wiring import retention_terms
from services import deliver, evidence, purge, review, status, telling, verify
from services.context import Context
from services.incoming import Incoming
from services.message_form import MESSAGE
from services.messages import receive_message
from services.purge import Terms
from services.standing import Answered
from storage.records.office_tables import purge_act
from storage.records.tables import account, audit, source_file
from tests.integration.review_desk import SUPPLIER, Desk, Slip, open_desk

YEAR = timedelta(days=370).total_seconds()
TERMS = Terms({"station": 365, "draft": 2})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("anna")
    yield opened
    opened.ctx.close()


def texts(ctx: Context) -> str:
    """Everything that the records hold outside the audit log, the register and the readings."""
    found = []
    with ctx.records.read() as tx:
        for table in ("sheet", "source_file", "submission", "blind_audit", "shadow_reading", "receipt"):
            found += [str(row) for row in tx.connection.execute(sa.text(f"SELECT * FROM {table}"))]
    return "\n".join(found)


def test_what_is_due_goes_and_the_rest_agrees_with_itself(desk: Desk, tmp_path: Path) -> None:
    ctx = desk.ctx
    desk.bring(Slip(), Slip("121000000002", doubtful={"account": [1]}))
    sheet = review.claim_next(ctx, "anna")
    values = {f.name: f.value for f in sheet.fields} | {"account": "121000000002"}
    assert review.accept(ctx, "anna", sheet.sheet_id, values).outcome == "accepted"
    deliver.export_readings(ctx, tmp_path / "out.csv")
    with ctx.records.read() as tx:
        key = tx.sheets.get([1])[0].sha256
    assert purge.purge(ctx, TERMS, "Ольга").number == 0, "nothing is due yet"
    desk.clock.forward(YEAR)
    tried = purge.purge(ctx, TERMS, "Ольга", dry=True)
    assert tried.keys == [key] and tried.number == 0 and ctx.objects.exists(key)
    act = purge.purge(ctx, TERMS, "Ольга")
    assert (act.number, act.kinds["station"].files, act.kinds["station"].sheets) == (1, 1, 2)
    with pytest.raises(ObjectNotFoundError):
        ctx.objects.get(key)
    assert "121000000002" not in texts(ctx) and "121000000001" not in texts(ctx)
    assert status.status(ctx).by_state["delivered"] == 2, "what became of each sheet stays"
    assert verify.verify(ctx).problems == ()
    with ctx.records.read() as tx:
        whats = list(tx.connection.execute(sa.select(audit.c.what)).scalars())
        assert {"file.received", "sheet.state", "file.purged", "purge.act"} <= set(whats)
        assert tx.holds.acts()[0].act["originals"] == [key]
    assert purge.purge(ctx, TERMS, "Ольга").keys == [], "once"
    text = act_text(act, "ПАО «Красноярскэнергосбыт»")
    assert "АКТ № 1" in text and key in text and "Ольга" in text and "121000000002" not in text


def test_a_hold_keeps_an_account_until_it_is_lifted(desk: Desk) -> None:
    ctx = desk.ctx
    desk.bring(Slip())
    desk.clock.forward(YEAR)
    number = purge.place_hold(ctx, SUPPLIER, "121000000001", "дело А33-1/2026", "Ольга")
    act = purge.purge(ctx, TERMS, "Ольга")
    assert (act.keys, act.held) == ([], 1)
    purge.lift_hold(ctx, number, "Ольга")
    with pytest.raises(UsageError, match="no hold"):
        purge.lift_hold(ctx, number, "Ольга")
    assert len(purge.purge(ctx, TERMS, "Ольга").keys) == 1
    with pytest.raises(UsageError, match="say why"):
        purge.place_hold(ctx, SUPPLIER, "", " ", "Ольга")


def test_what_nobody_has_judged_stays(desk: Desk) -> None:
    desk.bring(Slip(doubtful={"account": [1]}))
    desk.clock.forward(YEAR)
    act = purge.purge(desk.ctx, TERMS, "Ольга")
    assert (act.keys, act.unjudged) == ([], 1)


def test_killed_between_object_and_record_it_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = desk.ctx
    desk.bring(Slip())
    desk.clock.forward(YEAR)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("storage.records.holds.Holds.forget", dies)
        with pytest.raises(KeyboardInterrupt):
            purge.purge(ctx, TERMS, "Ольга")
    with ctx.records.read() as tx:
        assert tx.connection.execute(sa.select(source_file.c.purged_at)).scalar() is None
    assert purge.purge(ctx, TERMS, "Ольга").number == 1
    assert verify.verify(ctx).ok


def test_an_act_can_not_be_changed(desk: Desk) -> None:
    with desk.ctx.records.begin() as tx:
        tx.holds.write_act({"a": 1}, "Ольга", desk.clock())
    for change in (sa.update(purge_act).values(who="x"), sa.delete(purge_act)):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), desk.ctx.records.begin() as tx:
            tx.connection.execute(change)


def test_the_register_is_not_touched(desk: Desk) -> None:
    desk.bring(Slip())
    desk.clock.forward(YEAR)
    purge.purge(desk.ctx, TERMS, "Ольга")
    with desk.ctx.records.read() as tx:
        assert tx.connection.execute(sa.select(sa.func.count()).select_from(account)).scalar() == 9


def test_a_page_of_evidence_goes_with_its_original_and_can_be_checked_still(desk: Desk) -> None:
    ctx = desk.ctx
    desk.bring(Slip())
    found = evidence.facts_of(ctx, 1)
    page = as_html(found)
    key = evidence.made(ctx, found, page)
    desk.clock.forward(YEAR)
    purge.purge(ctx, TERMS, "Ольга")
    assert not ctx.objects.exists(key) and not ctx.objects.exists(found.sha256)
    assert verify.verify(ctx).problems == ()
    assert evidence.check(ctx, page).problems == (), "whoever has the page can prove that it came from here"
    with pytest.raises(UsageError, match="no such page"):
        evidence.check(ctx, page.replace(b"05600", b"05700"))


def said(ctx: Context) -> str:
    """What messages and notices hold."""
    with ctx.records.read() as tx:
        tables = ("message", "notice", "receipt", "source_file", "sheet")
        rows = [tx.connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in tables]
    return str(rows)


def sms(ctx: Context, text: str, name: str, supplier: str = SUPPLIER, channel: str = "sms") -> Answered:
    day = ctx.clock().date()
    return receive_message(ctx, Incoming(supplier, channel, "gateway", name, "+79030000001", text, day))


@pytest.fixture
def texting(desk: Desk) -> Context:
    return dataclasses.replace(desk.ctx, templates={**desk.ctx.templates, MESSAGE.key: MESSAGE})


def test_messages_go_with_their_words_senders_and_notices(texting: Context, desk: Desk) -> None:
    ctx = texting
    read = sms(ctx, "121000000001*05600", "Петров звонил")
    sms(ctx, "сколько я должен, Петров?", "2")
    sms(ctx, "121000000002*05600", "3", channel="sms/mts")
    assert "+79030000001" in said(ctx) and "Петров" in said(ctx)
    desk.clock.forward(YEAR)
    sms(ctx, "121000000003*05600", "4")
    act = purge.purge(ctx, Terms({"sms": 365}), "Ольга")
    assert act.kinds["sms"].files == 2, "a provider's messages are of the same kind"
    assert act.messages == 1
    left = said(ctx)
    assert "Петров" not in left and "121000000001" not in left and "121000000002" not in left
    assert left.count("+79030000001") == 2, "the new message's sender and the notice that answers it"
    again = sms(ctx, "121000000001*05600", "Петров звонил")
    assert again.again and again.reference == read.reference, "handled once, for ever"
    assert purge.purge(ctx, Terms({"sms": 365}), "Ольга").messages == 0
    assert verify.verify(ctx).ok


def test_what_was_not_understood_leaves_no_original(texting: Context, desk: Desk, tmp_path: Path) -> None:
    def kept() -> int:
        return sum(
            "Петров".encode() in file.read_bytes() for file in tmp_path.glob("objects/**/*") if file.is_file()
        )

    sms(texting, "я Петров, сколько я должен?", "1")
    assert kept() == 0
    sms(texting, "Петров 121000000001*05600", "2")
    assert kept() == 1


def test_a_hold_keeps_messages_of_its_own_supplier(texting: Context, desk: Desk) -> None:
    ctx = texting
    sms(ctx, "сколько я должен?", "1")
    sms(ctx, "сколько я должен?", "1", "altaienergosbyt")
    sms(ctx, "121000000001*05600", "2")
    desk.clock.forward(YEAR)
    purge.place_hold(ctx, SUPPLIER, "121000000001", "дело А33-1/2026", "Ольга")
    act = purge.purge(ctx, Terms({"sms": 365}), "Ольга")
    assert (act.messages, act.messages_held, act.held, act.keys) == (1, 1, 1, [])
    assert "по запрету: сообщений 1" in act_text(act, "ПАО «Красноярскэнергосбыт»")


def test_a_hold_keeps_a_slip_by_every_account_it_was_about(desk: Desk) -> None:
    ctx = desk.ctx
    desk.bring(Slip("121000000001", doubtful={"account": [1]}))
    sheet = review.claim_next(ctx, "anna")
    values = {f.name: f.value for f in sheet.fields} | {"account": "121000000002"}
    review.accept(ctx, "anna", sheet.sheet_id, values)
    desk.clock.forward(YEAR)
    for number_held in ("121000000001", "121000000002"):
        number = purge.place_hold(ctx, SUPPLIER, number_held, "дело", "Ольга")
        assert purge.purge(ctx, TERMS, "Ольга").held == 1, number_held
        purge.lift_hold(ctx, number, "Ольга")


def test_whom_a_slips_notice_went_to_is_forgotten(desk: Desk) -> None:
    ctx = desk.ctx
    desk.bring(Slip())
    with ctx.records.begin() as tx:
        where = telling.Destination("sms", "+79039999999")
        text = NoticeText("", "Показание 05600 по счёту 121000000001 принято")
        telling.queue(ctx, tx, SUPPLIER, "k", where, kind=NoticeKind.ACCEPTED, text=text, sheet=1)
    desk.clock.forward(YEAR)
    purge.purge(ctx, TERMS, "Ольга")
    assert "+79039999999" not in said(ctx) and "121000000001" not in said(ctx)
    with ctx.records.read() as tx:
        assert tx.notices.counts(SUPPLIER) == {("sms", "accepted", "failed"): 1}, "nothing is said any more"


def test_a_channel_without_a_term_is_kept_and_named(texting: Context, desk: Desk) -> None:
    sms(texting, "121000000001*05600", "1", channel="terminal/citypay")
    desk.clock.forward(YEAR)
    act = purge.purge(texting, TERMS, "Ольга")
    assert (act.keys, act.no_term) == ([], ["terminal/citypay"])
    assert purge.purge(texting, retention_terms(load_settings({})), "Ольга").no_term == []


def test_terms_are_read_from_the_settings() -> None:
    settings = load_settings({"METERDROP_KEEP_DAYS": "station=30 draft=1"})
    assert retention_terms(settings).days == {"station": 30, "draft": 1}
    assert retention_terms(load_settings({})).days["station"] == 1095
    for bad in ("station", "station=x", "station=0", "=3"):
        with pytest.raises(SettingsError, match="METERDROP_KEEP_DAYS"):
            retention_terms(dataclasses.replace(settings, values={"METERDROP_KEEP_DAYS": bad}))
