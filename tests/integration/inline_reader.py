"""A ``PageReader`` that really reads, in this process, what ``services.pool`` reads in others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import TypeVar

from ocr.cells import CellClassifier
from ocr.forms import FormReader
from ocr.load import open_document
from services.context import LOCAL, PageCount, PageRead, PageRef
from storage.objects import ObjectStore
from templates import all_templates, load_template
from templates.catalogue import in_use

T = TypeVar("T")


@cache
def classifier() -> CellClassifier:
    return CellClassifier.load()


class InlineReader:
    """Reads with the shipped forms and those mirrored in ``taught``."""

    workers = 1

    def __init__(self, objects: ObjectStore, taught: Path) -> None:
        self._objects = objects
        self._taught = taught

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        return done([self._read(page) for page in pages])

    def count(self, key: str, name: str) -> Future[PageCount]:
        with open_document(self._source(key), name) as document:
            return done(PageCount(document.pages))

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        pass

    def close(self) -> None:
        pass

    def _source(self, key: str) -> bytes | Path:
        return Path(key.removeprefix(LOCAL)) if key.startswith(LOCAL) else self._objects.get(key)

    def _read(self, ref: PageRef) -> PageRead:
        forms = (load_template(Path(ref.form)),) if ref.form else in_use(all_templates(self._taught))
        with open_document(self._source(ref.key), ref.name) as document:
            page = document.page(ref.page)
        slips = FormReader(forms, classifier()).read_page(page)
        return PageRead(ref, tuple(slips), pixel_hash=f"{ref.key}-{ref.page}")


def done(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future
