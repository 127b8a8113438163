"""``kill -9`` of deliverer and mailer, with a billing system that fails a third of its calls."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.context import Context
from services.reconcile import AtBilling, reconcile
from services.status import status
from services.verify import verify
from tests.delivery_desk import SUPPLIER, accept
from tests.tree import ROOT

pytestmark = pytest.mark.slow

#: Enough for every step to be hit; KILLED_READINGS=1000 takes some minutes more.
READINGS = int(os.environ.get("KILLED_READINGS", "120"))
KILLS = READINGS // 10
SECRET = "0123456789abcdef"


@contextlib.contextmanager
def process(*argv: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, *argv],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def run(at_work: subprocess.Popen[str], what: str, seconds: float | None = None) -> bool:
    """Let ``at_work`` do ``what`` and kill it after so many seconds; whether it was done before that."""
    assert at_work.stdin is not None
    assert at_work.stdout is not None
    print(what, file=at_work.stdin, flush=True)
    child = int(at_work.stdout.readline())
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    ended = int(at_work.stdout.readline())
    assert ended in {0, -signal.SIGKILL}
    return ended == 0


def test_each_reading_once_and_each_notice_at_most_once(
    ctx: Context, records_url: str, tmp_path: Path
) -> None:
    rng = random.Random(20261124)
    accounts = accept(ctx, 100, READINGS, phone="+79030000000")
    refused = [a for a in accounts if a.endswith("13")]
    peer = str(ROOT / "tests" / "billing_peer.py")
    script = str(Path(__file__).with_name("at_delivery.py"))
    with process(peer, str(tmp_path), SECRET, "fails") as billing:
        assert billing.stdout is not None
        port = billing.stdout.readline().strip()
        with process(script, records_url, str(tmp_path / "objects"), port, SECRET) as at_work:
            killed = 0
            while killed < KILLS:
                what = rng.choice(["billing", "billing", "notices"])
                killed += not run(at_work, what, rng.uniform(0.0, 0.3))
                if status(ctx).by_state["accepted"] == 0:
                    break
            for _ in range(READINGS):
                run(at_work, "billing")
                if status(ctx).by_state["accepted"] == 0:
                    break
            for _ in range(READINGS // 10):
                run(at_work, "notices")
    assert killed > 3
    counts = status(ctx).by_state
    assert (counts["delivered"], counts["review"]) == (READINGS - len(refused), len(refused))
    with sqlite3.connect(tmp_path / "billing.db") as db:
        booked = db.execute("SELECT key, account, reading, times FROM booked").fetchall()
        texts = db.execute("SELECT text FROM texts").fetchall()
    assert sorted(row[1] for row in booked) == sorted(set(accounts) - set(refused))
    assert max(row[3] for row in booked) > 1, "some rows were handed over again"
    found = reconcile(ctx, SUPPLIER, billing=[AtBilling(row[0], row[1], row[2]) for row in booked])
    assert found.problems == ()
    assert found.settled
    assert verify(ctx).problems == ()
    told = [text for (text,) in texts if "принято" in text]
    assert len(told) == len(set(told)), "nobody is told twice"
    with ctx.records.read() as tx:
        states = tx.notices.counts(SUPPLIER)
    sent, doubtful = (states.get(("sms", "accepted", s), 0) for s in ("sent", "doubtful"))
    assert sent + doubtful + states.get(("sms", "accepted", "queued"), 0) == len(booked)
    assert sent <= len(told) <= sent + doubtful
    assert sent > len(booked) * 0.6
