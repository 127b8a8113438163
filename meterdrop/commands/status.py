"""``meterdrop status``: count sheets by state and reason, and say what needs somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.results import StatusResult
    from services.vitals import Vitals


@click.command("status")
@click.option("--supplier", default=None, help="Only this supplier's sheets.")
@click.option("--batch", "batch_id", type=int, default=None, help="Only this batch's sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(supplier: str | None, batch_id: int | None, *, as_json: bool) -> None:
    """Count sheets by state and by reason; for people also what waits, who reads, and what is wrong."""
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.drifting import drifts
    from services.status import status
    from services.vitals import disk, look

    settings = load_settings()
    whole = not as_json and supplier is None and batch_id is None
    with context(settings) as ctx:
        counts = status(ctx, supplier, batch_id)
        vitals = look(ctx, drifts(ctx)) if whole else None
    if as_json:
        answer = {"sheets": counts.sheets, "by_state": counts.by_state, "by_reason": counts.by_reason}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for line in _counted(counts):
        click.echo(line)
    if vitals is not None:
        free, size = disk(settings.home)
        for line in (*_waiting(vitals), *_wrong(vitals, free / size)):
            click.echo(line)


def _counted(counts: StatusResult) -> Iterator[str]:
    from domain.reason_texts import reason_text
    from domain.reasons import Reason

    yield f"{counts.sheets} sheets"
    for state, count in counts.by_state.items():
        yield f"  {state:<24}{count:>8}"
    if counts.by_reason:
        yield "reasons"
    for reason, count in counts.by_reason.items():
        yield f"  {reason:<24}{count:>8}  {reason_text(Reason(reason))}"


def _waiting(vitals: Vitals) -> Iterator[str]:
    """What waits how long, who reads, and how billing stands."""
    from domain.alert_texts import duration

    waits = (
        ("to be read", vitals.pending),
        ("for a reviewer", vitals.review),
        ("for a blind audit", vitals.oldest_audit),
        ("to be told customers", vitals.oldest_notice),
    )
    told = [(what, age) for what, age in waits if age is not None]
    if told:
        yield "longest waiting"
        yield from (f"  {what:<24}{duration(age):>8}" for what, age in told)
    if vitals.machines:
        yield "machines"
    for name, age, pages in vitals.machines:
        yield f"  {name:<24}{pages:>8} pages, the last {duration(age)} ago"
    if vitals.working:
        yield f"  {len(vitals.working)} processes hold {sum(n for _, n in vitals.working)} sheets"
    if vitals.outbox:
        yield "outbox"
    for row in vitals.outbox:
        since = vitals.age(row.oldest)
        oldest = "" if since is None else f"  the oldest {duration(since)}"
        yield f"  {row.supplier + ' ' + row.state:<40}{row.n:>8}{oldest}"
    for audited in vitals.audits:
        if not audited.n:
            yield f"wrong by {audited.supplier} {audited.channel}: nobody knows, no audit has an answer yet"
            continue
        yield (
            f"wrong by {audited.supplier} {audited.channel}: at most {100 * audited.high:.2f} % "
            f"with 95 % confidence, from {audited.n} audited"
        )


def _wrong(vitals: Vitals, disk_free: float) -> Iterator[str]:
    from domain.alert_texts import alert_text
    from services.vitals import what_is_wrong

    found = what_is_wrong(vitals, disk_free)
    yield f"alerts: {len(found) or 'none'}"
    for alert in found:
        yield f"  {alert.severity:<9}{alert.code:<20}{alert_text(alert)}"
