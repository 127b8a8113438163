"""The flows against a real Prefect server of our own; the services behind them are fakes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import FlowServerError, SettingsError
from flows import environment, runtime, server
from tests.faults.wire import Wire

pytestmark = pytest.mark.slow

#: Runs in a process of its own, as a front door does: Prefect reads its settings when it is imported.
SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path
from flows import environment, run
from domain.errors import StorageError
from domain.sheet import SheetState
from services import batch, batch_table, digitise, receive
from services.context import PageCount, ServiceSettings
from services.results import BatchOrder, BatchResult, ChunkResult, Receipt, SheetOutcome

environment.prepare(Path(sys.argv[1]), sys.argv[2])

class Reader:
    workers = 2
    def close(self): pass

class Context:
    reader = Reader()
    settings = ServiceSettings()
    def close(self): raise AssertionError("the caller's services stay open")

class Counted:
    def result(self): return PageCount(2)

calls, told = [], []

def chunk(ctx, ids):
    calls.append(list(ids))
    if len(calls) == 1:
        raise StorageError("away for a moment")
    return ChunkResult(tuple(SheetOutcome(i, "a.pdf", i, 1, SheetState.ACCEPTED, ()) for i in ids))

receive.open_batch = lambda ctx, order: 7
receive.receive_file = lambda ctx, path, name, order, number: Receipt(1, number, 3, "aa", name, False)
digitise.unsplit = lambda ctx, number: [3]
digitise.begin_split = lambda ctx, file: Counted()
digitise.finish_split = lambda ctx, file, count: count
digitise.pending = lambda ctx, number: list(range(1, 71))
digitise.digitise_chunk = chunk
batch_table.batch_table = lambda ctx, number, seconds: f"| {number} |"
batch.result = lambda ctx, number, done, seconds: BatchResult(number, *map(tuple, done), (), {}, seconds)

order = BatchOrder("krasnoyarskenergosbyt", "station", "test", date(2026, 11, 24))
paths = [Path(sys.argv[0]), Path("nowhere.pdf")]
result = run.run_batch(Context(), paths, order, told.append)
run.finish()
print(json.dumps({
    "batch": result.batch_id,
    "sheets": sorted(outcome.sheet_id for outcome in result.outcomes),
    "problems": [problem.reason for problem in result.problems],
    "calls": calls,
    "told": [(now.done, now.total) for now in told],
}))
"""


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.LocalServer]:
    home = tmp_path_factory.mktemp("prefect")
    with server.local_server(home) as local:
        assert (home / "prefect.db").exists()
        yield local
    assert local.process.poll() is not None


def api(local: server.LocalServer, path: str, body: dict[str, object]) -> list[dict[str, object]]:
    request = urllib.request.Request(
        f"{local.api_url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_a_batch_through_a_real_server(prefect: server.LocalServer, tmp_path: Path) -> None:
    script = tmp_path / "front_door.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home"), prefect.api_url],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment.environment(tmp_path / "home") | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no tracebacks, no chatter
    said = json.loads(done.stdout)
    assert said["batch"] == 7
    assert said["sheets"] == list(range(1, 71))
    assert said["problems"] == ["not_found"]
    # 70 sheets for two readers: chunks of 18, and the first one once more after its storage error.
    assert sorted(map(len, said["calls"])) == [16, 18, 18, 18, 18]
    assert said["told"][0] == [0, 70]
    assert said["told"][-1] == [70, 70]
    [flow_run] = api(prefect, "flow_runs/filter", {})
    assert flow_run["name"] == "test 2026-11-24"
    assert flow_run["state_type"] == "COMPLETED"
    artifacts = {artifact["key"]: artifact for artifact in api(prefect, "artifacts/filter", {})}
    assert artifacts["batch-7-result"]["data"] == "| 7 |"
    artifact = artifacts["batch-7"]
    assert artifact["data"] == 100.0
    assert "70 из 70" in str(artifact["description"])


def test_a_server_that_restarts_in_the_middle_of_a_batch(prefect: server.LocalServer, tmp_path: Path) -> None:
    """Every connection breaks and nobody answers for a while: the flow waits, and ends as if nothing was."""
    begun = tmp_path / "begun"
    script = tmp_path / "front_door.py"
    kept = "    calls.append(list(ids))\n"
    slower = f"    if len(calls) == 2:\n        Path({str(begun)!r}).touch()\n        time.sleep(0.7)\n"
    script.write_text("import time\n" + SCRIPT.replace(kept, kept + slower), "utf-8")
    with (
        Wire("127.0.0.1", int(prefect.url.rpartition(":")[2])) as wire,
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path / "home"), f"http://127.0.0.1:{wire.port}/api"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment.environment(tmp_path / "home") | {"PYTHONPATH": str(Path(__file__).parents[2])},
        ) as flow,
    ):
        until = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < until
            assert flow.poll() is None
            time.sleep(0.02)
        before = wire.connections
        wire.away(1.5)
        said, errors = flow.communicate(timeout=120)
    assert flow.returncode == 0, errors
    assert wire.connections > before, "it never came back to the server"
    result = json.loads(said)
    assert result["sheets"] == list(range(1, 71))
    assert result["told"][-1] == [70, 70]


RECALIBRATE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from flows import environment, run
from services import recalibrate

environment.prepare(Path(sys.argv[1]), sys.argv[2])
applied = []
recalibrate.plan = lambda ctx, period: [
    SimpleNamespace(key=("station", "form@1", "digits@2"), decision=SimpleNamespace(action="prove"))
]
recalibrate.apply = lambda ctx, steps, who: applied.append((len(steps), who))
lines = [run.recalibrate(object()), run.recalibrate(object(), apply=True)]
run.finish()
print(json.dumps({"lines": lines, "applied": applied}))
"""


def test_recalibration_only_tells_unless_it_is_to_apply(prefect: server.LocalServer, tmp_path: Path) -> None:
    script = tmp_path / "front_door.py"
    script.write_text(RECALIBRATE, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home"), prefect.api_url],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment.environment(tmp_path / "home") | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["lines"] == [["station form@1 digits@2: prove"]] * 2
    assert said["applied"] == [[1, "recalibrate"]]


WAITING = """
import asyncio, json, os, sys
from contextlib import contextmanager
from pathlib import Path
from flows import environment, runtime, run, stopping

folder = Path(sys.argv[1])
environment.prepare(folder, sys.argv[2])
from flows.waiting import digitise_waiting
from services import receive, status, waiting
from services.verify import verify
from storage.records import Records, RecordsSettings
from tests.paper import ORDER, Clock, account_row, file_of, open_services, register, slip

accounts = [f"{121_000_000_000 + n}" for n in range(70)]
said = {}
with Records.open(RecordsSettings(f"sqlite:///{folder}/records.db")) as records:
    ctx = open_services(records, folder / "objects", Clock())
    register(ctx, *(account_row(account) for account in accounts))
    pages = [[slip(account, "1100")] for account in accounts]
    batch = receive.receive_file(ctx, file_of(*pages), "a.pdf", ORDER).batch_id
    poison = receive.receive_file(ctx, file_of("blank"), "poison.pdf", ORDER)
    count = ctx.reader.count
    def counted(key, name):
        if name == "poison.pdf":
            raise KeyError("a bug that one sheet brings out")
        return count(key, name)
    ctx.reader.count = counted
    with runtime.using(ctx):
        os.environ[stopping.FOLDER] = str(folder)
        (folder / "stop").touch()
        said["stopped"] = asyncio.run(digitise_waiting("w1", linger=0.1))
        said["free"] = waiting.anything_free(ctx)
        (folder / "stop").unlink()
        said["read"] = asyncio.run(digitise_waiting("w1", linger=1.5))
    run.finish()
    said["pending"] = status.status(ctx).by_state["pending"]
    said["left"] = waiting.anything_free(ctx)
    said["problems"] = verify(ctx).problems
    said["batch"] = batch
print(json.dumps(said))
"""


def test_what_waits_is_read_by_whoever_comes_and_a_bad_sheet_stops_nobody(
    prefect: server.LocalServer, tmp_path: Path
) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WAITING, "utf-8")
    (tmp_path / "home").mkdir()
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home"), prefect.api_url],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment.environment(tmp_path / "home") | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # Told to stop before it began, it takes nothing.
    assert (said["stopped"], said["free"]) == ({}, 2)
    assert said["read"] == {"accepted": 70}
    # The bad sheet rests: pending, but not free, and in nobody's way.
    assert (said["pending"], said["left"], said["problems"]) == (1, 0, [])
    keys = {str(artifact["key"]) for artifact in api(prefect, "artifacts/filter", {})}
    assert f"batch-{said['batch']}" in keys


def test_a_server_that_cannot_start_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(FlowServerError, match=r"server\.log"), server.local_server(tmp_path):
        pass


def test_a_server_that_is_away_is_one_line(tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4 no more")
    done = subprocess.run(
        [sys.executable, "-m", "meterdrop", "ingest", str(scan)],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            "METERDROP_HOME": str(tmp_path / "home"),
            "PREFECT_API_URL": "http://127.0.0.1:9/api",
            "PREFECT_CLIENT_MAX_RETRIES": "0",
        },
        check=False,
    )
    assert done.returncode == 1
    complaint = [line for line in done.stderr.splitlines() if not line.startswith("Note:")]
    assert len(complaint) == 1, done.stderr
    assert "PREFECT_API_URL" in complaint[0]


def test_tasks_outside_a_run_are_refused() -> None:
    with pytest.raises(SettingsError):
        runtime.current()
