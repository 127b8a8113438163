"""What every service is given: the adapters, the rules and the clock, wired once by the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from domain.reasons import Reason
from ocr.results import SlipReading

if TYPE_CHECKING:
    from domain.gate import Thresholds
    from domain.supplier import SupplierRules
    from storage.objects import ObjectStore
    from storage.records import Records
    from templates.model import Template


@dataclass(frozen=True)
class ServiceSettings:
    """How the services work; the front door fills it.

    ``lease_seconds``: how long a claimed slip stays one reviewer's without being renewed. ``chunk_sheets``:
    pages that are recognised and committed together. ``max_file_bytes``: of one file handed in.

    ``photo_plates``: whether a photographed meter's number is looked for where its account has one meter.
    ``most_risk``: thresholds whose target is above it are not used; ``target_risk``: what recalibration
    proves thresholds for. ``audit_share`` and ``audit_share_reviewed``: probability with which a sheet
    accepted by the machine, or by a person, is drawn for a blind audit; ``audit_key``: draws the lots.
    ``patience_seconds``: how long a batch waits for storage that went away; 0: not at all. ``worker``:
    under which name this machine's pace is recorded; "": it is not.
    """

    lease_seconds: int = 300
    chunk_sheets: int = 32
    max_file_bytes: int = 512 << 20
    most_risk: float = 1.0
    photo_plates: bool = False
    target_risk: float = 0.001
    audit_share: float = 0.0
    audit_share_reviewed: float = 0.0
    audit_key: bytes = b""
    patience_seconds: float = 0.0
    worker: str = ""


#: Begins the key of a file outside the object store, followed by its path: an archive's scan is only read.
LOCAL = "file:"


@dataclass(frozen=True)
class MeterHint:
    """The page is a photo of a meter with so many digits before and after its mark, where that is known.

    ``serials``: numbers to look for on its plate, which takes a second.
    """

    digits: int | None = None
    decimals: int | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageRef:
    """One page to recognise: where its bytes lie and which page (from 1) it is.

    ``key``: of the object, or ``LOCAL`` and a path. ``weights``: key of the model's object; "": what ships.
    ``meter``: it is a photo of a meter, not a page with slips. ``form``: path of the YAML of the one form to
    look for, which need not be published; "": all that are in use.
    """

    key: str
    name: str
    page: int
    supplier: str
    weights: str = ""
    meter: MeterHint | None = None
    form: str = ""


@dataclass(frozen=True)
class PageRead:
    """What a page gave: its slips from top to bottom, or why it could not be read at all.

    ``pixel_hash``: SHA-256 (hex) over shape and means of four pixels each, the same for the same picture in
    another file; "" when the page could not be opened. ``photo``: of a photo, what was read
    (``services.photos.to_json``).
    ``held``: the original is missing or damaged; nothing can be said of the page until it is restored.
    ``seconds``: from fetching the file on; 0 where nobody measured.
    """

    ref: PageRef
    slips: tuple[SlipReading, ...]
    pixel_hash: str = ""
    reason: Reason | None = None
    detail: str = ""
    photo: Mapping[str, Any] | None = None
    held: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class PageCount:
    """How many pages a file has, or why none can be had; ``held`` as in ``PageRead``."""

    pages: int
    reason: Reason | None = None
    detail: str = ""
    held: str = ""


class PageReader(Protocol):
    """Recognises pages, usually in worker processes.

    A bad page or file never raises: its result says why. What does raise from a future is trouble with the
    objects as a whole (``StorageError``), after which the same call may be made again.
    """

    @property
    def workers(self) -> int:
        """How many pages are read at a time."""
        ...

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        """Begin to recognise ``pages``; the result has one item a page, in their order."""
        ...

    def count(self, key: str, name: str) -> Future[PageCount]:
        """Begin to count the pages of the file stored under ``key``."""
        ...

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        """Tell the reader which accounts of ``length`` digits to decode against.

        ``accounts`` is called only when this ``version`` of the supplier's register is new to the reader.
        """
        ...

    def close(self) -> None:
        """End the worker processes."""
        ...


class ThresholdTable(Protocol):
    """Which confidence suffices, by how a slip came in and what read it."""

    def __call__(self, channel: str, template: str, model: str) -> Thresholds:
        """The thresholds of this combination; all ``None`` where there is no data."""
        ...


@dataclass(frozen=True)
class Context:
    """Everything a service may touch."""

    records: Records
    objects: ObjectStore
    clock: Callable[[], datetime]
    suppliers: Mapping[str, SupplierRules]
    templates: Mapping[str, Template]
    reader: PageReader
    thresholds: ThresholdTable
    settings: ServiceSettings = field(default_factory=ServiceSettings)

    def close(self) -> None:
        """End reader processes and database connections."""
        self.reader.close()
        self.records.close()
