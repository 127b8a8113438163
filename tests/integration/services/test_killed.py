"""``kill -9`` at any moment, then the same again: nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest

from services.context import Context
from services.status import status
from services.verify import verify
from tests.paper import account_row, file_of, register, slip
from tests.tree import ROOT

pytestmark = pytest.mark.slow

FILES, PAGES, KILLS = 6, 10, 5
SCRIPT = Path(__file__).with_name("at_work.py")


def test_killed_again_and_again(ctx: Context, records_url: str, tmp_path: Path) -> None:
    rng = random.Random(20261124)
    folder = tmp_path / "scans"
    folder.mkdir()
    accounts = [f"{121_000_000_000 + n}" for n in range(FILES * PAGES)]
    register(ctx, *(account_row(account) for account in accounts))
    for number in range(FILES):
        pages = [[slip(a, "1100", ink=a)] for a in accounts[number * PAGES : (number + 1) * PAGES]]
        # The last page of each file is the first slip of the first file, scanned again.
        (folder / f"{number}.pdf").write_bytes(
            file_of(*pages, "blank", [slip(accounts[0], "1100", ink=accounts[0])], scan=str(number))
        )

    with AtWork(records_url, tmp_path / "objects") as at_work:
        killed = 0
        while killed < KILLS:
            killed += not at_work.run("ingest", folder, rng.uniform(0.0, 0.4))
        assert at_work.run("ingest", folder)
    counts = status(ctx)
    assert counts.by_state == dict.fromkeys(counts.by_state, 0) | {
        "accepted": FILES * PAGES,
        "blank": FILES,
        "duplicate": FILES,
    }
    assert counts.sheets == FILES * (PAGES + 2)
    assert verify(ctx).problems == ()

    with AtWork(records_url, tmp_path / "objects") as at_work:
        for attempt in range(6):
            at_work.run("export", tmp_path / f"{attempt}.csv", rng.uniform(0.0, 0.05))
        assert at_work.run("export", tmp_path / "last.csv")
    got = [row["account"] for path in tmp_path.glob("*.csv") for row in csv.DictReader(path.open())]
    assert sorted(got) == accounts
    assert status(ctx).by_state["delivered"] == FILES * PAGES
    assert list(tmp_path.glob(".*.tmp")) == []
    assert verify(ctx).problems == ()


class AtWork:
    """Runs work in processes and kills them."""

    def __init__(self, url: str, objects: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, SCRIPT, url, objects],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, what: str, path: Path, seconds: float | None = None) -> bool:
        """Kill it ``seconds`` after it was ready (None: never); whether it was done before that."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(what, path, file=self._process.stdin, flush=True)
        child = int(self._process.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            # A child that has just ended is gone, and nobody else has its number yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        status = int(self._process.stdout.readline())
        assert status in {0, -signal.SIGKILL}
        return status == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)
