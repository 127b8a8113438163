"""Thresholds for forms whose readings stand on a line: simulated, read and counted as those with cells are.

    python -m training.line_thresholds all --slips 1500 --minutes 30   # collect each form, then choose
    python -m training.line_thresholds summary                         # what was collected, with intervals

Collecting is resumable and appends to ``training/runs/lines-FORM.csv``; a file of other weights is refused. A
form whose target none of the tried thresholds meets gets no row, and all of its sheets go to a person.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import click
import numpy as np

from domain.risk import ChosenThreshold, interval
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader
from ocr.results import FieldResult, SlipReading
from simulate.registers import accounts as some_accounts
from templates import find
from templates.model import Template
from training import known, thresholds
from training.line_slips import simulated
from training.slips import Truth, held_out_hands, pictured_hands

FORMS = ("khakas-receipt", "krasnoyarsk-office")
COLUMNS = (
    "seed", "model", "writer", "outcome", "account", "account_right", "reading", "reading_right",
    "date", "date_right", "in_register", "plausible", "held",
)  # fmt: skip
#: A threshold that accepts less is not worth a row.
LEAST_ACCEPTED = 0.1
_ACCOUNTS = 100_000


@click.group(help=__doc__)
def main() -> None:
    """Make the thresholds of forms without cells."""


def file_of(form: str) -> Path:
    """Where a form's slips are collected."""
    return thresholds.RUNS / f"lines-{form}.csv"


@main.command()
@click.option("--form", "forms", multiple=True, default=FORMS, show_default=True)
@click.option("--slips", default=1500, show_default=True, help="Of each form.")
@click.option("--minutes", default=30.0, show_default=True, help="For each form.")
@click.option("--seed", default=3_000_000, show_default=True)
def collect(forms: tuple[str, ...], slips: int, minutes: float, seed: int) -> None:
    """Simulate and read slips; those already in a form's file are not done again."""
    for form in forms:
        collected(form, slips, minutes, seed, file_of(form))


@main.command()
@click.option("--form", "forms", multiple=True, default=FORMS, show_default=True)
def choose(forms: tuple[str, ...]) -> None:
    """Write the rows that the collected slips prove; rows of other forms stay as they are."""
    rows = {form: rows_of(file_of(form)) for form in forms}
    document = json.loads(thresholds.OUT.read_text("utf-8"))
    keys = {find(form).key for form in forms}
    others = [row for row in document["thresholds"] if row["template"] not in keys]
    document["thresholds"] = others + [
        row for form in forms for row in proven(form, rows[form], file_of(form))
    ]
    thresholds.write(document)


@main.command()
@click.option("--form", "forms", multiple=True, default=FORMS, show_default=True)
def summary(forms: tuple[str, ...]) -> None:
    """What the collected slips say, with Clopper-Pearson intervals, and which target each form reaches."""
    for form in forms:
        rows = rows_of(file_of(form))
        read = [row for row in rows if row["outcome"] == "read"]
        click.echo(f"{form}: {len(rows)} slips, {rows[0]['model']}")
        shares = [("read", len(read), len(rows))]
        shares += [
            (name.replace("_", " "), sum(row[name] == "1" for row in read), len(read))
            for name in ("account_right", "reading_right", "date_right", "held")
        ]
        for name, some, every in shares:
            low, high = interval(some, max(every, 1))
            click.echo(f"  {name:14} {some}/{every} = {some / max(every, 1):.1%} ({low:.1%} to {high:.1%})")
        proven(form, rows, file_of(form))


@main.command(name="all")
@click.option("--slips", default=1500, show_default=True)
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--seed", default=3_000_000, show_default=True)
@click.pass_context
def everything(ctx: click.Context, slips: int, minutes: float, seed: int) -> None:
    """Collect, choose, and say what came of it."""
    ctx.invoke(collect, forms=FORMS, slips=slips, minutes=minutes, seed=seed)
    ctx.invoke(choose, forms=FORMS)
    ctx.invoke(summary, forms=FORMS)


def collected(form: str, slips: int, minutes: float, seed: int, path: Path) -> int:
    """Bring a form's file to ``slips`` rows, or as far as the time goes; returns how many it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = len(rows_of(path)) if path.exists() else 0
    template = find(form)
    numbers = some_accounts(_ACCOUNTS, np.random.default_rng(5), consecutive=True)
    reader = FormReader([template], CellClassifier.load(), AccountIndex.build(numbers))
    pages = simulated(template, numbers, [*held_out_hands(), *pictured_hands()], seed + done)
    read = thresholds.recognised(reader, template, pages, seed + done)
    rows = (row_of(number, template, slip, truth) for number, slip, truth in read)
    return thresholds.gather(path, COLUMNS, rows, done=done, slips=slips, minutes=minutes)


def row_of(seed: int, template: Template, slip: SlipReading, truth: Truth) -> list[object]:
    """A slip as a line of the file. ``held``: the reader doubts it, so that no confidence accepts it."""
    if slip.outcome != "read" or slip.template != template.key:
        return [seed, slip.model, truth.writer, slip.outcome, *[0] * (len(COLUMNS) - 4)]
    account, reading, day = (slip.fields.get(name, FieldResult()) for name in ("account", "reading", "date"))
    return [
        seed, slip.model, truth.writer, slip.outcome,
        f"{account.confidence:.6f}", int(account.value == truth.account),
        f"{reading.confidence:.6f}", int(reading.value == truth.reading),
        f"{day.confidence:.6f}", int(day.value == truth.date),
        int(bool(account.in_register)),
        int(known.plausible(reading.value or "", account.value or "", truth, seed)),
        int(bool(thresholds.doubts(slip, template))),
    ]  # fmt: skip


def rows_of(path: Path) -> list[dict[str, str]]:
    """The slips of a file; raises ``click.UsageError`` where there is none, or several models read them."""
    if not path.is_file():
        raise click.UsageError(f"nothing was collected into {path} yet")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    models = {row["model"] for row in rows if row["model"]}
    if len(models) > 1:
        raise click.UsageError(f"{path} mixes {sorted(models)}; move it away and collect anew")
    return rows


def proven(form: str, rows: list[dict[str, str]], path: Path) -> list[dict[str, object]]:
    """The form's row for the table; none where no threshold meets the loosest target. Says why."""
    read = [row for row in rows if row["outcome"] == "read" and thresholds.could_be_accepted(row)]
    right = [row["account_right"] == "1" and row["reading_right"] == "1" for row in read]
    confidence = [min(float(row["account"]), float(row["reading"])) for row in read]
    both = _best(confidence, right, thresholds.TARGETS)
    dates = _best(
        [float(row["date"]) for row in read],
        [row["date_right"] == "1" for row in read],
        thresholds.DATE_TARGETS,
    )
    taken = [each >= (both.threshold or 2.0) for each in confidence]
    registered = sum(ok and row["account_right"] == "0" for ok, row in zip(taken, read, strict=True))
    click.echo(f"{form}: {len(read)} not held back by a rule; account and reading: {both}; date: {dates}")
    if both.threshold is None:
        return []
    for low, high in thresholds.over_writers(read, taken, right):
        click.echo(f"{form}: wrong among accepted, writers drawn anew 2,000 times: {low:.3%} to {high:.3%}")
    (model,) = {row["model"] for row in read}
    data = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return [thresholds.entry(find(form).key, model, both, dates, registered, data)]


def _best(confidence: list[float], right: list[bool], targets: tuple[float, ...]) -> ChosenThreshold:
    return thresholds.strictest(confidence, right, targets, least=LEAST_ACCEPTED)


if __name__ == "__main__":
    main()
