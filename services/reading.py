"""Inside a reader process: fetch the original, open it, recognise its pages.

Nothing here knows records. Everything heavy is loaded once a process, on its first page.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from domain.errors import InputError, ObjectCorruptError, ObjectNotFoundError, StorageError
from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader, ReaderSettings
from ocr.load import PageImage, open_document
from ocr.load.document import Document
from ocr.meters.reading import MeterPhotos
from ocr.reduce import reduced
from ocr.results import SlipReading
from services import photos
from services.context import LOCAL, MeterHint, PageCount, PageRead, PageRef
from services.processes import end_with_parent
from services.work import ReadingSettings, RegisterFile
from storage.objects import ObjectStore, open_store
from templates import all_templates, load_template
from templates.catalogue import form_files, in_use
from templates.model import Template

#: What the largest drawn page may take in the temporary folder.
_ROOM_BYTES = 32 << 20


class _Process:
    """What this process keeps between pages."""

    def __init__(self, settings: ReadingSettings) -> None:
        self.settings = settings
        self.store: ObjectStore = open_store(settings.store)
        self._classifiers: dict[str, CellClassifier] = {}
        self._shadow: CellClassifier | None = None
        self._meters: list[MeterPhotos | None] = []
        self._readers: dict[tuple[str, str, str], tuple[str, FormReader]] = {}
        self._forms: tuple[tuple[str, ...], tuple[Template, ...]] = ((), ())
        self._open: tuple[str, Document] | None = None

    def document(self, key: str, name: str) -> Document:
        """The file under ``key``; stays open for its next pages, which may come with another call."""
        if self._open is not None and self._open[0] == key:
            return self._open[1]
        self.close()
        if key.startswith(LOCAL):
            document = open_document(Path(key.removeprefix(LOCAL)), name, self.settings.limits)
        else:
            # By its path: a box of slips may be half a gigabyte, in every process.
            with tempfile.TemporaryDirectory(prefix="meterdrop-original-") as folder:
                source = self.store.fetch(key, Path(folder))
                document = open_document(source, name, self.settings.limits)
        self._open = (key, document)
        return document

    def close(self) -> None:
        """Let go of the open file."""
        if self._open is not None:
            opened, self._open = self._open[1], None
            with contextlib.suppress(Exception):
                opened.close()

    def classifier(self, weights: str = "") -> CellClassifier:
        """The recogniser of cells whose weights lie under a key (""; those that ship), loaded once."""
        if weights not in self._classifiers:
            if not weights:
                self._classifiers[weights] = CellClassifier.load(threads=1)
            else:
                with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
                    file.write(self.store.get(weights))
                    file.flush()
                    self._classifiers[weights] = CellClassifier.load(Path(file.name), threads=1)
        return self._classifiers[weights]

    def meters(self) -> MeterPhotos | None:
        """The reader of meters' photos, loaded once; None where no weights ship."""
        if not self._meters:
            self._meters.append(MeterPhotos.shipped())
        return self._meters[0]

    def shadow(self) -> CellClassifier | None:
        """The recogniser that reads beside the others, if one is set."""
        if self._shadow is None and self.settings.shadow is not None:
            self._shadow = CellClassifier.load(self.settings.shadow, threads=1)
        return self._shadow

    def forms(self, form: str = "") -> tuple[str, tuple[Template, ...]]:
        """The forms to look for, and what tells them from what they were before: all in use, or one."""
        if form:
            return str(Path(form).stat().st_mtime_ns), (load_template(Path(form)),)
        folders = (self.settings.templates, self.settings.taught)
        # What is taught is never changed, so its names tell whether there is more of it.
        there = () if self.settings.taught is None else tuple(map(str, form_files(self.settings.taught)))
        if not self._forms[1] or self._forms[0] != there:
            self._forms = (there, in_use(all_templates(*folders)))
        return str(hash(there)), self._forms[1]

    def reader(
        self, supplier: str, register: RegisterFile | None, weights: str = "", form: str = ""
    ) -> FormReader:
        """The form reader for a supplier's register; built anew with a new register, or a new form."""
        forms, templates = self.forms(form)
        version = f"{'' if register is None else register.version} {forms}"
        known = self._readers.get((supplier, weights, form))
        if known is None or known[0] != version:
            accounts = None if register is None else AccountIndex.load(register.path)
            classifier, shadow = self.classifier(weights), self.shadow()
            if shadow is not None and shadow.model == classifier.model:
                # It has been switched to: there is nothing to compare it with.
                shadow = None
            kept = ReaderSettings(blanks=self.settings.blanks)
            known = (version, FormReader(templates, classifier, accounts, kept, shadow=shadow))
            if form:
                # Forms that are being tried come and go.
                self._readers = {key: each for key, each in self._readers.items() if not key[2]}
            self._readers[supplier, weights, form] = known
        return known[1]


_settings: ReadingSettings | None = None


def start(settings: ReadingSettings) -> None:
    """Prepare a fresh process: limits, and an end that follows its parent's."""
    global _settings  # noqa: PLW0603 - a pool's initializer has no other way to leave something behind
    _settings = settings
    # Ctrl-C is the parent's to handle: it ends its readers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit = settings.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()


@cache
def _process() -> _Process:
    assert _settings is not None
    return _Process(_settings)


def ready() -> None:
    """Load what every page needs; a process that comes back from this is sound."""
    _process().classifier()


def count_pages(key: str, name: str) -> PageCount:
    """How many pages a stored file has; never raises for a bad or missing one, but for an absent store."""
    try:
        return PageCount(_process().document(key, name).pages)
    except InputError as error:
        _blame_the_machine_first(error.reason)
        return PageCount(0, error.reason, error.detail)
    except MemoryError:
        return PageCount(0, Reason.TOO_LARGE, "opening the file takes too much memory")
    except (ObjectNotFoundError, ObjectCorruptError) as error:
        return PageCount(0, held=str(error))
    except StorageError:
        raise
    except Exception as error:
        _blame_the_machine_first(Reason.CORRUPT_FILE)
        return PageCount(0, Reason.CORRUPT_FILE, f"{type(error).__name__}: {error}"[:200])


def read_pages(pages: Sequence[PageRef], registers: dict[str, RegisterFile]) -> list[PageRead]:
    """Recognise pages; one item each, in their order."""
    return [_timed(ref, registers.get(ref.supplier)) for ref in pages]


def _timed(ref: PageRef, register: RegisterFile | None) -> PageRead:
    began = time.perf_counter()
    return replace(_read(ref, register), seconds=time.perf_counter() - began)


def _read(ref: PageRef, register: RegisterFile | None) -> PageRead:
    if ref.meter is not None:
        return _read_photo(ref, ref.meter)
    try:
        image = _process().document(ref.key, ref.name).page(ref.page)
    except InputError as error:
        _blame_the_machine_first(error.reason)
        return PageRead(ref, (), reason=error.reason, detail=error.detail)
    except MemoryError:
        return PageRead(ref, (), reason=Reason.TOO_LARGE, detail="the page takes too much memory")
    except (ObjectNotFoundError, ObjectCorruptError) as error:
        return PageRead(ref, (), held=str(error))
    except StorageError:
        raise
    except Exception as error:
        _blame_the_machine_first(Reason.CORRUPT_FILE)
        detail = f"{type(error).__name__}: {error}"[:200]
        return PageRead(ref, (), reason=Reason.CORRUPT_FILE, detail=detail)
    return recognise(ref, image, register)


def _blame_the_machine_first(reason: Reason) -> None:
    """Raise ``StorageError`` when a file looks damaged because this machine has no room to open it.

    Decoders write the page that they draw to the temporary folder; a full one must not make good paper
    unreadable for good.
    """
    if reason is not Reason.CORRUPT_FILE:
        return
    try:
        with tempfile.TemporaryFile() as probe:
            os.posix_fallocate(probe.fileno(), 0, _ROOM_BYTES)
    except OSError as error:
        raise StorageError(
            f"the temporary folder {tempfile.gettempdir()} cannot be used ({error.strerror}); "
            "free some space, or name another one in TMPDIR"
        ) from error


def _read_photo(ref: PageRef, hint: MeterHint) -> PageRead:
    """A photo of a meter; whatever goes wrong with it is its own result."""
    # Outside the try: damaged weights are no fault of this photo.
    reader = _process().meters()
    try:
        picture = np.asarray(_process().document(ref.key, ref.name).colour(ref.page), np.uint8)
    except InputError as error:
        _blame_the_machine_first(error.reason)
        return PageRead(ref, (), reason=error.reason, detail=error.detail)
    except MemoryError:
        return PageRead(ref, (), reason=Reason.TOO_LARGE, detail="the photo takes too much memory")
    except (ObjectNotFoundError, ObjectCorruptError) as error:
        return PageRead(ref, (), held=str(error))
    try:
        read = photos.read_photo(reader, picture, hint.digits, hint.decimals)
        if hint.serials:
            read = photos.with_plate(read, picture, hint.serials)
    except Exception as error:
        read = photos.PhotoRead(reasons=(Reason.DECODER_CRASHED,))
        return PageRead(ref, (), detail=f"{type(error).__name__}: {error}"[:200], photo=photos.to_json(read))
    return PageRead(ref, (), photo=photos.to_json(read))


def recognise(ref: PageRef, image: PageImage, register: RegisterFile | None) -> PageRead:
    """The slips of an opened page. A fault of the recogniser leaves the page to a person."""
    hashed = pixel_hash(image)
    # Outside the try: missing weights or a broken form are no fault of this page.
    reader = _process().reader(ref.supplier, register, ref.weights, ref.form)
    try:
        slips = tuple(reader.read_page(image))
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"[:200]
        slip = SlipReading("unreadable", reasons=(Reason.DECODER_CRASHED,))
        return PageRead(ref, (slip,), hashed, detail=detail)
    return PageRead(ref, slips, hashed)


def pixel_hash(image: PageImage) -> str:
    """SHA-256 (hex) over a page's shape and the means of four of its pixels each.

    That is as telling as the pixels, and a third of the work: no two scans are alike to the grey level in all
    of those.
    """
    digest = hashlib.sha256(repr(image.grey.shape).encode())
    digest.update(np.ascontiguousarray(reduced(image.grey, 2)).data)
    return digest.hexdigest()
