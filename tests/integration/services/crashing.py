"""Work for reader processes that does to them what a page's name says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from multiprocessing import parent_process
from pathlib import Path

from domain.errors import ObjectNotFoundError
from ocr.results import SlipReading
from services import reading
from services.context import PageCount, PageRead, PageRef
from services.work import ReadingSettings, RegisterFile, Work

_state: dict[str, Path] = {}


def start(settings: ReadingSettings) -> None:
    """``settings.templates`` is a folder in which processes leave what happened."""
    assert settings.templates is not None
    _state["folder"] = settings.templates
    (settings.templates / f"started-{os.getpid()}").touch()
    reading.start(settings)


def ready() -> None:
    if (_state["folder"] / "broken").exists():
        os.kill(os.getpid(), signal.SIGKILL)


def count_pages(key: str, name: str) -> PageCount:
    _do(name)
    return PageCount(3)


def read_pages(pages: Sequence[PageRef], registers: dict[str, RegisterFile]) -> list[PageRead]:
    return [_read(page, registers) for page in pages]


def _read(page: PageRef, registers: dict[str, RegisterFile]) -> PageRead:
    _do(page.name)
    register = registers.get(page.supplier)
    version = "" if register is None else register.version
    return PageRead(page, (SlipReading("blank", model=version),), pixel_hash=str(os.getpid()))


def _do(name: str) -> None:
    if name == "kills":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif name == "kills once" and not (mark := _state["folder"] / "killed once").exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "hangs":
        time.sleep(600)
    elif name == "missing":
        raise ObjectNotFoundError("no object under this key")
    elif name == "eats memory":
        bytearray(64 << 30)
    elif name == "orphan":
        (_state["folder"] / "waiting").write_text(str(os.getpid()))
        parent = parent_process()
        assert parent is not None
        time.sleep(600)


WORK = Work(start, ready, count_pages, read_pages)
