"""What reads pages for ``meterdrop read`` and ``meterdrop evaluate``: one door for every kind of picture."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import InputError, UsageError
from domain.reasons import Reason

if TYPE_CHECKING:
    from meterdrop.register_file import RegisterFile
    from ocr.forms import FormReader
    from ocr.load import Document, Limits
    from ocr.results import SlipReading
    from templates.model import Template

Line = dict[str, Any]
#: Reads one page of an opened file; gives one line, or several where a page has several slips.
PageReader = Callable[["Document", int], list[Line]]
KINDS = ("form", "meter", "cell", "line")
#: A date on the slip that is at least this sure tells how many days passed.
_SURE_DATE = 0.9


@dataclass(frozen=True)
class ReadOptions:
    """What to read and how; goes to other processes pickled.

    ``template``: which form (None: found by its markers or its print); ``register``: a CSV of accounts, for
    forms, or of meters; ``own``, ``taught``: folders with further forms; ``limits``: of one file; ``digits``:
    of a line, or of a meter before its mark, where known; ``decimals``: of a meter behind it; ``blanks``: a
    folder that keeps what is worked out once about each form's print.
    """

    kind: str
    limits: Limits
    template: str | None = None
    register: Path | None = None
    own: Path | None = None
    taught: Path | None = None
    digits: int | None = None
    decimals: int | None = None
    blanks: Path | None = None

    def check(self) -> None:
        """Raise ``UsageError`` for what is not there or does not go together."""
        if self.kind != "form" and self.template is not None:
            raise UsageError("--template belongs to --as form; leave it out")
        if self.kind not in ("form", "meter") and self.register is not None:
            raise UsageError("--register belongs to --as form or meter; leave it out")
        if self.decimals is not None and self.digits is None:
            raise UsageError("--decimals goes with --digits; say how many digits stand before the point, too")


def open_reader(options: ReadOptions) -> PageReader:
    """The reader for these options; raises ``UsageError``."""
    options.check()
    if options.kind == "line":
        return _line_reader(options.digits)
    if options.kind == "meter":
        from meterdrop.meters import meter_reader

        return meter_reader(options.digits, options.decimals, options.register)
    return _slip_reader(options) if options.kind == "form" else _cell_reader()


def read_file(path: Path, kind: str, reader: PageReader, limits: Limits) -> Iterator[Line]:
    """A file's lines, one at a time; whatever goes wrong with one page becomes that page's line."""
    from ocr.load import open_document

    if kind == "meter":
        from ocr.meters.photo import photo_limits

        limits = photo_limits(limits)
    try:
        document = open_document(path, path.name, limits)
    except InputError as error:
        yield failed(path, None, kind, error)
        return
    except Exception as error:
        yield failed(path, None, kind, _unforeseen(error))
        return
    with document:
        for page in range(1, document.pages + 1):
            try:
                lines = reader(document, page)
            except InputError as error:
                yield failed(path, page, kind, error)
            except Exception as error:
                yield failed(path, page, kind, _unforeseen(error))
            else:
                yield from ({"path": str(path), "page": page, "as": kind, **line} for line in lines)


def failed(path: Path, page: int | None, kind: str, error: InputError) -> Line:
    """The line of a file or page that cannot be read."""
    line: Line = {"path": str(path)}
    if page is not None:
        line["page"] = page
    line |= {"as": kind, "outcome": "unreadable", "reasons": [error.reason.value]}
    if error.detail:
        line["detail"] = error.detail
    return line


def _unforeseen(error: Exception) -> InputError:
    """A bug or a library's failure: the page is not lost, the others go on."""
    reason = Reason.TOO_LARGE if isinstance(error, MemoryError) else Reason.DECODER_CRASHED
    return InputError(reason, f"{type(error).__name__}: {error}".splitlines()[0])


def form_reader(options: ReadOptions, register: RegisterFile | None = None) -> FormReader:
    """The reader of slips itself, for the forms that ``options`` name."""
    from ocr.cells import CellClassifier
    from ocr.forms import FormReader, ReaderSettings

    accounts = None if register is None else register.index
    kept = ReaderSettings(blanks=options.blanks)
    return FormReader(forms(options), CellClassifier.load(), accounts, kept)


def forms(options: ReadOptions) -> tuple[Template, ...]:
    """The forms that slips are looked for of: the one named, or all."""
    from templates import all_templates, find
    from templates.catalogue import in_use

    folders = (options.own, options.taught)
    return (find(options.template, *folders),) if options.template else in_use(all_templates(*folders))


def _slip_reader(options: ReadOptions) -> PageReader:
    from meterdrop.register_file import RegisterFile
    from ocr.forms.as_json import slip_as_json

    register = None
    if options.register is not None:
        register = RegisterFile(options.register, _account_length(forms(options)), _say)
    reader = form_reader(options, register)
    by_key = {template.key: template for template in reader.templates}

    def read(document: Document, page: int) -> list[Line]:
        readings = reader.read_page(document.page(page))
        if register is not None:
            readings = [_with_meters(slip, by_key, register) for slip in readings]
        lines = [slip_as_json(slip) for slip in readings]
        if len(lines) > 1:
            for number, line in enumerate(lines, start=1):
                line["slip"] = number
        return lines

    return read


def _with_meters(slip: SlipReading, by_key: dict[str, Template], register: RegisterFile) -> SlipReading:
    """The slip, decoded for the meters that the register has for its account and for its closest rival."""
    from ocr.decode.history import with_register
    from ocr.decode.rivals import by_readings, rival_of

    template = by_key.get(slip.template or "")
    if template is None:
        return slip
    rows = register.rows(slip.account)
    day, rival = _day(slip, template), rival_of(slip)
    if rival:
        slip = by_readings(slip, template, rows, register.rows(rival), day)
    return with_register(slip, template, rows, day)


def _day(slip: SlipReading, template: Template) -> date | None:
    """The day on the slip, where it is clear; nothing else tells when the reading was taken."""
    for field in template.fields:
        result = slip.fields.get(field.name)
        if field.role == "date" and result is not None and result.confidence >= _SURE_DATE:
            try:
                return date.fromisoformat(result.value or "")
            except ValueError:
                return None
    return None


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _cell_reader() -> PageReader:
    from ocr.cells import CLASSES, CellClassifier

    classifier = CellClassifier.load()

    def read(document: Document, page: int) -> list[Line]:
        started = time.perf_counter()
        probabilities = classifier.read_picture(document.colour(page))
        best = int(probabilities.argmax())
        value = CLASSES[best]
        return [
            {
                "outcome": "blank" if value == "_" else "read",
                "value": "" if value == "_" else value,
                "confidence": round(float(probabilities[best]), 6),
                "reasons": [],
                "model": classifier.model,
                "seconds": round(time.perf_counter() - started, 4),
            }
        ]

    return read


def _line_reader(digits: int | None) -> PageReader:
    from ocr.lines import LineReader

    reader = LineReader.load()

    def read(document: Document, page: int) -> list[Line]:
        started = time.perf_counter()
        reading = reader.read(document.colour(page), digits)
        return [
            {
                "outcome": "blank" if reading.blank else "read",
                "value": reading.value,
                "confidence": round(reading.confidence, 6),
                "raw": reading.raw,
                "characters": [
                    {"value": each.value, "confidence": round(each.confidence, 6)}
                    for each in reading.characters
                ],
                "reasons": [Reason.READING_UNCLEAR.value] if "#" in reading.raw else [],
                "model": reader.model,
                "seconds": round(time.perf_counter() - started, 4),
            }
        ]

    return read


def _account_length(templates: tuple[Template, ...]) -> int:
    lengths = [len(f.cells) for t in templates for f in t.fields if f.role == "account" and f.cells]
    return max(lengths, default=12)
