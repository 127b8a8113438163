"""Cut the power at a point: ``python -m tests.faults.power``, then a line of JSON a task.

A task is ``{"url": records, "objects": folder, "what": "ingest" | "export", "path": …, "point": k}``; a child
of this process works on it, so that the imports are paid for once, and dies at its ``k``-th point (0:
nowhere). The answer is a line of JSON: ``{"died": name of the point, or ""; "points": how many it passed}``.
A task with ``beside`` goes on while the next one is begun.

A point lies before and after every commit, sync, rename, link and removal. What dies there dies as a machine
without power does: files that were not synced are torn, names that were not synced are as before. What the
databases keep is theirs to keep: both promise it of a commit.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services import batch, deliver, settling
from storage.records import Records, RecordsSettings
from tests.paper import ORDER, Clock, open_services

settling.same_slip = lambda a, b: float(bool(a) and a == b)  # paper files have words for ink


class Power:
    """Counts points, remembers what is not yet safe, and cuts at the ``at``-th one."""

    def __init__(self, at: int, tell: int) -> None:
        self.at = at
        self.tell = tell
        self.points = 0
        self.safe: set[int] = set()
        self.names: dict[str, list[Callable[[], None]]] = {}
        self.folders: list[Path] = []

    def point(self, name: str) -> None:
        self.points += 1
        if self.points == self.at:
            self.cut(name)

    def cut(self, name: str) -> None:
        """Undo what only memory knew, then die."""
        for undo in reversed([undo for undos in self.names.values() for undo in undos]):
            undo()
        for folder in self.folders:
            for path in folder.rglob("*"):
                if path.is_file() and path.stat().st_ino not in self.safe:
                    os.truncate(path, path.stat().st_size // 2)
        self.say(name)
        os.kill(os.getpid(), signal.SIGKILL)

    def say(self, name: str) -> None:
        os.write(self.tell, json.dumps({"died": name, "points": self.points}).encode() + b"\n")

    def changed(self, path: str | Path, undo: Callable[[], None]) -> None:
        """A name appeared or went; nobody knows after a cut before its folder is synced."""
        self.names.setdefault(str(Path(path).parent), []).append(undo)

    def synced(self, handle: int) -> None:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            self.names.pop(str(Path(f"/proc/self/fd/{handle}").readlink()), None)
        elif found.st_ino not in self.safe:
            self.safe.add(found.st_ino)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            self.changed(path, lambda: path.unlink(missing_ok=True))

    def install(self, *folders: Path) -> None:
        """Watch the calls by which this program makes things durable."""
        self.folders = list(folders)
        for folder in folders:
            self.safe |= {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
        sync, replace, rename = os.fsync, os.replace, os.rename
        link, unlink, mkdir = os.link, os.unlink, os.mkdir

        def fsync(handle: Any) -> None:
            number = handle if isinstance(handle, int) else handle.fileno()
            self.point("before a sync")
            sync(number)
            self.synced(number)
            self.point("after a sync")

        def replacing(source: Any, target: Any, **more: Any) -> None:
            self.point("before a rename")
            there = Path(target).exists()
            replace(source, target, **more)
            if not there:
                self.changed(target, lambda: rename(target, source))
            self.point("after a rename")

        def linking(source: Any, target: Any, **more: Any) -> None:
            self.point("before a link")
            link(source, target, **more)
            self.changed(target, lambda: unlink(target))
            self.point("after a link")

        def unlinking(path: Any, **more: Any) -> None:
            self.point("before a removal")
            unlink(path, **more)

        def making(path: Any, *args: Any, **more: Any) -> None:
            mkdir(path, *args, **more)
            self.changed(path, lambda: shutil.rmtree(path, ignore_errors=True))

        os.fsync, os.replace, os.link, os.unlink, os.mkdir = fsync, replacing, linking, unlinking, making

    def watch(self, records: Records) -> None:
        """Watch commits."""
        commit = records.engine.dialect.do_commit

        def committing(connection: Any) -> None:
            self.point("before a commit")
            commit(connection)
            self.point("after a commit")

        records.engine.dialect.do_commit = committing  # type: ignore[method-assign]


def work(task: dict[str, Any], tell: int) -> None:
    power = Power(task["point"], tell)
    path, objects = Path(task["path"]), Path(task["objects"])
    records = Records.open(RecordsSettings(task["url"]))
    ctx = open_services(records, objects, Clock(), chunk_sheets=2)
    power.install(*([objects] if task["what"] == "ingest" else [objects, path.parent]))
    power.watch(records)
    if task["what"] == "ingest":
        batch.run_batch(ctx, [path], ORDER)
    else:
        deliver.export_readings(ctx, path)
    power.say("")


def main() -> None:
    # Parsed once: the children have the forms and rules already.
    with tempfile.TemporaryDirectory() as folder:
        open_services(Records(sa.create_engine("sqlite://")), Path(folder), Clock())
    running: list[int] = []
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                work(task, 1)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            # Without the parent's clean-up.
            os._exit(0)
        running.append(child)
        while running and not task["beside"]:
            status = os.waitstatus_to_exitcode(os.waitpid(running.pop(), 0)[1])
            assert status in {0, -signal.SIGKILL}, status


if __name__ == "__main__":
    main()
