"""A review desk for tests: real services on SQLite, slips filled by hand, a reader that obeys."""

from __future__ import annotations

import csv
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import uvicorn
from fastapi import FastAPI

from domain.gate import Thresholds
from domain.reasons import Reason
from ocr.results import Character, FieldResult, Registration, SlipReading
from services import batch, register, users
from services.context import Context, PageCount, PageRead, PageRef, ServiceSettings
from services.results import BatchOrder
from simulate import files, fill, hands, paper, scanner
from storage.objects import FolderStore
from storage.records import Records, RecordsSettings
from templates import all_templates, suppliers
from templates.model import Template
from templates.printing.picture import picture

T = TypeVar("T")

DPI = 150
DAY = date(2026, 11, 24)
SUPPLIER = "krasnoyarskenergosbyt"
PASSWORD = "correct horse battery"

#: What every account of the tests' register has.
ADDRESS = "г. Красноярск, ул. Мира, д. 12, кв. 45"
REGISTER = {
    "surname": "Иванова",
    "address": ADDRESS,
    "meter_serial": "0091234567",
    "digits": "5",
    "decimals": "1",
    "tariff": "",
    "previous_reading": "05400",
    "previous_date": "2026-10-24",
    "monthly_average": "180",
}


@dataclass
class TestClock:
    """A clock that tests move."""

    __test__ = False
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 25, 3, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Slip:
    """What is written on a slip, and where the reader errs or doubts.

    ``doubtful``: field → places read with little confidence; ``misread``: field → what it reads; ``habits``:
    field → what its ink's shape tells.
    ``registered`` False: the page's template was not found.
    """

    account: str = "121000000001"
    reading: str = "05600"
    day: date = DAY
    address: str = "г Красноярск, ул Мира, 12-45"
    doubtful: Mapping[str, Sequence[int]] = field(default_factory=dict)
    misread: Mapping[str, str] = field(default_factory=dict)
    habits: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    signed: bool = True
    registered: bool = True


class ScriptedReader:
    """A ``PageReader`` for one file whose page n carries ``slips[n - 1]``."""

    workers = 1

    def __init__(self, template: Template) -> None:
        self.template = template
        self.slips: Sequence[Slip] = ()

    def count(self, key: str, name: str) -> Future[PageCount]:
        return _done(PageCount(len(self.slips)))

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        return _done([self._read(page) for page in pages])

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        pass

    def close(self) -> None:
        pass

    def _read(self, page: PageRef) -> PageRead:
        slip = self.slips[page.page - 1]
        reading = SlipReading("unreadable", reasons=(Reason.TEMPLATE_NOT_FOUND,))
        if slip.registered:
            scale = DPI / 25.4
            reading = SlipReading(
                "read",
                template=self.template.key,
                fields=_fields(self.template, slip),
                registration=Registration((scale, 0.0, 0.0, 0.0, scale, 0.0, 0.0, 0.0, 1.0), 0.1, 4),
                ink=f"ink of page {page.page}".encode(),
                model="scripted@1",
            )
        return PageRead(page, (reading,), pixel_hash=f"{page.key}-{page.page}")


def _fields(template: Template, slip: Slip) -> dict[str, FieldResult]:
    written = {"account": slip.account, "reading": slip.reading, "date": f"{slip.day:%d%m%Y}"}
    fields = {}
    for each in template.fields:
        if each.cells:
            text = slip.misread.get(each.name, written.get(each.name, ""))
            cells = text.ljust(len(each.cells), "_")
            doubtful = slip.doubtful.get(each.name, ())
            characters = tuple(
                Character(value, 0.62 if place in doubtful else 0.9999) for place, value in enumerate(cells)
            )
            value = f"{text[4:]}-{text[2:4]}-{text[:2]}" if each.kind == "date" and text else text
            confidence = 0.6 if doubtful else 0.9995
            habits = slip.habits.get(each.name, ())
            fields[each.name] = FieldResult(value, confidence, cells, characters, reasons=habits)
        else:
            present = each.name == "address" or (each.name == "signature" and slip.signed)
            fields[each.name] = FieldResult(present=present, confidence=0.9995)
    return fields


def _done(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future


@cache
def form() -> Template:
    """The drop-box slip."""
    return next(t for t in all_templates() if t.name == "krasnoyarsk-dropbox")


@cache
def _printed() -> paper.Grey:
    return np.ascontiguousarray(picture(form(), DPI).convert("L"))


def scan_of(slip: Slip, number: int) -> paper.Grey:
    """The slip filled by hand and scanned, at ``DPI``."""
    rng = np.random.default_rng(number)
    values = {"account": slip.account, "reading": slip.reading, "date": f"{slip.day:%d%m%Y}"}
    values |= {"address": slip.address, "signature": "x" if slip.signed else ""}
    writer = fill.Writer(hand=hands.HANDS[number % len(hands.HANDS)])
    sheet = paper.written(fill.fill(form(), values, writer, rng), _printed().copy(), DPI, rng)
    return np.ascontiguousarray(scanner.scan(sheet, scanner.Scan(blur_px=0.4, noise=3), rng))


@dataclass(frozen=True)
class Desk:
    """A context with slips in review."""

    ctx: Context
    clock: TestClock
    reader: ScriptedReader
    folder: Path

    def bring(self, *slips: Slip, drawn: int | None = None) -> None:
        """Take in one PDF with these slips, a page each.

        ``drawn``: draw so many of them and give the others the same pictures in turn, for drawing takes long.
        """
        self.reader.slips = slips
        file = self.folder / f"box {self.clock.now:%H%M%S%f}.pdf"
        scans = [scan_of(slip, n) for n, slip in enumerate(slips[:drawn], 1)]
        file.write_bytes(files.pdf([scans[n % len(scans)] for n in range(len(slips))], DPI))
        batch.run_batch(self.ctx, [file], BatchOrder(SUPPLIER, "station", "office 1", DAY))

    def user(self, name: str, role: str = "reviewer") -> str:
        """Add somebody; gives the name back."""
        users.add_user(self.ctx, name, role, PASSWORD)
        return name


def open_desk(
    folder: Path,
    lease_seconds: int = 300,
    address: str = ADDRESS,
    surname: str = "Иванова",
    *,
    accounts: int = 9,
    audit_share: float = 0.0,
) -> Desk:
    """A desk on SQLite in ``folder``; ``accounts`` from 121000000001 on are registered."""
    clock = TestClock()
    reader = ScriptedReader(form())
    ctx = Context(
        records=Records.open(RecordsSettings(f"sqlite:///{folder / 'records.db'}")),
        objects=FolderStore(folder / "objects"),
        clock=clock,
        suppliers=suppliers(),
        templates={t.key: t for t in all_templates()},
        reader=reader,
        thresholds=lambda channel, template, model: Thresholds(
            dict.fromkeys(("account", "reading", "date", "signature", "address", "meter_serial"), 0.98)
        ),
        settings=ServiceSettings(
            lease_seconds=lease_seconds,
            audit_share=audit_share,
            audit_share_reviewed=audit_share,
            audit_key=b"k" * 32,
        ),
    )
    rows = [
        {"account": f"{121_000_000_000 + n}", **REGISTER, "address": address, "surname": surname}
        for n in range(1, accounts + 1)
    ]
    table = folder / "accounts.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    register.import_register(ctx, table, SUPPLIER)
    return Desk(ctx, clock, reader, folder)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port of this machine; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", server_header=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
