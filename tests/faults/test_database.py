"""PostgreSQL that restarts, kills its clients, fails over or is cut off while a batch is under way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from services import batch, settling
from services.context import Context
from storage.records import Records, RecordsSettings
from tests.faults.cluster import Cluster
from tests.faults.sound import assert_sound, scans
from tests.paper import ORDER, Clock, PaperReader, open_services
from tests.servers.processes import find, unavailable
from tests.tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as opened:
        Records.open(RecordsSettings(opened.url("one"))).close()
        yield opened


@pytest.fixture(autouse=True)
def words_for_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "same_slip", lambda a, b: float(bool(a) and a == b))


def opened(url: str, objects: Path, pool: int = 2) -> Context:
    records = Records.open(RecordsSettings(url, pool=pool))
    return open_services(records, objects, Clock(), chunk_sheets=2, patience_seconds=60)


def emptied(ctx: Context) -> Context:
    """Without what an earlier test of this module left."""
    with ctx.records.begin() as tx:
        tables = sa.inspect(tx.connection).get_table_names()
        names = ", ".join(f'"{name}"' for name in tables if name != "alembic_version")
        tx.connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in ("audit", "thresholds", "model_choice", "purge_act"):
            tx.connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        tx.connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        for table in ("audit", "thresholds", "model_choice", "purge_act"):
            tx.connection.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    return ctx


def at_reading(ctx: Context, number: int, fault: Callable[[], None]) -> threading.Event:
    """Have ``fault`` happen, in a thread of its own, when the ``number``-th chunk is read."""
    done, chunks = threading.Event(), iter(range(1, 10_000))
    assert isinstance(ctx.reader, PaperReader)

    def reading() -> None:
        if next(chunks) == number:

            def run() -> None:
                fault()
                done.set()
                # A server that was started here dies with the thread that started it.
                threading.Event().wait()

            threading.Thread(target=run, daemon=True).start()
        time.sleep(0.02)

    ctx.reader.before_reading = reading
    return done


def test_backends_killed_in_their_transactions(cluster: Cluster, tmp_path: Path) -> None:
    with_records = emptied(opened(cluster.url("one"), tmp_path / "objects"))
    folder = tmp_path / "scans"
    truth = scans(with_records, folder, files=6, pages=2)

    def kill_all() -> None:
        for _ in range(6):
            cluster.execute(
                "one", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'"
            )
            time.sleep(0.04)

    done = at_reading(with_records, 2, kill_all)
    batch.run_batch(with_records, [folder], ORDER)
    assert done.wait(20)
    assert_sound(with_records, folder, truth)
    with_records.close()


def test_a_crash_and_a_restart(cluster: Cluster, tmp_path: Path) -> None:
    with_records = emptied(opened(cluster.url("one"), tmp_path / "objects"))
    folder = tmp_path / "scans"
    truth = scans(with_records, folder, files=4, pages=2)

    def crash() -> None:
        cluster.kill("one")
        cluster.start("one")

    done = at_reading(with_records, 2, crash)
    batch.run_batch(with_records, [folder], ORDER)
    assert done.wait(20)
    assert_sound(with_records, folder, truth)
    with_records.close()


def test_a_cut_cable_between_two_hosts(cluster: Cluster, tmp_path: Path) -> None:
    """The batch runs on a host of its own, a network namespace; its cable is pulled for some seconds."""
    with far_host() as (cable, address, run):
        url = cluster.url("one", host=address, tcp_user_timeout="700", connect_timeout="2")
        seen = emptied(opened(cluster.url("one"), tmp_path / "objects"))
        folder = tmp_path / "scans"
        truth = scans(seen, folder, files=5, pages=2)
        program = ROOT / "tests" / "faults" / "far_batch.py"
        with subprocess.Popen(
            [*run, sys.executable, program, url, tmp_path / "objects", folder],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        ) as far:
            assert far.stdout is not None
            assert far.stdout.readline() == "reading\n"
            _ip("link", "set", cable, "down")
            time.sleep(2.0)
            _ip("link", "set", cable, "up")
            assert far.wait(60) == 0
        assert_sound(seen, folder, truth)
        seen.close()


@contextmanager
def far_host() -> Iterator[tuple[str, str, list[str]]]:
    """A network namespace: our end of the cable, our address on it, and what runs a program there."""
    if find("ip") is None:
        unavailable("ip", "apt-get install iproute2")
    number = os.getpid()
    name, ours, theirs = f"mdf{number}", f"mdf{number}a", f"mdf{number}b"
    network = f"10.213.{number % 251}"
    made = _ip("netns", "add", name, check=False)
    if made.returncode:
        pytest.skip(f"network namespaces are not permitted here: {made.stderr.decode().strip()}")
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("addr", "add", f"{network}.1/30", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", name, "addr", "add", f"{network}.2/30", "dev", theirs)
        _ip("-n", name, "link", "set", theirs, "up")
        yield ours, f"{network}.1", ["ip", "netns", "exec", name]
    finally:
        _ip("netns", "del", name, check=False)
        _ip("link", "del", ours, check=False)


def _ip(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True)


def test_z_the_primary_dies_and_its_standby_takes_over(cluster: Cluster, tmp_path: Path) -> None:
    """Both are named in one address. Last: the first server stays dead."""
    cluster.follow()
    with_records = emptied(opened(cluster.url("one", "two"), tmp_path / "objects"))
    folder = tmp_path / "scans"
    truth = scans(with_records, folder, files=4, pages=2)

    def fail_over() -> None:
        cluster.kill("one")
        time.sleep(0.3)
        cluster.promote()

    done = at_reading(with_records, 2, fail_over)
    batch.run_batch(with_records, [folder], ORDER)
    assert done.wait(20)
    assert_sound(with_records, folder, truth)
    with_records.close()
