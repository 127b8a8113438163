"""The power is cut before and after every commit, sync, rename and link; then the same command again."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from subprocess import Popen

import pytest

from services.context import Context
from services.verify import verify
from storage.records import Records, RecordsSettings
from tests.faults.sound import PowerCuts, assert_sound, exported, scans
from tests.paper import Clock, open_services

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("records_url", ["sqlite"], indirect=True)
def test_at_every_point_of_a_batch(
    ctx: Context, records_url: str, clock: Clock, tmp_path: Path, power_cuts: Popen[str]
) -> None:
    """A fresh home for each point: cut there, everything agrees; again, everything is there."""
    scanned = tmp_path / "scans"
    truth = scans(ctx, scanned, files=1, pages=2)
    ctx.records.close()
    seed, home = tmp_path / "records.db", tmp_path / "home"
    url, objects = f"sqlite:///{home / 'records.db'}", home / "objects"
    died: Counter[str] = Counter()
    power = PowerCuts(power_cuts, url, objects)
    point = 0
    while True:
        point += 1
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        shutil.copy(seed, home / "records.db")
        name, _ = power.run("ingest", scanned, point)
        if not name:
            break
        died[name] += 1
        with Records.open(RecordsSettings(url)) as records:
            found = open_services(records, objects, clock)
            assert verify(found).problems == (), f"at point {point}, {name}"
            assert power.run("ingest", scanned)[0] == ""
            assert_sound(found, scanned, truth)
    assert set(died) == {
        f"{when} a {what}" for when in ("before", "after") for what in ("commit", "sync", "rename")
    }
    assert point > 15


def test_again_and_again_at_the_next_point(
    ctx: Context, records_url: str, tmp_path: Path, power_cuts: Popen[str]
) -> None:
    """One home for all points of a batch and then of an export, on both databases."""
    scanned = tmp_path / "scans"
    truth = scans(ctx, scanned, files=2, pages=2)
    # What is before the commit is the same on both: not every point twice.
    stride = 1 if records_url.startswith("sqlite") else 3
    power = PowerCuts(power_cuts, records_url, tmp_path / "objects")
    cuts = 0
    while power.run("ingest", scanned, 5 * cuts + 1)[0]:
        cuts += 1
        assert verify(ctx).problems == ()
    assert cuts >= 3
    assert_sound(ctx, scanned, truth)
    out = tmp_path / "out"
    out.mkdir()
    point = 1
    while power.run("export", out / f"{point}.csv", point)[0]:
        point += stride
        assert verify(ctx).problems == ()
    assert point > 8
    assert exported(out.glob("*.csv")) == Counter(truth.keys())
    assert list(out.glob(".*.tmp")) == []
    assert_sound(ctx, scanned, truth)
