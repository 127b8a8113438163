"""One local Prefect server as a child process, for demo and tests: own folder, own port, clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.errors import FlowServerError
from flows.environment import environment

#: A first start creates the server's database: 8–17 s on two cores, more on a busy machine.
START_SECONDS = 120.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True)
class LocalServer:
    """A running server: the pages for people at ``url``, the API for flows at ``api_url``, what it said in
    ``log``.
    """

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def api_url(self) -> str:
        """For ``PREFECT_API_URL``."""
        return f"{self.url}/api"


@contextmanager
def local_server(
    home: Path, sleep: Callable[[float], None] = time.sleep, start_seconds: float = START_SECONDS
) -> Iterator[LocalServer]:
    """Start a Prefect server under ``home`` on a free port of this machine; stopped at the end, whatever
    happens.

    Raises ``FlowServerError`` when it does not answer within ``start_seconds``.
    """
    server = start(home)
    try:
        wait(server, sleep, start_seconds)
        yield server
    finally:
        stop(server)


def start(home: Path) -> LocalServer:
    """Begin to start the server and return at once; ``wait`` tells when it answers."""
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    log = home / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_API")}
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env=settings | environment(home),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C reaches the flow first, and the server is there until the flow has
            # ended.
            start_new_session=True,
        )
    return LocalServer(f"http://127.0.0.1:{port}", log, process)


def wait(
    server: LocalServer, sleep: Callable[[float], None] = time.sleep, seconds: float = START_SECONDS
) -> None:
    """Return when the server answers its health check; raises ``FlowServerError`` after ``seconds``."""
    step = 0.2
    for _ in range(round(seconds / step)):
        if server.process.poll() is not None:
            raise FlowServerError(f"the local Prefect server ended at its start; see {server.log}")
        try:
            with urllib.request.urlopen(f"{server.api_url}/health", timeout=2.0) as answer:  # noqa: S310 - own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        sleep(step)
    raise FlowServerError(f"the local Prefect server did not answer within {seconds:.0f} s; see {server.log}")


def stop(server: LocalServer) -> None:
    """End the server and its children; kills what does not end by itself."""
    for sign, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
        if server.process.poll() is None:
            _signal_group(server.process.pid, sign)
        try:
            server.process.wait(seconds)
            break
        except subprocess.TimeoutExpired:
            continue


def _signal_group(pid: int, sign: signal.Signals) -> None:
    try:
        os.killpg(pid, sign)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
