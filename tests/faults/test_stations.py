"""Two stations send the same at the same time: each sheet once, each reading once."""

from __future__ import annotations

from pathlib import Path
from subprocess import Popen

import pytest

from services.context import Context
from services.status import status
from services.verify import verify
from tests.faults.sound import PowerCuts, assert_sound, scans
from tests.paper import account_row, file_of, register, slip

pytestmark = pytest.mark.slow


def test_the_same_batch_twice_at_once_and_one_slip_scanned_by_both(
    ctx: Context, records_url: str, tmp_path: Path, power_cuts: Popen[str]
) -> None:
    objects = tmp_path / "objects"
    stations = PowerCuts(power_cuts, records_url, objects)
    same = tmp_path / "same"
    truth = scans(ctx, same, files=5, pages=2)
    stations.begin("ingest", same, beside=True)
    stations.begin("ingest", same)
    assert [stations.end()[0], stations.end()[0]] == ["", ""]
    assert_sound(ctx, same, truth)
    with ctx.records.read() as tx:
        receipts = sum(row.what == "file.received" for row in tx.audits.latest(1000))
    assert receipts == 10, "each station has a receipt for each file"

    # The same papers, but each station's own scans of them.
    for number in range(2):
        folder = tmp_path / f"station-{number}"
        folder.mkdir()
        for n in range(4):
            account = f"{121_000_900_000 + n}"
            register(ctx, account_row(account))
            data = file_of([slip(account, "1100", ink=account)], scan=f"station {number}")
            (folder / f"{n}.pdf").write_bytes(data)
        stations.begin("ingest", folder, beside=number == 0)
    assert [stations.end()[0], stations.end()[0]] == ["", ""]
    counts = status(ctx).by_state
    assert (counts["accepted"], counts["duplicate"], counts["pending"]) == (len(truth) + 4, 4, 0)
    assert verify(ctx).problems == ()
