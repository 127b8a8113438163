"""Reader processes whose decoder does what a page's mark says; everything else of them is the real thing."""

from __future__ import annotations

import ctypes
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from ocr.load.limits import Limits
from services import reading
from services.context import PageRead, PageRef
from services.work import WORK, ReadingSettings, RegisterFile, Work
from tests.paper import read_paper

_state: dict[str, Path] = {}


class _Paper:
    """A document of ``tests.paper`` whose pages may be poison."""

    def __init__(self, source: bytes | Path, name: str, _limits: Limits) -> None:
        data = source if isinstance(source, bytes) else source.read_bytes()
        self._document: dict[str, Any] = json.loads(data)
        self.pages = len(self._document["pages"])

    def page(self, number: int) -> dict[str, Any]:
        page = self._document["pages"][number - 1]
        if isinstance(page, str) and page.startswith("poison"):
            _take(page.removeprefix("poison "))
        return {"document": self._document, "number": number}

    def close(self) -> None:
        """Nothing is open."""


def _take(poison: str) -> None:
    if poison == "segfault":
        ctypes.string_at(0)
    elif poison == "memory":
        np.ones(1 << 40, np.uint8)
    elif poison == "once" and not (mark := _state["folder"] / "once").exists():
        mark.touch()
        # As the kernel does when the machine's memory runs out.
        os.kill(os.getpid(), signal.SIGKILL)


def _recognise(ref: PageRef, image: dict[str, Any], _register: RegisterFile | None) -> PageRead:
    return read_paper(ref, image["document"])


def start(settings: ReadingSettings) -> None:
    """``settings.templates``: a folder where what happened once is remembered."""
    assert settings.templates is not None
    _state["folder"] = settings.templates
    reading.start(settings)
    reading.open_document = _Paper  # type: ignore[assignment]
    reading.recognise = _recognise  # type: ignore[assignment]


def ready() -> None:
    """Nothing heavy is needed."""


POISONED = Work(start, ready, WORK.count_pages, WORK.read_pages)
