"""From a backup to an empty installation: every hash checked first, the objects before the records.

The records come last and at once, so that an interrupted restore leaves no installation that looks whole;
run again, it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import StorageError, UsageError
from services import backup
from services.context import Context
from storage.objects import FolderStore, ObjectStore
from storage.records import RecordsSettings, dumps
from storage.records.migrate import HEAD, known_revision
from storage.records.notices import DOUBTFUL, QUEUED, SENDING

_SOME = 500
_CHANGED = "has changed since it was written; restore another one with --backup"


@dataclass(frozen=True)
class Snapshot:
    """One whole backup: its folder, its manifest, and the objects of the folder that it lies in."""

    path: Path
    manifest: Mapping[str, Any]
    objects: FolderStore

    @property
    def files(self) -> dict[str, bytes]:
        """Settings, templates and the like, by relative name."""
        names = [name for name in self.manifest["files"] if name.startswith("files/")]
        return {name.removeprefix("files/"): (self.path / name).read_bytes() for name in names}

    def listed(self) -> Iterator[str]:
        """The keys of all its objects, ascending."""
        with (self.path / "objects.txt").open(encoding="ascii") as lines:
            yield from (line[:64] for line in lines)


def open_snapshot(folder: Path, name: str | None = None) -> Snapshot:
    """The backup of that name, else the newest, its manifest and every file of it checked.

    Raises ``UsageError`` when there is none, ``StorageError`` when a byte of it has changed.
    """
    names = backup.snapshots(folder)
    if not (folder / backup.MARK).exists() or not names:
        raise UsageError(f"{folder} holds no backup")
    if name is not None and name not in names:
        raise UsageError(f"there is no backup {name!r}; there are: {', '.join(names)}")
    path = folder / "snapshots" / (name or names[-1])
    sealed = (path / "manifest.sha256").read_text("ascii").split()[0]
    if backup.described(path / "manifest.json")["sha256"] != sealed:
        raise StorageError(f"the manifest of backup {path.name} {_CHANGED}")
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    if manifest["format"] > backup.FORMAT or not known_revision(manifest["records"]["revision"]):
        raise UsageError(
            f"backup {path.name} is of a newer version ({manifest['program']}, records "
            f"{manifest['records']['revision']}) than this program ({HEAD}): update meterdrop"
        )
    for each, was in manifest["files"].items():
        if not (path / each).is_file() or backup.described(path / each) != was:
            raise StorageError(f"{each} of backup {path.name} {_CHANGED}")
    return Snapshot(path, manifest, FolderStore(folder / "objects"))


def refuse_unless_empty(snapshot: Snapshot, store: ObjectStore, records: RecordsSettings) -> None:
    """Raises ``UsageError`` unless the target holds nothing, or what an interrupted restore left there."""
    if dumps.FILES[dumps.kind_of(records)] not in snapshot.manifest["files"]:
        raise UsageError(
            f"the backup is of records in {snapshot.manifest['records']['kind']}; "
            "let METERDROP_DATABASE_URL name an empty database of that kind"
        )
    if not dumps.is_empty(records):
        raise UsageError("the target has records already; restore only into an empty database")
    ours = snapshot.listed()
    mine = next(ours, "")
    for key in store.keys():  # noqa: SIM118 - a store, no dictionary
        while mine and mine < key:
            mine = next(ours, "")
        if key != mine:
            raise UsageError(f"the target has objects of its own ({key}); restore only into an empty store")


def restore(
    snapshot: Snapshot,
    store: ObjectStore,
    records: RecordsSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Copy every object, each checked against its hash, then the records; returns how many objects.

    Raises ``UsageError`` when the target is not empty, ``StorageError`` when the backup is damaged.
    """
    refuse_unless_empty(snapshot, store, records)
    total = int(snapshot.manifest["objects"]["count"])
    done = 0
    for key in snapshot.listed():
        if not store.exists(key):
            # Both ends check: reading refuses bytes that are not the key's.
            store.put(snapshot.objects.get(key))
        else:
            store.prove(key)
        done += 1
        progress(done, total)
    if done != total:
        raise StorageError(f"the backup lists {done} objects, its manifest says {total}")
    dumps.restore(records, snapshot.path)
    was = snapshot.manifest["records"]["counts"]
    now = dumps.counts_of(records, sorted(was))
    if now != was:
        table = next(name for name in was if now.get(name) != was[name])
        raise StorageError(f"table {table} has {now.get(table)} rows after the restore, {was[table]} before")
    return done


def settle(ctx: Context, snapshot: Snapshot, *, moved: bool) -> int:
    """Write the restore into the log; returns how many notices wait for a person.

    ``moved``: nothing happened after the backup. Otherwise a notice that was about to go out then may have
    gone out since: it is in doubt, as one whose sender was killed, and a person decides.
    """
    now = ctx.clock()
    held = 0
    with ctx.records.begin() as tx:
        while not moved and (rows := tx.notices.listed((QUEUED, SENDING), None, _SOME)):
            for row in rows:
                why = f"restored from the backup {snapshot.path.name}; it may have gone out after it"
                held += tx.notices.set(row.id, row.state, DOUBTFUL, error=why)
        details = {
            "backup": snapshot.path.name,
            "made": snapshot.manifest["created_at"],
            "notices_held": held,
        }
        tx.audits.add(now, "restore", "backup.restored", details=details)
    return held
