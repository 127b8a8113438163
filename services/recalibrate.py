"""Recalibration: prove, loosen, tighten or withdraw thresholds by what people found.

Planning changes nothing. Applying adds a row to the history of thresholds, if what was planned still stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import ConflictError
from domain.proof import Evidence, ProvenThreshold
from domain.recalibration import Decision, Measured, decide
from services.context import Context
from services.findings import Collected, collect
from services.thresholds import MAIN_FIELDS, InForce, in_force, known_keys
from storage.records import Transaction
from storage.records.findings import Period

DELTA = 0.05
#: Presence of a signature or an address line: ink or no ink.
PRESENCE = 0.9
#: Actions that change what is in force or what it was proven from.
CHANGES = frozenset({"start", "prove", "loosen", "tighten", "withdraw"})
_PROMISE_WITHOUT_ROW = 1.0


@dataclass(frozen=True)
class Step:
    """What is to be done about one (channel, template, model), and why.

    ``proof``: the row that applying would add; None when nothing would change.
    """

    channel: str
    template: str
    model: str
    standing: InForce
    decision: Decision
    collected: Collected
    target: float
    delta: float
    proof: ProvenThreshold | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Channel, template version, model version."""
        return self.channel, self.template, self.model


def plan(
    ctx: Context, period: Period = Period(), target: float | None = None, delta: float = DELTA
) -> list[Step]:
    """What the evidence of the period says about every combination that reads slips; changes nothing.

    ``target``: most wrong among what the machine accepts, by default the settings'.
    """
    goal = ctx.settings.target_risk if target is None else target
    with ctx.records.read() as tx:
        keys = sorted({*tx.findings.keys(period), *known_keys(ctx, tx)})
        steps = [_step(ctx, tx, key, period, target=goal, delta=delta) for key in keys]
    return [step for step in steps if step is not None]


def apply(ctx: Context, steps: Sequence[Step], who: str) -> list[Step]:
    """Put into force what was planned; returns the steps that changed something.

    Raises ``ConflictError`` when a threshold was changed since the plan; then nothing is changed.
    """
    changed = [step for step in steps if step.proof is not None]
    with ctx.records.begin() as tx:
        tx.lock("thresholds")
        for step in changed:
            if _number(in_force(ctx, tx, *step.key)) != _number(step.standing):
                raise ConflictError(f"the threshold of {step.template} was changed meanwhile; plan again")
        for step in changed:
            assert step.proof is not None
            put_in_force(ctx, tx, step.proof, who, step.decision.action)
    return changed


def put_in_force(ctx: Context, tx: Transaction, proof: ProvenThreshold, who: str, action: str) -> int:
    """Add a row to the history, with its line in the audit log; returns the row's id."""
    withdrawn = action == "withdraw"
    row = tx.proven.add(proof, ctx.clock(), who, withdrawn=withdrawn)
    details = {
        "row": row,
        "action": action,
        "key": [proof.channel, proof.template, proof.model],
        "lowest": dict(proof.lowest),
        "bound": proof.bound,
        "target": proof.target,
        "evidence": proof.evidence.value,
    }
    tx.audits.add(ctx.clock(), who, "thresholds.changed", details=details)
    return row


def _step(
    ctx: Context, tx: Transaction, key: tuple[str, str, str], period: Period, *, target: float, delta: float
) -> Step | None:
    standing = in_force(ctx, tx, *key)
    collected = collect(ctx, tx, key, standing, period=period, target=target, delta=delta)
    if collected is None:
        return None
    promised = _PROMISE_WITHOUT_ROW if standing.proof is None else standing.proof.target
    decision = decide(collected.findings, standing.main, promised=promised, target=target, delta=delta)
    step = Step(*key, standing, decision, collected, target, delta, None)
    proof = _proof(ctx, step) if decision.action in CHANGES else None
    if proof is not None and _is_old(proof, standing.proof):
        proof = None
    return Step(*key, standing, decision, collected, target, delta, proof)


def _proof(ctx: Context, step: Step) -> ProvenThreshold | None:
    chosen, action = step.decision.chosen, step.decision.action
    assert chosen is not None
    before = step.standing.lowest.lowest
    main = None if action == "withdraw" else chosen.threshold
    if action == "prove":
        # What is in force is proven as it stands, also where its fields have different thresholds.
        lowest = dict(before)
    else:
        date = before.get("date") or step.collected.date_threshold
        presence = {name: before.get(name) or PRESENCE for name in ("signature", "address")}
        lowest = {**dict.fromkeys(MAIN_FIELDS, main), "date": date, **presence}
    return ProvenThreshold(
        *step.key,
        lowest=lowest,
        target=step.target if action == "withdraw" or chosen.bound <= step.target else _promise(step),
        delta=step.delta,
        n=len(step.collected.findings.audited) + len(step.collected.findings.reviewed),
        accepted=chosen.n,
        wrong=chosen.wrong,
        wrong_registered=chosen.wrong_registered,
        bound=chosen.bound,
        bound_registered=chosen.bound_registered,
        date=ctx.clock().date().isoformat(),
        data=step.collected.fingerprint,
        provisional=False,
        evidence=_evidence(chosen),
        note=f"{action}: {chosen.audits} audits, {chosen.reviewed} reviewed slips",
    )


def _promise(step: Step) -> float:
    assert step.standing.proof is not None
    return step.standing.proof.target


def _evidence(chosen: Measured) -> Evidence:
    if chosen.audits and chosen.reviewed:
        return Evidence.AUDITS_AND_REVIEWED
    return Evidence.AUDITS if chosen.audits else Evidence.REVIEWED


def _is_old(proof: ProvenThreshold, standing: ProvenThreshold | None) -> bool:
    """Whether the history already ends with this proof: the same data give no second row."""
    return (
        standing is not None
        and standing.data == proof.data
        and standing.target == proof.target
        and dict(standing.lowest) == dict(proof.lowest)
    )


def _number(standing: InForce) -> int:
    return 0 if standing.row is None else standing.row.id
