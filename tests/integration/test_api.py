"""The HTTP API: keys, idempotency, day files, text messages, billing's answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from domain.reasons import Reason
from intake.app import create_public_app
from services import api_keys, outbox
from services.context import Context
from services.message_form import MESSAGE
from services.status import status
from tests.paper import SUPPLIER, account_row, register
from web.settings import WebSettings

ACCOUNT = "121000000001"
ORDER = {"account": ACCOUNT, "readings": [{"reading": "01100"}], "name": "Иванова"}


@pytest.fixture
def client(ctx: Context) -> Iterator[TestClient]:
    register(ctx, account_row(ACCOUNT))
    ctx = replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})
    with TestClient(create_public_app(ctx, WebSettings("s" * 40))) as opened:
        yield opened


def key(ctx: Context, channel: str = "portal") -> str:
    return api_keys.issue(ctx, f"key of {channel}", SUPPLIER, channel)


def headers(ctx: Context, channel: str = "portal", name: str = "call-0001") -> dict[str, str]:
    return {"Authorization": f"Bearer {key(ctx, channel)}", "Idempotency-Key": name}


def test_a_reading_is_handed_in_and_asked_about(client: TestClient, ctx: Context) -> None:
    mine = headers(ctx)
    answer = client.post("/api/v1/readings", json=ORDER, headers=mine)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["outcome"], said["reasons"], said["repeated"]) == ("received", [], False)
    found = client.get(f"/api/v1/readings/{said['reference']}", headers=mine).json()
    assert (found["outcome"], found["readings"]) == ("received", ["01100"])
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    assert (sheet.channel, sheet.station) == ("portal", "key of portal")


def test_a_repeated_call_is_carried_out_once(client: TestClient, ctx: Context) -> None:
    mine = headers(ctx)
    first = client.post("/api/v1/readings", json=ORDER, headers=mine).json()
    again = client.post("/api/v1/readings", json=ORDER, headers=mine).json()
    assert again["repeated"]
    assert again["reference"] == first["reference"]
    assert status(ctx).sheets == 1
    other = ORDER | {"readings": [{"reading": "01101"}]}
    assert client.post("/api/v1/readings", json=other, headers=mine).status_code == 409
    del mine["Idempotency-Key"]
    assert client.post("/api/v1/readings", json=ORDER, headers=mine).status_code == 422


def test_reasons_are_the_same_codes_with_words_in_the_callers_language(
    client: TestClient, ctx: Context
) -> None:
    order = ORDER | {"account": "121000000999"}
    answer = client.post(
        "/api/v1/readings", json=order, headers=headers(ctx) | {"Accept-Language": "en"}
    ).json()
    assert answer["outcome"] == "not_accepted"
    assert answer["reasons"] == [
        {"code": "account_unknown", "text": "There is no such account: check the number on your receipt."}
    ]
    listed = client.get("/api/v1/reasons").json()
    assert [each["code"] for each in listed] == [reason.value for reason in Reason]
    assert all(each["text"].endswith(".") for each in listed)


@pytest.mark.parametrize(
    "change",
    [
        {"account": "12a"},
        {"readings": []},
        {"readings": [{"reading": "-5"}]},
        {"readings": [{"reading": "5", "tariff": "T4"}]},
        {"day": "2026-12-31"},
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    client: TestClient, ctx: Context, change: dict[str, object]
) -> None:
    answer = client.post("/api/v1/readings", json=ORDER | change, headers=headers(ctx))
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}
    assert status(ctx).sheets == 0


def test_nobody_gets_in_without_a_key_in_force(client: TestClient, ctx: Context) -> None:
    mine = headers(ctx)
    assert client.post("/api/v1/readings", json=ORDER).status_code == 401
    wrong = mine | {"Authorization": "Bearer mdk_wrong"}
    assert client.post("/api/v1/readings", json=ORDER, headers=wrong).status_code == 401
    api_keys.revoke(ctx, "key of portal")
    assert client.post("/api/v1/readings", json=ORDER, headers=mine).status_code == 401
    for _ in range(30):
        client.get("/api/v1/readings/X", headers=wrong)
    assert client.get("/api/v1/readings/X", headers=wrong).status_code == 429
    assert status(ctx).sheets == 0


def test_a_key_opens_its_own_channel_alone(client: TestClient, ctx: Context) -> None:
    sms, billing = key(ctx, "sms"), headers(ctx, "billing")
    assert client.post("/api/v1/readings", json=ORDER, headers=billing).status_code == 403
    portal = headers(ctx, "portal")
    answers = {"results": [{"key": "x", "status": "accepted"}]}
    assert client.post("/api/v1/acknowledgements", json=answers, headers=portal).status_code == 403
    path = f"/api/v1/sms/{portal['Authorization'].removeprefix('Bearer ')}"
    assert client.get(path, params={"text": "x", "from": "1"}).status_code == 403
    assert client.get(f"/api/v1/sms/{sms}", params={"text": "x"}).status_code == 422


@pytest.mark.parametrize("form", ["query", "form", "json"])
def test_text_messages_as_aggregators_hand_them_over(client: TestClient, ctx: Context, form: str) -> None:
    path = f"/api/v1/sms/{key(ctx, 'sms')}?reply=text"
    said = {"mes": f"{ACCOUNT}*01100", "phone": "+79030000001", "id": "77"}
    if form == "query":
        answer = client.get(path, params=said | {"reply": "text"})
    elif form == "form":
        answer = client.post(path, data=said)
    else:
        answer = client.post(path, json=said)
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith(f"Показание 01100 по счёту {ACCOUNT} получено.")
    with ctx.records.read() as tx:
        assert tx.notices.counts(None) == {}, "the aggregator sends the answer"
    client.post(path, json=said)
    assert status(ctx).sheets == 1


def test_a_day_file_in_one_call(client: TestClient, ctx: Context) -> None:
    mine = headers(ctx, "terminal/citypay")
    data = f"account;reading\n{ACCOUNT};1100\n121000000999;5\n".encode("cp1251")
    answer = client.post("/api/v1/batches?day=2026-11-23", content=data, headers=mine).json()
    assert (answer["rows"], answer["outcomes"]) == (2, {"received": 1, "not_accepted": 1})
    again = client.post("/api/v1/batches?day=2026-11-23", content=data, headers=mine | {"Accept": "text/csv"})
    assert again.headers["Content-Type"].startswith("text/csv")
    assert len(again.text.splitlines()) == 3
    assert status(ctx).sheets == 2
    assert client.post("/api/v1/batches", content=b"x\n1\n", headers=mine).status_code == 400


def test_billing_may_answer_later(client: TestClient, ctx: Context) -> None:
    client.post("/api/v1/readings", json=ORDER, headers=headers(ctx))
    outbox.enqueue(ctx, SUPPLIER)
    call = outbox.next_call(ctx, SUPPLIER, "http", "x", 10)
    assert call is not None
    outbox.handed_over(ctx, call.run)
    mine = headers(ctx, "billing")
    body = {
        "results": [
            {"key": call.rows[0].key, "status": "accepted", "receipt": "B7"},
            {"key": "?", "status": "refused"},
        ]
    }
    answer = client.post("/api/v1/acknowledgements", json=body, headers=mine).json()
    assert answer == {"acknowledged": 1, "refused": 0, "repeated": 0, "unknown": ["?"]}
    answer = client.post("/api/v1/acknowledgements", json=body, headers=mine).json()
    assert (answer["acknowledged"], answer["repeated"]) == (0, 1)
    assert status(ctx).by_state["delivered"] == 1


def test_everything_is_described(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    for path in ("readings", "readings/{reference}", "batches", "sms/{key}", "acknowledgements", "reasons"):
        assert f"/api/v1/{path}" in document["paths"]
    assert all(path.startswith("/api/") for path in document["paths"])
    text = str(document)
    referred = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(document["components"]["schemas"])
    assert "HTTPBearer" in document["components"]["securitySchemes"]
