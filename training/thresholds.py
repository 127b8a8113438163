"""The shipped thresholds: slips of left-out writers are simulated, read and counted, then the bound decides.

    python -m training.thresholds collect --slips 14000   # resumable; appends to training/runs/slips.csv
    python -m training.thresholds choose                  # writes ocr/weights/thresholds.json

A slip counts as wrong when its account or its reading is wrong; one threshold on the lower of both
confidences keeps that at or below the target. The register is consecutive, the hardest kind, and every meter,
the neighbours' too, has a usual history (``training.known``), for what the gate does not believe is not
accepted. The date has a target of its own.
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from domain.reasons import Reason
from domain.risk import ChosenThreshold, choose_threshold, upper_bound
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader
from ocr.load import PageImage
from ocr.results import FieldResult, SlipReading
from ocr.thresholds import PHOTO_CHANNEL
from simulate.registers import accounts as some_accounts
from templates import find
from templates.model import Template
from training import known
from training.slips import Truth, held_out_hands, pictured_hands, simulated

#: A page, grey uint8 H×W, its dpi, and what it truly says.
Scanned = tuple[np.ndarray, int, Truth]

FORM = "krasnoyarsk-dropbox"
RUNS = Path(__file__).parent / "runs"
OUT = Path("ocr/weights/thresholds.json")
COLUMNS = (
    "seed", "model", "writer", "outcome", "account", "account_right", "reading", "reading_right",
    "date", "date_right", "in_register", "plausible", "signature", "address",
    "cells", "cells_right", "ink_right", "held",
)  # fmt: skip
#: Targets for wrong account or reading among accepted slips: the strictest that is proven counts; the
#: product's own is 0.1 %. Looking at several costs nothing: the bounds of all tried thresholds hold at once.
TARGETS, DELTA = (0.001, 0.002, 0.005, 0.01), 0.05
#: A wrong date is no wrong reading: its target need not be as strict, and costs fewer slips.
DATE_TARGETS = (0.005, 0.01)
#: A target that leaves the machine less than this share of all slips gives way to the next one.
LEAST_ACCEPTED = 0.5
#: The tried thresholds, by the share that they accept of the slips that nothing else holds back.
COVERAGES = tuple(step / 20 for step in range(1, 21))
#: Presence of a signature or an address line is ink or no ink; nothing was measured beyond that.
PRESENCE = 0.9
#: Goes into the table: why its bound is less than its arithmetic says.
CAVEATS = (
    "The writers' recorded digits return many times, on one slip each once (what is missing comes from all "
    "writers left out); the bound counts slips as if they were independent.",
    "The writers are American (UNIPEN fold 0, MNIST test); slips are simulated, not scanned.",
    "Samples that a person could not read as labelled are left out: training/unipen_illegible.txt and "
    "mnist_illegible.txt.",
    "The same writers served to fit the temperature, and to find that the shapes of ocr/forms/habits.py "
    "named too many fields; an earlier collection was thrown away for it.",
    "Of three in ten simulated meters the register knows no reading, three in ten neighbours show nearly the "
    "same, one in ten has seen far more use than usual; a wrong account counts as wrong although the gate "
    "might not believe its reading.",
    "The personal and the large-print slip share the ordinary slip's thresholds; receipts and office slips "
    "were collected by themselves, each form alone.",
)


@click.group(help=__doc__)
def main() -> None:
    """Make the thresholds."""


@main.command()
@click.option("--slips", default=7000, show_default=True)
@click.option("--seed", default=1_000_000, show_default=True)
@click.option("--minutes", default=100.0, show_default=True)
@click.option("--accounts", default=100_000, show_default=True, help="Accounts in the register.")
@click.option("--scattered", is_flag=True, help="Accounts at random instead of consecutive.")
@click.option("--illegible", is_flag=True, help="With the samples that a person could not read.")
@click.option("--to", "path", default=RUNS / "slips.csv", type=click.Path(path_type=Path), show_default=True)
@click.option(
    "--weights", default=None, type=click.Path(path_type=Path), help="Other weights than the shipped."
)
def collect(
    slips: int,
    seed: int,
    minutes: float,
    accounts: int,
    scattered: bool,
    illegible: bool,
    path: Path,
    weights: Path | None,
) -> None:
    """Simulate and read slips; those already in the file are not done again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = sum(1 for _ in csv.reader(path.open(encoding="utf-8"))) - 1 if path.exists() else 0
    template = find(FORM)
    register = some_accounts(accounts, np.random.default_rng(5), consecutive=not scattered)
    classifier = CellClassifier.load(weights)
    reader = FormReader([template], classifier, AccountIndex.build(register))
    pages = simulated(
        template,
        register,
        [*held_out_hands(legible=not illegible), *pictured_hands(legible=not illegible)],
        seed + done,
    )
    gather(
        path,
        COLUMNS,
        _read(reader, template, pages, seed + done, classifier.model),
        done=done,
        slips=slips,
        minutes=minutes,
    )


def _read(
    reader: FormReader, template: Template, pages: Iterator[Scanned], seed: int, model: str
) -> Iterator[list[object]]:
    for number, slip, truth in recognised(reader, template, pages, seed):
        yield _row(number, model, slip, truth, template)


def recognised(
    reader: FormReader, template: Template, pages: Iterator[Scanned], seed: int
) -> Iterator[tuple[int, SlipReading, Truth]]:
    """Each page's number, from ``seed`` on, what was read of it and the truth.

    As the services do before the gate: with the digit counts and histories of the accounts' meters.
    """
    for number, (page, dpi, truth) in enumerate(pages, seed):
        slip = reader.read_page(PageImage(page, float(dpi)))[0]
        yield number, known.weighed(slip, template, truth, number), truth


def gather(
    path: Path,
    columns: Sequence[str],
    rows: Iterator[list[object]],
    *,
    done: int,
    slips: int,
    minutes: float,
) -> int:
    """Append to a file of ``done`` rows until it has ``slips``, or the time is over; how many it has."""
    end = time.monotonic() + minutes * 60
    with path.open("a", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        if done == 0:
            writer.writerow(columns)
        while done < slips and time.monotonic() < end:
            writer.writerow(next(rows))
            done += 1
            if done % 50 == 0:
                out.flush()
                click.echo(f"{path.stem}: {done} slips", err=True)
    return done


@main.command()
@click.option("--from", "path", default=RUNS / "slips.csv", type=click.Path(path_type=Path))
def summary(path: Path) -> None:
    """What the collected slips say about cells, accounts and readings, with intervals over writers."""
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    writers = sorted({row["writer"] for row in rows})
    place = {writer: i for i, writer in enumerate(writers)}
    drawn = np.random.default_rng(1).integers(0, len(writers), (2000, len(writers)))
    click.echo(
        f"{len(rows)} slips of {len(writers)} writers; located {sum(r['outcome'] == 'read' for r in rows)}"
    )
    for label, top, of in (
        ("cells", "cells_right", "cells"),
        ("12 digits of the account by ink alone", "ink_right", None),
        ("account with the register", "account_right", None),
        ("reading", "reading_right", None),
        ("date", "date_right", None),
    ):
        counts = np.zeros((len(writers), 2))
        for row in rows:
            counts[place[row["writer"]]] += (int(row[top] or 0), int(row[of] or 0) if of else 1)
        sums = counts[drawn].sum(axis=1)
        low, high = np.percentile(sums[:, 0] / sums[:, 1], (2.5, 97.5))
        total = counts.sum(axis=0)
        click.echo(
            f"{label}: {total[0]:.0f}/{total[1]:.0f} = {total[0] / total[1]:.2%} ({low:.2%} to {high:.2%})"
        )


def _row(seed: int, model: str, slip: SlipReading, truth: Truth, template: Template) -> list[object]:
    if slip.outcome != "read" or "account" not in slip.fields:
        return [seed, model, truth.writer, slip.outcome, *[0] * (len(COLUMNS) - 4)]
    fields = slip.fields
    account, reading, day = fields["account"], fields["reading"], fields["date"]
    cells = right = 0
    for name in ("account", "reading", "date"):
        says = "".join(c.value for c in fields[name].characters)
        cells += len(truth.cells[name])
        right += sum(a == b for a, b in zip(says, truth.cells[name], strict=False))
    return [
        seed, model, truth.writer, slip.outcome,
        f"{account.confidence:.6f}", int(account.value == truth.account),
        f"{reading.confidence:.6f}", int(reading.value == truth.reading),
        f"{day.confidence:.6f}", int(day.value == truth.date),
        int(bool(account.in_register)),
        int(known.plausible(reading.value or "", account.value or "", truth, seed)),
        int(bool(fields["signature"].present)), int(bool(fields["address"].present)), cells, right,
        int(account.raw == truth.account), int(bool(doubts(slip, template))),
    ]  # fmt: skip


def doubts(slip: SlipReading, template: Template) -> tuple[Reason, ...]:
    """The reader's reasons why a person must look, however sure the fields are."""
    found = list(slip.reasons)
    for field in template.fields:
        if field.required or field.role in {"account", "reading"}:
            found += slip.fields.get(field.name, FieldResult()).reasons
    return tuple(found)


@main.command()
@click.option(
    "--from", "paths", multiple=True, default=(RUNS / "slips.csv",), type=click.Path(path_type=Path)
)
@click.option("--also", multiple=True, help="Further templates that the same cells and decoder serve.")
def choose(paths: tuple[Path, ...], also: tuple[str, ...]) -> None:
    """Write the thresholds from what was collected."""
    rows = [row for path in paths for row in csv.DictReader(path.open(encoding="utf-8"))]
    models = {row["model"] for row in rows}
    if len(models) != 1:
        raise click.UsageError(f"the files mix models {sorted(models)}; collect anew for one")
    # What the reader's doubts or the gate's rules hold back is never accepted, whatever its confidence.
    read = [row for row in rows if row["outcome"] == "read" and could_be_accepted(row)]
    right = [row["account_right"] == "1" and row["reading_right"] == "1" for row in read]
    confidence = [min(float(row["account"]), float(row["reading"])) for row in read]
    # The share that people are left with is one of all slips, also of those that are held back.
    both = strictest(confidence, right, TARGETS, least=LEAST_ACCEPTED * len(rows) / max(len(read), 1))
    dates = strictest(
        [float(row["date"]) for row in read], [row["date_right"] == "1" for row in read], DATE_TARGETS
    )
    above = [each >= (both.threshold or 2.0) for each in confidence]
    registered = sum(ok and row["account_right"] == "0" for ok, row in zip(above, read, strict=True))
    click.echo(
        f"{len(rows)} slips, {len(read)} read, registered and plausible; account and reading: {both}; "
        f"wrong but registered: {registered}; date: {dates}"
    )
    for low, high in over_writers(read, above, right):
        click.echo(f"wrong among accepted, writers drawn anew 2,000 times: {low:.3%} to {high:.3%}")
    data = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
    # Those of photos come from training.meters.prove, those of lines from training.line_thresholds.
    kept = json.loads(OUT.read_text("utf-8"))["thresholds"] if OUT.is_file() else []
    document = {
        "made_by": "python -m training.thresholds",
        "caveats": CAVEATS,
        "thresholds": [
            entry(find(name).key, models.copy().pop(), both, dates, registered, data)
            for name in (FORM, *also)
        ]
        + [row for row in kept if row["channel"] == PHOTO_CHANNEL or on_lines(row)],
    }
    write(document)


def could_be_accepted(row: Mapping[str, str]) -> bool:
    """Whether nothing but its confidence can keep a collected slip from being accepted.

    A wrong account counts although the gate would not believe its reading: it may know no earlier one.
    """
    believed = row["plausible"] == "1" or row["account_right"] == "0"
    return row["in_register"] == "1" and row["held"] == "0" and believed


def write(document: Mapping[str, object]) -> None:
    """The table as the program reads it."""
    OUT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def on_lines(row: dict[str, Any]) -> bool:
    """Whether a row is for a form whose account or reading has no cells: ``training.line_thresholds``."""
    return "+lines@" in str(row["model"])


def strictest(
    confidence: list[float],
    right: list[bool],
    targets: tuple[float, ...],
    coverages: tuple[float, ...] = COVERAGES,
    least: float = LEAST_ACCEPTED,
) -> ChosenThreshold:
    """The threshold for the strictest target that leaves people little enough; without any, the loosest's.

    ``coverages``: shares of slips whose thresholds are tried; ``least``: the share to be accepted.
    """
    for target in targets:
        chosen = choose_threshold(confidence, right, target, DELTA, coverages)
        if chosen.threshold is not None and chosen.accepted >= least * chosen.n:
            break
    return chosen


def over_writers(
    read: list[dict[str, str]], above: list[bool], right: list[bool]
) -> Iterator[tuple[float, float]]:
    """95 % of the wrong among accepted when whole writers are drawn anew (cluster bootstrap)."""
    writers = sorted({row["writer"] for row in read})
    place = {writer: i for i, writer in enumerate(writers)}
    counts = np.zeros((len(writers), 2))
    for row, taken, ok in zip(read, above, right, strict=True):
        counts[place[row["writer"]]] += (taken, taken and not ok)
    drawn = np.random.default_rng(1).integers(0, len(writers), (2000, len(writers)))
    sums = counts[drawn].sum(axis=1)
    low, high = np.percentile(sums[:, 1] / np.maximum(sums[:, 0], 1), (2.5, 97.5))
    yield float(low), float(high)


def entry(
    template: str, model: str, both: ChosenThreshold, dates: ChosenThreshold, registered: int, data: str
) -> dict[str, object]:
    lowest = {
        "account": both.threshold,
        "reading": both.threshold,
        "meter_serial": both.threshold,
        "date": dates.threshold,
        "signature": PRESENCE,
        "address": PRESENCE,
    }
    today: date = datetime.now(UTC).date()
    return {
        "channel": "station", "template": template, "model": model, "lowest": lowest,
        "target": both.target, "delta": both.delta, "n": both.n, "accepted": both.accepted,
        "wrong": both.wrong, "bound": round(both.bound, 6), "date": today.isoformat(), "data": data,
        "provisional": True, "wrong_registered": registered,
        "bound_registered": round(
            upper_bound(registered, max(both.accepted, 1), both.delta / len(COVERAGES)), 6
        ),
    }  # fmt: skip


if __name__ == "__main__":
    main()
