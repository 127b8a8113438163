"""What must hold after every fault."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.context import Context
from services.status import status
from services.verify import verify
from storage.records.readings import CURRENT
from storage.records.tables import reading
from tests.paper import account_row, file_of, register, slip
from tests.tree import ROOT


def accounts(number: int) -> list[str]:
    """Account numbers that are all different."""
    return [f"{121_000_000_000 + 7 * n}" for n in range(number)]


def scans(ctx: Context, folder: Path, files: int = 3, pages: int = 3) -> dict[str, str]:
    """``files`` files of ``pages`` slips each, of registered accounts; returns account → reading."""
    folder.mkdir(exist_ok=True)
    truth = {account: f"{1_100 + n}" for n, account in enumerate(accounts(files * pages))}
    register(ctx, *(account_row(account) for account in truth))
    slips = [slip(account, text, ink=account) for account, text in truth.items()]
    for number in range(files):
        some = slips[number * pages : (number + 1) * pages]
        (folder / f"{number}.pdf").write_bytes(file_of(*([each] for each in some), scan=str(number)))
    return truth


def assert_sound(ctx: Context, folder: Path, truth: Mapping[str, str], **others: int) -> None:
    """Every sheet is in exactly one state, every original is there byte for byte, every reading once.

    ``others``: how many sheets are in another state than accepted or delivered.
    """
    assert verify(ctx).problems == ()
    counts = status(ctx)
    assert sum(counts.by_state.values()) == counts.sheets == len(truth) + sum(others.values())
    assert {state: counts.by_state[state] for state in others} == others
    assert counts.by_state["accepted"] + counts.by_state["delivered"] == len(truth)
    with ctx.records.read() as tx:
        found = tx.connection.execute(sa.select(reading.c.account, reading.c.reading).where(CURRENT)).all()
        kept = {key for _, key, _ in tx.files.kept(0, 10_000)}
    assert sorted((r.account, int(r.reading)) for r in found) == sorted(
        (account, int(text)) for account, text in truth.items()
    )
    given = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert {ctx.objects.put(data) for data in given} == kept
    assert sorted(ctx.objects.get(key) for key in kept) == sorted(set(given))


def exported(paths: Iterable[Path]) -> Counter[str]:
    """How often each account stands in these files."""
    return Counter(row["account"] for path in paths for row in csv.DictReader(path.open(encoding="utf-8")))


class PowerCuts:
    """Tasks of ``tests.faults.power``, on one installation; several installations share its process."""

    def __init__(self, process: subprocess.Popen[str], url: str, objects: Path) -> None:
        self._process = process
        self._where = {"url": url, "objects": str(objects)}

    def begin(self, what: str, path: Path, point: int = 0, *, beside: bool = False) -> None:
        """Start a task that dies at its ``point``-th point; ``beside``: while the next one is begun."""
        assert self._process.stdin is not None
        task = {**self._where, "what": what, "path": str(path), "point": point, "beside": beside}
        print(json.dumps(task), file=self._process.stdin, flush=True)

    def end(self) -> tuple[str, int]:
        """Where a task died ("": it is done), and how many points it passed."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer["died"], answer["points"]

    def run(self, what: str, path: Path, point: int = 0) -> tuple[str, int]:
        """``begin`` and ``end``."""
        self.begin(what, path, point)
        return self.end()


@contextmanager
def power_process() -> Iterator[subprocess.Popen[str]]:
    """The process that ``PowerCuts`` speaks to."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.power"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate(timeout=60)
