"""A bucket that is away, slow, full or lies: a batch waits or stops with one line, and loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from minio import Minio

from domain.errors import StorageError
from domain.reasons import Reason
from services import batch
from services.context import Context
from services.results import BatchResult
from services.verify import verify
from storage.objects import S3Settings, S3Store, key_of
from storage.records import Records
from tests.faults.sound import assert_sound, scans
from tests.faults.wire import Answer, Wire, s3_error
from tests.paper import ORDER, Clock, open_services

pytestmark = pytest.mark.parametrize("records_url", ["sqlite"], indirect=True)
_NUMBERS = count(1)
_HTML = Answer(503, b"<html>busy</html>", "text/html")


@pytest.fixture
def wire(moto_endpoint: str) -> Iterator[Wire]:
    host, _, port = moto_endpoint.partition(":")
    with Wire(host, int(port)) as opened:
        yield opened


@pytest.fixture
def bucket(moto_endpoint: str, wire: Wire) -> S3Settings:
    """A bucket behind the wire; three tries a request."""
    settings = S3Settings(
        endpoint=f"127.0.0.1:{wire.port}",
        bucket=f"faults-{next(_NUMBERS)}",
        access_key="key",
        secret_key="secret",
        region="us-east-1",
        tls=False,
        timeout=5,
        attempts=3,
    )
    Minio(moto_endpoint, access_key="key", secret_key="secret", secure=False).make_bucket(settings.bucket)
    return settings


@pytest.fixture
def far(ctx: Context, records: Records, bucket: S3Settings, clock: Clock) -> Context:
    """Services whose objects are in the bucket; they wait for it."""
    return open_services(records, S3Store(bucket), clock, chunk_sheets=2, patience_seconds=20)


def ingest(ctx: Context, folder: Path) -> BatchResult:
    return batch.run_batch(ctx, [folder], ORDER)


def test_a_batch_outlasts_whatever_goes_by(far: Context, wire: Wire, tmp_path: Path) -> None:
    """Busy, broken, cut, spoiled both ways, slow and away, all in one batch: nobody need do anything."""
    folder = tmp_path / "scans"
    truth = scans(far, folder, files=4, pages=2)
    wire.answers.extend([s3_error(503, "SlowDown"), _HTML, s3_error(500, "InternalError"), Answer(502)])
    wire.spoil_up, wire.spoil_down, wire.cut_down, wire.slow = 1, 1, 1, 0.005
    away = threading.Timer(0.3, wire.away, [0.5])
    away.start()
    result = ingest(far, folder)
    away.join()
    while wire.dead:
        time.sleep(0.02)
    assert not wire.answers
    assert (wire.spoil_up, wire.spoil_down, wire.cut_down, wire.dead) == (0, 0, 0, False)
    assert result.problems == ()
    wire.slow = 0.0
    assert_sound(far, folder, truth)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(507, b"", "text/plain"), "the server is full"),
        (s3_error(403, "QuotaExceeded"), "the quota is used up"),
        (_HTML, "the server is too busy"),
    ],
)
def test_a_bucket_that_stays_full(
    far: Context, wire: Wire, tmp_path: Path, answer: Answer, says: str
) -> None:
    """One line, nothing acknowledged that is not kept; with room again the same command goes on."""
    folder = tmp_path / "scans"
    truth = scans(far, folder, files=2, pages=1)
    impatient = replace(far, settings=replace(far.settings, patience_seconds=0.3))
    wire.method = "PUT"
    wire.answers.extend([answer] * 50)
    with pytest.raises(StorageError, match=says):
        ingest(impatient, folder)
    wire.answers.clear()
    assert verify(far).problems == ()
    ingest(far, folder)
    assert_sound(far, folder, truth)


def test_a_server_that_keeps_something_else_is_not_believed(
    far: Context, wire: Wire, bucket: S3Settings
) -> None:
    wire.spoil_up = 1
    with pytest.raises(StorageError, match="kept something else"):
        S3Store(bucket).put(b"slip " * 200)
    assert S3Store(bucket).put(b"slip " * 200) == key_of(b"slip " * 200)
    assert S3Store(bucket).prove(key_of(b"slip " * 200)) == 1000


def test_a_silent_server_costs_bounded_time(far: Context, wire: Wire, bucket: S3Settings) -> None:
    wire.frozen = True
    began = time.monotonic()
    with pytest.raises(StorageError, match="METERDROP_S3_TIMEOUT"):
        S3Store(replace(bucket, timeout=0.3)).get("0" * 64)
    assert time.monotonic() - began < 10
    wire.frozen = False


def test_one_lost_original_stops_no_other(far: Context, tmp_path: Path) -> None:
    """Its sheet stays pending and visible, its neighbours are read; restored, it is read like any other."""
    folder = tmp_path / "scans"
    truth = scans(far, folder, files=3, pages=1)
    lost = (folder / "1.pdf").read_bytes()
    reader = far.reader
    took = reader.count

    def lose(key: str, name: str) -> object:
        if name == "1.pdf":
            far.objects.delete(key)
        return took(key, name)

    reader.count = lose  # type: ignore[assignment,method-assign]
    result = ingest(far, folder)
    assert [(problem.path, problem.reason) for problem in result.problems] == [
        ("1.pdf", Reason.ORIGINAL_DAMAGED)
    ]
    assert result.totals == {"accepted": 2, "pending": 1}
    assert verify(far).problems == (
        f"file 2: its original {key_of(lost)} is missing; restore it from a backup",
    )
    reader.count = took  # type: ignore[method-assign]
    assert ingest(far, folder).problems == ()
    assert_sound(far, folder, truth)
