"""``meterdrop serve`` as a process: addresses, two ports, a clean stop, clear refusals."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow


def command(home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("METERDROP_")}
    return [sys.executable, "-m", "meterdrop", *arguments], {**kept, "METERDROP_HOME": str(home)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


class Serving:
    """A running ``meterdrop serve``."""

    def __init__(self, home: Path) -> None:
        line, environment = command(home, "serve", "--staff-port", "0", "--public-port", "0")
        self.process = subprocess.Popen(
            line,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = [self.process.stdout.readline() for _ in range(3)]
        addresses = [found[1] for line in said if (found := re.search(r"(http://\S+/)$", line.strip()))]
        assert len(addresses) == 2, said
        self.staff, self.public = addresses

    def up(self, address: str) -> bool:
        until = time.monotonic() + 40
        while time.monotonic() < until:
            try:
                return httpx.get(f"{address}healthz", trust_env=False).json() == {"ok": True}
            except httpx.TransportError:
                time.sleep(0.1)
        return False

    def end(self, number: int) -> tuple[int, str, str]:
        os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def running(home: Path) -> Iterator[Serving]:
    serving = Serving(home)
    yield serving
    if serving.process.poll() is None:
        os.killpg(serving.process.pid, signal.SIGKILL)
        serving.process.communicate()


def test_both_apps_answer_on_their_ports_and_ctrl_c_stops_them(home: Path, running: Serving) -> None:
    assert running.up(running.staff) and running.up(running.public)
    assert "Войти" in httpx.get(f"{running.staff}login", trust_env=False).text
    assert httpx.get(f"{running.public}login", trust_env=False).status_code == 404
    told = [
        httpx.get(f"{address}metrics", trust_env=False).text for address in (running.staff, running.public)
    ]
    assert "meterdrop_records_up 1.0" in told[0] and "meterdrop_sheets" not in told[1]
    assert 'meterdrop_http_requests_total{app="public",method="GET",route="/healthz",status="200"}' in told[1]
    assert (home / "session.secret").stat().st_mode & 0o777 == 0o600
    secret = (home / "session.secret").read_text()
    status, out, err = running.end(signal.SIGINT)
    assert status == 0 and "Stopped." in out, err
    assert "Traceback" not in err
    assert "meterdrop users add NAME --role reviewer --password-stdin" in err
    for address in (running.staff, running.public):
        with pytest.raises(httpx.TransportError):
            httpx.get(address, trust_env=False)
    assert (home / "session.secret").read_text() == secret


def test_killed_outright_it_leaves_no_process_behind(running: Serving) -> None:
    assert running.up(running.staff) and running.up(running.public)
    running.process.kill()
    running.process.communicate(timeout=20)  # ends when the last child has closed its output
    with pytest.raises(httpx.TransportError):
        httpx.get(running.staff, trust_env=False)


def refused(home: Path, *arguments: str) -> str:
    """What the command says when it refuses to start."""
    line, environment = command(home, "serve", *arguments)
    answer = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2, answer
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_a_taken_port_is_named_with_its_option(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(home, "--staff-port", "0", "--public-port", str(port))
    assert f"port {port} is taken; choose another one with --public-port" in said


def test_a_host_of_another_machine_is_refused(home: Path) -> None:
    assert "--host 192.0.2.1 is no address of this machine" in refused(home, "--host", "192.0.2.1")
