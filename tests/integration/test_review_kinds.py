"""Each kind of field on the review page: ticks as ticks, handwriting as text, numbers place by place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from domain.reasons import Reason
from ocr.results import Character, FieldResult, SlipReading
from review_ui.app import create_staff_app
from services import digitise, receive, users
from services.context import Context, PageRead, PageRef
from storage.records import Records, RecordsSettings
from tests.integration.review_desk import PASSWORD, serving
from tests.paper import ORDER, Clock, PaperReader, account_row, file_of, open_services, register
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
ACCOUNT = "121000000001"


def _number(text: str) -> FieldResult:
    return FieldResult(text, 0.9, text, tuple(Character(digit, 0.9) for digit in text))


FORMS = {
    "krasnoyarsk-consent@1": {
        "account": _number(ACCOUNT),
        "consent_bill": FieldResult("ticked", 0.999),
        "consent_debt": FieldResult("empty", 0.999),
        "consent_check": FieldResult("crossed_out", 0.999),
        "email": FieldResult(present=True, confidence=0.999),
        "signature": FieldResult(present=True, confidence=0.999),
    },
    "krasnoyarsk-office@1": {
        "account": _number(ACCOUNT),
        "reading": replace(_number("01100"), reasons=(Reason.STRUCK_OUT,)),
        "date": FieldResult("2026-11-24", 0.9, "24#11#26"),
        "address": FieldResult(present=True, confidence=0.999),
        "signature": FieldResult(present=True, confidence=0.999),
    },
}


class Shown(PaperReader):
    """Reads a page ``[{"form": key}]`` as that form's fields above."""

    def _read(self, ref: PageRef) -> PageRead:
        key = list(FORMS)[ref.page - 1]
        return PageRead(ref, (SlipReading("read", 1, key, FORMS[key], model="paper@1"),), key)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The review page of each form, as HTML."""
    folder: Path = tmp_path_factory.mktemp("kinds")
    records = Records.open(RecordsSettings(f"sqlite:///{folder / 'records.db'}"))
    ctx: Context = open_services(records, folder, Clock())
    ctx = replace(ctx, reader=Shown(ctx.objects))
    register(ctx, account_row(ACCOUNT))
    users.add_user(ctx, "anna", "reviewer", PASSWORD)
    receipt = receive.receive_file(ctx, file_of(*([{"form": key}] for key in FORMS)), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    sheets = [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]
    with (
        serving(create_staff_app(ctx, SETTINGS)) as base,
        httpx.Client(base_url=base, trust_env=False) as client,
    ):
        found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', client.get("/login").text)
        assert found
        form = {"name": "anna", "password": PASSWORD, "csrf_token": found[1]}
        assert client.post("/login", data=form).status_code == 303
        shown = [client.get(f"/review/{sheet_id}").text for sheet_id in sheets]
    ctx.close()
    return shown


def inputs(page: str) -> dict[str, str]:
    """Field name → its control's tag."""
    tags = re.findall(r"<input [^>]*>", page)
    return {name[1]: tag for tag in tags if (name := re.search(r'name="(\w+)"', tag))}


def field(page: str, name: str) -> str:
    """The field's opening tag."""
    found = re.search(rf'<div class="field [^>]*data-field="{name}"[^>]*>', page)
    assert found, name
    return found[0]


def test_ticks_are_ticks_and_one_taken_back_is_doubtful(pages: list[str]) -> None:
    controls = inputs(pages[0])
    ticks = [controls[f"consent_{name}"] for name in ("bill", "debt", "check")]
    assert all('type="checkbox"' in tick for tick in ticks)
    assert ["checked" in tick for tick in ticks] == [True, False, False]
    doubtful = ["data-doubtful" in field(pages[0], f"consent_{n}") for n in ("bill", "debt", "check")]
    assert doubtful == [False, False, True]
    assert "consent_debt" not in pages[0].partition("<details")[2], "an empty box is not folded away"


def test_handwriting_is_typed_as_text(pages: list[str]) -> None:
    email = inputs(pages[0])["email"]
    assert 'inputmode="email"' in email
    assert "checkbox" not in email
    assert "data-doubtful" in field(pages[0], "email")


def test_numbers_and_dates_on_lines_have_places(pages: list[str]) -> None:
    controls = inputs(pages[1])
    assert 'data-cells="12"' in controls["account"]
    assert 'data-cells="8"' in controls["reading"]
    assert 'value="24112026"' in controls["date"]
    assert 'value="01100"' in controls["reading"]
    assert "checkbox" in controls["address"]


def test_the_reason_says_that_it_is_a_questionnaire(pages: list[str]) -> None:
    assert "Анкета: ответы проверяет человек." in pages[0]
