"""Choose a threshold from what people found: blind audits above it, reviewed slips below it.

Slips above the threshold in force are known only through audits, a random sample of them; those below it are
all reviewed. Mixing the two as they come would count far too many doubtful slips, so each is a stratum of its
own, weighted by how many slips it stands for.

What is tried is fixed before looking: the threshold in force is one hypothesis and gets the whole δ. Only
when it holds are lower ones of ``GRID`` tried, and only when it does not are higher ones, with δ split over
them (serial gatekeeping with Bonferroni, as in Learn-then-Test, Angelopoulos et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from domain.risk import lower_bound, upper_bound

#: Thresholds that may be chosen, whatever the data.
GRID = (
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97,
    0.975, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999, 0.9995, 0.9999,
)  # fmt: skip
#: Of δ, what the audited stratum gets; reviewed slips are many, so little is enough for them.
_AUDITED_DELTA = 0.9
#: More audits than anybody will ever make.
_MOST_AUDITS = 1 << 40

Action = Literal["start", "prove", "loosen", "keep", "tighten", "withdraw", "nothing"]


@dataclass(frozen=True)
class Case:
    """A slip whose truth is known.

    ``score``: the lower of its account's and its readings' confidence. ``wrong``: the machine's account or a
    reading is wrong; ``registered``: wrong, and the account is another customer's.
    """

    score: float
    wrong: bool
    registered: bool = False


@dataclass(frozen=True)
class Audited(Case):
    """A slip that the machine accepted and that was drawn while ``floor`` was its lowest threshold.

    ``passes``: what is in force now would accept it, too.
    """

    floor: float = 0.0
    passes: bool = True


@dataclass(frozen=True)
class Findings:
    """What people found. ``accepted``: slips that the machine accepted, for the weight of the audited ones.

    ``reviewed``: slips that a lower threshold would have accepted; those that wait for review are among them
    as wrong, for nobody knows.
    """

    audited: Sequence[Audited] = ()
    reviewed: Sequence[Case] = ()
    accepted: int = 0


@dataclass(frozen=True)
class Measured:
    """The bounds at one threshold: ``wrong`` among ``n`` slips with known truth, each bound with ``delta``.

    ``audits`` and ``reviewed``: how many of ``n`` are which; ``weight``: the audited stratum's share.
    """

    threshold: float
    audits: int
    reviewed: int
    wrong: int
    wrong_registered: int
    bound: float
    bound_registered: float
    weight: float
    delta: float

    @property
    def n(self) -> int:
        """Slips with known truth."""
        return self.audits + self.reviewed


@dataclass(frozen=True)
class Decision:
    """What to do about a threshold.

    ``action``: ``start`` (there was none), ``prove`` (the one in force keeps the target), ``loosen``,
    ``tighten``, ``withdraw``, ``keep`` (too little evidence for anything) or ``nothing`` (there is none, and
    none can be proven yet). ``chosen``: what the new row is proven with. ``present``: the one in force as
    measured, exceeded by the truth with probability ``delta``; ``least``: with the same confidence at least
    this share is wrong. ``needed``: further audits, none wrong, until the next step (at
    ``next_threshold``, where that is a lower one); None: audits will not do.
    """

    action: Action
    chosen: Measured | None = None
    present: Measured | None = None
    least: float = 0.0
    needed: int | None = None
    next_threshold: float | None = None


def audits_needed(wrong: int, target: float, delta: float) -> int:
    """The fewest audits with ``wrong`` wrong among them whose bound is at most ``target``."""
    low, high = wrong, max(1, 2 * wrong)
    while upper_bound(wrong, high, delta) > target:
        low, high = high, 2 * high
        if high > _MOST_AUDITS:
            raise ValueError("no number of audits keeps a target of 0")
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(wrong, middle, delta) > target:
            low = middle
        else:
            high = middle
    return high


def prove(
    cases: Sequence[Case], target: float, delta: float, grid: Sequence[float] = GRID
) -> Measured | None:
    """The lowest threshold of ``grid`` that keeps ``target`` on cases drawn without selection, or None."""
    for threshold in sorted(grid):
        measured = _counted(threshold, cases, delta / len(grid))
        if measured.bound <= target:
            return measured
    return None


def measure_all(threshold: float, cases: Sequence[Case], delta: float) -> Measured:
    """The bounds at ``threshold`` on cases drawn without selection."""
    return _counted(threshold, cases, delta)


def measure(threshold: float, findings: Findings, delta: float, present: float | None) -> Measured:
    """The bounds at ``threshold`` while ``present`` is in force (None: nothing was accepted)."""
    below = [case for case in findings.reviewed if case.score >= threshold]
    if present is None or not findings.accepted:
        return _counted(threshold, below, delta)
    # Audits are a random sample of what lies above the threshold under which they were drawn.
    floor = max(threshold, present)
    above = [case for case in findings.audited if case.score >= floor and case.floor <= floor]
    if threshold >= present or not below:
        return _counted(threshold, above, delta, audits=len(above))
    return stratified(threshold, above, below, findings.accepted, delta)


def stratified(
    threshold: float, audited: Sequence[Case], known: Sequence[Case], accepted: int, delta: float
) -> Measured:
    """The bounds over ``accepted`` slips, of which ``audited`` are a random sample, and ``known`` ones.

    All cases count; each stratum is weighted by how many slips it stands for.
    """
    weight = accepted / (accepted + len(known))
    first = _counted(threshold, audited, delta * _AUDITED_DELTA, every=True)
    second = _counted(threshold, known, delta * (1.0 - _AUDITED_DELTA), every=True)
    return Measured(
        threshold=threshold,
        audits=len(audited),
        reviewed=len(known),
        wrong=first.wrong + second.wrong,
        wrong_registered=first.wrong_registered + second.wrong_registered,
        bound=weight * first.bound + (1.0 - weight) * second.bound,
        bound_registered=weight * first.bound_registered + (1.0 - weight) * second.bound_registered,
        weight=weight,
        delta=delta,
    )


def prove_beside(
    audited: Sequence[Case], accepted: Sequence[float], known: Sequence[Case], target: float, delta: float
) -> Measured | None:
    """The lowest threshold of ``GRID`` that keeps ``target`` for a model that read in shadow, or None.

    Which slips are audited and which reviewed was up to the deciding model, so they are two strata at every
    threshold: ``accepted`` are the shadow's scores of all slips that the deciding model accepted, ``audited``
    a random sample of those, ``known`` the ones that people reviewed.
    """
    for threshold in GRID:
        above = [case for case in audited if case.score >= threshold]
        reviewed = [case for case in known if case.score >= threshold]
        standing_for = sum(score >= threshold for score in accepted)
        split = delta / len(GRID)
        if not standing_for:
            measured = _counted(threshold, reviewed, split)
        elif not reviewed:
            measured = _counted(threshold, above, split, audits=len(above))
        else:
            measured = stratified(threshold, above, reviewed, standing_for, split)
        if measured.bound <= target:
            return measured
    return None


def decide(
    findings: Findings, present: float | None, *, promised: float, target: float, delta: float
) -> Decision:
    """What to do about the threshold ``present``, which promised at most ``promised`` wrong."""
    if present is None:
        chosen = prove(findings.reviewed, target, delta)
        if chosen is None:
            # With none wrong at the highest threshold: how many slips there are still to read.
            top = _counted(GRID[-1], findings.reviewed, delta / len(GRID))
            lacking = max(1, audits_needed(top.wrong, target, top.delta) - top.n)
            return Decision("nothing", needed=lacking)
        return Decision("start", chosen)
    held = [case for case in findings.audited if case.passes and case.floor <= present]
    now = _counted(present, held, delta, audits=len(held), every=True)
    least = lower_bound(now.wrong, now.n, delta) if now.wrong else 0.0
    if least > promised:
        return _tighter(findings, present, now, least, target=target, promised=promised, delta=delta)
    if now.bound <= target:
        return _looser(findings, present, now, target=target, delta=delta)
    if now.wrong:
        tighter = _tightest_needed(findings, present, target, delta)
        if tighter is not None:
            return Decision("tighten", tighter, now, least)
    return Decision("keep", None, now, least, audits_needed(now.wrong, target, delta) - now.n)


def _tighter(
    findings: Findings,
    present: float,
    now: Measured,
    least: float,
    *,
    target: float,
    promised: float,
    delta: float,
) -> Decision:
    """The bound is broken: the lowest higher threshold that is proven, or none at all."""
    for goal in dict.fromkeys((target, promised)):
        chosen = _tightest_needed(findings, present, goal, delta)
        if chosen is not None:
            return Decision("tighten", chosen, now, least)
    return Decision("withdraw", now, now, least)


def _tightest_needed(findings: Findings, present: float, target: float, delta: float) -> Measured | None:
    grid = [threshold for threshold in GRID if threshold > present]
    for threshold in grid:
        measured = measure(threshold, findings, delta / len(grid), present)
        if measured.bound <= target:
            return measured
    return None


def _looser(findings: Findings, present: float, now: Measured, *, target: float, delta: float) -> Decision:
    """The present one holds: the lowest lower threshold that is proven, else what the next one lacks."""
    grid = [threshold for threshold in GRID if threshold < present]
    for threshold in grid:
        # Without a reviewed slip in between nothing is known about it.
        measured = measure(threshold, findings, delta / len(grid), present)
        if measured.reviewed and measured.bound <= target:
            return Decision("loosen", measured, now)
    if not grid:
        return Decision("prove", now, now)
    following = measure(grid[-1], findings, delta / len(grid), present)
    return Decision("prove", now, now, 0.0, _lacking(findings, following, present, target), grid[-1])


def _lacking(findings: Findings, tried: Measured, present: float, target: float) -> int | None:
    """Further audits, none wrong, until ``tried`` keeps the target; None: audits alone will not do."""
    if not tried.reviewed:
        return None
    below = [case for case in findings.reviewed if case.score >= tried.threshold]
    second = _counted(tried.threshold, below, tried.delta * (1.0 - _AUDITED_DELTA))
    left = (target - (1.0 - tried.weight) * second.bound) / tried.weight
    if left <= 0.0:
        return None
    wrong = tried.wrong - second.wrong
    return max(1, audits_needed(wrong, left, tried.delta * _AUDITED_DELTA) - tried.audits)


def _counted(
    threshold: float, cases: Sequence[Case], delta: float, *, audits: int = 0, every: bool = False
) -> Measured:
    """Clopper–Pearson on the cases at or above ``threshold`` (``every``: on all of them)."""
    counted = [case for case in cases if every or case.score >= threshold]
    wrong = sum(case.wrong for case in counted)
    registered = sum(case.registered for case in counted)
    n = len(counted)
    return Measured(
        threshold=threshold,
        audits=audits,
        reviewed=n - audits,
        wrong=wrong,
        wrong_registered=registered,
        bound=upper_bound(wrong, n, delta),
        bound_registered=upper_bound(registered, n, delta),
        weight=1.0 if audits else 0.0,
        delta=delta,
    )
