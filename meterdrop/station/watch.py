"""The loop: find files that scanners have finished, hand each in, touch none that is not acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from meterdrop.station.ledger import NAME, Entry, Ledger
from meterdrop.station.server import Away, Refused, Server

RECEIVED = "received"
SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".bmp"})
After = Literal["move", "keep", "delete"]


@dataclass(frozen=True)
class WatchOptions:
    """What is watched and how.

    ``folder``: its sub-folders are a batch each, its own files one batch a day. ``collected``: the day the
    boxes were emptied (None: the day on which a file was written). ``after``: what becomes of a file once the
    server has acknowledged it. ``quiet_seconds``: a file that nobody has written to for so long is finished;
    a batch that had no new file for ten times as long is closed.
    """

    folder: Path
    station: str
    supplier: str
    collected: date | None = None
    after: After = "move"
    quiet_seconds: float = 5.0


@dataclass(frozen=True)
class Found:
    """A file to hand in, as it is now. ``group``: the sub-folder that it lies in, "" for none."""

    path: Path
    name: str
    group: str
    size: int
    mtime_ns: int

    @property
    def written(self) -> datetime:
        """When it was written, by this machine's clock."""
        return datetime.fromtimestamp(self.mtime_ns / 1e9).astimezone()


@dataclass
class Watch:
    """One watched folder. ``say`` tells the operator; ``now`` gives seconds since 1970."""

    options: WatchOptions
    server: Server
    say: Callable[[str], None]
    now: Callable[[], float]
    ledger: Ledger = field(init=False)
    _refused: dict[tuple[str, int, int], str] = field(default_factory=dict)
    _open: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.options.folder)
        # An earlier run may have ended before it could close these.
        self._open = dict.fromkeys(self.ledger.batches()[-20:], self.now())

    def look(self, *, last: bool = False) -> int:
        """Hand in what is finished; returns how many files. Raises ``Away``; then look again later.

        ``last``: nobody will look again, so batches are closed at once.
        """
        handed = 0
        for found in self.finished():
            key = (found.name, found.size, found.mtime_ns)
            entry = self.ledger.find(*key)
            if entry is None and key not in self._refused:
                entry = self._hand_in(found)
                handed += entry is not None
            if entry is not None:
                self._settle(found, entry)
        self._close(at_once=last)
        return handed

    def finished(self) -> Iterator[Found]:
        """Files that nobody is writing to any more, by name."""
        for path in sorted(self.options.folder.rglob("*")):
            parts = path.relative_to(self.options.folder).parts
            if parts[0] == RECEIVED or any(part.startswith(".") for part in parts) or path.name == NAME:
                continue
            if path.suffix.lower() not in SUFFIXES or path.is_symlink():
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file() and self.now() - stat.st_mtime >= self.options.quiet_seconds and stat.st_size:
                group = parts[0] if len(parts) > 1 else ""
                yield Found(path, "/".join(parts), group, stat.st_size, stat.st_mtime_ns)

    def _hand_in(self, found: Found) -> Entry | None:
        sha256 = hash_of(found.path)
        collected = self.options.collected or found.written.date()
        try:
            batch = self.server.open_batch(self._batch(found.group, collected))
            receipt = self.server.hand_in(batch, found.path, found.path.name, sha256=sha256)
        except Refused as why:
            self._refused[found.name, found.size, found.mtime_ns] = str(why)
            self.say(f"{found.name}: not accepted, the file stays where it is: {why}")
            return None
        entry = Entry(found.name, found.size, found.mtime_ns, sha256, batch, receipt)
        self.ledger.add(entry)
        self._open[batch] = self.now()
        self.say(f"{found.name}: received, batch {batch}")
        return entry

    def _batch(self, group: str, collected: date) -> dict[str, Any]:
        own = f"{self.options.station}\0{self.options.folder.resolve()}\0{group}\0{collected}"
        return {
            "key": hashlib.sha256(own.encode()).hexdigest()[:40],
            "supplier": self.options.supplier,
            "station": self.options.station,
            "collected": collected.isoformat(),
            "box": group[:80],
        }

    def _settle(self, found: Found, entry: Entry) -> None:
        """Move or delete a file that the server has; one that changed meanwhile is left, and sent again."""
        if self.options.after == "keep":
            return
        stat = found.path.stat()
        if (stat.st_size, stat.st_mtime_ns) != (entry.size, entry.mtime_ns) or hash_of(
            found.path
        ) != entry.sha256:
            return
        if self.options.after == "delete":
            found.path.unlink()
            return
        target = self.options.folder / RECEIVED / found.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target = target.with_name(f"{target.stem}-{entry.receipt}{target.suffix}")
        found.path.rename(target)

    def _close(self, *, at_once: bool) -> None:
        for batch, touched in list(self._open.items()):
            if at_once or self.now() - touched >= 10 * self.options.quiet_seconds:
                self.server.close_batch(batch)
                del self._open[batch]


def hash_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(watch: Watch, sleep: Callable[[float], None], *, once: bool) -> None:
    """Look again and again; an absent server is waited for, however long, and said once."""
    wait, away = 1.0, False
    while True:
        try:
            watch.look(last=once)
        except Away as why:
            if not away:
                watch.say(f"{why}; waiting, nothing is lost")
            away, wait = True, min(max(wait * 2, why.seconds), 60.0)
        else:
            if away:
                watch.say("the server answers again")
            away, wait = False, 1.0
            if once:
                return
        sleep(wait if away else watch.options.quiet_seconds)
