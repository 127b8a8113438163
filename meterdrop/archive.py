"""``meterdrop calibrate --from-archive``: what a supplier's own past scans prove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meterdrop.commands.calibrate import share

if TYPE_CHECKING:
    from domain.recalibration import Measured
    from meterdrop.settings import Settings
    from services.archive import ArchiveResult
    from services.archive_proof import ArchiveProof


def run(
    settings: Settings,
    manifest: Path,
    supplier: str,
    channel: str,
    *,
    target: float | None,
    applied: bool,
    who: str,
    as_json: bool,
) -> bool:
    """Read, prove and print; with ``applied`` put into force. Whether every row could be used."""
    from meterdrop.progress import Progress
    from meterdrop.wiring import context, model_in_use
    from services.archive import calibrate
    from services.archive_proof import apply

    with context(settings) as ctx:
        with Progress("archive") as meter:
            result = calibrate(
                ctx,
                manifest,
                supplier,
                channel,
                model=model_in_use(ctx, supplier),
                target=target,
                progress=lambda done, total: meter.update(done, total, "slips"),
            )
        done = apply(ctx, result.proofs, who) if applied else []
    for line, problem in result.bad:
        click.echo(f"{manifest}:{line}: {problem}", err=True)
    for line in result.missing[:20]:
        click.echo(f"{manifest}:{line}: not_found", err=True)
    if len(result.missing) > 20:
        click.echo(f"{manifest}: {len(result.missing)} files are missing in all", err=True)
    if as_json:
        click.echo(json.dumps(as_dict(result, done), ensure_ascii=False))
    else:
        click.echo(in_words(result, done, applied=applied))
    return not result.bad and not result.missing


def as_dict(result: ArchiveResult, done: list[ArchiveProof]) -> dict[str, Any]:
    """The result for programs."""
    return {
        "rows": result.rows,
        "read": result.read,
        "not_read": result.not_read,
        "not_comparable": result.not_comparable,
        "disputed": result.disputed,
        "missing": list(result.missing),
        "bad": [list(each) for each in result.bad],
        "forms": [
            {
                "template": proof.template,
                "model": proof.model,
                "slips": proof.slips,
                "compared": proof.compared,
                "disputed": proof.disputed,
                "target": proof.target,
                "in_force": proof.standing.main,
                "threshold": None if proof.measured is None else proof.measured.threshold,
                "date_threshold": proof.date_threshold,
                "measured": _measured(proof.measured),
                "with_disputed_as_wrong": _measured(proof.conservative),
                "refused": proof.refused,
                "applied": proof in done,
            }
            for proof in result.proofs
        ],
    }


def _measured(measured: Measured | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    return {
        "accepted": measured.n,
        "wrong": measured.wrong,
        "wrong_registered": measured.wrong_registered,
        "bound": measured.bound,
        "bound_registered": measured.bound_registered,
    }


def in_words(result: ArchiveResult, done: list[ArchiveProof], *, applied: bool) -> str:
    """The result for people."""
    lines = [
        f"{result.rows:,} slips: {result.read:,} read, {result.not_read:,} not read, "
        f"{result.disputed:,} keyed differently and left out of the truth, "
        f"{result.not_comparable:,} with more readings than were keyed"
    ]
    lines += [_proof(proof, done) for proof in result.proofs]
    if not result.proofs:
        lines.append("No slip of a known form was read: nothing is proven.")
    elif not applied and any(proof.proof is not None and not proof.refused for proof in result.proofs):
        lines.append("Nothing was changed; --apply puts it in force.")
    return "\n".join(lines)


def _proof(proof: ArchiveProof, done: list[ArchiveProof]) -> str:
    name = f"{proof.template} {proof.model}"
    if proof.measured is None:
        return f"{name}: no threshold keeps {share(proof.target)} on these {proof.compared:,} slips"
    measured, careful = proof.measured, proof.conservative
    lines = [
        f"{name}: {measured.threshold:g} accepts {measured.n:,} of {proof.slips:,}, {measured.wrong} wrong "
        f"({measured.wrong_registered} another customer's account): wrong ≤ {share(measured.bound)}, "
        f"another customer's ≤ {share(measured.bound_registered)}, with 95 % confidence"
    ]
    if careful is not None and careful.n > measured.n:
        lines.append(
            f"  with the {careful.n - measured.n} disputed ones that it accepts as wrong: "
            f"≤ {share(careful.bound)}"
        )
    if proof.date_threshold is None:
        lines.append("  no threshold for dates is proven or known: key the dates, too (date_1, date_2)")
    if proof.refused:
        lines.append(f"  not put in force: {proof.refused}")
    elif proof in done:
        lines.append("  done: it is in force")
    return "\n".join(lines)
