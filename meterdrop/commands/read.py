"""``meterdrop read``: pure recognition. No database, no server, nothing stored."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import UsageError
from meterdrop.readers import KINDS, Line, PageReader, ReadOptions, failed, open_reader, read_file

if TYPE_CHECKING:
    from ocr.load import Limits


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--as", "kind", type=click.Choice(KINDS), default="form", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.option("--template", "template", metavar="NAME", help="Which form (default: found by its markers).")
@click.option(
    "--register",
    "register",
    metavar="CSV",
    help="Form: accounts to decode against, with their meters' digits and history where it has those "
    "columns. Meter: meters to find by the number on their plate, with their digits.",
)
@click.option("--digits", type=click.IntRange(1, 12), help="Meter: digits before the point; line: digits.")
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
    if (digits is not None and kind not in ("meter", "line")) or (decimals is not None and kind != "meter"):
        raise UsageError("--digits is for --as meter or line, --decimals for --as meter; leave them out")
    from meterdrop.settings import load_settings
    from ocr.load import Limits

    settings = load_settings()
    limits = Limits(
        pixels=settings.count("METERDROP_MAX_PIXELS"), pages=settings.count("METERDROP_MAX_PAGES")
    )
    own = settings.path("METERDROP_TEMPLATES")
    table = Path(register) if register else None
    blanks = settings.blanks if settings.home.is_dir() else None
    reader = open_reader(
        ReadOptions(kind, limits, template, table, own, settings.taught, digits, decimals, blanks=blanks)
    )
    unreadable = total = 0
    progress = Progress(sys.stderr.isatty())
    for line in read_all(paths, kind, reader, limits):
        total += 1
        unreadable += line["outcome"] == "unreadable"
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else in_words(line))
        progress.count(total)
    progress.end(total, unreadable)
    if not total:
        click.echo("nothing to read: no files there; name files, or a folder that holds some", err=True)
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
    """The output's lines, one at a time; whatever goes wrong with one input becomes its line."""
    from ocr.load import Missing, expand

    for path in expand(paths):
        if isinstance(path, Missing):
            yield failed(path.path, None, kind, path.error)
        else:
            yield from read_file(path, kind, reader, limits)


def in_words(line: Line) -> str:
    """A line for people."""
    where = line["path"] + (f" page {line['page']}" if "page" in line else "")
    where += f" slip {line['slip']}" if "slip" in line else ""
    parts = [f"{where}: {line['outcome']}"]
    if "template" in line:
        parts.append(line["template"])
    if line.get("value"):
        behind = f",{line['decimals']}" if line.get("decimals") else ""
        parts.append(f"{line['value']}{behind} ({_percent(line['confidence'])})")
    if line.get("reasons"):
        # Before the fields: they are of the whole sheet.
        parts.append("[" + ", ".join(line["reasons"]) + "]")
    for name, field in line.get("fields", {}).items():
        says = {True: "yes", False: "no", None: field.get("value") or "-"}[field.get("present")]
        known = {True: ", in register", False: ", not in register", None: ""}[field.get("in_register")]
        parts.append(f"\n    {name}: {says} ({_percent(field['confidence'])}{known})")
    for other in line.get("displays", ()):
        parts.append(f"\n    also {other['value']} ({_percent(other['confidence'])})")
    if "serial" in line:
        parts.append(f"\n    serial: {line['serial']['value'] or '-'} ({line['serial']['verdict']})")
    if line.get("detail"):
        parts.append("- " + line["detail"])
    return " ".join(parts).replace(" \n", "\n")


def _percent(confidence: float) -> str:
    """Rounded down, so that only what is certain is 100 %."""
    return f"{math.floor(1000 * confidence) / 10:.1f} %"
