"""What is told of an installation: metrics that add up, for whoever may see them; logs that name nobody."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from domain.alerts import AlertCode
from domain.errors import SettingsError, StorageError
from domain.proof import ProvenThreshold
from domain.sheet import SheetState
from intake.app import create_public_app
from intake.mail.parts import read_mail
from meterdrop import main, wiring
from meterdrop.logs import start_log
from meterdrop.settings import load_settings
from ocr.confidences import shipped_confidences
from review_ui.app import create_staff_app
from review_ui.settings import ReviewSettings
from services import batch, digitise, drifting, mails, receive, review, vitals
from services.batch_table import batch_table
from services.context import Context
from services.incoming import Incoming
from services.messages import receive_message
from services.results import VerifyResult
from storage.records.vitals import PACE
from tests.integration.review_desk import DAY, PASSWORD, SUPPLIER, Desk, Slip, open_desk
from tests.paper import FORM, ORDER, Clock, account_row, file_of, register, slip
from tests.tree import text
from web.exposition import VitalMetrics
from web.logs import configure
from web.metrics import MetricsSettings, install
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
A, B = "121000000001", "121000000002"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the lowest level; afterwards all is as before."""
    out = io.StringIO()
    undo = configure("json", logging.DEBUG, out)
    # Also what libraries would say if they were let.
    chatty = [logging.getLogger(name) for name in ("httpx", "sqlalchemy", "urllib3")]
    for logger in chatty:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    yield out
    undo()


def app_of(desk: Desk, folder: Path, name: str = "staff") -> FastAPI:
    app = (
        create_staff_app(desk.ctx, SETTINGS, ReviewSettings(uploads=folder))
        if name == "staff"
        else create_public_app(desk.ctx, SETTINGS)
    )
    install(app, MetricsSettings(name), lambda: 0.0)
    return app


def token_of(client: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" content="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def secrets_of(folder: Path, slips: list[Slip]) -> set[str]:
    """Every value of the register and of the slips that could tell of a customer, whole and in words."""
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    names = ("account", "surname", "address", "meter_serial", "previous_reading")
    values = {row[name] for row in rows for name in names}
    values |= {word for value in values for word in re.findall(r"[^\W\d_]{4,}", value)}
    for each in slips:
        values |= {each.account, each.reading, each.address}
    return values | {"05777", "ivanova", "example.org", "+73912201456", "220-14-56"}


def stands(value: str, text: str) -> bool:
    """Whether ``value`` is in ``text``; digits by themselves, not as a part of a longer number or a hash."""
    if not value.isdigit():
        return value.casefold() in text.casefold()
    return re.search(rf"(?<![0-9a-f]){value}(?![0-9a-f])", text) is not None


def test_a_batch_a_review_a_message_and_a_mail_leave_no_customer_in_the_log(
    tmp_path: Path, log: io.StringIO
) -> None:
    desk = open_desk(tmp_path)
    desk.user("anna", "reviewer")
    slips = [
        Slip(),
        Slip("121000000002", "05611", doubtful={"account": [1]}),
        Slip("121000000003", registered=False),
    ]
    desk.bring(*slips)
    client = TestClient(app_of(desk, tmp_path), follow_redirects=False, raise_server_exceptions=False)
    form = {"name": "anna", "password": PASSWORD, "csrf_token": token_of(client, "/login")}
    assert client.post("/login", data=form).status_code == 303
    assert client.get("/review", follow_redirects=True).status_code == 200
    shown = review.claim_next(desk.ctx, "anna")
    assert shown is not None
    values = {
        "account": slips[1].account,
        "reading": slips[1].reading,
        "date": "24.11.2026",
        "signature": "yes",
    }
    asked_back = review.accept(desk.ctx, "anna", shown.sheet_id, values)
    again = review.accept(desk.ctx, "anna", shown.sheet_id, values, confirmed=asked_back.reasons)
    assert again.outcome == "accepted"
    assert client.get("/desk", params={"q": "121000000002 Иванова"}).status_code in {403, 404}
    assert client.get("/нет/такой/121000000002").status_code == 404
    public = TestClient(app_of(desk, tmp_path, "public"), raise_server_exceptions=False)
    public.post(
        "/", data={"account": slips[0].account, "csrf_token": token_of(public, "/"), "surname": "Иванова"}
    )
    public.get("/status/7K2M9QF4XT12")
    said = f"{slips[0].account}*05777"
    receive_message(desk.ctx, Incoming(SUPPLIER, "sms", "gateway", "1", "+73912201456", said, DAY))
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = (
        "Иванова <ivanova@example.org>",
        said,
        "<1@example.org>",
    )
    mail.set_content(f"Адрес: {slips[0].address}")
    mails.receive_mail(desk.ctx, read_mail(mail.as_bytes(), "r@example.org"), SUPPLIER, "box", DAY)
    try:
        raise StorageError(f"row {slips[0].account} 'Иванова' 05777 of ivanova@example.org is damaged")
    except StorageError as error:
        logging.getLogger("services").exception("cannot keep %s", slips[0].address)
        logging.getLogger("uvicorn.error").error("Exception for %s: %s", "/desk?q=Иванова", error)
    desk.ctx.close()

    told = log.getvalue()
    entries = [json.loads(line) for line in told.splitlines()]
    # A clock or a process's number tells of nobody, nor do digits inside a longer number or a hash.
    said = "\n".join(json.dumps(entry | {"at": "", "process": 0}, ensure_ascii=False) for entry in entries)
    found = sorted(value for value in secrets_of(tmp_path, slips) if stands(value, said))
    assert not found
    assert {"a sheet is now accepted", "a sheet is now review", "sheets committed", "answered"} <= {
        entry["event"] for entry in entries
    }
    moved = [entry for entry in entries if entry["event"].startswith("a sheet is now")]
    assert all(entry["sheet"] for entry in moved) and {entry.get("batch") for entry in moved} >= {1}
    answered = [entry for entry in entries if entry["event"] == "answered"]
    assert len({entry["request"] for entry in answered}) == len(answered) > 5
    assert "/status/{reference}" in {entry["route"] for entry in answered}
    assert any("StorageError" in line for entry in entries for line in entry.get("trace", ()))


def samples(told: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def asked(ctx: Context, folder: Path) -> Samples:
    app = FastAPI()
    install(app, MetricsSettings("staff"), lambda: 0.0, VitalMetrics(vitals.Watch(ctx, lambda: 0.0), folder))
    answer = TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 9)).get("/metrics")
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"meterdrop_{name}", frozenset(labels.items())))


def bring(ctx: Context, *pages: object, name: str = "scan.pdf") -> None:
    receipt = receive.receive_file(ctx, file_of(*pages), name, ORDER)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))


def test_metrics_are_what_the_records_say(ctx: Context, clock: Clock, tmp_path: Path) -> None:
    ctx = replace(ctx, settings=replace(ctx.settings, worker="one", audit_share=1.0, audit_key=b"k" * 32))
    register(ctx, account_row(A), account_row(B))
    bring(ctx, [slip(A, "1100")], [slip(B, "1100", confidence=0.6)], "blank", "foreign")
    receive.receive_file(ctx, file_of([slip(A, "1200")], scan="2"), "late.pdf", ORDER)
    clock.forward(2000)
    vitals.note_verified(ctx, VerifyResult(False, ("a", "b")))
    clock.forward(10)
    found = asked(ctx, tmp_path / "home that is not yet")
    key = {"supplier": ORDER.supplier, "channel": "station"}
    assert of(found, "sheets", **key, template=FORM, state="accepted") == 1
    assert of(found, "sheets", **key, template=FORM, state="review") == 1
    assert of(found, "sheets", **key, template="", state="blank") == 1
    assert of(found, "sheets", **key, template="", state="pending") == 1
    assert sum(value for (name, _), value in found.items() if name == "meterdrop_sheets") == 5
    assert of(found, "sheet_reasons", reason="template_not_found", state="review") == 1
    assert of(found, "pending_oldest_seconds") == of(found, "review_oldest_seconds") == 2010
    assert of(found, "audit_backlog", state="open") == 1
    assert of(found, "audited_sheets", **key) == 0 and of(found, "wrong_bound_ratio", **key) == 1
    assert (of(found, "verify_problems"), of(found, "verify_age_seconds")) == (2, 10)
    assert of(found, "station_expected", supplier=ORDER.supplier, station="box 7") == 0, (
        "one batch is no habit"
    )
    assert of(found, "records_up") == 1
    assert (of(found, "disk_free_bytes") or 0) > 0
    alerts = {
        dict(labels)["alert"]
        for (name, labels), value in found.items()
        if name == "meterdrop_alerts" and value
    }
    assert {AlertCode.SHEETS_WAIT, AlertCode.WORKERS_SILENT, AlertCode.VERIFY_FAILED} <= alerts
    # Paper's reader takes no time that anybody measures.
    assert of(found, "page_seconds_count", worker="one") is None
    documented = set(re.findall(r"^\| `(meterdrop_\w+)`", text(Path("docs/observability.md")), re.M))
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name, _ in found}
    assert {name for name in names if name.startswith("meterdrop_")} <= documented


def test_the_pace_of_several_processes_of_a_machine_adds_up(
    ctx: Context, clock: Clock, tmp_path: Path
) -> None:
    for seconds in ([0.03, 0.03, 0.2], [0.04], [60.0]):
        with ctx.records.begin() as tx:
            tx.vitals.pace("one", seconds, clock())
    clock.forward(5)
    with ctx.records.begin() as tx:
        tx.vitals.pace("two", [PACE[0]], clock())
    found = asked(ctx, tmp_path)
    assert of(found, "page_seconds_count", worker="one") == 5
    assert of(found, "page_seconds_sum", worker="one") == pytest.approx(60.3)
    counts = [
        of(found, "page_seconds_bucket", worker="one", le=le) for le in ("0.025", "0.05", "0.25", "+Inf")
    ]
    assert counts == [0, 3, 4, 5]
    assert of(found, "page_seconds_bucket", worker="two", le="0.01") == 1
    assert of(found, "worker_seen_seconds", worker="one") == 5
    assert of(found, "worker_seen_seconds", worker="two") == 0


def test_the_reader_of_a_chunk_is_measured(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = replace(ctx, settings=replace(ctx.settings, worker="one"))
    register(ctx, account_row(A))
    read = type(ctx.reader)._read  # type: ignore[attr-defined]
    monkeypatch.setattr(type(ctx.reader), "_read", lambda self, ref: replace(read(self, ref), seconds=0.02))
    bring(ctx, [slip(A, "1100")], "blank")
    assert [(name, pages) for name, _, pages in vitals.look(ctx).machines] == [("one", 2)]


def test_a_station_is_missed_once_its_window_is_open(ctx: Context, clock: Clock) -> None:
    register(ctx, account_row(A))
    for number in range(3):
        bring(ctx, "blank", name=f"{number}.pdf") if number == 0 else bring(
            ctx, "blank", [slip(A, f"110{number}")]
        )
    [station] = vitals.look(ctx).stations
    assert station.expected and station.silent == 0
    clock.forward(31 * 3600)
    assert AlertCode.STATION_SILENT in {each.code for each in vitals.what_is_wrong(vitals.look(ctx))}
    # The first hours of the next window are no silence; between windows nothing is expected.
    clock.forward((timedelta(days=29) - timedelta(hours=31)).total_seconds())
    [station] = vitals.look(ctx).stations
    assert clock.now.day == 23 and station.silent < 24 * 3600
    clock.forward(10 * 86400)
    assert not vitals.look(ctx).stations[0].expected


def proven(at: float) -> ProvenThreshold:
    return ProvenThreshold(
        channel="station", template=FORM, model="paper@1", lowest={"account": at, "reading": at},
        target=0.001, delta=0.05, n=3000, accepted=3000, wrong=0, bound=0.000998, date="2026-11-24",
        data="00ff", provisional=False,
    )  # fmt: skip


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of sheets is enough."""
    monkeypatch.setattr(drifting, "LEAST", 12)


def test_drift_is_measured_against_what_the_threshold_was_proven_from(
    ctx: Context, clock: Clock, few: None
) -> None:
    register(ctx, *(account_row(str(121_000_000_000 + n)) for n in range(40)))

    def read(first: int, confidence: float) -> None:
        pages = [
            [slip(str(121_000_000_000 + n), "1100", confidence=confidence)] for n in range(first, first + 20)
        ]
        bring(ctx, *pages, name=f"{first}.pdf")

    assert drifting.drifts(ctx) == []
    read(0, 0.999)
    [found] = drifting.drifts(ctx)
    assert found.against == "first_sheets" and found.drift.psi == 0
    clock.forward(60)
    with ctx.records.begin() as tx:
        tx.proven.add(proven(0.99), clock(), "anna")
    clock.forward(60)
    read(20, 0.6)
    [found] = drifting.drifts(ctx)
    assert found.key == ("station", FORM, "paper@1") and found.against == "before_threshold"
    assert found.drift.lower and found.drift.psi > 1
    assert (found.drift.n, found.drift.reference) == (40, 20)


def test_the_shipped_histogram_counts_where_operation_has_proven_nothing(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, few: None
) -> None:
    register(ctx, *(account_row(str(121_000_000_000 + n)) for n in range(15)))
    bring(ctx, *([slip(str(121_000_000_000 + n), "1100")] for n in range(15)))
    counts = next(iter(shipped_confidences().values()))
    monkeypatch.setattr(drifting, "shipped_confidences", lambda: {("station", FORM, "paper@1"): counts})
    [found] = drifting.drifts(ctx)
    assert found.against == "calibration" and found.drift.reference == sum(counts)


def test_metrics_say_that_the_records_are_away(tmp_path: Path) -> None:
    def away() -> vitals.Vitals:
        raise StorageError("no connection")

    app = FastAPI()
    install(app, MetricsSettings("staff"), lambda: 0.0, VitalMetrics(away, tmp_path))
    answer = TestClient(app, "http://localhost:8000", client=("::1", 9)).get("/metrics")
    found = samples(answer.text)
    assert of(found, "records_up") == 0 and of(found, "sheets") is None
    assert (of(found, "disk_size_bytes") or 0) > 0


@pytest.mark.parametrize(
    ("settings", "client", "base", "headers", "status"),
    [
        (MetricsSettings("x"), "127.0.0.1", "http://127.0.0.1:8000", {}, 200),
        (MetricsSettings("x"), "::1", "http://[::1]:8000", {}, 200),
        (MetricsSettings("x"), "10.0.0.7", "http://127.0.0.1:8000", {}, 404),
        (MetricsSettings("x"), "127.0.0.1", "http://rebound.example:8000", {}, 404),
        (MetricsSettings("x", behind_proxy=True), "127.0.0.1", "http://127.0.0.1:8000", {}, 404),
        (MetricsSettings("x", "secret"), "127.0.0.1", "http://127.0.0.1:8000", {}, 404),
        (MetricsSettings("x", "secret"), "10.0.0.7", "http://a", {"Authorization": "Bearer wrong"}, 404),
        (MetricsSettings("x", "secret"), "10.0.0.7", "http://a", {"Authorization": "Basic secret"}, 404),
        (
            MetricsSettings("x", "secret", True),
            "10.0.0.7",
            "http://a",
            {"Authorization": "Bearer secret"},
            200,
        ),
    ],
)
def test_who_may_read_metrics(
    settings: MetricsSettings, client: str, base: str, headers: dict[str, str], status: int
) -> None:
    app = FastAPI()
    install(app, settings, lambda: 0.0)
    assert TestClient(app, base, client=(client, 9)).get("/metrics", headers=headers).status_code == status


def test_requests_are_counted_by_the_pattern_of_their_path() -> None:
    app = FastAPI()
    ticks = iter(range(100))
    install(app, MetricsSettings("x"), lambda: float(next(ticks)))

    @app.get("/status/{reference}")
    def status(reference: str) -> str:
        if reference == "bad":
            raise ValueError
        return reference

    client = TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 9), raise_server_exceptions=False)
    for path in ("/status/7K2M9QF4XT12", "/status/bad", "/nowhere/121000000001"):
        client.get(path)
    client.request("BREW", "/status/x")
    found = samples(client.get("/metrics").text)
    answered = {dict(k[1])["route"]: v for k, v in found.items() if k[0] == "meterdrop_http_requests_total"}
    assert set(answered) == {"/status/{reference}", "unknown"}
    good = {"app": "x", "method": "GET", "route": "/status/{reference}"}
    assert of(found, "http_requests_total", **good, status="200") == 1
    assert of(found, "http_requests_total", **good, status="500") == 1
    assert of(found, "http_request_seconds_count", **good) == 2
    assert of(found, "http_request_seconds_sum", **good) == 2
    assert of(found, "http_requests_open", app="x") == 1, "the one that asks"


def test_the_apis_routes_bear_its_prefix(tmp_path: Path) -> None:
    desk = open_desk(tmp_path, accounts=1)
    client = TestClient(app_of(desk, tmp_path, "public"), "http://localhost", client=("127.0.0.1", 9))
    client.get("/api/v1/reasons")
    client.post("/api/v1/readings", json={})
    client.get("/static/web/base.css")
    found = samples(client.get("/metrics").text)
    desk.ctx.close()
    routes = {dict(labels)["route"] for (name, labels) in found if name == "meterdrop_http_requests_total"}
    assert {"/api/v1/reasons", "/api/v1/readings"} <= routes
    assert not [route for route in routes if "." in route], "files of pages are counted together"


def test_a_batch_becomes_a_table_without_any_customer(ctx: Context) -> None:
    register(ctx, account_row(A))
    order = replace(ORDER, station="a|b *c*")
    receipt = receive.receive_file(ctx, file_of([slip(A, "1100")], "foreign"), "scan.pdf", order)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    table = batch_table(ctx, receipt.batch_id, 0.5)
    assert "a\\|b \\*c\\*" in table and "Листов: 2, секунд: 0.5, 4.0 в секунду." in table
    assert "| приняты (`accepted`) | 1 |" in table and "(`template_not_found`) | 1 |" in table
    assert A not in table and "1100" not in table and "Иванова" not in table
    assert batch.result(ctx, receipt.batch_id, ((), (), ()), 0.0).totals[SheetState.ACCEPTED.value] == 1


def test_status_says_what_waits_and_what_is_wrong_and_json_stays_as_it_was(
    ctx: Context,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(wiring, "open_context", lambda *_: ctx)
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))
    register(ctx, account_row(A))
    bring(ctx, [slip(A, "1100")], [slip(B, "1100")])
    receive.receive_file(ctx, file_of([slip(A, "1200")], scan="2"), "late.pdf", ORDER)
    with ctx.records.begin() as tx:
        tx.vitals.pace("one", [0.1] * 12, clock())
    clock.forward(7200)
    vitals.note_verified(ctx, VerifyResult(True, ()))

    def said(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["meterdrop", "status", *arguments])
        with pytest.raises(SystemExit) as leave:
            main.main()
        assert leave.value.code == 0, "alerts change no exit status"
        return capsys.readouterr().out

    told = said()
    assert re.search(r"^longest waiting\n  to be read +2 h\n  for a reviewer +2 h$", told, re.M)
    assert re.search(r"^  one +12 pages, the last 2 h ago$", told, re.M)
    assert "alerts: 2\n" in told and "verify_failed" not in told
    assert re.search(
        r"^  critical workers_silent +sheets wait and nothing was read for 2 h; start", told, re.M
    )
    assert set(json.loads(said("--json"))) == {"sheets", "by_state", "by_reason"}
    assert "alerts" not in said("--supplier", ORDER.supplier)


def test_what_nobody_foresaw_is_told_without_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("Иванова 121000000001")

    factory, handlers = logging.getLogRecordFactory(), logging.getLogger().handlers[:]
    monkeypatch.setattr(wiring, "open_context", broken)
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))
    monkeypatch.setenv("METERDROP_LOG_FORMAT", "json")
    monkeypatch.setattr(sys, "argv", ["meterdrop", "status"])
    with pytest.raises(SystemExit) as leave:
        main.main()
    assert leave.value.code == 1
    entry = json.loads(capsys.readouterr().err)
    assert entry["level"] == "critical" and entry["trace"][-1] == "KeyError"
    assert logging.getLogRecordFactory() is factory and logging.getLogger().handlers == handlers


@pytest.mark.parametrize(
    ("name", "value"), [("METERDROP_LOG_FORMAT", "yaml"), ("METERDROP_LOG_LEVEL", "loud")]
)
def test_a_wrong_setting_of_the_log_is_told(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; write"):
        start_log(load_settings({name: value}))
