"""``meterdrop calibrate``: prove, loosen, tighten or withdraw thresholds by what people found."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.recalibration import Measured
    from services.context import Context
    from services.recalibrate import Step
    from storage.records.findings import Period

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("calibrate")
@click.option("--since", type=_DAY, metavar="YYYY-MM-DD", help="Only evidence from this day on.")
@click.option("--until", type=_DAY, metavar="YYYY-MM-DD", help="Only evidence from before this day.")
@click.option(
    "--from-archive",
    "manifest",
    type=click.Path(path_type=Path),
    metavar="MANIFEST.csv",
    help="Past scans, keyed twice; docs/bound.md lists the columns.",
)
@click.option("--supplier", default="krasnoyarskenergosbyt", show_default=True, help="Whose archive it is.")
@click.option("--channel", default="station", show_default=True, help="How the archive's slips came.")
@click.option("--target", type=click.FloatRange(0, 1, min_open=True), help="Most wrong among accepted.")
@click.option("--apply", "applied", is_flag=True, help="Do it; without this it is only said.")
@click.option("--who", default="console", show_default=True, help="Whom the audit log names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def command(
    since: datetime | None,
    until: datetime | None,
    *,
    manifest: Path | None,
    supplier: str,
    channel: str,
    target: float | None,
    applied: bool,
    who: str,
    as_json: bool,
) -> None:
    """Say what reviewed and blindly audited slips prove about each threshold, and with --apply act on it.

    A threshold is loosened only with the evidence; where it lacks, the line says how much. A bound that the
    audits show to be broken is tightened or withdrawn at once.

    With --from-archive the evidence is a supplier's past scans, keyed twice by his own staff: they are read
    with the present model and register, nothing of them is kept but results, and an interrupted run goes on
    where it was. Exit status 1: some rows or files could not be used.
    """
    from domain.errors import UsageError
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.recalibrate import apply, plan

    settings = load_settings()
    if manifest is not None:
        from meterdrop import archive

        if since is not None or until is not None:
            raise UsageError("--since and --until are for the evidence of operation; leave them out")
        if not archive.run(
            settings, manifest, supplier, channel, target=target, applied=applied, who=who, as_json=as_json
        ):
            raise click.exceptions.Exit(1)
        return
    with context(settings) as ctx:
        steps = plan(ctx, _period(ctx, since, until), target)
        if applied:
            apply(ctx, steps, who)
    for step in steps:
        if as_json:
            click.echo(json.dumps(as_dict(step, applied=applied), ensure_ascii=False))
        else:
            click.echo(in_words(step, applied=applied))
    if not steps:
        click.echo("No slips were read yet, and no threshold is known.", err=True)
    elif not applied and any(step.proof is not None for step in steps):
        click.echo("Nothing was changed; --apply does it.", err=True)


def _period(ctx: Context, since: datetime | None, until: datetime | None) -> Period:
    """Days of the installation's own zone, as for --collected."""
    from storage.records.findings import Period

    zone: tzinfo | None = ctx.clock().astimezone().tzinfo

    def begin(day: datetime | None) -> datetime | None:
        return None if day is None else day.replace(tzinfo=zone)

    return Period(begin(since), begin(until))


def as_dict(step: Step, *, applied: bool) -> dict[str, Any]:
    """A step for programs."""
    decision = step.decision
    return {
        "channel": step.channel,
        "template": step.template,
        "model": step.model,
        "action": decision.action,
        "applied": applied and step.proof is not None,
        "in_force": step.standing.main,
        "threshold": None if step.proof is None else step.proof.main,
        "target": step.target,
        "delta": step.delta,
        "present": None if decision.present is None else _measured(decision.present),
        "chosen": None if decision.chosen is None else _measured(decision.chosen),
        "least_wrong": decision.least,
        "audits_needed": decision.needed,
        "undecided": step.collected.undecided,
        "waiting_for_review": step.collected.waiting,
        "data": step.collected.fingerprint,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    return {
        "threshold": measured.threshold,
        "audits": measured.audits,
        "reviewed": measured.reviewed,
        "wrong": measured.wrong,
        "wrong_registered": measured.wrong_registered,
        "bound": measured.bound,
        "bound_registered": measured.bound_registered,
        "weight_of_audits": measured.weight,
    }


def in_words(step: Step, *, applied: bool) -> str:
    """A step for people: what is in force, what was found, what follows."""
    lines = [f"{step.channel} {step.template} {step.model}", f"  in force: {_standing(step)}"]
    present = step.decision.present
    if present is not None and not present.n:
        lines.append("  audited: none yet")
    elif present is not None:
        found = "none wrong" if not present.wrong else f"{present.wrong} wrong"
        lines.append(
            f"  audited: {present.audits}, {found}: wrong ≤ {share(present.bound)}, another customer's "
            f"account ≤ {share(present.bound_registered)}, each with {1 - step.delta:.0%} confidence"
        )
    if step.collected.undecided:
        lines.append(
            f"  {step.collected.undecided} disputed audits count as wrong until a supervisor decides"
        )
    lines.append("  " + ("done: " if applied and step.proof is not None else "") + _what(step))
    return "\n".join(lines)


def _standing(step: Step) -> str:
    standing = step.standing
    if standing.main is None:
        return "withdrawn, everything goes to review" if standing.withdrawn else "none, all goes to review"
    if standing.proof is None:
        return f"{standing.main:g}"
    proof = standing.proof
    kind = f"{proof.evidence}, provisional" if proof.provisional else proof.evidence
    return f"{standing.main:g} ({kind}; promises at most {share(proof.target)} wrong)"


def _what(step: Step) -> str:
    decision, target = step.decision, share(step.target)
    chosen = decision.chosen
    if decision.action == "keep":
        return (
            f"keeps it: {decision.needed:,} more audits with none wrong would prove {target}; "
            "nothing is loosened before that"
        )
    if decision.action == "nothing":
        return (
            f"no threshold yet: {decision.needed:,} more slips read surely and rightly would prove {target}"
        )
    assert chosen is not None
    measured = f"wrong ≤ {share(chosen.bound)} from {chosen.audits:,} audits and {chosen.reviewed:,} reviewed"
    if decision.action == "withdraw":
        return (
            f"withdraws it: at least {share(decision.least)} of what the machine accepts is wrong, more than "
            "it promised, and no higher threshold is proven; everything goes to review"
        )
    if decision.action == "prove":
        return f"keeps it, proven: {measured}; {_looser(step)}"
    verb = {"start": "starts with", "loosen": "loosens to", "tighten": "tightens to"}[decision.action]
    return f"{verb} {chosen.threshold:g}: {measured}"


def _looser(step: Step) -> str:
    following, needed = step.decision.next_threshold, step.decision.needed
    if following is None:
        return "there is no lower one to try"
    if needed is None:
        return (
            f"not loosened to {following:g}: the slips reviewed below do not bear it, whatever the audits say"
        )
    return f"not loosened to {following:g}: {needed:,} more audits with none wrong are missing"


def share(value: float) -> str:
    """A share as people read it: two digits that count, at least."""
    percent = 100 * value
    return f"{percent:.3g} %" if percent >= 10 else f"{percent:.2g} %"
