"""The page that proves a reading, made once and checked years later."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa

from delivery import evidence_words
from delivery.evidence_english import ENGLISH
from delivery.evidence_page import as_html, as_pdf
from delivery.pump import deliver
from domain.errors import UsageError
from services import corrections, evidence
from services.context import Context
from services.deliver import export_readings
from services.incoming import Incoming
from services.message_form import MESSAGE
from services.messages import receive_message
from services.verify import verify
from storage.records.tables import reading
from tests.delivery_desk import SUPPLIER, Desk, accept
from tests.paper import DAY, Clock, account_row, register


@pytest.fixture
def message(ctx: Context) -> Context:
    """A reading by text message that billing has acknowledged."""
    register(ctx, account_row("121000000001"))
    ctx = replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})
    text = "121000000001*01100"
    receive_message(ctx, Incoming(SUPPLIER, "sms", "gateway", "1", "+7903", text, DAY))
    deliver(ctx, SUPPLIER, Desk())
    return ctx


def test_everything_that_proves_a_reading_is_on_the_page(message: Context) -> None:
    found = evidence.facts_of(message, 1)
    html = as_html(found).decode()
    for said in (
        "Показание 01100 по счёту 121000000001",
        "10203040",
        "sms gateway",
        "24.11.2026",
        "Лицевой счёт</dt><dd>121000000001, уверенность 1.0000",
        "с 6-го числа до предпоследнего дня месяца",
        "получен → принят",
        "Расчётная система подтвердила: B1",
        "принято к расчёту за 11.2026",
        found.facts["original"]["sha256"],
        found.sha256,
        "data:image/jpeg;base64,",
    ):
        assert said in html, said
    assert "<script" not in html


def test_the_page_in_english_says_the_same_facts(message: Context) -> None:
    found = evidence.facts_of(message, 1)
    html = as_html(found, "en").decode()
    for said in (
        '<html lang="en">',
        "Reading 01100 for account 121000000001",
        "Account</dt><dd>121000000001, confidence 1.0000",
        "24 Nov 2026",
        "from day 6 to the last day but one of the month",
        "received → accepted",
        "Billing acknowledged it: B1",
        "acknowledged, ",
        found.sha256,
    ):
        assert said in html, said
    told = html.index("What the customer was told")
    supplier = found.facts["rules"]["supplier"]
    rest = html[:told].replace(supplier, "")
    assert not re.search("[А-Яа-яЁё]", rest), (
        "only the supplier's name and the customer's notices are Russian"
    )
    assert as_pdf(found, "en").startswith(b"%PDF")


def test_every_text_of_the_page_has_its_english() -> None:
    source = Path(evidence_words.__file__).read_text("utf-8")
    texts = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search("[А-Яа-яё]", node.value)
    }
    assert texts <= set(ENGLISH)


def test_the_pdf_is_the_same_for_the_same_facts(message: Context, tmp_path: Path) -> None:
    found = evidence.facts_of(message, 1)
    data = as_pdf(found)
    assert data == as_pdf(evidence.facts_of(message, 1))
    (tmp_path / "e.pdf").write_bytes(data)
    with pikepdf.open(tmp_path / "e.pdf") as pdf:
        assert found.sha256 in str(pdf.docinfo["/Subject"])
        assert len(pdf.pages) <= 2


def test_a_page_that_was_given_out_is_checked_years_later(message: Context, clock: Clock) -> None:
    found = evidence.facts_of(message, 1)
    page = as_pdf(found)
    assert evidence.made(message, found, page) == hashlib.sha256(page).hexdigest()
    clock.forward(5 * 365 * 86400)
    checked = evidence.check(message, page)
    assert (checked.reading_id, checked.problems) == (1, ())
    assert verify(message).problems == ()
    with pytest.raises(UsageError, match="no such page was given out"):
        evidence.check(message, page + b" ")


def test_what_happens_later_does_not_speak_against_a_page(message: Context) -> None:
    found = evidence.facts_of(message, 1)
    evidence.made(message, found, as_html(found))
    corrections.take_back(message, "boss", found.facts["history"][0]["id"] and 1, "ошибка")
    assert verify(message).problems == ()
    later = as_html(evidence.facts_of(message, 1)).decode()
    assert "Отозвано" in later
    assert "ошибка" in later


def test_a_changed_record_speaks_against_the_page(message: Context) -> None:
    found = evidence.facts_of(message, 1)
    evidence.made(message, found, b"page")
    with message.records.engine.begin() as connection:
        connection.execute(sa.update(reading).values(reading="09999"))
    assert (
        "evidence of reading 1: the records say something else of the reading itself"
        in verify(message).problems
    )


def test_a_slip_without_a_picture_and_an_export(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 1)
    export_readings(ctx, tmp_path / "r.csv")
    found = evidence.facts_of(ctx, 1)
    html = as_html(found).decode()
    assert "Изображения нет" in html
    assert "Файл выгрузки" in html
    assert json.loads(found.canonical) == json.loads(json.dumps(found.facts))
    assert as_pdf(found).startswith(b"%PDF")
    with pytest.raises(UsageError, match="no reading 99"):
        evidence.facts_of(ctx, 99)
