"""Slips without pictures: "files" are JSON that a fake reader understands, so services are tested fast."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import ObjectCorruptError, ObjectNotFoundError, StorageError
from domain.gate import Thresholds
from domain.reasons import Reason
from ocr.decode import is_neighbour
from ocr.decode.evidence import SYMBOLS
from ocr.decode.packed import pack
from ocr.results import Character, FieldResult, SlipReading
from services.context import Context, PageCount, PageRead, PageRef, ServiceSettings
from services.results import BatchOrder
from storage.objects import FolderStore, ObjectStore
from storage.records import Records
from templates import Template, all_templates, suppliers

FORM = "krasnoyarsk-dropbox@1"
SUPPLIER = "krasnoyarskenergosbyt"
DAY = date(2026, 11, 24)
ORDER = BatchOrder(SUPPLIER, "station", "box 7", DAY)


def slip(account: str, reading: str, **more: Any) -> dict[str, Any]:
    """A clearly written slip.

    ``more``: template, date, t2, t3, meter_serial, signature, confidence, reasons, outcome, ink; ``doubts``
    (cell → symbol → probability) keeps the reading's cells, which say ``cells`` where that is not the reading
    itself; ``rival``: another account with its posterior, ``account_confidence`` that of its own.
    """
    return {"account": account, "reading": reading, **more}


def file_of(*pages: list[dict[str, Any]] | str, scan: str = "") -> bytes:
    """A file; each page is a list of slips, or "blank", "foreign", "corrupt". ``scan`` makes other pixels."""
    return json.dumps({"pages": pages, "scan": scan}).encode()


def account_row(account: str, **changes: Any) -> dict[str, Any]:
    """A row for ``Registers.upsert``."""
    row = {
        "supplier": SUPPLIER,
        "account": account,
        "meter_serial": "10203040",
        "tariff": "",
        "surname": "Иванова",
        "address": "Красноярск, Мира 1, кв. 2",
        "digits": 5,
        "decimals": 0,
        "previous_reading": "01000",
        "previous_date": date(2026, 10, 24),
        "previous_kind": "actual",
        "monthly_average": 120.0,
        "ratio": 1.0,
        "phone": "",
        "email": "",
        "notify": "",
        "alias": "",
    }
    return row | changes


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class PaperReader:
    """Reads ``file_of`` files; a ``PageReader``."""

    workers = 2

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.refreshed: list[tuple[str, str, int]] = []
        self.before_reading: Callable[[], None] = lambda: None

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        future: Future[list[PageRead]] = Future()
        self.before_reading()
        try:
            future.set_result([self._read(page) for page in pages])
        except StorageError as error:
            future.set_exception(error)
        return future

    def count(self, key: str, name: str) -> Future[PageCount]:
        future: Future[PageCount] = Future()
        try:
            future.set_result(PageCount(len(json.loads(self._objects.get(key))["pages"])))
        except ValueError:
            future.set_result(PageCount(0, Reason.CORRUPT_FILE, f"{name} is damaged"))
        except (ObjectNotFoundError, ObjectCorruptError) as error:
            future.set_result(PageCount(0, held=str(error)))
        except StorageError as error:
            future.set_exception(error)
        return future

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        self.refreshed.append((supplier, version, length))

    def close(self) -> None:
        pass

    def _read(self, ref: PageRef) -> PageRead:
        try:
            document = json.loads(self._objects.get(ref.key))
        except (ObjectNotFoundError, ObjectCorruptError) as error:
            return PageRead(ref, (), held=str(error))
        return read_paper(ref, document)


def read_paper(ref: PageRef, document: dict[str, Any]) -> PageRead:
    """What a reader gives of a page of a ``file_of`` document. Poison that a reader survived is blank."""
    page = document["pages"][ref.page - 1]
    pixels = hashlib.sha256(json.dumps([page, document["scan"]]).encode()).hexdigest()
    if page == "corrupt":
        return PageRead(ref, (), reason=Reason.CORRUPT_FILE, detail="cut off")
    if isinstance(page, str) and (page == "blank" or page.startswith("poison")):
        return PageRead(ref, (SlipReading("blank"),), pixels)
    if page == "foreign":
        return PageRead(ref, (SlipReading("unreadable", reasons=(Reason.TEMPLATE_NOT_FOUND,)),), pixels)
    return PageRead(ref, tuple(_slip(s, n) for n, s in enumerate(page, 1)), pixels)


def _slip(written: dict[str, Any], number: int) -> SlipReading:
    sure = written.get("confidence", 0.999)

    def digits(text: str) -> FieldResult:
        return FieldResult(text, sure, text, tuple(Character(c, sure) for c in text))

    fields = {
        "account": _account(written, digits(written["account"])),
        "reading": replace(digits(written["reading"]), evidence=_cells(written, sure)),
        "reading_t2": digits(written.get("t2", "")),
        "reading_t3": digits(written.get("t3", "")),
        "meter_serial": digits(written.get("meter_serial", "")),
        "date": FieldResult(written.get("date", DAY.isoformat()), sure),
        "signature": FieldResult(present=written.get("signature", True), confidence=sure),
        "address": FieldResult(present=True, confidence=sure),
    }
    return SlipReading(
        outcome=written.get("outcome", "read"),
        slip=number,
        template=written.get("template", FORM),
        fields=fields,
        reasons=tuple(Reason(code) for code in written.get("reasons", ())),
        ink=written.get("ink", "").encode(),
        model="paper@1",
        seconds=0.01,
    )


def _account(written: dict[str, Any], told: FieldResult) -> FieldResult:
    account = replace(told, in_register=True, source="ink")
    if "rival" not in written:
        return account
    other, near = written["rival"]
    close = (Reason.ACCOUNT_NEIGHBOUR,) if is_neighbour(told.value or "", other, near) else ()
    sure = written.get("account_confidence", told.confidence)
    return replace(account, confidence=sure, runner_up=near, other=other, reasons=close)


def _cells(written: dict[str, Any], sure: float) -> bytes:
    """What the reader keeps of the reading's cells; nothing unless ``doubts`` are told."""
    if "doubts" not in written:
        return b""
    text = written.get("cells", written["reading"])
    table = np.full((len(text), 12), 1e-6)
    for cell, symbol in enumerate(text):
        says = written["doubts"].get(str(cell), {symbol: sure})
        for other, probability in says.items():
            table[cell, SYMBOLS.index(other)] = probability
    return pack(table / table.sum(axis=1, keepdims=True))


def thresholds(channel: str, template: str, model: str) -> Thresholds:
    """0.99 for everything."""
    names = ("account", "reading", "date", "signature", "address", "meter_serial")
    return Thresholds(dict.fromkeys(names, 0.99))


# Parsed once: most tests need them.
_suppliers = cache(suppliers)


@cache
def _templates() -> dict[str, Template]:
    return {template.key: template for template in all_templates()}


def open_services(
    records: Records, folder: Path | ObjectStore, clock: Callable[[], datetime], **settings: float
) -> Context:
    """Services on real records and a real folder (or another store), with the reader of paper files."""
    objects = FolderStore(folder) if isinstance(folder, Path) else folder
    return Context(
        records=records,
        objects=objects,
        clock=clock,
        suppliers=_suppliers(),
        templates=_templates(),
        reader=PaperReader(objects),
        thresholds=thresholds,
        settings=ServiceSettings(**settings),  # type: ignore[arg-type]
    )


def register(ctx: Context, *rows: dict[str, Any]) -> None:
    """Put accounts into the register."""
    with ctx.records.begin() as tx:
        tx.registers.upsert(rows)
        tx.registers.bump(SUPPLIER, ctx.clock())
