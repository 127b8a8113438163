"""Starts daemons in their order, starts again what dies, and ends all of them, the last one first."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scripts.cluster.layout import program

_LONGEST_PAUSE = 15.0
_LOOK_EVERY = 1.0
_HEALTH_EVERY = 5.0


@dataclass(frozen=True)
class Service:
    """One daemon in the foreground.

    ``healthy`` raises or returns False while it does not do its work; ``still`` is asked instead, again and
    again, once it has begun, where ``healthy`` costs much.
    """

    name: str
    command: tuple[str, ...]
    healthy: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0
    start_seconds: float = 120.0
    still: Callable[[], bool] | None = None


class Running:
    """A service and its process."""

    def __init__(self, service: Service, log: Path) -> None:
        self.service = service
        self.log = log
        self.restarts = 0
        self.well = False
        self._process: subprocess.Popen[bytes] | None = None
        self._again_at = 0.0
        self._started_at = 0.0
        self._pause = 1.0

    @property
    def pid(self) -> int | None:
        """Of the daemon; None while it is down."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def start(self) -> None:
        """Begin; the daemon gets SIGTERM when this process dies in any way."""
        self._started_at = time.monotonic()
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [*_as_user(self.service.user), "--pdeathsig", "TERM", "--", *self.service.command],
                env={**os.environ, **self.service.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
                start_new_session=True,
            )

    def wait(self, stop: threading.Event) -> None:
        """Return when it is well; raises ``RuntimeError`` when it ends or is late."""
        until = time.monotonic() + self.service.start_seconds
        while not stop.is_set():
            if self.check():
                return
            if self.pid is None:
                raise RuntimeError(f"{self.service.name} ended at its start; see {self.log}")
            if time.monotonic() > until:
                raise RuntimeError(f"{self.service.name} is not ready; see {self.log}")
            stop.wait(0.2)

    def check(self) -> bool:
        """Whether it does its work just now."""
        ask = self.service.still if self.well and self.service.still is not None else self.service.healthy
        try:
            self.well = self.pid is not None and ask()
        except Exception:
            self.well = False
        return self.well

    def keep(self) -> None:
        """Start it again when it is gone, more slowly each time that it does not last."""
        if self.pid is not None:
            return
        now = time.monotonic()
        if not self._again_at:
            self.well = False
            self._kill_group()
            self._pause = 1.0 if now - self._started_at > 60 else min(_LONGEST_PAUSE, self._pause * 2)
            self._again_at = now + self._pause / 2
        if now >= self._again_at:
            self._again_at = 0.0
            self.restarts += 1
            self.start()

    def end(self) -> None:
        """Ask it to stop, then make sure."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, self.service.stop)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.service.stop_seconds)
        self._kill_group()

    def _kill_group(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)


class Supervisor:
    """All services of a cluster; what it knows stands in ``status.json``."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self._status = folder / "status.json"
        self._logs = logs
        self._all: list[Running] = []
        self._ready = False
        self.stop = threading.Event()
        logs.mkdir(exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())

    def begin(self, service: Service) -> Running:
        """Start a service without waiting for it."""
        running = Running(service, self._logs / f"{service.name}.log")
        running.log.touch()
        if service.user is not None:
            entry = pwd.getpwnam(service.user)
            os.chown(running.log, entry.pw_uid, entry.pw_gid)
        running.start()
        self._all.append(running)
        self.tell()
        return running

    def add(self, service: Service) -> None:
        """Start a service and wait until it is well."""
        self.begin(service).wait(self.stop)
        self.tell()

    def watch(self) -> None:
        """Keep everything going until told to stop."""
        self._ready = True
        checked = 0.0
        while not self.stop.is_set():
            for each in self._all:
                each.keep()
            if time.monotonic() - checked > _HEALTH_EVERY:
                for each in self._all:
                    each.check()
                checked = time.monotonic()
                self.tell()
            self.stop.wait(_LOOK_EVERY)

    def end(self, why: str = "") -> None:
        """Stop everything, the last started first."""
        self._ready = False
        for each in reversed(self._all):
            each.end()
            self.tell(why)
        self.tell(why)

    def tell(self, failed: str = "") -> None:
        """Write how things stand."""
        state = {
            "pid": os.getpid(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "ready": self._ready,
            "failed": failed,
            "services": {
                each.service.name: {"pid": each.pid, "well": each.well, "restarts": each.restarts}
                for each in self._all
            },
        }
        temporary = self._status.with_suffix(".tmp")
        temporary.write_text(json.dumps(state, indent=1), "utf-8")
        temporary.replace(self._status)


def _as_user(user: str | None) -> Sequence[str]:
    setpriv = str(program("setpriv"))
    if user is None:
        return [setpriv]
    return [setpriv, f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
