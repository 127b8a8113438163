"""Kill -9 at random moments of a batch and of an export, run the same commands again, and prove that nothing
is lost.

    python -m benchmarks.killing [--rounds 5] [--kills 6] [--sheets 150] [--seed 1]

A round: a fresh home; ``meterdrop ingest`` is killed ``--kills`` times (the main process alone or with its
readers), then run to its end; ``meterdrop export`` likewise. Checked: every sheet in exactly one state and
none pending, as many
sheets as pages, the exported readings once each over all files and equal to what was accepted, ``verify``
clean.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.pile import DAY, Pile, pile

_TIMEOUT = 900.0
#: A kill comes at most so long after the start-up: early enough that a batch of a few seconds meets several.
_LATEST = 4.0


class Station:
    """The command line over one home."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        self.home, self.dice = home, dice
        self.environment = {**os.environ, "METERDROP_HOME": str(home), "METERDROP_WORKERS": "2"}
        self.environment.pop("PREFECT_API_URL", None)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "meterdrop", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.home / "errors.txt").open("ab"),
            start_new_session=True,
        )

    def finish(self, *arguments: str) -> int:
        """Run a command to its end; its exit status."""
        return self.start(*arguments).wait(_TIMEOUT)

    def json(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        command = [sys.executable, "-m", "meterdrop", *arguments, "--json"]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
        if not done.stdout:
            raise RuntimeError(f"{' '.join(arguments)} said nothing but: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def killed(self, after: float, *arguments: str) -> bool:
        """Start a command and kill it after some seconds; whether it was still running."""
        process = self.start(*arguments)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            if self.dice.random() < 0.5:
                os.kill(process.pid, signal.SIGKILL)  # the readers have to notice by themselves
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False


def one_round(made: Pile, home: Path, kills: int, dice: random.Random) -> dict[str, Any]:
    """One home from its first file to a verified export; what went wrong is in ``problems``."""
    station = Station(home, dice)
    problems: list[str] = []
    if station.finish("register", "import", str(made.register)) != 0:
        problems.append("the register was not imported")
    ingest = ("ingest", str(made.pdf), "--station", "killing", "--collected", DAY.isoformat())
    began = time.monotonic()
    station.killed(_TIMEOUT, "status")
    start_up = time.monotonic() - began
    hits = 0
    for _ in range(kills):
        hits += station.killed(start_up + dice.uniform(0.0, _LATEST), *ingest)
        _check_sum(station, problems)
    if station.finish(*ingest) != 0:
        problems.append("the last ingest failed")
    if station.finish(*ingest) != 0:
        problems.append("one more ingest of the same file failed")
    status = station.json("status")
    if status["sheets"] != len(made.truth):
        problems.append(f"{status['sheets']} sheets of {len(made.truth)} pages")
    if status["by_state"].get("pending"):
        problems.append(f"{status['by_state']['pending']} sheets left pending")
    hits += _export(station, made, status["by_state"].get("accepted", 0), problems)
    verified = station.json("verify")
    problems += verified["problems"]
    return {"kills": hits, "by_state": status["by_state"], "ok": verified["ok"], "problems": problems}


def _check_sum(station: Station, problems: list[str]) -> None:
    status = station.json("status")
    if sum(status["by_state"].values()) != status["sheets"]:
        problems.append(f"states do not sum to sheets: {status}")
    verified = station.json("verify")
    problems += [f"after a kill: {problem}" for problem in verified["problems"]]


def _export(station: Station, made: Pile, accepted: int, problems: list[str]) -> int:
    """Kill exports, then let one through; hold all files together against what was accepted."""
    hits = 0
    for number in range(3):
        target = station.home / f"readings-{number}.csv"
        hits += station.killed(station.dice.uniform(0.3, 1.6), "export", "-o", str(target))
    station.finish("export", "-o", str(station.home / "readings-last.csv"))
    rows: list[dict[str, str]] = []
    for path in sorted(station.home.glob("readings-*.csv")):
        with path.open(encoding="utf-8", newline="") as text:
            rows += csv.DictReader(text)
    ids = [row["reading_id"] for row in rows]
    if len(set(ids)) != len(ids):
        problems.append(f"{len(ids) - len(set(ids))} readings exported twice")
    if len(ids) != accepted:
        problems.append(f"{len(ids)} readings exported, {accepted} sheets accepted")
    wrong = sum(made.truth.get(row["account"], "") != row["reading"] for row in rows)
    if wrong:
        problems.append(f"{wrong} exported readings that no slip says")
    return hits


def main() -> int:
    """Run the rounds; exit status 1 when anything was lost, doubled or left over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--sheets", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    made = pile(given.sheets, accounts=5000)
    bad = 0
    for number in range(given.rounds):
        home = Path(tempfile.mkdtemp(prefix="meterdrop-killing-"))
        try:
            outcome = one_round(made, home, given.kills, dice)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        bad += bool(outcome["problems"])
        print(f"round {number + 1}: {json.dumps(outcome, ensure_ascii=False)}", flush=True)
    print(f"{given.rounds - bad} of {given.rounds} rounds clean")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
