"""A shadow model against the one that decides: how they agree, who is right, what the shadow can prove."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from domain.proof import Evidence, ProvenThreshold
from domain.reasons import Reason
from domain.recalibration import Case, Measured, prove, prove_beside
from domain.sheet import SheetState
from services import answers
from services.context import Context
from services.findings import DATE_TARGET
from services.recalibrate import DELTA, PRESENCE, put_in_force
from services.recognition import from_json
from services.scores import held_by_gate, scores
from services.thresholds import MAIN_FIELDS, InForce, in_force
from storage.records import Transaction
from storage.records.blind import DISPUTED, DONE, MACHINE
from storage.records.shadows import ShadowSheet
from storage.records.sheets import split_reasons
from templates.model import Template
from templates.sides import form_of


@dataclass
class Tally:
    """Slips whose truth is known: how many, and how many each model has wrong."""

    known: int = 0
    wrong: int = 0
    shadow_wrong: int = 0

    def count(self, *, wrong: bool, shadow_wrong: bool) -> None:
        """Count one slip."""
        self.known += 1
        self.wrong += wrong
        self.shadow_wrong += shadow_wrong


@dataclass(frozen=True)
class Comparison:
    """One (channel, template) that a shadow ``model`` read beside the deciding one.

    ``agree``: of ``sheets``, same account and readings; ``confidence`` and ``shadow_confidence``: means of
    the lower of both fields' confidences. ``audited``: blind audits of accepted slips, a random sample;
    ``reviewed``: what people read because the deciding model doubted. ``measured``: at the lowest threshold
    that the shadow can prove; None: none yet. ``standing``: the shadow's thresholds in force, if any.
    """

    channel: str
    template: str
    model: str
    sheets: int
    agree: int
    confidence: float
    shadow_confidence: float
    audited: Tally
    reviewed: Tally
    target: float
    measured: Measured | None
    standing: InForce
    proof: ProvenThreshold | None


@dataclass
class _Strata:
    audited: list[tuple[float | None, Case]] = field(default_factory=list)
    accepted: list[tuple[float | None, float]] = field(default_factory=list)
    reviewed: list[tuple[float | None, Case]] = field(default_factory=list)
    dates: list[Case] = field(default_factory=list)


def compare(ctx: Context, target: float | None = None) -> list[Comparison]:
    """Every shadow model's readings against the deciding model's; changes nothing."""
    goal = ctx.settings.target_risk if target is None else target
    with ctx.records.read() as tx:
        found = [_compare(ctx, tx, key, goal) for key in tx.shadows.combinations()]
    return [each for each in found if each is not None]


def apply(ctx: Context, comparisons: list[Comparison], who: str) -> list[Comparison]:
    """Put into force what shadow models have proven; it counts when one of them is switched to."""
    done = []
    with ctx.records.begin() as tx:
        tx.lock("thresholds")
        for each in comparisons:
            standing = in_force(ctx, tx, each.channel, each.template, each.model)
            if each.proof is None or (standing.proof is not None and standing.proof.data == each.proof.data):
                continue
            put_in_force(ctx, tx, each.proof, who, "shadow")
            done.append(each)
    return done


def _compare(ctx: Context, tx: Transaction, key: tuple[str, str, str], target: float) -> Comparison | None:
    template = form_of(ctx.templates, key[1])
    if template is None:
        return None
    audited, reviewed, strata = Tally(), Tally(), _Strata()
    sheets = agree = 0
    sure = shadow_sure = 0.0
    digest = hashlib.sha256()
    for sheet in tx.shadows.sheets(key):
        sheets += 1
        first, second = from_json(sheet.recognition), from_json(sheet.shadow)
        sure += scores(first, template).main
        shadow_sure += sheet.score
        ours, theirs = answers.of_machine(template, first), answers.of_machine(template, second)
        same = not _wrong(tx, template, sheet.supplier, ours, theirs)
        agree += same
        truth = _truth(template, sheet)
        wrong, shadow_wrong = (
            (True, True)
            if truth is None
            else (_wrong(tx, template, sheet.supplier, each, truth) for each in (ours, theirs))
        )
        other = bool(
            shadow_wrong
            and (truth is None or theirs["account"] != truth["account"])
            and tx.registers.rows(sheet.supplier, theirs["account"])
        )
        case = Case(sheet.score, shadow_wrong, other)
        _sort(sheet, case, strata, same=same)
        if truth is not None:
            tally = audited if sheet.accepted_by_machine else reviewed
            tally.count(wrong=wrong, shadow_wrong=shadow_wrong)
            dates = [f.name for f in template.fields if f.role == "date"]
            if sheet.date_score is not None and not sheet.held:
                bad = any(theirs.get(name) != truth.get(name) for name in dates)
                strata.dates.append(Case(sheet.date_score, bad))
        digest.update(f"{sheet.sheet_id} {case} {truth is None}\n".encode())
    measured, date_threshold = _proven(strata, target)
    standing = in_force(ctx, tx, *key)
    proof = None
    if measured is not None and date_threshold is not None:
        proof = _row(
            ctx, key, measured, date_threshold, target=target, data=digest.hexdigest()[:16], n=sheets
        )
    return Comparison(
        *key,
        sheets=sheets,
        agree=agree,
        confidence=sure / sheets,
        shadow_confidence=shadow_sure / sheets,
        audited=audited,
        reviewed=reviewed,
        target=target,
        measured=measured,
        standing=standing,
        proof=proof,
    )


def _truth(template: Template, sheet: ShadowSheet) -> dict[str, str] | None:
    """What the slip says, from its blind audit or from the person who entered it; None: nobody knows."""
    if sheet.audit == DONE:
        return None if sheet.truth is None else dict(sheet.truth)
    return None if sheet.entered is None else answers.canonical(template, sheet.entered)


def _sort(sheet: ShadowSheet, case: Case, strata: _Strata, *, same: bool) -> None:
    """The stratum of a slip that some threshold would let the shadow accept; unknown ones are wrong."""
    if sheet.held:
        return
    if sheet.accepted_by_machine:
        strata.accepted.append((sheet.date_score, sheet.score))
        if sheet.audit_kind == MACHINE and sheet.audit in (DONE, DISPUTED):
            strata.audited.append((sheet.date_score, case))
        return
    if sheet.state == SheetState.REVIEW.value:
        reasons = list(split_reasons(sheet.reasons))
    elif sheet.details is not None:
        reasons = [Reason(code) for code in sheet.details.get("machine_reasons", ())]
    else:
        return
    # The rules speak about what was read: where the shadow read the same, they hold its slip, too. Thresholds
    # are its own.
    if held_by_gate(reasons, at_any_date=True) and (same or not case.wrong):
        return
    if sheet.state == SheetState.DUPLICATE.value and not case.wrong:
        return
    strata.reviewed.append((sheet.date_score, case))


def _wrong(
    tx: Transaction, template: Template, supplier: str, answer: dict[str, str], truth: dict[str, str]
) -> bool:
    differing = answers.differences(answer, truth)
    if not differing:
        return False
    meters = {row.meter_serial for row in tx.registers.rows(supplier, answer["account"])}
    return answers.is_wrong(template, differing, several_meters=len(meters) > 1)


def _proven(strata: _Strata, target: float) -> tuple[Measured | None, float | None]:
    """The lowest threshold that the shadow keeps, and the one for its dates."""
    dates = prove(strata.dates, max(DATE_TARGET, target), DELTA)
    if dates is None:
        return None, None

    def dated(score: float | None) -> bool:
        return score is None or score >= dates.threshold

    measured = prove_beside(
        [case for date, case in strata.audited if dated(date)],
        [score for date, score in strata.accepted if dated(date)],
        [case for date, case in strata.reviewed if dated(date)],
        target,
        DELTA,
    )
    return measured, dates.threshold


def _row(
    ctx: Context,
    key: tuple[str, str, str],
    measured: Measured,
    date_threshold: float,
    *,
    target: float,
    data: str,
    n: int,
) -> ProvenThreshold:
    presence = dict.fromkeys(("signature", "address"), PRESENCE)
    return ProvenThreshold(
        *key,
        lowest={**dict.fromkeys(MAIN_FIELDS, measured.threshold), "date": date_threshold, **presence},
        target=target,
        delta=DELTA,
        n=n,
        accepted=measured.n,
        wrong=measured.wrong,
        wrong_registered=measured.wrong_registered,
        bound=measured.bound,
        bound_registered=measured.bound_registered,
        date=ctx.clock().date().isoformat(),
        data=data,
        provisional=False,
        evidence=Evidence.AUDITS_AND_REVIEWED if measured.audits else Evidence.REVIEWED,
        note=f"read in shadow: {measured.audits} audits, {measured.reviewed} reviewed slips",
    )
