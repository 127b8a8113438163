"""The process above a Prefect worker: asks for runs, starts it again, stops it without losing a chunk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FlowServerError, StorageError, UsageError
from flows import stopping
from flows.server_api import ServerApi
from meterdrop.commands.worker import _label
from meterdrop.keeper import SILENT_SECONDS, Duty, Keeper, _alone, health, prefect_worker

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Prefect:
    """A server that knows one deployment; the requests it got."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.credentials: list[str | None] = []
        self.coming = 0
        self.known = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET", {})

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"] or 0)
                self._answer("POST", json.loads(self.rfile.read(length)))

            def _answer(self, method: str, body: dict[str, Any]) -> None:
                outer.asked.append((method, self.path, body))
                outer.credentials.append(self.headers["Authorization"])
                answers: dict[str, Any] = {"/api/health": True, "/api/flow_runs/count": outer.coming}
                found = answers.get(self.path, {"id": "d-1"})
                missing = "/deployments/name/" in self.path and not outer.known
                data = json.dumps(found).encode()
                self.send_response(404 if missing else 200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that were asked for."""
        return [body for _, path, body in self.asked if path.endswith("/create_flow_run")]


@pytest.fixture
def prefect() -> Iterator[Prefect]:
    server = Prefect()
    yield server
    server.close()


class Desk:
    """A keeper without its process."""

    def __init__(self, folder: Path, server: str, waiting: Callable[[], int] | None) -> None:
        self.said: list[str] = []
        self.worker = stopping.Worker(folder)
        duty = Duty("w1", folder, ("true",), {}, ServerApi(server, {}), waiting)
        self.keeper = Keeper(duty, self.said.append)

    def look(self) -> None:
        self.keeper._look(self.worker)


def test_an_idle_worker_asks_for_a_run_when_sheets_wait(tmp_path: Path, prefect: Prefect) -> None:
    desk = Desk(tmp_path, prefect.url, lambda: 3)
    desk.look()
    assert [run["parameters"] for run in prefect.runs] == [{"worker": "w1"}]
    [count] = [body for _, path, body in prefect.asked if path == "/api/flow_runs/count"]
    assert count["deployments"] == {"id": {"any_": ["d-1"]}}
    assert count["flow_runs"]["state"] == {"type": {"any_": ["SCHEDULED", "PENDING"]}}
    # One that was asked for is coming: another idle worker needs none.
    prefect.coming = 1
    desk.look()
    assert len(prefect.runs) == 1


def test_nothing_is_asked_for_while_busy_or_when_nothing_waits(tmp_path: Path, prefect: Prefect) -> None:
    Desk(tmp_path, prefect.url, lambda: 0).look()
    desk = Desk(tmp_path, prefect.url, lambda: 3)
    with at_work(tmp_path):
        desk.look()
    Desk(tmp_path, prefect.url, None).look()
    assert prefect.runs == []


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    os.environ[stopping.FOLDER] = str(folder)
    try:
        with stopping.busy():
            yield
    finally:
        del os.environ[stopping.FOLDER]


def test_trouble_is_said_once_and_its_end(tmp_path: Path, prefect: Prefect) -> None:
    trouble = [StorageError("the records are now of version 9999: update meterdrop")] * 2

    def waiting() -> int:
        if trouble:
            raise trouble.pop()
        return 0

    desk = Desk(tmp_path, prefect.url, waiting)
    for _ in range(3):
        desk.look()
    assert desk.said == ["waiting: the records are now of version 9999: update meterdrop", "going on"]
    prefect.known = False
    desk.keeper.duty.server.healthy()
    lost = Desk(tmp_path, prefect.url, lambda: 1)
    lost.look()
    assert "digitise-waiting/sheets" in lost.said[0]
    assert "deploy --all" in lost.said[0]


def test_a_server_that_is_away_is_one_line() -> None:
    with pytest.raises(FlowServerError, match="PREFECT_API_URL"):
        ServerApi("http://127.0.0.1:9/api", {}).healthy()


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({"PREFECT_API_AUTH_STRING": "meterdrop:pw"}, "Basic bWV0ZXJkcm9wOnB3"),
        ({"PREFECT_API_KEY": "k"}, "Bearer k"),
        ({}, None),
    ],
)
def test_credentials_are_those_that_prefects_own_client_takes(
    prefect: Prefect, given: dict[str, str], header: str | None
) -> None:
    ServerApi(prefect.url, given).healthy()
    assert prefect.credentials == [header]


def test_health(tmp_path: Path) -> None:
    assert "no worker" in health(tmp_path, NOW)
    state = {"pid": os.getpid(), "well_at": NOW.isoformat(), "complaint": ""}
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    assert health(tmp_path, NOW + timedelta(seconds=SILENT_SECONDS)) == ""
    late = NOW + timedelta(seconds=SILENT_SECONDS + 1)
    assert "not been heard of since 09:00:00" in health(tmp_path, late)
    file.write_text(json.dumps(state | {"complaint": "the records are away"}))
    assert health(tmp_path, late) == "the records are away"
    file.write_text("{")
    assert "cannot be read" in health(tmp_path, NOW)
    gone = subprocess.Popen(["true"])
    gone.wait()
    file.write_text(json.dumps(state | {"pid": gone.pid}))
    assert "no worker" in health(tmp_path, NOW)


def test_one_worker_of_a_name(tmp_path: Path) -> None:
    duty = Duty("w1", tmp_path, ("true",), {}, ServerApi("http://127.0.0.1:9", {}), None)
    with _alone(duty), pytest.raises(UsageError, match="--name"), _alone(duty):
        pass
    with _alone(duty):
        pass


def test_names_become_folders() -> None:
    assert _label("../Офис 3:a") == "-Офис-3-a"
    assert _label("..") == "worker"
    assert "--run-once" in prefect_worker("meterdrop", "a", limit=1, once=True)


#: A keeper in a process of its own over a stand-in for Prefect's worker.
SCRIPT = """
import sys
from pathlib import Path
import meterdrop.keeper as keeper
from flows.server_api import ServerApi
keeper.LOOK_EVERY = 0.05
folder = Path(sys.argv[1])
command = (sys.executable, "-c", sys.argv[2], str(folder))
server = ServerApi("http://127.0.0.1:9/api", {})
duty = keeper.Duty(
    "w1", folder, command, {"PYTHONPATH": sys.argv[3]}, server, lambda: 0, grace=float(sys.argv[4])
)
sys.exit(keeper.Keeper(duty, lambda line: print(line, flush=True)).run())
"""
#: It is at work on a chunk, and commits it when it is asked to stop; ``touch`` tells of its end.
READS = """
import fcntl, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
handle = (folder / "busy").open("ab")
fcntl.flock(handle, fcntl.LOCK_SH)
(folder / "reading").touch()
while not (folder / "stop").exists() or HANGS: time.sleep(0.02)
time.sleep(0.2)
(folder / "committed").touch()
handle.close()
time.sleep(60)
"""
ENDS = "import sys, pathlib, os; (pathlib.Path(sys.argv[1]) / f'ran-{os.getpid()}').touch(); sys.exit(1)"


@contextmanager
def keeping(folder: Path, code: str, grace: float = 30.0) -> Iterator[subprocess.Popen[str]]:
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), code, root, str(grace)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def test_sigterm_lets_the_chunk_under_way_be_committed(tmp_path: Path) -> None:
    with keeping(tmp_path, READS.replace("HANGS", "False")) as process:
        until((tmp_path / "reading").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (tmp_path / "committed").exists()


@pytest.mark.slow
def test_a_chunk_that_does_not_end_is_left_after_the_grace(tmp_path: Path) -> None:
    with keeping(tmp_path, READS.replace("HANGS", "True"), grace=0.5) as process:
        until((tmp_path / "reading").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not (tmp_path / "committed").exists()


@pytest.mark.slow
def test_a_worker_that_ends_is_started_again(tmp_path: Path) -> None:
    with keeping(tmp_path, ENDS) as process:
        until(lambda: len(list(tmp_path.glob("ran-*"))) >= 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
def test_the_worker_goes_with_its_keeper(tmp_path: Path) -> None:
    tells = "write_text(str(__import__('os').getpid()))"
    code = READS.replace("HANGS", "True").replace("touch()", tells, 1)
    with keeping(tmp_path, code) as process:
        file = tmp_path / "reading"
        until(lambda: file.exists() and file.read_text() != "")
        pid = int(file.read_text())
        process.kill()
        process.wait()
        until(lambda: not running(pid))


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
