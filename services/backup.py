"""A backup: one moment of the records, every object, settings and templates, each with its hash.

The records are dumped before the objects are listed. An original is durable before its row is committed, so
every row of the dump has its object in the list. Objects never change: a further backup into the same folder
copies only those that are new, and the folder keeps one copy for all its backups.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.errors import ObjectNotFoundError, StorageError, UsageError
from services.context import Context
from storage.objects import FolderStore, ObjectStore
from storage.records import dumps

FORMAT = 1
MARK = "meterdrop-backup"
_TRIES = 5
#: Objects copied side by side: a bucket's answers are waited for, not computed.
_AT_ONCE = 4


@dataclass(frozen=True)
class BackupResult:
    """A finished backup.

    ``new``: objects that the folder lacked. ``manifest``: the manifest's SHA-256. ``dropped``: older backups
    that were removed.
    """

    name: str
    sheets: int
    objects: int
    new: int
    bytes: int
    manifest: str
    dropped: tuple[str, ...] = ()


def backup(
    ctx: Context,
    folder: Path,
    files: Mapping[str, bytes],
    program: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    check: bool = False,
    keep: int | None = None,
) -> BackupResult:
    """Add a backup to ``folder``; nothing of it counts before it is whole.

    ``files``: settings, templates and the like, by relative name. ``program``: this program's version.
    ``check``: read every object again that the folder has already. ``keep``: afterwards drop all but so many
    backups, and the objects that none of those names. Raises ``UsageError`` for a folder that is no backup's,
    ``StorageError`` when an original is missing or damaged: a backup that is not whole is none.
    """
    with _alone(folder):
        kept = FolderStore(folder / "objects")
        name = _free_name(folder, f"{ctx.clock():%Y%m%dT%H%M%SZ}")
        before: list[str] = []
        for last in (False,) * (_TRIES - 1) + (True,):
            made = folder / "snapshots" / f".incoming-{name}"
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
            with dumps.frozen(ctx.records) as moment:
                dump = moment.write(made)
                _write_lines(made / "originals.txt", moment.originals())
            total = dump.counts["source_file"]
            copied = _copy_objects(ctx.objects, kept, made / "objects.txt", progress, total, check=check)
            missing = _missing(made / "originals.txt", kept)
            if not missing:
                break
            # A purge may have destroyed them since the dump: then the next dump says so.
            if last or missing == before:
                raise StorageError(
                    f"the original {missing[0]} is not in the objects; run 'meterdrop verify' first"
                )
            before = missing
        for each, data in files.items():
            path = made / "files" / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        count, new, size = copied
        manifest = {
            "format": FORMAT,
            "created_at": ctx.clock().isoformat(),
            "program": program,
            "records": {"kind": dump.kind, "revision": dump.revision, "counts": dump.counts},
            "objects": {"count": count, "bytes": size},
            "files": {name: described(made / name) for name in sorted(_names(made))},
        }
        digest = _seal(made, manifest)
        made.rename(folder / "snapshots" / name)
        _sync(folder / "snapshots")
        dropped = _drop(folder, keep) if keep is not None else ()
    return BackupResult(name, dump.counts["sheet"], count, new, size, digest, dropped)


def _copy_objects(
    source: ObjectStore,
    kept: FolderStore,
    listing: Path,
    progress: Callable[[int, int], None],
    total: int,
    *,
    check: bool,
) -> tuple[int, int, int]:
    """Copy what the folder lacks, and list all; returns objects, new ones and bytes."""
    count = new = size = 0

    def copy(key: str) -> tuple[str, int, bool] | None:
        known = kept.exists(key)
        if known and check:
            kept.prove(key)
        if not known:
            try:
                kept.put(source.get(key))
            except ObjectNotFoundError:
                # Purged since it was listed; whether it may be missing is looked at afterwards.
                return None
        return key, kept.path_of(key).stat().st_size, not known

    with listing.open("w", encoding="ascii") as out:
        for done in _side_by_side(source.keys(), copy):
            if done is None:
                continue
            key, length, was_new = done
            out.write(f"{key} {length}\n")
            count, new, size = count + 1, new + was_new, size + length
            progress(count, max(total, count))
    return count, new, size


def _side_by_side(
    keys: Iterable[str], copy: Callable[[str], tuple[str, int, bool] | None]
) -> Iterator[tuple[str, int, bool] | None]:
    """Some at a time, in their order; memory does not grow with how many there are."""
    ahead: deque[Future[tuple[str, int, bool] | None]] = deque()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="backup") as threads:
        for key in keys:
            ahead.append(threads.submit(copy, key))
            if len(ahead) > 2 * _AT_ONCE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _missing(originals: Path, kept: FolderStore) -> list[str]:
    with originals.open(encoding="ascii") as lines:
        return [key for key in map(str.strip, lines) if not kept.exists(key)]


def _seal(made: Path, manifest: Mapping[str, object]) -> str:
    """Write the manifest and its hash, everything synced."""
    data = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    digest = hashlib.sha256(data).hexdigest()
    (made / "manifest.json").write_bytes(data)
    (made / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "ascii")
    for path in made.rglob("*"):
        _sync(path)
    _sync(made)
    return digest


def _drop(folder: Path, keep: int) -> tuple[str, ...]:
    """Remove the oldest backups and the objects that none of the others names."""
    names = snapshots(folder)
    old, staying = names[: max(0, len(names) - max(keep, 1))], names[-max(keep, 1) :]
    if not old:
        return ()
    for name in old:
        shutil.rmtree(folder / "snapshots" / name)
    named: set[bytes] = set()
    for name in staying:
        with (folder / "snapshots" / name / "objects.txt").open(encoding="ascii") as lines:
            named.update(bytes.fromhex(line[:64]) for line in lines)
    kept = FolderStore(folder / "objects")
    for key in kept.keys():  # noqa: SIM118 - a store, no dictionary
        if bytes.fromhex(key) not in named:
            kept.delete(key)
    return tuple(old)


def snapshots(folder: Path) -> list[str]:
    """The names of all whole backups in ``folder``, the oldest first."""
    return sorted(
        path.parent.name
        for path in (folder / "snapshots").glob("*/manifest.sha256")
        if not path.parent.name.startswith(".")
    )


def described(path: Path) -> dict[str, object]:
    """A file's size and SHA-256."""
    with path.open("rb") as stream:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def _names(made: Path) -> Iterator[str]:
    return (path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for line in lines)


def _free_name(folder: Path, name: str) -> str:
    number, free = 1, name
    while (folder / "snapshots" / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder is ours, closed to others, and nobody else backs up into it now."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / MARK).exists():
            if any(folder.iterdir()):
                raise UsageError(f"{folder} is not empty and holds no backup; name another folder")
            folder.chmod(0o700)
            (folder / MARK).write_text(f"meterdrop backups, format {FORMAT}\n", "ascii")
        with (folder / MARK).open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"another backup into {folder} is under way") from None
            yield
    except OSError as error:
        raise StorageError(f"the backup folder {folder} cannot be written: {error.strerror}") from error
