"""Where chaos is let loose: the embedded default or a whole cluster; and what can happen there."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.boxes import Boxes
from benchmarks.pile import DAY
from meterdrop.settings import Settings, load_settings

Fault = Callable[[], str]
_STATIONS = ("one", "two")


class Place(ABC):
    """An installation under test."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        self.home = home
        self.dice = dice

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """For commands."""

    @abstractmethod
    def begin(self, made: Boxes) -> None:
        """Hand all boxes in, by two stations at once, and see that this goes on until it is done."""

    @abstractmethod
    def handed_in(self) -> bool:
        """Whether both stations are through."""

    @abstractmethod
    def faults(self) -> list[Fault]:
        """What can happen; each says what it did."""

    @abstractmethod
    def stop(self) -> None:
        """End what is still going on."""

    @abstractmethod
    def processes(self) -> list[int]:
        """Those whose memory is measured."""

    def settings(self) -> Settings:
        """As a command of this installation reads them."""
        return load_settings(self.environment)

    def command(self, *arguments: str) -> list[str]:
        """A command of this installation."""
        return [sys.executable, "-m", "meterdrop", *arguments]

    def ingest(self, made: Boxes, station: str, *more: str) -> list[str]:
        """A station hands all boxes in."""
        day = DAY.isoformat()
        return self.command("ingest", str(made.folder), "--station", station, "--collected", day, *more)

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """In a process group of its own; what it says goes to ``said.txt``."""
        with (self.home / "said.txt").open("ab") as said:
            return subprocess.Popen(
                command, env=self.environment, stdout=said, stderr=said, start_new_session=True
            )


class Stations:
    """Each station runs its command until it succeeds, as an operator would who is told to run it again."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]], names: int, wait_between: float) -> None:
        self.running: list[subprocess.Popen[bytes] | None] = [None] * names
        self.starts = 0
        self._threads = [
            threading.Thread(target=self._run, args=(n, start, wait_between), daemon=True)
            for n in range(names)
        ]
        for thread in self._threads:
            thread.start()

    def done(self) -> bool:
        """Whether all succeeded."""
        return not any(thread.is_alive() for thread in self._threads)

    def alive(self) -> list[subprocess.Popen[bytes]]:
        """The commands under way."""
        return [each for each in self.running if each is not None and each.poll() is None]

    def _run(self, number: int, start: Callable[[], subprocess.Popen[bytes]], pause: float) -> None:
        while True:
            self.starts += 1
            self.running[number] = process = start()
            if process.wait() == 0:
                return
            time.sleep(pause)


class Embedded(Place):
    """SQLite and a folder; two ``meterdrop ingest`` over the same boxes, each killed again and again."""

    stations: Stations

    @property
    def environment(self) -> dict[str, str]:
        values = {name: value for name, value in os.environ.items() if not name.startswith("METERDROP_")}
        values.pop("PREFECT_API_URL", None)
        return values | {"METERDROP_HOME": str(self.home), "METERDROP_WORKERS": "1", "OMP_NUM_THREADS": "1"}

    def begin(self, made: Boxes) -> None:
        names = iter(_STATIONS * 1_000_000)
        lock = threading.Lock()

        def start() -> subprocess.Popen[bytes]:
            with lock:
                return self.start(self.ingest(made, next(names)))

        self.stations = Stations(start, len(_STATIONS), 1.0)

    def handed_in(self) -> bool:
        return self.stations.done()

    def processes(self) -> list[int]:
        alive = [each.pid for each in self.stations.alive()]
        return [*alive, *(child for pid in alive for child in children(pid))]

    def stop(self) -> None:
        for process in self.stations.alive():
            os.killpg(process.pid, signal.SIGKILL)

    def faults(self) -> list[Fault]:
        return [self._reader, self._main, self._group, self._stopped]

    def _one(self) -> subprocess.Popen[bytes] | None:
        alive = self.stations.alive()
        return self.dice.choice(alive) if alive else None

    def _main(self) -> str:
        """Its readers have to notice by themselves."""
        process = self._one()
        if process is not None:
            kill(process.pid)
        return "kill -9 of a station's main process"

    def _group(self) -> str:
        process = self._one()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return "kill -9 of a station with its readers"

    def _reader(self) -> str:
        process = self._one()
        if process is not None and (below := children(process.pid)):
            kill(self.dice.choice(below))
        return "kill -9 of a reader process"

    def _stopped(self) -> str:
        process = self._one()
        if process is not None:
            stop_for(process.pid, 5.0)
        return "a station stopped for 5 s"


class InCluster(Place):
    """``make cluster``: PostgreSQL, Ceph, Prefect, two workers; every one of them dies or stands still."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        super().__init__(folder / "home", dice)
        self.folder = folder
        subprocess.run(
            [sys.executable, "-m", "scripts.cluster", "start", "--folder", str(folder)], check=True
        )
        self.stations: Stations | None = None

    @property
    def environment(self) -> dict[str, str]:
        from scripts.cluster.layout import Cluster

        return Cluster.at(self.folder).environment() | {"OMP_NUM_THREADS": "1"}

    def begin(self, made: Boxes) -> None:
        names = iter(_STATIONS * 1_000_000)
        lock = threading.Lock()

        def start() -> subprocess.Popen[bytes]:
            with lock:
                return self.start(self.ingest(made, next(names), "--no-wait"))

        self.stations = Stations(start, len(_STATIONS), 3.0)

    def handed_in(self) -> bool:
        return self.stations is not None and self.stations.done()

    def processes(self) -> list[int]:
        workers = [pid for name, pid in self._pids().items() if name.startswith("worker")]
        return [each for pid in workers for each in (pid, *descendants(pid))]

    def faults(self) -> list[Fault]:
        return [
            self._killer("worker-1", below=True),
            self._reader,
            self._killer("postgres"),
            self._killer("radosgw"),
            self._killer("prefect", below=True),
            self._stopper("ceph-osd", 8.0),
            self._killer("worker-2", below=True),
            self._stopper("postgres", 8.0),
            self._station,
        ]

    def stop(self) -> None:
        """End the cluster; its data stay."""
        command = [sys.executable, "-m", "scripts.cluster", "stop", "--folder", str(self.folder)]
        subprocess.run(command, check=True)

    def _pids(self) -> dict[str, int]:
        state: dict[str, Any] = json.loads((self.folder / "status.json").read_text("utf-8"))
        return {name: each["pid"] for name, each in state["services"].items() if each["pid"]}

    def _pid(self, name: str) -> int | None:
        return self._pids().get(name)

    def _killer(self, name: str, *, below: bool = False) -> Fault:
        def fault() -> str:
            pid = self._pid(name)
            if pid is None:
                return f"{name} was down"
            for each in (*(descendants(pid) if below else ()), pid):
                kill(each)
            return f"kill -9 of {name}" + (" with all below it" if below else "")

        return fault

    def _stopper(self, name: str, seconds: float) -> Fault:
        def fault() -> str:
            pid = self._pid(name)
            if pid is None:
                return f"{name} was down"
            for each in (pid, *descendants(pid)):
                stop_for(each, seconds)
            return f"{name} stood still for {seconds:.0f} s"

        return fault

    def _reader(self) -> str:
        pid = self._pid(self.dice.choice(("worker-1", "worker-2")))
        below = descendants(pid) if pid else []
        if below:
            kill(below[-1])
        return "kill -9 of a reader process of a worker"

    def _station(self) -> str:
        alive = [] if self.stations is None else self.stations.alive()
        for process in alive:
            kill(process.pid)
        return f"kill -9 of {len(alive)} stations that hand in"


def kill(pid: int) -> None:
    """Without a farewell."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def stop_for(pid: int, seconds: float) -> None:
    """Let it stand still, as a machine that swaps or a network that is cut."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    threading.Timer(seconds, go_on).start()


def children(pid: int) -> list[int]:
    """The processes that any thread of a process started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """Children and theirs."""
    below = children(pid)
    return [*below, *(each for child in below for each in descendants(child))]


def memory_mb(pids: list[int]) -> float:
    """Resident memory of processes together, what they share counted in each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
