"""``meterdrop ingest``: take in a batch and digitise it; blocks until it is through."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.errors import UsageError
from domain.reason_texts import reason_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from meterdrop.settings import Settings
    from services.context import Context
    from services.results import BatchOrder, BatchResult, FileProblem, Progress, SheetOutcome


#: Photos that came by no other channel are those of the customer page.
_OF_PHOTOS = frozenset({"photo"})


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--channel", default="station", show_default=True, help="How they came; photos: photo.")
@click.option("--station", default="1", show_default=True, help="Who scanned them.")
@click.option("--supplier", default="krasnoyarskenergosbyt", show_default=True, help="Whose customers.")
@click.option(
    "--collected",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day the box was emptied; default: today.",
)
@click.option("--account", help="The files are photos of this account's meter, a reading each.")
@click.option("--meter", default="", metavar="SERIAL", help="Photos: which meter, where there are several.")
@click.option("--reading", default="", help="Photos: what the customer wrote beside the photo.")
@click.option("--no-wait", is_flag=True, help="Hand in for the workers, and do not wait for them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def command(
    paths: tuple[Path, ...],
    channel: str,
    *,
    station: str,
    supplier: str,
    collected: datetime | None,
    account: str | None,
    meter: str,
    reading: str,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Take in files, or folders of them, and digitise their slips, or with --account photos of a meter.

    The same files given again resume what was interrupted, or do nothing. With PREFECT_API_URL the batch runs
    as a flow of that server, without it right here. Exit status 0 done, 1 some inputs were unreadable (each
    has its line), 2 wrong use.
    """
    from meterdrop.progress import Progress as Meter
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.results import BatchOrder

    settings = load_settings()
    with context(settings) as ctx:
        day = ctx.clock().astimezone().date() if collected is None else collected.date()
        if channel in _OF_PHOTOS and account is None:
            raise UsageError("photos need --account: a photo does not say whose meter it shows")
        if channel in _OF_PHOTOS or (account is not None and channel == "station"):
            channel = "portal"
        order = BatchOrder(supplier, channel, station, day)
        _warn_of_window(ctx, order)
        if account is not None:
            result = _photos(ctx, paths, order, account=account, meter=meter, reading=reading)
        else:
            with Meter("ingest") as shown:
                result = _runner(settings, wait=not no_wait)(
                    ctx, paths, order, lambda p: shown.update(p.done, p.total, _counts(p.by_state))
                )
    if not result.receipts and not result.problems:
        click.echo("nothing to take in: no files there; name files, or a folder that holds some", err=True)
    if as_json or result.receipts or result.problems:
        _print(result, as_json=as_json)
    if result.problems or result.unreadable:
        raise click.exceptions.Exit(1)


def _photos(
    ctx: Context, paths: tuple[Path, ...], order: BatchOrder, *, account: str, meter: str, reading: str
) -> BatchResult:
    """Photos of one account's meter; right here, however many there are."""
    from services.photo_batch import run_photos
    from services.photo_intake import PhotoClaim

    if reading and not (reading.isascii() and reading.isdigit()):
        raise UsageError(f"--reading {reading!r}: write the digits before the mark alone")
    serial = "".join(symbol for symbol in meter if symbol.isascii() and symbol.isdigit())
    entered = {"reading": reading} if reading else {}
    claim = PhotoClaim(order.supplier, order.channel, account, order.collected, serial, entered)
    return run_photos(ctx, paths, claim)


def _runner(
    settings: Settings, *, wait: bool
) -> Callable[[Context, tuple[Path, ...], BatchOrder, Callable[[Progress], None]], BatchResult]:
    """The services themselves, the flow that calls them where a Prefect server is configured, or workers."""
    if settings.switch("METERDROP_READ_BY_WORKERS"):
        return partial(_by_workers, wait=wait)
    if not wait:
        raise UsageError(
            "--no-wait leaves the reading to workers; set METERDROP_READ_BY_WORKERS=yes for that"
        )
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        from services.batch import run_batch

        return run_batch
    from flows.environment import prepare
    from flows.run import run_batch as run_flow

    prepare(settings.home / "prefect", url)
    return run_flow


def _by_workers(
    ctx: Context,
    paths: tuple[Path, ...],
    order: BatchOrder,
    progress: Callable[[Progress], None],
    *,
    wait: bool,
) -> BatchResult:
    """Hand in, and wait until workers have read it."""
    import time

    from services.waiting import hand_in

    return hand_in(ctx, paths, order, time.sleep, progress, wait=wait)


def _warn_of_window(ctx: Context, order: BatchOrder) -> None:
    rules = ctx.suppliers.get(order.supplier)
    if rules is None:
        return
    in_force = rules.at(order.collected)
    window = in_force.window(order.channel)
    if window is None:
        known = ", ".join(sorted(in_force.windows))
        click.echo(f"Note: {order.supplier} takes no readings by {order.channel!r}, only {known}.", err=True)
    elif not window.contains(order.collected):
        click.echo(
            f"Note: {order.collected} is outside the days on which {order.supplier} takes readings by "
            f"{order.channel!r}; is --collected the day the box was emptied?",
            err=True,
        )


def _print(result: BatchResult, *, as_json: bool) -> None:
    if as_json:
        for problem in result.problems:
            _line(_problem(problem))
        for outcome in _lines_of(result):
            _line(_outcome(outcome))
        _line(
            {
                "batch": result.batch_id,
                "files": len(result.receipts),
                "sheets": sum(result.totals.values()),
                "by_state": dict(result.totals),
                "seconds": round(result.seconds, 3),
            }
        )
        return
    for problem in result.problems:
        click.echo(f"{problem.path}: {problem.reason}: {problem.detail}", err=True)
    for outcome in result.unreadable:
        told = " ".join(reason_text(reason, "en") for reason in outcome.reasons)
        click.echo(
            f"{outcome.file_name}, page {outcome.page}: {', '.join(outcome.reasons)} - {told}", err=True
        )
    again = sum(receipt.again for receipt in result.receipts)
    click.echo(
        f"Batch {result.batch_id}: {len(result.receipts)} files" + (f", {again} known" if again else "")
    )
    for state, count in sorted(result.totals.items()):
        click.echo(f"  {state:<12}{count:>7}")
    new = len(result.outcomes)
    rate = f", {new / result.seconds:.1f} a second" if new and result.seconds > 0 else ""
    click.echo(f"{new} sheets digitised in {result.seconds:.1f} s{rate}")


def _lines_of(result: BatchResult) -> list[SheetOutcome]:
    """What this run did, and the unreadable sheets that an earlier one had found."""
    new = {outcome.sheet_id for outcome in result.outcomes}
    return [*result.outcomes, *(o for o in result.unreadable if o.sheet_id not in new)]


def _problem(problem: FileProblem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "state": "unreadable",
        "reasons": [problem.reason.value],
        "detail": problem.detail,
    }


def _outcome(outcome: SheetOutcome) -> dict[str, Any]:
    return {
        "sheet": outcome.sheet_id,
        "path": outcome.file_name,
        "page": outcome.page,
        "slip": outcome.slip,
        "state": outcome.state.value,
        "reasons": [reason.value for reason in outcome.reasons],
    }


def _line(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=date.isoformat))


def _counts(by_state: Any) -> str:
    return " ".join(f"{state} {count}" for state, count in sorted(by_state.items()))
