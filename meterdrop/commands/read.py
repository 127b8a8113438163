"""``meterdrop read``: pure recognition. No database, no server, nothing stored."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.errors import InputError, UsageError
from domain.reasons import Reason

if TYPE_CHECKING:
    from ocr.decode import AccountIndex
    from ocr.load import Document, Limits
    from templates.model import Template

Line = dict[str, Any]
#: Reads one page of an opened file; gives one line, or several where a page has several slips.
PageReader = Callable[["Document", int], list[Line]]
_LATER = ("meter", "line")


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--as", "kind", type=click.Choice(["form", "meter", "cell", "line"]), default="form", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.option("--template", "template", metavar="NAME", help="Which form (default: found by its markers).")
@click.option("--register", "register", metavar="CSV", help="Accounts to decode against; header: account.")
@click.option("--digits", type=click.IntRange(1, 12), help="Meter: digits before the point.")
@click.option("--decimals", type=click.IntRange(0, 6), help="Meter: digits after the point.")
def command(
    paths: tuple[str, ...],
    kind: str,
    *,
    as_json: bool,
    template: str | None,
    register: str | None,
    digits: int | None,
    decimals: int | None,
) -> None:
    """Read pictures and PDFs, or folders of them; nothing is stored.

    Exit status 0 done, 1 some inputs were unreadable (each has its line), 2 wrong use.
    """
    if kind in _LATER:
        raise UsageError(f"--as {kind} is not available in this version; use --as form or --as cell")
    if (digits is not None or decimals is not None) and kind != "meter":
        raise UsageError("--digits and --decimals belong to --as meter; leave them out")
    if kind != "form" and (template is not None or register is not None):
        raise UsageError("--template and --register belong to --as form; leave them out")
    from meterdrop.settings import load_settings
    from ocr.load import Limits

    settings = load_settings()
    limits = Limits(
        pixels=settings.count("METERDROP_MAX_PIXELS"), pages=settings.count("METERDROP_MAX_PAGES")
    )
    own = settings.path("METERDROP_TEMPLATES")
    reader = _form_reader(template, register, limits, own) if kind == "form" else _cell_reader()
    unreadable = total = 0
    progress = Progress(sys.stderr.isatty() or not as_json)
    for line in read_all(paths, kind, reader, limits):
        total += 1
        unreadable += line["outcome"] == "unreadable"
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else in_words(line))
        progress.count(total)
    progress.end(total, unreadable)
    if unreadable:
        raise click.exceptions.Exit(1)


class Progress:
    """Counts on standard error, from the second second on; a line of its own only at the end."""

    def __init__(self, wanted: bool, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._wanted = wanted
        self._stopwatch = stopwatch
        self._started = self._said = stopwatch()

    def count(self, done: int) -> None:
        """Say how many are done, at most twice a second."""
        now = self._stopwatch()
        if self._wanted and now - self._started > 2.0 and now - self._said > 0.5:
            self._said = now
            click.echo(f"\r{done} read, {done / (now - self._started):.1f} a second ", nl=False, err=True)

    def end(self, done: int, unreadable: int) -> None:
        """Say the totals if anything was said before."""
        if self._said != self._started:
            click.echo(f"\r{done} read, {unreadable} of them unreadable.    ", err=True)


def read_all(paths: tuple[str, ...], kind: str, reader: PageReader, limits: Limits) -> Iterator[Line]:
    """The output's lines, one at a time; whatever goes wrong with one page becomes that page's line."""
    from ocr.load import Missing, expand, open_document

    for path in expand(paths):
        if isinstance(path, Missing):
            yield _failed(path.path, None, kind, path.error)
            continue
        try:
            document = open_document(path, path.name, limits)
        except InputError as error:
            yield _failed(path, None, kind, error)
            continue
        except Exception as error:
            yield _failed(path, None, kind, _unforeseen(error))
            continue
        with document:
            for page in range(1, document.pages + 1):
                try:
                    lines = reader(document, page)
                except InputError as error:
                    yield _failed(path, page, kind, error)
                except Exception as error:
                    yield _failed(path, page, kind, _unforeseen(error))
                else:
                    yield from ({"path": str(path), "page": page, "as": kind, **line} for line in lines)


def _unforeseen(error: Exception) -> InputError:
    """A bug or a library's failure: the page is not lost, the others go on."""
    reason = Reason.TOO_LARGE if isinstance(error, MemoryError) else Reason.DECODER_CRASHED
    return InputError(reason, f"{type(error).__name__}: {error}".splitlines()[0])


def _failed(path: Path, page: int | None, kind: str, error: InputError) -> Line:
    line: Line = {"path": str(path)}
    if page is not None:
        line["page"] = page
    line |= {"as": kind, "outcome": "unreadable", "reasons": [error.reason.value]}
    if error.detail:
        line["detail"] = error.detail
    return line


def _form_reader(name: str | None, register: str | None, limits: Limits, own: Path | None) -> PageReader:
    from ocr.cells import CellClassifier
    from ocr.forms import FormReader
    from ocr.forms.as_json import slip_as_json
    from templates import all_templates, find

    chosen: tuple[Template, ...] = (find(name, own),) if name else all_templates(own)
    accounts = load_accounts(Path(register), _account_length(chosen)) if register else None
    reader = FormReader(chosen, CellClassifier.load(), accounts)

    def read(document: Document, page: int) -> list[Line]:
        readings = reader.read_page(document.page(page))
        lines = [slip_as_json(reading) for reading in readings]
        if len(lines) > 1:
            for number, line in enumerate(lines, start=1):
                line["slip"] = number
        return lines

    return read


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


def _account_length(templates: tuple[Template, ...]) -> int:
    lengths = [len(f.cells) for t in templates for f in t.fields if f.role == "account" and f.cells]
    return max(lengths, default=12)


def load_accounts(path: Path, length: int) -> AccountIndex:
    """The column ``account`` of a CSV (comma, semicolon or tab; UTF-8 or CP1251); raises ``UsageError``."""
    import csv

    from ocr.decode import AccountIndex

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--register {path}: {error.strerror or error}; name a CSV file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", errors="replace")
    rows = text.splitlines()
    header = rows[0] if rows else ""
    separator = max(",;\t", key=header.count)
    names = [name.strip().strip('"').lower() for name in header.split(separator)]
    if "account" not in names:
        raise UsageError(f"--register {path}: no column account; the first line must name the columns")
    column = names.index("account")
    values = (row[column].strip() for row in csv.reader(rows[1:], delimiter=separator) if len(row) > column)
    index = AccountIndex.build(values, length)
    if not len(index):
        raise UsageError(f"--register {path}: no account with {length} digits; check the column account")
    return index


def in_words(line: Line) -> str:
    """A line for people."""
    where = line["path"] + (f" page {line['page']}" if "page" in line else "")
    where += f" slip {line['slip']}" if "slip" in line else ""
    parts = [f"{where}: {line['outcome']}"]
    if "template" in line:
        parts.append(line["template"])
    if line.get("value"):
        parts.append(f"{line['value']} ({_percent(line['confidence'])})")
    for name, field in line.get("fields", {}).items():
        says = {True: "yes", False: "no", None: field.get("value") or "-"}[field.get("present")]
        known = {True: ", in register", False: ", not in register", None: ""}[field.get("in_register")]
        parts.append(f"\n    {name}: {says} ({_percent(field['confidence'])}{known})")
    if line.get("reasons"):
        parts.append("[" + ", ".join(line["reasons"]) + "]")
    if line.get("detail"):
        parts.append("- " + line["detail"])
    return " ".join(parts).replace(" \n", "\n")


def _percent(confidence: float) -> str:
    return f"{100 * confidence:.1f} %"
