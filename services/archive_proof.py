"""Thresholds from the results of an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.proof import Evidence, ProvenThreshold
from domain.recalibration import Case, Measured, measure_all, prove
from services.context import Context
from services.findings import DATE_TARGET
from services.recalibrate import DELTA, PRESENCE, put_in_force
from services.thresholds import MAIN_FIELDS, InForce, in_force
from storage.records import Transaction
from storage.records.archives import ArchiveLine


@dataclass(frozen=True)
class ArchiveProof:
    """What an archive proves about one form.

    ``slips`` with this form, ``compared`` of them read and keyed alike, ``disputed`` keyed differently.
    ``measured``: at the lowest threshold that keeps ``target``; None: none does. ``conservative``: the same
    threshold when every disputed slip that it would accept is taken for wrong. ``refused``: why the row would
    not be put in force, or "".
    """

    template: str
    model: str
    slips: int
    compared: int
    disputed: int
    target: float
    standing: InForce
    measured: Measured | None
    conservative: Measured | None
    date_threshold: float | None
    proof: ProvenThreshold | None
    refused: str


def prove_templates(
    ctx: Context,
    tx: Transaction,
    lines: Sequence[ArchiveLine],
    *,
    channel: str,
    data: str,
    model: str,
    target: float | None = None,
) -> list[ArchiveProof]:
    """One proof a form that was found with ``model``; ``data``: the manifest's fingerprint."""
    goal = ctx.settings.target_risk if target is None else target
    read = [line for line in lines if line.template and line.model == model]
    return [
        _prove(
            ctx,
            [line for line in read if line.template == template],
            in_force(ctx, tx, channel, template, model),
            key=(channel, template, model),
            data=data,
            target=goal,
        )
        for template in sorted({line.template for line in read})
    ]


def apply(ctx: Context, proofs: Sequence[ArchiveProof], who: str) -> list[ArchiveProof]:
    """Put what was proven into force, where nothing speaks against it; returns what was."""
    done = []
    with ctx.records.begin() as tx:
        tx.lock("thresholds")
        for each in proofs:
            if each.proof is None or each.refused:
                continue
            row = in_force(ctx, tx, each.proof.channel, each.template, each.model)
            if row.proof != each.standing.proof:
                continue
            put_in_force(ctx, tx, each.proof, who, "archive")
            done.append(each)
    return done


def _prove(
    ctx: Context,
    lines: Sequence[ArchiveLine],
    standing: InForce,
    *,
    key: tuple[str, str, str],
    data: str,
    target: float,
) -> ArchiveProof:
    compared = [line for line in lines if line.outcome == "read" and line.wrong is not None]
    disputed = [line for line in lines if line.outcome == "read" and line.disputed]
    date_threshold = _date_threshold(compared, standing, target)
    cases = [_case(line) for line in compared if _accepted(line, date_threshold)]
    doubtful = [_case(line) for line in disputed if _accepted(line, date_threshold)]
    measured = prove(cases, target, DELTA)
    conservative = None
    if measured is not None:
        conservative = measure_all(measured.threshold, [*cases, *doubtful], measured.delta)
    each = ArchiveProof(
        template=key[1],
        model=key[2],
        slips=len(lines),
        compared=len(compared),
        disputed=len(disputed),
        target=target,
        standing=standing,
        measured=measured,
        conservative=conservative,
        date_threshold=date_threshold,
        proof=None,
        refused="",
    )
    proof = _row(ctx, each, key, data)
    return each if proof is None else replace(each, proof=proof, refused=_refused(standing, proof))


def _case(line: ArchiveLine) -> Case:
    """A disputed line is taken for wrong, and for the worst kind of it."""
    assert line.score is not None
    return Case(line.score, wrong=line.wrong is not False, registered=line.wrong_registered is not False)


def _accepted(line: ArchiveLine, date_threshold: float | None) -> bool:
    """Whether some threshold on account and reading would let the line pass."""
    if line.held or line.score is None:
        return False
    return line.date_score is None or (date_threshold is not None and line.date_score >= date_threshold)


def _date_threshold(lines: Sequence[ArchiveLine], standing: InForce, target: float) -> float | None:
    """Proven on the dates that were keyed; else the one in force."""
    cases = [
        Case(line.date_score, bool(line.date_wrong))
        for line in lines
        if line.date_score is not None and line.date_wrong is not None and not line.held
    ]
    proven = prove(cases, max(DATE_TARGET, target), DELTA)
    return proven.threshold if proven is not None else standing.lowest.lowest.get("date")


def _row(ctx: Context, each: ArchiveProof, key: tuple[str, str, str], data: str) -> ProvenThreshold | None:
    """The row that ``each`` proves; None when account and reading, or the date, have no threshold."""
    measured, careful = each.measured, each.conservative
    if measured is None or each.date_threshold is None:
        return None
    before = each.standing.lowest.lowest
    presence = {name: before.get(name) or PRESENCE for name in ("signature", "address")}
    note = "" if careful is None else f"with disputed slips as wrong: at most {careful.bound:.3g}"
    return ProvenThreshold(
        *key,
        lowest={**dict.fromkeys(MAIN_FIELDS, measured.threshold), "date": each.date_threshold, **presence},
        target=each.target,
        delta=DELTA,
        n=each.slips,
        accepted=measured.n,
        wrong=measured.wrong,
        wrong_registered=measured.wrong_registered,
        bound=measured.bound,
        bound_registered=measured.bound_registered,
        date=ctx.clock().date().isoformat(),
        data=data,
        provisional=False,
        evidence=Evidence.ARCHIVE,
        note=note,
    )


def _refused(standing: InForce, proof: ProvenThreshold) -> str:
    """Why an archive must not replace what is in force; "" when it may."""
    if standing.withdrawn:
        return "audits have withdrawn the threshold; past scans do not outweigh them"
    known = standing.proof
    if known is None or known.provisional:
        return ""
    if known.data == proof.data and known.target == proof.target:
        return "it is in force already"
    assert proof.main is not None
    if known.evidence is not Evidence.ARCHIVE and standing.main is not None and proof.main < standing.main:
        return "what is in force was proven by audits; only they can loosen it"
    return ""
