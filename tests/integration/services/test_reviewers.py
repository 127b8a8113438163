"""Eight reviewers at once, browsers closed and the server killed in between: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from services import digitise, receive
from services.context import Context
from services.status import status
from services.verify import verify
from storage.records.audits import STATE
from tests.integration.services.reviewing import REVIEWERS
from tests.paper import ORDER, account_row, file_of, register, slip
from tests.tree import ROOT

pytestmark = pytest.mark.slow

SHEETS, KILLS = 400, 4
SCRIPT = Path(__file__).with_name("reviewing.py")
LEASE = 301


def test_four_hundred_slips(ctx: Context, records_url: str, tmp_path: Path) -> None:
    accounts = [f"{121_000_000_000 + n}" for n in range(SHEETS)]
    register(ctx, *(account_row(account) for account in accounts))
    pages = [[slip(account, "1100", confidence=0.6, ink=account)] for account in accounts]
    digitise.split(ctx, receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER).file_id)
    sheets = [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]
    assert status(ctx).by_state["review"] == len(sheets) == SHEETS
    rng = random.Random(20261124)
    process = subprocess.Popen(
        [sys.executable, SCRIPT, records_url, tmp_path / "objects"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    killed = sessions = 0
    while status(ctx).by_state["review"] or killed < KILLS:
        assert sessions < 20, "the queue does not empty"
        # Whoever was killed or went home loses the slip in hand only when its lease has run out.
        print(sessions * LEASE, file=process.stdin, flush=True)
        child, sessions = int(process.stdout.readline()), sessions + 1
        if killed < KILLS:
            time.sleep(rng.uniform(0.0, 0.25))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        ended = int(process.stdout.readline())
        assert ended in {0, -signal.SIGKILL}, ended
        killed += ended != 0
    process.communicate(timeout=60)
    by_state = {state: number for state, number in status(ctx).by_state.items() if number}
    assert sum(by_state.values()) == SHEETS and set(by_state) == {"accepted", "rejected"}
    with ctx.records.read() as tx:
        log = [row for sheet_id in sheets for row in tx.audits.of_sheet(sheet_id) if row.what == STATE]
        readings = [len(tx.readings.of_sheet(sheet_id)) for sheet_id in sheets]
    verdicts = Counter(row.sheet_id for row in log if row.state_before == "review")
    assert set(verdicts) == set(sheets) and set(verdicts.values()) == {1}
    assert sum(readings) == by_state["accepted"] and max(readings) == 1
    # Whoever starts late may find nothing left; several were at it at once.
    judged = {row.who for row in log if row.state_before == "review"}
    assert judged <= set(REVIEWERS)
    assert len(judged) >= 3
    assert verify(ctx).problems == ()
