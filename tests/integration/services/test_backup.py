"""Backup and restore: nothing lost, nothing doubled, nothing damaged unnoticed, work goes on where it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from minio import Minio

from delivery.pump import deliver
from domain.errors import ObjectCorruptError, StorageError, UsageError
from services import digitise, receive, restoring, telling
from services.backup import BackupResult, backup, snapshots
from services.context import Context
from services.deliver import export_readings
from services.purge import Terms, purge
from services.status import status
from services.verify import verify
from storage.objects import FolderStore, ObjectStore, S3Settings, S3Store
from storage.records import Records, RecordsSettings
from storage.records.notices import NewNotice
from tests.delivery_desk import SUPPLIER, Desk, accept, yes
from tests.paper import ORDER, Clock, file_of, open_services, slip
from tests.servers.postgres import PostgresServer

FILES = {"settings.toml": b'METERDROP_LANGUAGE = "en"\n', "templates/a/form.yaml": b"a: 1\n"}
_NUMBERS = count(1)


#: The small installation, and the large one: everything else is the same code.
BOTH = pytest.mark.parametrize(
    ("records_url", "empty_store"),
    [("sqlite", "folder"), pytest.param("postgres", "s3", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(
        server.template("records", lambda new: Records.open(RecordsSettings(new)).close())
    )
    yield url
    server.drop_database(url)


@pytest.fixture
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if getattr(request, "param", "folder") == "folder":
        return FolderStore(tmp_path / "restored")
    endpoint = request.getfixturevalue("moto_endpoint")
    settings = S3Settings(endpoint, f"restored-{next(_NUMBERS)}", "a", "b", tls=False, attempts=2)
    Minio(endpoint, access_key="a", secret_key="b", secure=False).make_bucket(settings.bucket)
    return S3Store(settings)


@pytest.fixture
def target_url(request: pytest.FixtureRequest, records_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the same kind as the records."""
    if records_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/restored.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def make(ctx: Context, folder: Path, **options: object) -> BackupResult:
    return backup(ctx, folder, FILES, "0.1.0", **options)  # type: ignore[arg-type]


@pytest.fixture
def at_work(ctx: Context) -> Context:
    """Three accepted sheets, of which one is with billing; two in the middle of the work."""
    accept(ctx, 0, 3)
    deliver(
        ctx, SUPPLIER, Desk(rows=1, say=lambda row: yes(row) if row.reading.account.endswith("0") else None)
    )
    receipt = receive.receive_file(
        ctx, file_of([slip("121000000001", "1300", ink="n")], "blank"), "b.pdf", ORDER
    )
    digitise.split(ctx, receipt.file_id)
    receive.receive_file(ctx, file_of("blank", "blank", scan="x"), "c.pdf", ORDER)
    return ctx


@pytest.fixture
def restored(
    at_work: Context, folder: Path, target_url: str, empty_store: ObjectStore, clock: Clock
) -> Iterator[Callable[..., Context]]:
    """Restores what was backed up; gives services on it."""
    opened: list[Records] = []

    def bring(*, moved: bool = False, name: str | None = None) -> Context:
        snapshot = restoring.open_snapshot(folder, name)
        restoring.restore(snapshot, empty_store, RecordsSettings(target_url))
        opened.append(Records.open(RecordsSettings(target_url)))
        ctx = open_services(opened[0], empty_store, clock)
        restoring.settle(ctx, snapshot, moved=moved)
        return ctx

    yield bring
    for records in opened:
        records.close()


@BOTH
def test_work_goes_on_where_it_was(
    at_work: Context, folder: Path, restored: Callable[..., Context], tmp_path: Path
) -> None:
    made = make(at_work, folder)
    assert (made.sheets, made.objects, made.new) == (6, 3, 3)
    ctx = restored()
    assert status(ctx) == status(at_work)
    assert verify(ctx).problems == ()

    for file_id in digitise.unsplit(ctx):
        digitise.split(ctx, file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    assert status(ctx).by_state["pending"] == 0
    desk = Desk()
    ctx.clock.forward(3600)  # type: ignore[attr-defined]
    deliver(ctx, SUPPLIER, desk)
    handed = [account for _, account in desk.handed]
    # What billing had acknowledged is not handed over again; what it had not answered is, under its key.
    assert sorted(handed) == ["121000000001", "121000000002"]
    export_readings(ctx, tmp_path / "rest.csv")
    assert len((tmp_path / "rest.csv").read_text().splitlines()) == 1
    assert verify(ctx).problems == ()


def test_the_next_backup_copies_only_what_is_new_and_keep_drops_old_ones(
    at_work: Context, folder: Path, clock: Clock, restored: Callable[..., Context]
) -> None:
    first = make(at_work, folder)
    clock.forward(3600)
    receive.receive_file(at_work, file_of("blank", scan="new"), "d.pdf", ORDER)
    second = make(at_work, folder, check=True)
    assert (second.objects, second.new) == (4, 1)
    assert snapshots(folder) == [first.name, second.name]
    ctx = restored(name=first.name)
    assert status(ctx).sheets == 6
    third = make(at_work, folder, keep=1)
    assert third.dropped == (first.name, second.name)
    assert snapshots(folder) == [third.name]


def test_what_was_purged_leaves_the_folder_with_the_last_backup_that_knows_it(
    at_work: Context, folder: Path, clock: Clock
) -> None:
    make(at_work, folder)
    clock.forward(timedelta(days=40).total_seconds())
    for file_id in digitise.unsplit(at_work):
        digitise.split(at_work, file_id)
    digitise.digitise_chunk(at_work, digitise.pending(at_work))
    gone = set(at_work.objects.keys())
    act = purge(at_work, Terms({"station": 30}), "test", dry=False)
    assert act.keys
    kept = FolderStore(folder / "objects")
    made = make(at_work, folder)
    assert set(kept.keys()) == gone
    assert made.objects == len(gone) - len(act.keys)
    make(at_work, folder, keep=1)
    assert set(kept.keys()) == gone - set(act.keys)


def test_a_purge_in_the_middle_makes_the_backup_begin_anew(
    ctx: Context, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(ctx, 0, 2)
    clock.forward(timedelta(days=40).total_seconds())
    keys = ctx.objects.keys

    def purging() -> Iterator[str]:
        monkeypatch.setattr(ctx.objects, "keys", keys)
        purge(ctx, Terms({"station": 30}), "test", dry=False)
        return keys()

    monkeypatch.setattr(ctx.objects, "keys", purging)
    made = make(ctx, folder)
    assert made.objects == 0
    restoring.open_snapshot(folder)


@BOTH
@pytest.mark.usefixtures("empty_store")
def test_what_comes_in_meanwhile_does_not_disturb(at_work: Context, folder: Path) -> None:
    stop = threading.Event()

    def receive_more() -> None:
        for number in count():
            if stop.is_set():
                return
            receive.receive_file(at_work, file_of("blank", scan=f"m{number}"), f"m{number}.pdf", ORDER)

    thread = threading.Thread(target=receive_more)
    thread.start()
    try:
        made = [make(at_work, folder) for _ in range(2)]
    finally:
        stop.set()
        thread.join()
    for each in made:
        snapshot = restoring.open_snapshot(folder, each.name)
        listed = set(snapshot.listed())
        assert set((snapshot.path / "originals.txt").read_text().split()) <= listed
        assert snapshot.manifest["records"]["counts"]["sheet"] == each.sheets


def test_a_missing_original_makes_no_backup(at_work: Context, folder: Path) -> None:
    at_work.objects.delete(next(iter(at_work.objects.keys())))
    with pytest.raises(StorageError, match="meterdrop verify"):
        make(at_work, folder)
    assert snapshots(folder) == []
    with pytest.raises(UsageError, match="holds no backup"):
        restoring.open_snapshot(folder)


def test_a_changed_byte_is_noticed(
    at_work: Context, folder: Path, target_url: str, empty_store: ObjectStore
) -> None:
    made = make(at_work, folder)
    path = folder / "snapshots" / made.name
    for name in ("manifest.json", "objects.txt", "files/settings.toml"):
        right = (path / name).read_bytes()
        (path / name).write_bytes(right[:-2] + b" \n")
        with pytest.raises(StorageError, match=f"{Path(name).stem}.*has changed"):
            restoring.open_snapshot(folder)
        (path / name).write_bytes(right)
    kept = FolderStore(folder / "objects")
    victim = kept.path_of(sorted(kept.keys())[1])
    victim.chmod(0o600)
    victim.write_bytes(b"other")
    with pytest.raises(ObjectCorruptError):
        restoring.restore(restoring.open_snapshot(folder), empty_store, RecordsSettings(target_url))
    with pytest.raises(ObjectCorruptError):
        make(at_work, folder, check=True)


@BOTH
def test_only_an_empty_target_is_taken_and_an_interrupted_restore_goes_on(
    at_work: Context, folder: Path, target_url: str, empty_store: ObjectStore, records_url: str
) -> None:
    make(at_work, folder)
    snapshot = restoring.open_snapshot(folder)
    with pytest.raises(UsageError, match="records already"):
        restoring.restore(snapshot, empty_store, RecordsSettings(records_url))
    stranger = empty_store.put(b"somebody else's")
    with pytest.raises(UsageError, match="objects of its own"):
        restoring.restore(snapshot, empty_store, RecordsSettings(target_url))
    empty_store.delete(stranger)
    empty_store.put(at_work.objects.get(next(iter(at_work.objects.keys()))))
    assert restoring.restore(snapshot, empty_store, RecordsSettings(target_url)) == 3
    with pytest.raises(UsageError, match="records already"):
        restoring.restore(snapshot, empty_store, RecordsSettings(target_url))


@BOTH
def test_a_backup_of_the_other_database_or_of_a_newer_program_is_refused(
    at_work: Context, folder: Path, tmp_path: Path, empty_store: ObjectStore
) -> None:
    make(at_work, folder)
    sqlite = at_work.records.engine.dialect.name == "sqlite"
    other = "postgresql://nobody@127.0.0.1:1/none" if sqlite else f"sqlite:///{tmp_path}/other.db"
    snapshot = restoring.open_snapshot(folder)
    with pytest.raises(UsageError, match="METERDROP_DATABASE_URL"):
        restoring.restore(snapshot, empty_store, RecordsSettings(other))
    with at_work.records.begin() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    make(at_work, folder)
    with pytest.raises(UsageError, match="update meterdrop"):
        restoring.open_snapshot(folder)


@pytest.mark.parametrize("moved", [True, False])
def test_notices_that_may_have_gone_out_wait_for_a_person(
    at_work: Context, folder: Path, restored: Callable[..., Context], clock: Clock, moved: bool
) -> None:
    with at_work.records.begin() as tx:
        new = NewNotice(
            supplier=SUPPLIER, key="k", kind="accepted", channel="sms", address="+7", language="ru",
            subject="", body="Принято", created_at=clock(), sheet_id=None, message_id=None,
        )  # fmt: skip
        tx.notices.add(new)
    make(at_work, folder)
    ctx = restored(moved=moved)
    states = [notice.state for notice in telling.stuck(ctx)]
    assert states == ([] if moved else ["doubtful"] * 2)
    with ctx.records.read() as tx:
        [row] = tx.audits.of_what("backup.restored")
    assert row.details is not None
    assert row.details["notices_held"] == len(states)


def test_a_folder_of_something_else_is_left_alone(at_work: Context, folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty and holds no backup"):
        make(at_work, folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_the_folder_is_closed_to_others_and_the_manifest_names_every_file(
    at_work: Context, folder: Path
) -> None:
    made = make(at_work, folder)
    assert folder.stat().st_mode & 0o077 == 0
    path = folder / "snapshots" / made.name
    manifest = json.loads((path / "manifest.json").read_text())
    there = {each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()}
    assert set(manifest["files"]) == there - {"manifest.json", "manifest.sha256"}
    assert restoring.open_snapshot(folder).files == FILES
