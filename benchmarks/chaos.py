"""Many unique slips, a fault every so many seconds, and at the end a proof that nothing is lost or doubled.

    python -m benchmarks.chaos [--sheets 1000] [--every 60] [--through embedded|cluster] [--folder F]

Two stations hand in the same boxes at the same time. ``embedded``: SQLite and a folder; the stations read by
themselves and are killed, their readers too, or stand still. ``cluster``: what ``make cluster`` starts; its
workers, database, gateway, disks and Prefect server are killed or stand still in turn. When no sheet waits
any more, ``meterdrop export`` is killed twice and then let through, and checked is: as many sheets as pages,
each in exactly one state, none pending, unreadable or duplicate; every original there byte for byte; every
accepted reading in exactly one export; ``meterdrop verify`` clean. The curve goes to ``out/chaos-*.json``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.boxes import Boxes, boxes
from benchmarks.chaos_places import Embedded, InCluster, Place, memory_mb
from benchmarks.pile import OUT
from domain.errors import StorageError
from meterdrop.wiring import records_settings, store_settings
from storage.objects import open_store
from storage.records import Records

_LOOK_EVERY = 2.0
_COMMAND_SECONDS = 3600.0


def suffer(place: Place, made: Boxes, every: float, limit: float) -> dict[str, Any]:
    """Hand in and break until no sheet waits; the faults and the curve of progress."""
    began, next_fault = time.monotonic(), every
    faults: list[tuple[float, str]] = []
    curve: list[tuple[float, int, int, float]] = []
    turn = place.faults()
    place.begin(made)
    with Records.open(records_settings(place.settings())) as records:
        while True:
            time.sleep(_LOOK_EVERY)
            now = time.monotonic() - began
            states = _states(records)
            sheets, waiting = sum(states.values()), states.get("pending", 0)
            if states:
                curve.append((round(now, 1), sheets, sheets - waiting, round(memory_mb(place.processes()))))
            if place.handed_in() and states and not waiting:
                break
            if now > next_fault:
                next_fault = now + every
                said = turn[len(faults) % len(turn)]()
                faults.append((round(now, 1), said))
                print(f"{now:7.1f} s  {sheets - waiting:6d} of {sheets:6d}  {said}", flush=True)
            if now > limit:
                print(f"{now:7.1f} s  given up with {waiting} waiting", flush=True)
                break
    return {"seconds": round(time.monotonic() - began, 1), "faults": faults, "curve": curve}


def _states(records: Records) -> Counter[str]:
    """Sheets by state; nothing while the database is one of the faults."""
    try:
        with records.read() as tx:
            rows = tx.sheets.counts()
    except StorageError:
        return Counter()
    states: Counter[str] = Counter()
    for state, _, number in rows:
        states[state] += number
    return states


def prove(place: Place, made: Boxes) -> dict[str, Any]:
    """What must hold; ``problems`` is empty when it does."""
    problems: list[str] = []
    with Records.open(records_settings(place.settings())) as records:
        states = _states(records)
    if sum(states.values()) != len(made.truth):
        problems.append(f"{sum(states.values())} sheets of {len(made.truth)} pages")
    for state in ("pending", "unreadable", "duplicate", "blank"):
        if states[state]:
            problems.append(f"{states[state]} sheets are {state}")
    store = open_store(store_settings(place.settings()))
    for path in made.paths:
        data = path.read_bytes()
        if store.get(hashlib.sha256(data).hexdigest()) != data:
            problems.append(f"{path.name} is not there byte for byte")
    rows = _exported(place)
    ids = Counter(row["reading_id"] for row in rows)
    accounts = Counter(row["account"] for row in rows)
    doubled = sum(n > 1 for n in ids.values()) + sum(n > 1 for n in accounts.values())
    if doubled:
        problems.append(f"{doubled} readings exported more than once")
    if len(ids) != states["accepted"]:
        problems.append(f"{len(ids)} readings exported of {states['accepted']} accepted sheets")
    wrong = sum(made.truth.get(row["account"]) != row["reading"] for row in rows)
    verified, seconds, peak = _verified(place)
    problems += verified["problems"][:20]
    return {
        "by_state": dict(states),
        "exported": len(rows),
        "wrong_among_exported": wrong,
        "verify_s": seconds,
        "verify_peak_mb": peak,
        "problems": problems,
    }


def _exported(place: Place) -> list[dict[str, str]]:
    """All rows of all export files: two runs are killed, the third is let through."""
    out = place.home / "chaos-exports"
    out.mkdir(exist_ok=True)
    for number in range(2):
        process = place.start(place.command("export", "-o", str(out / f"{number}.csv")))
        try:
            process.wait(place.dice.uniform(0.5, 4.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    place.start(place.command("export", "-o", str(out / "last.csv"))).wait(_COMMAND_SECONDS)
    rows: list[dict[str, str]] = []
    for path in sorted(out.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as text:
            rows += csv.DictReader(text)
    return rows


def _verified(place: Place) -> tuple[dict[str, Any], float, float]:
    """What ``meterdrop verify`` says, its seconds and its peak memory in MB."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(place.command("verify", "--json"), env=place.environment, stdout=said)
        _, _, used = os.wait4(process.pid, 0)
        said.seek(0)
        answer: dict[str, Any] = json.loads(said.read() or b'{"ok": false, "problems": ["no answer"]}')
    return answer, round(time.monotonic() - began, 1), round(used.ru_maxrss / 1024, 1)


def main() -> int:
    """Run it; exit status 1 when anything was lost, doubled or left over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=1000)
    parser.add_argument("--box", type=int, default=50, help="slips of one file")
    parser.add_argument("--every", type=float, default=60.0, help="seconds from one fault to the next")
    parser.add_argument("--through", choices=("embedded", "cluster"), default="embedded")
    parser.add_argument("--folder", type=Path, help="of the cluster; default: a new one in out/")
    parser.add_argument("--limit", type=float, default=6 * 3600.0, help="give up after so many seconds")
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    made = boxes(given.sheets, given.box, given.seed)
    folder = given.folder
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{given.through}-", dir=OUT))
        # A cluster's database runs as another user, who must be able to enter.
        folder.chmod(0o755)
    folder = folder.resolve()
    dice = random.Random(given.seed)
    place: Place = Embedded(folder, dice) if given.through == "embedded" else InCluster(folder, dice)
    load = [round(each, 1) for each in os.getloadavg()]
    try:
        importing = place.start(place.command("register", "import", str(made.register)))
        if importing.wait(_COMMAND_SECONDS) != 0:
            print(f"the register was not imported; see {place.home / 'said.txt'}", file=sys.stderr)
            return 1
        told = suffer(place, made, given.every, given.limit)
        told |= prove(place, made)
    finally:
        place.stop()
    told |= {"sheets": given.sheets, "through": given.through, "every_s": given.every}
    told |= {"load_before": load, "load_after": [round(each, 1) for each in os.getloadavg()]}
    (OUT / f"chaos-{given.through}-{given.sheets}.json").write_text(json.dumps(told, indent=1))
    shown = {name: value for name, value in told.items() if name not in {"faults", "curve"}}
    print(json.dumps(shown | {"faults": len(told["faults"])}, ensure_ascii=False, indent=1))
    print("nothing lost, nothing doubled" if not told["problems"] else "NOT clean")
    return 1 if told["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
