"""What runs in reader processes, by name: the parent never loads what only they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import SettingsError
from ocr.load.limits import Limits
from services.context import PageCount, PageRead, PageRef
from storage.objects import StoreSettings

#: What a reader process takes before its first page is about 700 MB of address space.
LEAST_MEMORY_MB = 1024


@dataclass(frozen=True)
class ReadingSettings:
    """What a reader process needs: it goes to the process pickled.

    ``templates``: a folder with further forms, ``taught``: with those taught on the pages, which may become
    more while the process runs. ``blanks``: what is worked out once about each form's print. ``memory_mb``:
    address space it may take. ``shadow``: weights that read beside the others and decide nothing.
    """

    store: StoreSettings
    templates: Path | None = None
    taught: Path | None = None
    blanks: Path | None = None
    memory_mb: int = 1536
    limits: Limits = field(default_factory=Limits)
    shadow: Path | None = None

    def __post_init__(self) -> None:
        if self.memory_mb < LEAST_MEMORY_MB:
            # With less, good pages would be given up as too large.
            raise SettingsError(f"METERDROP_WORKER_MEMORY_MB must be at least {LEAST_MEMORY_MB}")


@dataclass(frozen=True)
class RegisterFile:
    """A supplier's accounts as ``AccountIndex.save`` wrote them; ``version`` tells imports apart."""

    version: str
    path: Path


@dataclass(frozen=True)
class Work:
    """The functions that run in reader processes; of module level, for they travel by name."""

    start: Callable[[ReadingSettings], None]
    ready: Callable[[], None]
    count_pages: Callable[[str, str], PageCount]
    read_pages: Callable[[Sequence[PageRef], dict[str, RegisterFile]], list[PageRead]]


def _start(settings: ReadingSettings) -> None:
    from services import reading

    reading.start(settings)


def _ready() -> None:
    from services import reading

    reading.ready()


def _count_pages(key: str, name: str) -> PageCount:
    from services import reading

    return reading.count_pages(key, name)


def _read_pages(pages: Sequence[PageRef], registers: dict[str, RegisterFile]) -> list[PageRead]:
    from services import reading

    return reading.read_pages(pages, registers)


#: The real work: ``services.reading``.
WORK = Work(_start, _ready, _count_pages, _read_pages)
