"""``meterdrop models``: which model reads, how a shadow model compares with it, and switching."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from meterdrop.commands.calibrate import share

if TYPE_CHECKING:
    from meterdrop.settings import Settings
    from services.comparing import Comparison, Tally


@click.group("models")
def command() -> None:
    """The weights that read slips, and those that prove themselves in shadow."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def list_command(*, as_json: bool) -> None:
    """Which model reads each supplier's next batch, and which one is at hand in shadow."""
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.models import models_in_use

    settings = load_settings()
    shadow = sorted(_at_hand(settings))
    with context(settings) as ctx:
        used = models_in_use(ctx, _shipped())
    for each in used:
        since = None if each.choice is None else each.choice.at.isoformat(timespec="seconds")
        if as_json:
            line = {"supplier": each.supplier, "model": each.model, "since": since, "shadow": shadow}
            click.echo(json.dumps(line))
        else:
            began = f"since {since}, by {each.choice.who}" if each.choice else "as shipped"
            click.echo(f"{each.supplier:<24}{each.model:<16}{began}")
    if not as_json:
        click.echo(f"in shadow: {', '.join(shadow) or 'none'}")


@command.command("compare")
@click.option("--target", type=click.FloatRange(0, 1, min_open=True), help="Most wrong among accepted.")
@click.option("--apply", "applied", is_flag=True, help="Put what the shadow has proven into force.")
@click.option("--who", default="console", show_default=True, help="Whom the audit log names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def compare_command(*, target: float | None, applied: bool, who: str, as_json: bool) -> None:
    """Agreement, confidence, and on slips whose truth is known how many each model has wrong."""
    from meterdrop.wiring import context
    from services.comparing import apply, compare

    with context() as ctx:
        found = compare(ctx, target)
        done = apply(ctx, found, who) if applied else []
    for each in found:
        if as_json:
            click.echo(json.dumps(as_dict(each, applied=each in done), ensure_ascii=False))
        else:
            click.echo(in_words(each, applied=each in done))
    if not found:
        click.echo("No model has read in shadow yet; METERDROP_SHADOW_WEIGHTS names its weights.", err=True)


@command.command("switch")
@click.argument("model", metavar="NAME@VERSION")
@click.option("--supplier", required=True, help="Whose batches it is to read.")
@click.option("--who", default="console", show_default=True, help="Whom the audit log names.")
def switch_command(model: str, supplier: str, who: str) -> None:
    """Let MODEL read the supplier's slips from the next batch on; back again in the same way.

    Refused while a window of the supplier is open, and for a model that has not proven thresholds of its own.
    """
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.models import switch

    settings = load_settings()
    at_hand = _at_hand(settings)
    with context(settings) as ctx:
        used = switch(ctx, supplier, model, shipped=_shipped(), at_hand=at_hand, who=who)
    click.echo(f"{used.model} reads the slips of {used.supplier} from the next batch on")


def _shipped() -> str:
    from ocr.cells import CellClassifier

    return CellClassifier.load().model


def _at_hand(settings: Settings) -> dict[str, bytes]:
    """The weights that METERDROP_SHADOW_WEIGHTS names, by their model."""
    from ocr.cells import CellClassifier

    path = settings.path("METERDROP_SHADOW_WEIGHTS")
    return {} if path is None else {CellClassifier.load(path).model: path.read_bytes()}


def as_dict(found: Comparison, *, applied: bool) -> dict[str, Any]:
    """A comparison for programs."""
    measured = found.measured
    return {
        "channel": found.channel,
        "template": found.template,
        "model": found.model,
        "sheets": found.sheets,
        "agree": found.agree,
        "confidence": found.confidence,
        "shadow_confidence": found.shadow_confidence,
        "audited": asdict(found.audited),
        "reviewed": asdict(found.reviewed),
        "target": found.target,
        "threshold": None if measured is None else measured.threshold,
        "bound": None if measured is None else measured.bound,
        "bound_registered": None if measured is None else measured.bound_registered,
        "in_force": found.standing.main,
        "applied": applied,
    }


def in_words(found: Comparison, *, applied: bool) -> str:
    """A comparison for people."""
    agree = found.agree / found.sheets
    lines = [
        f"{found.channel} {found.template}: {found.model} in shadow on {found.sheets:,} sheets",
        f"  agrees on account and readings in {agree:.2%}; mean confidence {found.shadow_confidence:.4f}, "
        f"deciding model {found.confidence:.4f}",
        f"  {_tally('blindly audited', found.audited)}",
        f"  {_tally('read by people', found.reviewed)}",
    ]
    if found.measured is None or found.proof is None:
        lines.append(f"  no threshold of its own is proven at {share(found.target)} yet")
    else:
        state = "done: in force" if applied else "--apply puts it in force"
        lines.append(
            f"  {found.measured.threshold:g} keeps {share(found.target)}: wrong ≤ "
            f"{share(found.measured.bound)} from {found.measured.audits:,} audits and "
            f"{found.measured.reviewed:,} reviewed ({state})"
        )
    return "\n".join(lines)


def _tally(name: str, tally: Tally) -> str:
    return f"{name}: {tally.known:,}, wrong {tally.wrong:,}, in shadow wrong {tally.shadow_wrong:,}"
