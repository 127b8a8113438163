"""Starting and stopping a server process so that none outlives the tests, not even when they are killed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

#: Set by continuous integration: what is not installed is then a failure, not a skip.
REQUIRE_VARIABLE = "METERDROP_REQUIRE_SERVERS"


def unavailable(server: str, remedy: str) -> None:
    """Skip the test, or fail it where servers are required."""
    text = f"{server} is not installed; {remedy}"
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{text} ({REQUIRE_VARIABLE}=1)", pytrace=False)
    pytest.skip(text)


def require(server: str, programs: Mapping[str, Path | None], packages: str) -> dict[str, Path]:
    """The paths of ``programs``, all of them, or the test is skipped or failed."""
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        unavailable(server, f"apt-get install {packages} (missing: {', '.join(missing)})")
    return {name: path for name, path in programs.items() if path is not None}


def find(name: str, *folders: str) -> Path | None:
    """The program ``name`` on the path, in the system's own folders or in ``folders``."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *folders])
    found = shutil.which(name, path=search)
    return Path(found) if found else None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """A server in the foreground of its own process group.

    ``setpriv --pdeathsig`` has the kernel end it when the test process dies in any way, and
    a server that refuses to run as root runs as ``user``.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        *,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._name = Path(argv[0]).name
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*as_user(user), "--pdeathsig", "KILL", "--", *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                cwd=log.parent,
                start_new_session=True,
            )

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when ``ready()``; fail with the end of the log when the server dies or is late."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self._name} ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self._name} is not ready after {seconds} s:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, characters: int = 2000) -> str:
        """The end of what the server printed."""
        return self.log.read_text(errors="replace")[-characters:]

    def stop(self, seconds: float = 10) -> None:
        """End it kindly, then for sure, with its children."""
        try:
            os.killpg(self.process.pid, self._stop_signal)
            self.process.wait(seconds)
        except ProcessLookupError:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(seconds)


def as_user(user: str | None) -> list[str]:
    """The start of a command line that runs the rest as ``user`` (None: as we are)."""
    setpriv = find("setpriv")
    if setpriv is None:
        raise RuntimeError("setpriv is missing; apt-get install util-linux")
    if user is None:
        return [str(setpriv)]
    return [str(setpriv), f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
