"""Forms that were taught on the pages, wherever sheets are read.

What counts is in the records and objects; every machine mirrors it as files in a folder of its own, where the
same loader finds them that loads hand-written forms, reader processes and ``meterdrop read`` included.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from domain.errors import ConflictError, ObjectCorruptError, ObjectNotFoundError, TemplateError, UsageError
from services.context import Context
from storage.objects import ObjectStore
from storage.records import Records
from storage.records.taught import TaughtRow
from templates.catalogue import WITHDRAWN
from templates.loader import load_template
from templates.model import Template

log = logging.getLogger(__name__)


class LiveTemplates(Mapping[str, Template]):
    """All forms by ``name@version``: the ``fixed`` ones, and what is published while the process runs.

    Withdrawn versions stay known: sheets were read with them.
    """

    def __init__(
        self, fixed: Mapping[str, Template], records: Records, objects: ObjectStore, folder: Path
    ) -> None:
        self.folder = folder
        self._fixed = dict(fixed)
        self._records = records
        self._objects = objects
        self._taught: dict[str, Template] = {}
        self._rows: tuple[TaughtRow, ...] = ()
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Bring the folder and this mapping to what is published now."""
        with self._records.read() as tx:
            rows = tuple(tx.taught.published())
        with self._lock:
            if rows == self._rows:
                return
            whole = True
            for row in rows:
                whole = self._take(row) and whole
            # What could not be had is tried again the next time.
            self._rows = rows if whole else ()

    def __getitem__(self, key: str) -> Template:
        found = self._fixed.get(key) or self._taught.get(key)
        if found is None and "@" in key:
            self.refresh()
            found = self._taught.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        self.refresh()
        return iter({**self._fixed, **self._taught})

    def __len__(self) -> int:
        return len({**self._fixed, **self._taught})

    def loaded(self) -> list[Template]:
        """The forms that this process knows, without asking for new ones."""
        return list({**self._fixed, **self._taught}.values())

    def _take(self, row: TaughtRow) -> bool:
        try:
            path = self._mirrored(row)
            if row.key not in self._taught:
                self._taught[row.key] = load_template(path)
        except (ObjectNotFoundError, ObjectCorruptError, TemplateError) as error:
            # One form that is lost must not keep all others from being read.
            log.error("the taught form %s cannot be used: %s", row.key, error)
            return False
        return True

    def _mirrored(self, row: TaughtRow) -> Path:
        folder = self.folder / row.supplier
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{row.key}.yaml"
        if row.key not in self._taught:
            # The picture first: a YAML that is there must be whole.
            for target, key in ((folder / row.reference_name, row.reference), (path, row.yaml)):
                if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != key:
                    _replace(target, self._objects.get(key))
        mark = path.with_suffix(WITHDRAWN)
        if row.withdrawn_at is None:
            mark.unlink(missing_ok=True)
        elif not mark.exists():
            _replace(mark, b"")
        return path


def refresh(ctx: Context) -> None:
    """See what was published since; the reader processes see it then, too."""
    if isinstance(ctx.templates, LiveTemplates):
        ctx.templates.refresh()


def loaded(ctx: Context) -> Iterable[Template]:
    """All forms as they were last seen: cheap enough to ask for each sheet."""
    if isinstance(ctx.templates, LiveTemplates):
        return ctx.templates.loaded()
    return ctx.templates.values()


def published(ctx: Context) -> list[TaughtRow]:
    """Every version that was published, in the order of publishing."""
    with ctx.records.read() as tx:
        return tx.taught.published()


def withdraw(ctx: Context, key: str, who: str, *, again: bool = False) -> None:
    """Read no new sheet with a version; ``again``: once more do. Sheets keep what they were read with.

    Raises ``UsageError`` for a form that was not taught here, ``ConflictError`` when it is so already.
    """
    at = ctx.clock()
    with ctx.records.begin() as tx:
        tx.lock("templates")
        row = next((each for each in tx.taught.published() if each.key == key), None)
        if row is None:
            raise UsageError(f"no form {key!r} was taught here")
        if (row.withdrawn_at is None) == again:
            raise ConflictError(f"{key} is {'in use' if again else 'withdrawn'} already")
        tx.taught.withdraw(row.name, row.version, at=None if again else at, who=None if again else who)
        what = "template.restored" if again else "template.withdrawn"
        tx.audits.add(at, who, what, supplier=row.supplier, details={"template": key})
    refresh(ctx)


def files(ctx: Context, key: str) -> dict[str, bytes]:
    """A taught form as files: its YAML and its picture. Raises ``UsageError``."""
    row = next((each for each in published(ctx) if each.key == key), None)
    if row is None:
        raise UsageError(f"no form {key!r} was taught here")
    return {f"{row.key}.yaml": ctx.objects.get(row.yaml), row.reference_name: ctx.objects.get(row.reference)}


def _replace(target: Path, data: bytes) -> None:
    """Write a file at once: another process that looks sees the whole of it or none."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    # As readable as any other file here: mkstemp's are the owner's alone.
    Path(name).chmod(0o644)
    Path(name).replace(target)
