"""Objects that no record names, and bytes that come again after they were destroyed."""

from __future__ import annotations

import dataclasses
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from domain.errors import InputError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import (
    batch,
    cleaning,
    designing,
    digitise,
    photos,
    purge,
    receive,
    status,
    strays,
    verify,
)
from services.context import Context
from services.draft import DraftForm
from services.photo_intake import PhotoClaim, receive_photo
from services.purge import Terms
from simulate import files
from storage.objects import S3Settings, S3Store, key_of
from storage.records.named import COLUMNS, IN_LOG
from storage.records.tables import audit, metadata
from tests.integration.objects.conftest import client_of, moto_settings  # noqa: F401 - a fixture
from tests.paper import ORDER, SUPPLIER, Clock, account_row, file_of, register, slip
from tests.tree import text, tracked

A = "121000000001"
TERMS = Terms({"station": 365})


@pytest.fixture
def two_days_on(ctx: Context, clock: Clock) -> Context:
    """What is stored now is two days old by the services' clock."""
    clock.now = datetime.now(UTC) + timedelta(days=2)
    return ctx


def swept(ctx: Context) -> list[str]:
    with ctx.records.read() as tx:
        rows = tx.connection.execute(sa.select(audit.c.details).where(audit.c.what == "objects.swept"))
        return [key for details in rows.scalars() for key in details["objects"]]


def killed_before_its_row(ctx: Context, data: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """Hand in; the process ends when the bytes are durable and their row is not."""

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("storage.records.files.Files.add_file", dies)
        with pytest.raises(KeyboardInterrupt):
            receive.receive_file(ctx, data, "a.pdf", ORDER)
    key = key_of(data)
    assert ctx.objects.exists(key)
    return key


def test_what_a_crash_left_goes_after_a_day_and_nothing_else(
    two_days_on: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ctx, late = two_days_on, clock.now
    stray = killed_before_its_row(ctx, file_of([slip(A, "1100")]), monkeypatch)
    kept = receive.receive_file(ctx, b"damaged, but received", "b.pdf", ORDER).sha256
    clock.now = late - timedelta(days=1, hours=2)
    assert strays.sweep(ctx, "anna") == strays.Swept(), "it is two hours short of a day"
    clock.now = late
    assert strays.sweep(ctx, "anna", dry=True).keys == (stray,)
    assert ctx.objects.exists(stray) and swept(ctx) == []
    with caplog.at_level(logging.WARNING):
        assert strays.sweep(ctx, "anna").keys == (stray,)
    assert "destroyed: 1" in caplog.text
    assert not ctx.objects.exists(stray) and ctx.objects.exists(kept)
    assert swept(ctx) == [stray]
    assert strays.sweep(ctx, "anna") == strays.Swept()


def test_a_purge_sweeps_and_its_act_says_so(two_days_on: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = killed_before_its_row(two_days_on, b"a photo", monkeypatch)
    act = purge.purge(two_days_on, TERMS, "anna")
    assert (act.number, act.strays, act.as_json()["strays"]) == (1, [stray], [stray])
    assert purge.purge(two_days_on, TERMS, "anna").number == 0


def test_handed_in_again_what_a_crash_left_is_kept(
    two_days_on: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"cut off"
    stray = killed_before_its_row(two_days_on, data, monkeypatch)
    assert receive.receive_file(two_days_on, data, "a.pdf", ORDER).sha256 == stray
    assert strays.sweep(two_days_on, "anna") == strays.Swept()
    assert two_days_on.objects.exists(stray)


def test_too_many_are_left_until_somebody_says_so(
    two_days_on: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "FEW", 2)
    keys = sorted(two_days_on.objects.put(bytes([number])) for number in range(3))
    assert strays.sweep(two_days_on, "anna") == strays.Swept((), 3)
    assert sorted(strays.sweep(two_days_on, "anna", many=True).keys) == keys


def test_pictures_of_open_drafts_stay(two_days_on: Context) -> None:
    form = DraftForm("Form", "form", 100.0, 50.0)
    grey = np.full((50, 100), 255, np.uint8)
    number = designing.record(two_days_on, "anna", grey, form, supplier=SUPPLIER, source="a.png")
    assert strays.sweep(two_days_on, "anna") == strays.Swept()
    assert designing.draft(two_days_on, number).row.picture in set(two_days_on.objects.keys())


def test_a_bucket_is_swept_as_a_folder_is(
    two_days_on: Context,
    clock: Clock,
    moto_settings: S3Settings,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = S3Store(moto_settings, clock)
    ctx = dataclasses.replace(two_days_on, objects=store)
    stray = killed_before_its_row(ctx, b"left behind", monkeypatch)
    kept = receive.receive_file(ctx, b"received", "b.pdf", ORDER).sha256
    assert strays.sweep(ctx, "anna").keys == (stray,)
    assert list(store.keys()) == [kept]


def test_what_lies_long_in_a_bucket_is_put_again_with_its_bytes(moto_settings: S3Settings) -> None:  # noqa: F811
    clock = Clock()
    clock.now = datetime.now(UTC)
    store, client = S3Store(moto_settings, clock), client_of(moto_settings)
    client.set_bucket_versioning(moto_settings.bucket, VersioningConfig(ENABLED))
    key = store.put(b"slip")

    def versions() -> int:
        found = client.list_objects(moto_settings.bucket, recursive=True, include_version=True)
        return sum((each.object_name or "").endswith(key) for each in found)

    store.put(b"slip")
    assert versions() == 1
    clock.forward(13 * 3600)
    store.put(b"slip")
    assert versions() == 2, "so that it is young when its row is committed"


def test_destroyed_bytes_are_refused_and_not_kept(ctx: Context, clock: Clock, tmp_path: Path) -> None:
    register(ctx, account_row(A))
    path = tmp_path / "a.pdf"
    path.write_bytes(file_of([slip(A, "1100")]))
    first = batch.run_batch(ctx, [path], ORDER)
    clock.forward(370 * 86400)
    assert len(purge.purge(ctx, TERMS, "anna").keys) == 1
    before = status.status(ctx)
    again = batch.run_batch(ctx, [path], ORDER)
    [problem] = again.problems
    assert problem.reason is Reason.ALREADY_DESTROYED
    assert "received on 2026-11-24 and destroyed at the end of their term on 2027-11-29" in problem.detail
    assert again.receipts == () and status.status(ctx) == before
    assert not ctx.objects.exists(first.receipts[0].sha256), "the act says that it is gone, and it is"
    assert verify.verify(ctx).problems == ()
    with pytest.raises(InputError):
        receive.receive_file(ctx, path.read_bytes(), "other name.pdf", ORDER)


def test_a_killed_hand_in_of_destroyed_bytes_is_told_and_swept(ctx: Context, clock: Clock) -> None:
    register(ctx, account_row(A))
    data = file_of([slip(A, "1100")])
    clock.now = datetime.now(UTC) - timedelta(days=400)
    receipt = receive.receive_file(ctx, data, "a.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    clock.now = datetime.now(UTC)
    assert purge.purge(ctx, TERMS, "anna").keys == [receipt.sha256]
    ctx.objects.put(data)
    assert verify.verify(ctx).problems == (), "somebody may be handing it in just now"
    clock.forward(2 * 86400)
    [problem] = verify.verify(ctx).problems
    assert "was destroyed and is there again; run meterdrop purge" in problem
    assert purge.purge(ctx, TERMS, "anna").strays == [receipt.sha256]
    assert verify.verify(ctx).problems == ()


def test_a_destroyed_photo_is_refused_and_not_kept(
    ctx: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Opened in this process, which is quicker.
    monkeypatch.setattr(cleaning, "clean_photo", photos.clean_photo)
    register(ctx, account_row(A))
    picture = np.random.default_rng(1).integers(0, 255, (400, 600), np.uint8)
    data, claim = files.jpeg(picture, 72), PhotoClaim(SUPPLIER, "portal", A, ORDER.collected)
    receipt = receive_photo(ctx, data, "a.jpg", claim)
    with ctx.records.begin() as tx:
        tx.sheets.move(
            tx.sheets.at(receipt.file_id, 1)[0], SheetState.UNREADABLE, (), at=clock(), who="machine"
        )
    clock.forward(370 * 86400)
    assert purge.purge(ctx, Terms({"portal": 365}), "anna").keys == [receipt.sha256]
    with pytest.raises(InputError) as refused:
        receive_photo(ctx, data, "a.jpg", claim)
    assert refused.value.reason is Reason.ALREADY_DESTROYED
    assert not ctx.objects.exists(receipt.sha256)


def test_every_place_that_stores_objects_is_known() -> None:
    """Whoever stores a new kind of object must say in ``storage.records.named`` where its key stands."""
    stores = re.compile(r"objects\.put(?:_file)?\(")
    rooms = {"services", "delivery", "intake", "review_ui", "meterdrop"}
    code = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in rooms]
    found = {path.as_posix() for path in code if stores.search(text(path))}
    assert found == {
        "delivery/files.py",
        "services/designing.py",
        "services/desk.py",
        "services/evidence.py",
        "services/messages.py",
        "services/models.py",
        "services/photo_intake.py",
        "services/publishing.py",
        "services/receive.py",
        "services/submit.py",
    }
    assert {column.table.name for column, _ in COLUMNS} <= set(metadata.tables)
    assert set(IN_LOG) == {"evidence.made", "delivery.receipt"}
