"""A station hands a box in: in pieces, through a bad line, once; then sees what became of each sheet."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from domain.errors import UsageError
from domain.reason_texts import reason_text
from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop.station.server import Away, Server
from meterdrop.station.watch import Watch, WatchOptions
from review_ui.app import create_staff_app
from review_ui.settings import ReviewSettings
from review_ui.uploads import KEPT_DAYS, MOST_PIECE, Uploads, WrongOffset
from services import station, status
from simulate import files
from tests.integration.review_desk import DPI, PASSWORD, SUPPLIER, Desk, Slip, open_desk, scan_of
from web.settings import WebSettings

SETTINGS = WebSettings("for tests only, for tests only, for tests only")
ROOT = "/api/v1/station"
NEW = {"key": "box17of0926", "supplier": SUPPLIER, "station": "office 1", "collected": "2026-11-24"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.user("office", "station")
    opened.user("anna", "reviewer")
    yield opened
    opened.ctx.close()


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> FastAPI:
    return create_staff_app(desk.ctx, SETTINGS, ReviewSettings(uploads=tmp_path / "uploads"))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return logged_in(app, "office")


def logged_in(app: FastAPI, name: str) -> TestClient:
    client = TestClient(app, follow_redirects=False)
    form = {"name": name, "password": PASSWORD, "csrf_token": token_of(client, "/login")}
    assert client.post("/login", data=form).status_code == 303
    client.headers.update({"X-CSRF-Token": token_of(client, "/password"), "Accept": "application/json"})
    return client


def token_of(client: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" content="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def scan(desk: Desk, folder: Path, *slips: Slip) -> Path:
    desk.reader.slips = slips
    path = folder / "box 17.pdf"
    path.write_bytes(files.pdf([scan_of(slip, n) for n, slip in enumerate(slips, 1)], DPI))
    return path


def test_a_file_goes_in_pieces_and_once(desk: Desk, client: TestClient, tmp_path: Path) -> None:
    data = scan(desk, tmp_path, Slip()).read_bytes()
    batch = client.post(f"{ROOT}/batches", json=NEW).json()["batch"]
    assert client.post(f"{ROOT}/batches", json=NEW).json()["batch"] == batch, "asked twice, opened once"
    upload, half = f"{ROOT}/uploads/{'ab' * 16}", len(data) // 2
    assert client.get(upload).json() == {"offset": 0}
    assert client.put(upload, params={"offset": 0}, content=data[:half]).json() == {"offset": half}
    answer = client.put(upload, params={"offset": 0}, content=data[:half])
    assert (answer.status_code, answer.json()) == (409, {"offset": half}), "a repeated piece is not added"
    body = {"upload": "ab" * 16, "name": "box 17.pdf", "size": len(data)}
    early = client.post(f"{ROOT}/batches/{batch}/files", json=body)
    assert (early.status_code, early.json()) == (409, {"offset": half}), "half a file is not taken"
    client.put(upload, params={"offset": half}, content=data[half:])
    taken = client.post(f"{ROOT}/batches/{batch}/files", json=body).json()
    assert desk.ctx.objects.get(taken["sha256"]) == data, "durable when acknowledged"
    assert client.get(upload).json() == {"offset": 0}, "the part is gone"
    assert status.status(desk.ctx).sheets == 1


def test_destroyed_bytes_are_refused_in_a_sentence_and_their_part_goes(
    desk: Desk, client: TestClient
) -> None:
    batch = client.post(f"{ROOT}/batches", json=NEW).json()["batch"]
    upload, body = f"{ROOT}/uploads/{'ef' * 16}", {"upload": "ef" * 16, "name": "a.pdf", "size": 3}
    client.put(upload, params={"offset": 0}, content=b"old")
    taken = client.post(f"{ROOT}/batches/{batch}/files", json=body).json()
    with desk.ctx.records.begin() as tx:
        tx.holds.forget(1, desk.clock())
    desk.ctx.objects.delete(taken["sha256"])
    client.put(upload, params={"offset": 0}, content=b"old")
    answer = client.post(f"{ROOT}/batches/{batch}/files", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "already_destroyed")
    assert answer.json()["message"] == reason_text(Reason.ALREADY_DESTROYED)
    assert client.get(upload).json() == {"offset": 0}
    assert not desk.ctx.objects.exists(taken["sha256"])


def test_wrong_bytes_are_sent_again_from_the_start(client: TestClient) -> None:
    batch = client.post(f"{ROOT}/batches", json=NEW).json()["batch"]
    upload = f"{ROOT}/uploads/{'cd' * 32}"
    client.put(upload, params={"offset": 0}, content=b"torn")
    body = {"upload": "cd" * 32, "name": "a.pdf", "size": 4, "sha256": "cd" * 32}
    answer = client.post(f"{ROOT}/batches/{batch}/files", json=body)
    assert (answer.status_code, answer.json()) == (409, {"offset": 0})
    assert client.put(upload, content=b"x" * (MOST_PIECE + 1)).status_code == 413
    assert client.get(f"{ROOT}/uploads/..%2f..%2fetc").status_code in (404, 422)


def test_an_empty_file_is_whole_at_once_or_not_what_it_was_called(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", 1000)
    nothing = hashlib.sha256().hexdigest()
    assert uploads.whole("anna", "a" * 32, 0, nothing).read_bytes() == b""
    with pytest.raises(WrongOffset):
        uploads.whole("anna", "b" * 32, 0, "0" * 64)


def test_parts_that_nobody_goes_on_with_are_swept(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "parts", 1000)
    assert uploads.sweep(0.0) == 0, "there is no folder yet"
    for token in ("ab" * 16, "cd" * 16):
        uploads.append("office", token, 0, b"x")
    for part, age in zip(sorted(uploads.folder.iterdir()), (KEPT_DAYS + 1, KEPT_DAYS - 1), strict=True):
        os.utime(part, (2e9 - age * 86400,) * 2)
    assert uploads.sweep(2e9) == 1
    assert (uploads.offset("office", "ab" * 16), uploads.offset("office", "cd" * 16)) == (0, 1)


def test_an_upload_belongs_to_who_began_it(desk: Desk, app: FastAPI, client: TestClient) -> None:
    desk.user("other", "station")
    client.put(f"{ROOT}/uploads/{'ab' * 16}", params={"offset": 0}, content=b"mine")
    assert logged_in(app, "other").get(f"{ROOT}/uploads/{'ab' * 16}").json() == {"offset": 0}
    assert logged_in(app, "anna").get(f"{ROOT}/uploads/{'ab' * 16}").status_code == 403


def test_the_batch_tells_what_to_scan_again_and_what_is_missing(
    desk: Desk, client: TestClient, tmp_path: Path
) -> None:
    ctx = desk.ctx
    path = scan(desk, tmp_path, Slip(), Slip("121000000002"), Slip("121000000003", doubtful={"account": [1]}))
    batch = client.post(f"{ROOT}/batches", json={**NEW, "declared": 4, "box": "17"}).json()["batch"]
    station.hand_in(ctx, batch, path, path.name)
    assert station.work(ctx) == 3
    assert client.get(f"{ROOT}/batches/{batch}").json()["state"] == "open", "files may still come"
    client.post(f"{ROOT}/batches/{batch}/close")
    station.work(ctx)
    with ctx.records.begin() as tx:
        row = tx.sheets.of_batch(batch, SheetState.REVIEW)[0]
        tx.sheets.move(row, SheetState.REJECTED, _rescan(), at=ctx.clock(), who="anna")
    told = client.get(f"{ROOT}/batches/{batch}").json()
    assert (told["state"], told["sheets"], told["missing"]) == ("done", 3, 1)
    assert [(each["page"], each["reasons"]) for each in told["scan_again"]] == [(3, ["rescan"])]
    page = client.get(f"/station/{batch}", headers={"Accept": "text/html"}).text
    assert "не хватает 1 бланка" in page and f"/station/sheets/{row.id}/thumbnail" in page
    picture = client.get(f"/station/sheets/{row.id}/thumbnail")
    assert picture.content[:2] == b"\xff\xd8" and len(picture.content) < 40_000
    client.post(f"{ROOT}/batches/{batch}/papers", json={"box": "17", "declared": 3})
    assert client.get(f"{ROOT}/batches/{batch}").json()["missing"] == 0
    with ctx.records.read() as tx:
        noted = tx.audits.latest(what="batch.papers")[0]
    assert (noted.who, noted.details["before"]["declared"], noted.details["after"]["declared"]) == (
        "office",
        4,
        3,
    )


def _rescan() -> tuple[object, ...]:
    from domain.reasons import Reason

    return (Reason.RESCAN,)


class Line(httpx.BaseTransport):
    """The way to the server, which breaks when ``broken``, or after ``left`` requests."""

    def __init__(self, app: FastAPI) -> None:
        self.client = TestClient(app, follow_redirects=False, base_url="http://station.test")
        self.broken = False
        self.left = 10_000
        self.lose_answer = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.broken or self.left < 0:
            raise httpx.ConnectError("no network")
        self.client.cookies.clear()
        answer = self.client.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.read(),
            headers=dict(request.headers),
        )
        if self.lose_answer and self.lose_answer in str(request.url):
            self.lose_answer = ""
            raise httpx.ReadError("the line broke before the answer")
        kept = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)


class Office:
    """A watched folder, a line and a clock."""

    def __init__(self, desk: Desk, app: FastAPI, folder: Path, **options: object) -> None:
        self.desk, self.folder, self.line = desk, folder, Line(app)
        folder.mkdir(exist_ok=True)
        self.said: list[str] = []
        self.options = WatchOptions(folder, "office 1", SUPPLIER, quiet_seconds=5, **options)
        self.restart()

    def restart(self) -> None:
        server = Server("http://station.test", "office", PASSWORD, transport=self.line)
        self.watch = Watch(self.options, server, self.said.append, lambda: 2_000_000_000.0)

    def put(self, name: str, data: bytes, age: float = 60) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (2_000_000_000 - age,) * 2)
        return path


@pytest.fixture
def office(desk: Desk, app: FastAPI, tmp_path: Path) -> Office:
    return Office(desk, app, tmp_path / "scans")


def test_a_day_without_network_costs_nothing(desk: Desk, office: Office) -> None:
    paths = [office.put(f"box 17/{n}.pdf", b"%PDF-1.4 " + bytes([n]) * 3_000_000) for n in range(2)]
    office.line.broken = True
    with pytest.raises(Away, match="cannot be reached"):
        office.watch.look()
    assert all(path.exists() for path in paths)
    office.line.broken, office.line.left = False, 6  # breaks in the middle of the first file
    with pytest.raises(Away):
        office.watch.look()
    assert all(path.exists() for path in paths) and status.status(desk.ctx).sheets == 0
    office.line.left, office.line.lose_answer = 10_000, "/files"  # received, but the answer is lost
    with pytest.raises(Away):
        office.watch.look()
    assert paths[0].exists(), "nobody has told the station that it was received"
    office.restart()
    office.watch.look(last=True)
    assert not any(path.exists() for path in paths)
    assert sorted(p.name for p in (office.folder / "received/box 17").iterdir()) == ["0.pdf", "1.pdf"]
    assert status.status(desk.ctx).sheets == 2, "each file once"
    with desk.ctx.records.read() as tx:
        [batch] = tx.papers.latest()
    assert (batch.papers.box, batch.papers.state, batch.files) == ("box 17", "closed", 2)


def test_only_finished_scans_are_touched_and_a_changed_one_stays(office: Office, desk: Desk) -> None:
    fresh = office.put("fresh.pdf", b"%PDF half", age=2)
    office.put("notes.txt", b"not a scan")
    empty = office.put("empty.pdf", b"")
    changed = office.put("changed.pdf", b"%PDF-1.4 first")
    real = office.watch.server.hand_in

    def while_it_is_written_to(*args: object, **more: object) -> int:
        receipt = real(*args, **more)
        changed.write_bytes(b"%PDF-1.4 second")
        return receipt

    office.watch.server.hand_in = while_it_is_written_to
    office.watch.look()
    assert fresh.exists() and empty.exists() and (office.folder / "notes.txt").exists()
    assert changed.read_bytes() == b"%PDF-1.4 second", "what the server does not have is never moved"


def test_deleting_waits_for_the_receipt(desk: Desk, app: FastAPI, tmp_path: Path) -> None:
    office = Office(desk, app, tmp_path / "scans", after="delete")
    path = office.put("a.pdf", b"%PDF-1.4 a")
    office.watch.server.hand_in = lambda *_, **__: (_ for _ in ()).throw(Away("gone"))
    with pytest.raises(Away):
        office.watch.look()
    assert path.exists()
    office.restart()
    office.watch.look()
    assert not path.exists() and status.status(desk.ctx).sheets == 1


def test_a_session_that_ended_is_begun_again(desk: Desk, office: Office) -> None:
    office.put("a.pdf", b"%PDF-1.4 a")
    office.watch.look()
    desk.clock.forward(timedelta(hours=13).total_seconds())
    office.put("b.pdf", b"%PDF-1.4 b")
    assert office.watch.look() == 1


def test_wrong_passwords_and_roles_are_said_clearly(app: FastAPI, tmp_path: Path) -> None:
    for name, password, said in (("office", "wrong", "check the name"), ("anna", PASSWORD, "role 'station'")):
        server = Server("http://station.test", name, password, transport=Line(app))
        with pytest.raises(UsageError, match=said):
            server.open_batch(NEW)
