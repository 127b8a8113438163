"""``kill -9`` of the API while the documented client hands readings in: each is taken once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services import api_keys
from services.context import Context
from services.status import status
from services.verify import verify
from tests.paper import SUPPLIER, account_row, register
from tests.servers.processes import free_port, listens
from tests.tree import ROOT

pytestmark = pytest.mark.slow

READINGS, KILLS = 60, 4


def documented_client() -> Callable[..., dict[str, Any]]:
    """``send_reading`` as docs/api.md has it, in less of a hurry."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(compile(text, "docs/api.md", "exec"), names)
    # As often as it likes: the server comes back.
    names["time"] = type("Time", (), {"sleep": staticmethod(lambda _: time.sleep(0.3))})
    names["range"] = lambda _: range(400)
    client: Callable[..., dict[str, Any]] = names["send_reading"]
    return client


class Server:
    def __init__(self, url: str, objects: Path) -> None:
        self.port = free_port()
        self._argv = [
            sys.executable,
            str(ROOT / "tests/integration/at_api.py"),
            url,
            str(objects),
            str(self.port),
        ]
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._argv, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def wait(self) -> None:
        while not listens(self.port):
            assert self._process.poll() is None
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(records_url: str, tmp_path: Path) -> Iterator[Server]:
    started = Server(records_url, tmp_path / "objects")
    yield started
    started.stop()


def test_each_reading_is_taken_once(ctx: Context, server: Server) -> None:
    rng = random.Random(7)
    accounts = [f"{121_000_000_000 + n}" for n in range(READINGS)]
    register(ctx, *(account_row(account) for account in accounts))
    key = api_keys.issue(ctx, "portal", SUPPLIER, "portal")
    send = documented_client()
    answers: dict[str, dict[str, Any]] = {}

    def hand_in(mine: list[str]) -> None:
        for account in mine:
            answers[account] = send(f"http://127.0.0.1:{server.port}", key, account, ["01100"])

    threads = [threading.Thread(target=hand_in, args=(accounts[n::3],)) for n in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        server.wait()
        time.sleep(rng.uniform(0.0, 0.4))
        server.kill()
    for thread in threads:
        thread.join(240)
    assert len(answers) == READINGS
    assert {answer["outcome"] for answer in answers.values()} == {"received"}
    assert len({answer["reference"] for answer in answers.values()}) == READINGS
    counts = status(ctx)
    assert (counts.sheets, counts.by_state["accepted"]) == (READINGS, READINGS)
    assert verify(ctx).problems == ()
