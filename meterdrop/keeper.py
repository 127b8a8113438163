"""Keeps one Prefect worker going, asks for a run when sheets wait, and stops it without losing a chunk.

Prefect's own worker gives up when its server stays away, and what it does to a flow when it is told to stop
is not what a batch wants. So this small process stands above it: it starts the worker again, looks into the
records for sheets that nobody reads, and on SIGTERM lets the chunk under way be committed first.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import MeterdropError, UsageError
from flows.server_api import ServerApi
from flows.stopping import Worker

#: The deployment that reads what waits.
READING = "digitise-waiting/sheets"
LOOK_EVERY = 3.0
#: A run that was asked for and has not begun by then is not coming; another one may be asked for.
STALE_SECONDS = 60.0
#: How long the chunk under way may take once the worker is to stop.
GRACE_SECONDS = 100.0
_KILL_SECONDS = 10.0
_TELL_SECONDS = 10.0
_LONGEST_PAUSE = 30.0
#: Without contact with server and records for so long, a worker is not healthy.
SILENT_SECONDS = 120.0


@dataclass(frozen=True)
class Duty:
    """What a worker is to do.

    ``folder``: its own. ``command`` and ``environment``: of Prefect's worker. ``waiting`` counts the sheets
    that nobody reads; None: this worker reads none.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    environment: dict[str, str]
    server: ServerApi
    waiting: Callable[[], int] | None
    grace: float = GRACE_SECONDS


@dataclass
class Keeper:
    """One worker and its process."""

    duty: Duty
    say: Callable[[str], None]
    _signals: list[int] = field(default_factory=list)
    _told: threading.Event = field(default_factory=threading.Event)
    _child: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _pause: float = 1.0
    _deployment: str = ""
    _complaint: str = ""
    _well_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        worker = Worker(self.duty.folder)
        with _alone(self.duty):
            try:
                while not self._told.is_set():
                    self._keep_alive()
                    self._look(worker)
                    self._tell_state()
                    self._told.wait(LOOK_EVERY)
                self._finish(worker)
            finally:
                self._kill()
        return 0

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signals.append(number)
        self._told.set()

    def _keep_alive(self) -> None:
        """Start Prefect's worker, again where it ended; more slowly each time that it ends at once."""
        if self._child is not None and self._child.poll() is None:
            return
        if self._child is not None:
            lasted = time.monotonic() - self._started_at
            self._pause = 1.0 if lasted > 60 else min(_LONGEST_PAUSE, self._pause * 2)
            self.say(f"Prefect's worker ended ({self._child.returncode}); again in {self._pause:.0f} s")
            self._kill()
            if self._told.wait(self._pause):
                return
        self._started_at = time.monotonic()
        self._child = subprocess.Popen(
            [*_dies_with_us(), *self.duty.command],
            env=self.duty.environment,
            stdin=subprocess.DEVNULL,
            # A group of its own: Ctrl-C comes here first, and the whole group can be ended.
            start_new_session=True,
        )

    def _look(self, worker: Worker) -> None:
        """Ask for a run when this worker is idle and sheets wait that nobody reads."""
        try:
            if self.duty.waiting is None:
                self.duty.server.healthy()
            elif worker.is_busy():
                pass
            elif self.duty.waiting():
                self._ask()
            else:
                self.duty.server.healthy()
        except MeterdropError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                self.say(f"waiting: {error}")
            self._deployment = ""
            return
        if self._complaint:
            self.say("going on")
        self._complaint = ""
        self._well_at = datetime.now(UTC)

    def _ask(self) -> None:
        server = self.duty.server
        if not self._deployment:
            self._deployment = server.deployment(READING)
        if not server.asked_for(self._deployment, datetime.now(UTC) - timedelta(seconds=STALE_SECONDS)):
            server.ask_for(self._deployment, {"worker": self.duty.name})

    def _tell_state(self) -> None:
        state = {"pid": os.getpid(), "well_at": self._well_at.isoformat(), "complaint": self._complaint}
        temporary = self.duty.folder / ".state.tmp"
        # A full disk is told of by those that need it.
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(state), "utf-8")
            temporary.replace(self.duty.folder / "state.json")

    def _finish(self, worker: Worker) -> None:
        """Let flows commit the chunk under way; a second signal does not wait for that."""
        worker.ask_to_stop()
        if worker.is_busy():
            self.say("stopping after the chunk under way; once more stops at once")
        until = time.monotonic() + self.duty.grace
        while worker.is_busy() and time.monotonic() < until and len(self._signals) < 2:
            time.sleep(0.1)
        # The flow has closed its services; let it tell Prefect how it ended.
        until = min(until, time.monotonic() + _TELL_SECONDS)
        while self._runs_a_flow() and time.monotonic() < until and len(self._signals) < 2:
            time.sleep(0.1)

    def _runs_a_flow(self) -> bool:
        """Whether Prefect's worker has a child; no, where the kernel does not say."""
        if self._child is None:
            return False
        lists = Path(f"/proc/{self._child.pid}/task").glob("*/children")
        with contextlib.suppress(OSError):
            return any(each.read_text().strip() for each in lists)
        return False

    def _kill(self) -> None:
        """End Prefect's worker and whatever it started."""
        child, self._child = self._child, None
        if child is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_KILL_SECONDS)


def _dies_with_us() -> list[str]:
    """Have the kernel stop Prefect's worker when this process dies in any way, where it can be asked to."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM", "--"] if program else []


@contextmanager
def _alone(duty: Duty) -> Iterator[None]:
    """Only one worker of a name runs on a machine; raises ``UsageError``."""
    with (duty.folder / "lock").open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"a worker {duty.name!r} runs on this machine already; name this one with --name"
            ) from None
        os.set_inheritable(handle.fileno(), False)
        yield


def health(folder: Path, now: datetime) -> str:
    """ "" where the worker of this folder is well, else one line that says what is the matter."""
    try:
        state = json.loads((folder / "state.json").read_text("utf-8"))
        well_at = datetime.fromisoformat(state["well_at"])
        os.kill(int(state["pid"]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return "no worker of that name runs here"
    except PermissionError:
        pass
    except (OSError, ValueError, KeyError) as error:
        return f"its state cannot be read: {error}"
    if now - well_at > timedelta(seconds=SILENT_SECONDS):
        return state["complaint"] or f"it has not been heard of since {well_at:%H:%M:%S}"
    return ""


def prefect_worker(pool: str, name: str, *, limit: int, once: bool = False) -> tuple[str, ...]:
    """The command line of Prefect's own worker."""
    arguments = ["worker", "start", "--pool", pool, "--type", "process", "--install-policy", "never"]
    arguments += ["--name", name, "--limit", str(limit)]
    return (sys.executable, "-m", "prefect", *arguments, *(["--run-once"] if once else []))
