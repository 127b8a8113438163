"""``meterdrop evaluate``: how right the reader is on pictures whose truth is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.errors import UsageError
from meterdrop.readers import KINDS, ReadOptions

if TYPE_CHECKING:
    from meterdrop.evaluation.manifest import Manifest
    from meterdrop.readers import Line
    from ocr.evaluate import Example

_PLOTS = (".png", ".svg")


@click.command("evaluate")
@click.option("--as", "kind", type=click.Choice(KINDS), required=True, help="What each picture shows.")
@click.option(
    "--manifest",
    required=True,
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Columns path (relative to the CSV) and the truth: value for cells and lines, the fields' names for "
    "forms, with page and slip where needed; group, where several pictures come from one writer.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--template", metavar="NAME", help="Which form (default: found by its markers).")
@click.option(
    "--register",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Accounts to decode against, with digits and history where it has those columns; wrong accounts "
    "that exist are counted by themselves.",
)
@click.option("--digits", type=click.IntRange(1, 12), help="Meter: digits before the point; line: digits.")
@click.option("--decimals", type=click.IntRange(0, 6), help="Meter: digits after the point.")
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="PNG|SVG", help="Draw error and calibration."
)
@click.option(
    "--errors",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the errors there: a list, and contact sheets of the surest ones.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes that read (default: as METERDROP_WORKERS)."
)
def command(
    kind: str,
    manifest: Path,
    *,
    as_json: bool,
    template: str | None,
    register: Path | None,
    digits: int | None,
    decimals: int | None,
    plot: Path | None,
    errors: Path | None,
    workers: int | None,
) -> None:
    """Measure the reader: exact match, error against coverage with bounds, calibration.

    A cell's truth is a digit, _ (blank) or # (no digit); a field's truth is what is written, _ where nothing
    is, and an empty one is not counted. A meter's truth is its digits before the mark, _ for a photo on which
    nobody could read any. Exit status 0 done, 1 some inputs were unreadable, 2 wrong use.
    """
    _check(plot, errors)
    if digits is not None and kind not in ("meter", "line"):
        raise UsageError("--digits is for --as meter or line; leave it out")
    from meterdrop.evaluation.manifest import load_manifest
    from meterdrop.evaluation.reading import examples, read_all
    from meterdrop.evaluation.report import in_words
    from meterdrop.progress import Progress
    from meterdrop.settings import load_settings
    from meterdrop.wiring import limits, worker_count

    settings = load_settings()
    own = settings.path("METERDROP_TEMPLATES")
    blanks = settings.blanks if settings.home.is_dir() else None
    options = ReadOptions(
        kind, limits(settings), template, register, own, settings.taught, digits, decimals, blanks=blanks
    )
    options.check()
    asked = load_manifest(manifest, kind, _fields(options))
    if asked.ignored:
        click.echo(f"{manifest}: columns not used: {', '.join(asked.ignored)}", err=True)
    paths = list(dict.fromkeys(row.path for row in asked.rows))
    with Progress("evaluate") as meter:
        read = read_all(
            paths, options, workers or worker_count(settings), lambda n: meter.update(n, len(paths), "files")
        )
    found = examples(asked.rows, read, kind)
    report = _report(kind, manifest, asked, found, [line for lines in read.values() for line in lines])
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else in_words(report))
    _draw(plot, report, found)
    if errors is not None:
        from meterdrop.evaluation.errors import write_errors

        count = write_errors(errors, asked.rows, found, options)
        click.echo(f"{count} errors in {errors}", err=True)
    if any(not e.read for field in found.values() for e in field):
        raise click.exceptions.Exit(1)


def _check(plot: Path | None, errors: Path | None) -> None:
    """Before anything is read: reading may take long."""
    if plot is not None and plot.suffix.lower() not in _PLOTS:
        raise UsageError(f"--plot {plot}: name a file that ends in .png or .svg")
    if plot is not None and not plot.parent.is_dir():
        raise UsageError(f"--plot {plot}: there is no folder {plot.parent}; make it first")
    if errors is not None and errors.exists() and not errors.is_dir():
        raise UsageError(f"--errors {errors}: this is a file; name a folder")


#: How the truth of a field is written, by its kind; of others (what was typed, a code) as it stands there.
_WRITTEN = {
    "digits": "digits",
    "digits_line": "digits",
    "printed": "digits",
    "date": "date",
    "date_line": "date",
    "tick": "signature",
    "signature": "signature",
    "line": "signature",
    "handwriting": "signature",
}


def _fields(options: ReadOptions) -> dict[str, str]:
    """Name → how its truth is written, of every field that some form has; a personal slip's account too.

    Where forms differ, as of an address that one has typed and the others written, most of them decide.
    """
    if options.kind != "form":
        return {}
    from meterdrop.readers import forms

    ways: dict[str, Counter[str]] = {"account": Counter({"digits": 1})}
    for field in (field for form in forms(options) for field in form.fields):
        digits = field.role in ("account", "meter_serial")
        way = "digits" if digits else _WRITTEN.get(field.kind, "text")
        ways.setdefault(field.name, Counter())[way] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in ways.items()}


def _report(
    kind: str,
    path: Path,
    manifest: Manifest,
    found: dict[str, list[Example]],
    lines: Sequence[Line],
) -> dict[str, Any]:
    from meterdrop.evaluation.report import field_report

    models = sorted({line["model"] for line in lines if line.get("model")})
    return {
        "as": kind,
        "manifest": str(path),
        "model": ", ".join(models),
        "rows": len(manifest.rows),
        "unreadable": sum(line["outcome"] == "unreadable" for line in lines),
        "level": 0.95,
        "fields": {name: field_report(each, kind, manifest.grouped) for name, each in found.items()},
    }


def _draw(path: Path | None, report: dict[str, Any], found: dict[str, list[Example]]) -> None:
    if path is None:
        return
    from meterdrop.evaluation.plot import plot

    name = Path(report["manifest"]).name
    title = f"{name}, --as {report['as']}" + (f", {report['model']}" if report["model"] else "")
    try:
        plot(path, title, found)
    except OSError as error:
        raise UsageError(f"--plot {path}: {error.strerror or error}; name a file to write") from error
