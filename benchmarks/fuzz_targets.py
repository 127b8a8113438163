"""What is fuzzed: every place where bytes of strangers come in, and what each may raise.

A target's ``open`` prepares it once and gives the function that takes one input. Whatever that raises beside
the errors that its callers are told of is a finding; so is a page image that is none.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks import fuzz_mutate as mutate
from benchmarks import fuzz_seeds as seeds
from domain.errors import InputError, MeterdropError, RegisterError, TemplateError, UsageError
from domain.messages import Message, parse_message
from intake.mail.parts import read_mail
from meterdrop.register_file import RegisterFile
from ocr.forms import FormReader
from ocr.load import Limits, open_document
from ocr.meters.reading import MeterPhotos
from ocr.meters.results import MeterReading
from services import day_file, mails, register
from services.context import Context
from storage.records import Records, RecordsSettings
from templates import suppliers
from templates.loader import load_template
from templates.supplier_rules import load_supplier
from tests import paper

One = Callable[[bytes], None]

#: Small, so that an input takes milliseconds: the code is the same.
LIMITS = Limits(
    pixels=4_000_000,
    pages=20,
    rendered_pages=2,
    render_dpi=40,
    render_seconds=2.0,
    file_render_seconds=4.0,
    working_bytes=64 << 20,
)
_DAY = date(2026, 11, 24)


@dataclass(frozen=True)
class Target:
    """``seeds`` are good inputs; ``longest``: bytes of an input."""

    name: str
    open: Callable[[], One]
    seeds: Callable[[], Sequence[bytes]]
    mutate: mutate.Mutator
    longest: int = 1 << 20


def _load(suffix: str) -> Callable[[], One]:
    def one(data: bytes) -> None:
        try:
            with open_document(data, f"x.{suffix}", LIMITS) as document:
                for number in range(1, min(document.pages, 3) + 1):
                    try:
                        _is_page(document.page(number).grey, 2)
                        _is_page(document.colour(number), 3)
                        _is_page(document.reduced(number, 300)[0], 3)
                    except InputError as error:
                        _is_line(error)
        except InputError as error:
            _is_line(error)

    return lambda: one


def _is_page(pixels: object, dimensions: int) -> None:
    assert isinstance(pixels, np.ndarray), type(pixels)
    assert pixels.dtype == np.uint8 and pixels.ndim == dimensions and pixels.size, (
        pixels.dtype,
        pixels.shape,
    )
    assert pixels.size <= 3 * LIMITS.pixels, pixels.shape


def _is_line(error: Exception) -> None:
    assert "\n" not in str(error) and len(str(error)) < 800, str(error)


@cache
def _reader() -> FormReader:
    from ocr.cells import CellClassifier
    from templates import all_templates

    return FormReader(all_templates(), CellClassifier.load(threads=1))


def _form() -> One:
    reader = _reader()
    with open_document(seeds.slips()[0], "x.jpg", LIMITS) as document:
        # What is prepared with the first page is no input's fault.
        reader.read_page(document.page(1))

    def one(data: bytes) -> None:
        try:
            with open_document(data, "x.jpg", LIMITS) as document:
                page = document.page(1)
        except InputError:
            return
        slips = reader.read_page(page)
        assert slips
        for slip in slips:
            for field in slip.fields.values():
                assert 0.0 <= field.confidence <= 1.0, field

    return one


def _photo() -> One:
    reader = MeterPhotos.shipped()
    assert reader is not None

    def one(data: bytes) -> None:
        try:
            with open_document(data, "x.jpg", LIMITS) as document:
                picture = np.asarray(document.colour(1), np.uint8)
        except InputError:
            return
        read = reader(picture, None, None)
        assert isinstance(read, MeterReading)

    return one


def _message() -> One:
    formats = [rules.account for rules in suppliers().values()]

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for account in formats:
            for subject in (False, True):
                said = parse_message(text, account, subject=subject)
                assert isinstance(said, Message)
                assert bool(said.reasons) != bool(said.account), said
                for reading in said.readings:
                    assert reading.isascii() and reading.isdigit(), said

    return one


@cache
def _services() -> Context:
    # In memory where there is such a place: a commit need not wait for a disk here.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="meterdrop-fuzz-", dir=memory if memory.is_dir() else None))
    records = Records.open(RecordsSettings(f"sqlite:///{folder / 'records.db'}"))
    ctx = paper.open_services(records, folder / "objects", lambda: datetime(2026, 11, 24, 5, tzinfo=UTC))
    table = folder / "register.csv"
    table.write_bytes(seeds.registers()[0])
    register.import_register(ctx, table, paper.SUPPLIER)
    return ctx


def _dayfile() -> One:
    ctx, numbers = _services(), count()

    def one(data: bytes) -> None:
        # Each a file of another channel's: its rows are new, whatever was there before.
        order = day_file.DayFile(paper.SUPPLIER, "atm", f"fuzz {next(numbers)}", _DAY)
        try:
            rows = day_file.read_day_file(ctx, data, order)
        except UsageError as error:
            _is_line(error)
            return
        for row in csv.reader(io.StringIO(day_file.as_csv(rows)), delimiter=";"):
            assert len(row) == 5, row

    return one


def _mail() -> One:
    ctx, numbers = _services(), count()

    def one(data: bytes) -> None:
        mail = read_mail(data, "readings@example.org")
        assert isinstance(mail.text, str)
        try:
            mails.receive_mail(ctx, mail, paper.SUPPLIER, f"fuzz {next(numbers)}", _DAY)
        except (MeterdropError, ValueError):
            # The mailbox leaves such a mail for people.
            return

    return one


def _register() -> One:
    ctx = _services()
    path = Path(tempfile.mkdtemp(prefix="meterdrop-fuzz-")) / "register.csv"

    def one(data: bytes) -> None:
        path.write_bytes(data)
        try:
            register.import_register(ctx, path, paper.SUPPLIER)
        except (RegisterError, UsageError) as error:
            _is_line(error)
        try:
            accounts = RegisterFile(path, 12)
            accounts.rows("121000000001")
        except UsageError as error:
            _is_line(error)

    return one


def _template() -> One:
    path = Path(tempfile.mkdtemp(prefix="meterdrop-fuzz-")) / "form.yaml"

    def one(data: bytes) -> None:
        path.write_bytes(data)
        for load in (load_template, load_supplier):
            try:
                load(path)
            except TemplateError as error:
                _is_line(error)

    return one


TARGETS = {
    each.name: each
    for each in (
        Target("jpeg", _load("jpg"), seeds.jpegs, mutate.jpeg),
        Target("png", _load("png"), seeds.pngs, mutate.png),
        Target("tiff", _load("tif"), seeds.tiffs, mutate.tiff),
        Target("pdf", _load("pdf"), seeds.pdfs, mutate.pdf),
        Target("heic", _load("heic"), seeds.heics, mutate.blind),
        Target("others", _load("bin"), seeds.others, mutate.blind),
        Target("form", _form, seeds.slips, mutate.jpeg),
        Target("photo", _photo, seeds.photos, mutate.jpeg),
        Target("message", _message, seeds.messages, mutate.words, 4096),
        Target("dayfile", _dayfile, seeds.day_files, mutate.words, 1200),
        Target("mail", _mail, seeds.mails, mutate.words, 1 << 16),
        Target("register", _register, seeds.registers, mutate.words, 1 << 14),
        Target("template", _template, seeds.forms, mutate.words, 1 << 14),
    )
}


def variants(target: Target, number: int, seed: int = 1) -> Sequence[bytes]:
    """The seeds themselves, then so many mutations of them; always the same ones."""
    good = list(target.seeds())
    rng = random.Random(f"{target.name} {seed}")
    return [*good, *(mutated(target, good, rng) for _ in range(number))]


def mutated(target: Target, good: Sequence[bytes], rng: random.Random) -> bytes:
    """A seed after one to three mutations."""
    data = rng.choice(good)
    for _ in range(rng.randrange(1, 4)):
        data = mutate.crossed(good, data, rng) if rng.random() < 0.03 else target.mutate(data, rng)
    return data[: target.longest]


__all__ = ["TARGETS", "Target", "mutated", "variants"]
