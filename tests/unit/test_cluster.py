"""make cluster: its layout, and the process above its services."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meterdrop.settings import load_settings
from scripts.cluster.layout import Cluster
from scripts.cluster.supervisor import Service, Supervisor


def test_a_cluster_is_drawn_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = Cluster.at(tmp_path / "c")
    assert Cluster.at(tmp_path / "c") == first
    assert len(set(first.ports.values())) == len(first.ports)
    assert (tmp_path / "c" / "cluster.json").stat().st_mode & 0o077 == 0
    first.write_settings()
    file = first.home / "settings.toml"
    assert file.stat().st_mode & 0o077 == 0
    settings = load_settings(first.environment())
    assert settings.switch("METERDROP_READ_BY_WORKERS")
    assert not settings.switch("METERDROP_S3_TLS")
    assert settings.text("METERDROP_DATABASE_URL").startswith("postgresql://meterdrop:")
    file.write_text('METERDROP_LANGUAGE = "en"\n')
    first.write_settings()
    assert tomllib.loads(file.read_text()) == {"METERDROP_LANGUAGE": "en"}
    assert f"METERDROP_HOME='{first.home}'" in (first.folder / "env").read_text()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Supervisor(tmp_path, tmp_path / "logs")
    yield made
    made.end()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def sleeper(name: str, well: Callable[[], bool] = lambda: True, code: str = "") -> Service:
    return Service(
        name,
        (sys.executable, "-c", f"import time\n{code}\ntime.sleep(60)"),
        well,
        stop_seconds=5,
        start_seconds=20,
    )


def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def test_what_dies_is_started_again_until_told_to_stop(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.cluster.supervisor._LOOK_EVERY", 0.05)
    supervisor.add(sleeper("one"))
    [running] = supervisor._all
    first = running.pid
    assert first is not None
    watching = threading.Thread(target=supervisor.watch)
    watching.start()
    os.kill(first, signal.SIGKILL)
    until(lambda: running.restarts == 1 and running.pid not in {None, first})
    supervisor.stop.set()
    watching.join(10)
    supervisor.end()
    assert running.pid is None


def test_a_service_that_ends_at_its_start_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(RuntimeError, match=r"bad ended at its start; see .*bad\.log"):
        supervisor.add(sleeper("bad", well=lambda: False, code="raise SystemExit(3)"))


def test_the_dear_question_is_asked_only_until_it_is_well(supervisor: Supervisor) -> None:
    asked: list[str] = []

    def healthy() -> bool:
        asked.append("dear")
        return True

    def still() -> bool:
        asked.append("cheap")
        return len(asked) < 3

    supervisor.add(
        Service("one", (sys.executable, "-c", "import time; time.sleep(60)"), healthy, still=still)
    )
    [running] = supervisor._all
    assert [running.check() for _ in range(3)] == [True, False, True]
    assert asked == ["dear", "cheap", "cheap", "dear"]
