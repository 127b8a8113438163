"""``meterdrop deliver``: hand accepted readings to billing systems, and prove that they arrived."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from delivery.pump import Delivered
    from services.reconcile import AtBilling, Reconciliation


@click.group("deliver")
def command() -> None:
    """Hand accepted readings to billing systems, each once."""


@command.command("run")
@click.option("--supplier", metavar="NAME", help="Only this supplier's billing system.")
@click.option("--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Go on for ever.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def run(supplier: str | None, every: float | None, *, as_json: bool) -> None:
    """Hand over what was accepted since, to every billing system that METERDROP_CONNECTIONS names.

    May be killed at any moment and run again: billing gets each reading once. Exit status 1 says that a
    system did not take everything; it is tried again with the next run.
    """
    from delivery.pump import deliver, open_target
    from domain.errors import UsageError
    from meterdrop.wiring import connections, context

    with context() as ctx:
        billing = connections(ctx).billing
        if supplier is not None and supplier not in billing:
            raise UsageError(f"METERDROP_CONNECTIONS names no billing system for {supplier!r}")
        targets = {n: open_target(to) for n, to in billing.items() if supplier in (None, n)}
        if not targets:
            raise UsageError("no billing system is set up; docs/connections.md says how, 'export' needs none")
        while True:
            done = {n: deliver(ctx, n, target, billing[n].wait_minutes) for n, target in targets.items()}
            for name, each in done.items():
                _say(name, each, as_json=as_json, quiet=every is not None)
            if every is None:
                break
            time.sleep(every)
    if any(each.failed for each in done.values()):
        raise click.exceptions.Exit(1)


@command.command("report")
@click.option("--supplier", metavar="NAME", help="Only this supplier.")
@click.option("--period", metavar="YYYY-MM", help="Only readings of this billing month.")
@click.option(
    "--billing",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="CSV",
    help="Billing's own list with the columns key, account, reading, to be compared row by row.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def report(supplier: str | None, period: str | None, billing: Path | None, *, as_json: bool) -> None:
    """Prove that accepted = sent = acknowledged; exit status 1 if something contradicts it."""
    from domain.errors import UsageError
    from meterdrop.wiring import context
    from services.reconcile import reconcile

    if billing is not None and supplier is None:
        raise UsageError("--billing is one supplier's list; name him with --supplier")
    with context() as ctx:
        with ctx.records.read() as tx:
            known = tx.outbox_counts.suppliers()
        names = known if supplier is None else [supplier]
        found = [
            reconcile(ctx, name, period, None if billing is None else _listed(billing)) for name in names
        ]
    for each in found:
        _show(each, as_json=as_json)
    if any(each.problems for each in found):
        raise click.exceptions.Exit(1)


@command.command("take-back")
@click.argument("sheet", type=int)
@click.option("--who", required=True, metavar="NAME", help="Who decides it; it is recorded.")
@click.option("--note", default="", help="Why; it is recorded.")
def take_back(sheet: int, who: str, note: str) -> None:
    """Reverse at billing what SHEET brought, and send it to review to be corrected."""
    from meterdrop.wiring import context
    from services.corrections import take_back as taking_back

    with context() as ctx:
        reversed_ = taking_back(ctx, who, sheet, note)
    click.echo(f"sheet {sheet} is in review; {reversed_} readings are reversed with the next delivery")


@command.command("again")
@click.argument("key")
@click.option("--who", required=True, metavar="NAME", help="Who decides it; it is recorded.")
def again(key: str, who: str) -> None:
    """Hand a reversal that billing refused over once more."""
    from meterdrop.wiring import context
    from services.corrections import try_again

    with context() as ctx:
        try_again(ctx, who, key)
    click.echo(f"{key} goes out with the next delivery")


def _listed(path: Path) -> Iterator[AtBilling]:
    from domain.errors import UsageError
    from services.reconcile import AtBilling
    from services.register import detect_encoding

    with path.open(encoding=detect_encoding(path), newline="") as text:
        header = text.readline()
        delimiter = max(";\t,", key=header.count)
        names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
        missing = [name for name in ("key", "account", "reading") if name not in names]
        if missing:
            raise UsageError(f"{path}: the header has no column {', '.join(missing)}")
        for row in csv.DictReader(text, names, delimiter=delimiter):
            yield AtBilling(row["key"] or "", row["account"] or "", row["reading"] or "")


def _say(name: str, done: Delivered, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        click.echo(json.dumps({"supplier": name, **asdict(done)}, ensure_ascii=False))
    elif not quiet or done.runs or done.failed:
        click.echo(
            f"{name}: {done.queued} queued, {done.runs} runs handed over, {done.failed} not, "
            f"{done.acknowledged} readings acknowledged, {done.refused} refused"
        )
        if done.last_error:
            click.echo(f"{name}: {done.last_error}; tried again later", err=True)


def _show(found: Reconciliation, *, as_json: bool) -> None:
    if as_json:
        values = asdict(found) | {"settled": found.settled, "problems": list(found.problems)}
        values["reversed"] = values.pop("reversed_")
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    click.echo(f"{found.supplier}{f', {found.period}' if found.period else ''}")
    for name, value in (
        ("accepted", found.accepted),
        ("exported", found.exported),
        ("acknowledged", found.acknowledged),
        ("sent", found.sent),
        ("queued", found.queued),
        ("waiting", found.waiting),
        ("reversed", found.reversed_),
        ("refused", found.refused),
    ):
        click.echo(f"  {name:<14}{value:>9}")
    for problem in found.problems:
        click.echo(f"  ! {problem}")
    if found.settled:
        click.echo("  accepted = sent = acknowledged")
