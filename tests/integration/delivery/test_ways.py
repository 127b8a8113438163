"""The ways to billing: calls, files with receipts, a mapped exchange, a table."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from pathlib import Path

import httpx
import openpyxl
import pytest
import sqlalchemy as sa

from delivery.connections import ExchangeBilling, FileBilling, HttpBilling, TableBilling
from delivery.files import FileTarget
from delivery.http import HttpTarget
from delivery.pump import deliver
from delivery.rows import FIELDS
from delivery.table import TableTarget
from domain.reasons import Reason
from services import corrections, outbox
from services.context import Context
from services.reconcile import reconcile
from services.status import status
from services.verify import verify
from tests.delivery_desk import SUPPLIER, accept
from tests.paper import Clock

SECRET = "0123456789abcdef"


def http(answer: object, rows: int = 100, **more: object) -> HttpTarget:
    to = HttpBilling("https://billing.example/r", SECRET, rows=rows, **more)  # type: ignore[arg-type]
    return HttpTarget(to, httpx.MockTransport(answer))  # type: ignore[arg-type]


def accepting(request: httpx.Request) -> httpx.Response:
    rows = json.loads(request.content)["rows"]
    return httpx.Response(200, json={"results": [{"key": r["key"], "status": "accepted"} for r in rows]})


def test_a_call_is_signed_and_says_everything(ctx: Context) -> None:
    accept(ctx, 1, 2)
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return accepting(request)

    assert deliver(ctx, SUPPLIER, http(answer)).acknowledged == 2
    [request] = seen
    body = json.loads(request.content)
    assert list(body["rows"][0]) == list(FIELDS)
    assert body["rows"][0]["reading"] == "01100"
    assert request.headers["Idempotency-Key"] == body["key"]
    signed = f"{request.headers['X-Meterdrop-Timestamp']}.{body['key']}.".encode() + request.content
    good = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Meterdrop-Signature"] == f"v1={good}"


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(200, text="<html>login</html>"),
        lambda _: httpx.Response(200, json={"results": []}),
        lambda _: httpx.Response(200, json={"results": [{"key": "x", "status": "accepted"}]}),
        lambda _: httpx.Response(200, json={"results": [{"key": "x", "status": "maybe"}]}),
        lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        lambda request: (_ for _ in ()).throw(httpx.ReadTimeout("late", request=request)),
    ],
)
def test_what_is_no_answer_is_asked_again(ctx: Context, clock: Clock, answer: object) -> None:
    accept(ctx, 1, 1)
    done = deliver(ctx, SUPPLIER, http(answer))
    assert (done.failed, done.acknowledged) == (1, 0)
    assert status(ctx).by_state["accepted"] == 1
    clock.forward(60)
    assert deliver(ctx, SUPPLIER, http(accepting)).acknowledged == 1


def test_a_call_that_billing_takes_for_later_waits_for_its_call_back(ctx: Context) -> None:
    accept(ctx, 1, 1)
    assert deliver(ctx, SUPPLIER, http(lambda _: httpx.Response(202))).runs == 1
    assert deliver(ctx, SUPPLIER, http(accepting)).runs == 0
    assert reconcile(ctx, SUPPLIER).sent == 1


def test_a_call_back_that_never_comes_is_asked_for_with_the_same_key(ctx: Context, clock: Clock) -> None:
    accept(ctx, 1, 2)
    keys: list[str] = []

    def later(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(202)

    for _ in range(3):
        deliver(ctx, SUPPLIER, http(later))
        clock.forward(59 * 60)
        deliver(ctx, SUPPLIER, http(later))
        clock.forward(60)
    assert len(keys) == 3, "once an hour, not more often"
    assert len(set(keys)) == 1, "billing can tell that it is the same call"
    answered = deliver(ctx, SUPPLIER, http(accepting))
    assert (answered.runs, answered.acknowledged) == (1, 2)
    clock.forward(86_400)
    assert deliver(ctx, SUPPLIER, http(later)).runs == 0


def test_only_rows_without_an_answer_are_asked_for(ctx: Context, clock: Clock) -> None:
    accept(ctx, 1, 3)
    deliver(ctx, SUPPLIER, http(lambda _: httpx.Response(202)))
    with ctx.records.read() as tx:
        [first, *_] = tx.outbox.of_readings(range(1, 10))
    outbox.record(ctx, [outbox.Answer(first.key, accepted=True)])
    clock.forward(3600)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.extend(row["key"] for row in json.loads(request.content)["rows"])
        return accepting(request)

    deliver(ctx, SUPPLIER, http(answer))
    assert len(asked) == 2 and first.key not in asked
    assert status(ctx).by_state["delivered"] == 3


def test_a_bad_row_is_found_by_halves(ctx: Context) -> None:
    bad = accept(ctx, 1, 9)[4]
    calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        rows = json.loads(request.content)["rows"]
        calls.append(len(rows))
        if bad in {row["account"] for row in rows}:
            return httpx.Response(422, text="account: unknown to billing")
        return accepting(request)

    done = deliver(ctx, SUPPLIER, http(answer))
    assert (done.acknowledged, done.refused) == (8, 1)
    assert len(calls) < 12
    with ctx.records.read() as tx:
        [row] = [r for r in tx.outbox.of_readings(range(1, 10)) if r.state == "refused"]
    assert row.words == "account: unknown to billing"


def test_billings_own_codes_are_translated(ctx: Context) -> None:
    accept(ctx, 1, 1)

    def answer(request: httpx.Request) -> httpx.Response:
        [row] = json.loads(request.content)["rows"]
        return httpx.Response(200, json={"results": [{"key": row["key"], "status": "refused", "code": "17"}]})

    deliver(ctx, SUPPLIER, http(answer, reasons={"17": Reason.METER_REPLACED}))
    assert status(ctx).by_reason["meter_replaced"] == 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_files_hold_the_same_rows_in_every_format(ctx: Context, tmp_path: Path, form: str) -> None:
    accounts = accept(ctx, 1, 3, meter_serial="=1+1")
    to = FileBilling(tmp_path / "out", form)  # type: ignore[arg-type]
    assert deliver(ctx, SUPPLIER, FileTarget(to)).acknowledged == 3
    [path] = (tmp_path / "out").iterdir()
    assert path.name == f"readings-{SUPPLIER}-20261124-000001.{form}"
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    elif form == "jsonl":
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    else:
        header, *cells = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
        rows = [dict(zip(header, row, strict=True)) for row in cells]
    assert [list(row) for row in rows] == [list(FIELDS)] * 3
    assert [row["account"] for row in rows] == accounts
    assert {row["reading"] for row in rows} == {"01100"}
    assert rows[0]["meter_serial"] == ("=1+1" if form == "jsonl" else "'=1+1")
    assert status(ctx).by_state["delivered"] == 3
    assert verify(ctx).problems == ()


def test_a_file_waits_for_its_receipt(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 2)
    to = FileBilling(tmp_path / "out", acknowledged_by="receipt", receipts=tmp_path / "in")
    assert deliver(ctx, SUPPLIER, FileTarget(to)).acknowledged == 0
    assert reconcile(ctx, SUPPLIER).sent == 2
    [path] = (tmp_path / "out").iterdir()
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    (tmp_path / "in").mkdir()
    text = "key,status,code,text,receipt\n" + "".join(
        f"{r['key']},accepted,,,B{n}\n" for n, r in enumerate(rows)
    )
    (tmp_path / "in" / "r.csv").write_text(text)
    (tmp_path / "in" / "note.txt").write_text("hello")
    done = deliver(ctx, SUPPLIER, FileTarget(to))
    assert (done.acknowledged, done.queued) == (2, 0)
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["note.txt", "read"]
    assert reconcile(ctx, SUPPLIER).settled


class Killed(BaseException):
    """Stands for kill -9: nothing that catches exceptions sees it."""


@pytest.mark.parametrize("taken_away", [False, True])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_file_is_placed_once_whenever_the_process_dies(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, taken_away: bool
) -> None:
    accept(ctx, 1, 2)
    real = FileTarget.hand_over.__globals__["put_in_place"]

    def killed(temporary: Path, path: Path) -> None:
        if moment == "after":
            real(temporary, path)
        raise Killed

    monkeypatch.setitem(FileTarget.hand_over.__globals__, "put_in_place", killed)
    to = FileBilling(tmp_path / "out")
    with pytest.raises(Killed):
        deliver(ctx, SUPPLIER, FileTarget(to))
    monkeypatch.undo()
    placed = [p for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")]
    assert len(placed) == (moment == "after")
    for path in placed:
        if taken_away:
            path.unlink()
    accept(ctx, 3, 1)
    deliver(ctx, SUPPLIER, FileTarget(to))
    files = [p for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")]
    assert len(files) == (1 if moment == "after" and taken_away else 2)
    assert len(list((tmp_path / "out").iterdir())) == len(files)
    assert status(ctx).by_state["delivered"] == 3
    assert verify(ctx).problems == ()


COLUMNS = {
    "Ид": "key",
    "Операция": "operation",
    "ЛицевойСчет": "account",
    "Показание": "reading",
    "Дата": "reading_date",
}


def exchange(folder: Path, form: str) -> ExchangeBilling:
    return ExchangeBilling(
        folder / "to",
        folder / "from",
        COLUMNS,
        form,  # type: ignore[arg-type]
        constants={"Источник": "meterdrop"},
        operations={"reading": "Ввод", "reversal": "Сторно"},
        receipt_columns={"key": "Ид", "status": "Статус", "words": "Ошибка"},
        accepted=frozenset({"загружено"}),
    )


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_a_mapped_exchange_with_a_receipt_a_row(ctx: Context, tmp_path: Path, form: str) -> None:
    accept(ctx, 1, 2)
    to = exchange(tmp_path, form)
    deliver(ctx, SUPPLIER, FileTarget(to))
    [path] = to.folder.iterdir()
    text = path.read_bytes().decode("cp1251")
    if form == "csv":
        header, *lines = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert header == [*COLUMNS, "Источник"]
        assert lines[0][1:] == ["Ввод", "121000000001", "01100", "24.11.2026", "meterdrop"]
        keys = [line[0] for line in lines]
    else:
        assert "<Операция>Ввод</Операция><ЛицевойСчет>121000000001</ЛицевойСчет>" in text
        keys = [part.split("</Ид>")[0] for part in text.split("<Ид>")[1:]]
    to.receipts.mkdir()
    if form == "csv":
        receipt = f"Ид;Статус;Ошибка\r\n{keys[0]};Загружено;\r\n{keys[1]};Ошибка;Период закрыт"
    else:
        receipt = (
            f"<Ответ><Строка><Ид>{keys[0]}</Ид><Статус>Загружено</Статус></Строка>"
            f"<Строка Ид='{keys[1]}' Статус='Ошибка'><Ошибка>Период закрыт</Ошибка></Строка></Ответ>"
        )
    (to.receipts / f"answer.{form}").write_bytes(receipt.encode("cp1251" if form == "csv" else "utf-8"))
    done = deliver(ctx, SUPPLIER, FileTarget(to))
    assert (done.acknowledged, done.refused) == (1, 1)
    with ctx.records.read() as tx:
        [row] = [r for r in tx.outbox.of_readings([1, 2]) if r.state == "refused"]
    assert row.words == "Период закрыт"
    assert corrections.take_back(ctx, "boss", 1, "") == 1
    deliver(ctx, SUPPLIER, FileTarget(to))
    last = sorted(to.folder.iterdir())[-1].read_bytes().decode("cp1251")
    assert "Сторно" in last


def test_a_table_in_billings_own_database(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 2)
    target = TableTarget(TableBilling(f"sqlite:///{tmp_path}/billing.db"))
    assert deliver(ctx, SUPPLIER, target).runs == 1
    engine = sa.create_engine(f"sqlite:///{tmp_path}/billing.db")
    with engine.begin() as billing:
        billing.exec_driver_sql("UPDATE meterdrop_readings SET status = 'accepted', receipt = 'T' || rowid")
        billing.exec_driver_sql(
            "UPDATE meterdrop_readings SET status = 'refused', code = 'account_closed' "
            "WHERE account LIKE '%2'"
        )
    done = deliver(ctx, SUPPLIER, target)
    assert (done.acknowledged, done.refused) == (1, 1)
    assert status(ctx).by_reason["account_closed"] == 1
    target.close()
    # A run whose answer was lost is inserted again, and changes nothing.
    accept(ctx, 3, 1)
    again = TableTarget(TableBilling(f"sqlite:///{tmp_path}/billing.db"))
    deliver(ctx, SUPPLIER, again)
    with ctx.records.begin() as tx:
        [run] = tx.outbox.runs(SUPPLIER, ("sent",))
        tx.outbox.set_run(run.id, ("sent",), state="open")
    deliver(ctx, SUPPLIER, again)
    with engine.begin() as billing:
        assert billing.exec_driver_sql("SELECT count(*) FROM meterdrop_readings").scalar() == 3


def test_billings_database_may_be_away(ctx: Context, tmp_path: Path) -> None:
    accept(ctx, 1, 1)
    target = TableTarget(TableBilling(f"sqlite:///{tmp_path}/none/billing.db"))
    done = deliver(ctx, SUPPLIER, target)
    assert done.failed == 1
    assert "unable to open" in done.last_error
