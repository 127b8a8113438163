"""What recalibration decides, and by simulation that its bounds keep their word."""

from __future__ import annotations

import random

import pytest

from domain.recalibration import (
    GRID,
    Audited,
    Case,
    Findings,
    audits_needed,
    decide,
    measure,
    prove,
    prove_beside,
)
from domain.risk import upper_bound

TARGET, DELTA = 0.001, 0.05


def audits(n: int, wrong: int = 0, score: float = 0.995, floor: float = 0.95) -> list[Audited]:
    return [Audited(score, i < wrong, registered=i < wrong, floor=floor) for i in range(n)]


def slips(n: int, score: float, wrong: int = 0) -> list[Case]:
    return [Case(score, i < wrong) for i in range(n)]


@pytest.mark.parametrize(("target", "n"), [(0.005, 598), (0.001, 2995), (0.0005, 5990)])
def test_the_published_numbers_of_audits(target: float, n: int) -> None:
    assert audits_needed(0, target, DELTA) == n


@pytest.mark.parametrize("wrong", [1, 3, 20])
def test_audits_needed_is_the_fewest(wrong: int) -> None:
    n = audits_needed(wrong, 0.01, DELTA)
    assert upper_bound(wrong, n, DELTA) <= 0.01 < upper_bound(wrong, n - 1, DELTA)


def test_without_evidence_nothing_is_loosened_and_the_lack_is_told() -> None:
    findings = Findings(audits(1200), slips(5000, 0.93), accepted=120_000)
    decision = decide(findings, 0.95, promised=0.01, target=TARGET, delta=DELTA)
    assert (decision.action, decision.chosen, decision.needed) == ("keep", None, 1795)


def test_enough_audits_prove_what_is_in_force() -> None:
    decision = decide(Findings(audits(2995), (), 299_500), 0.95, promised=0.01, target=TARGET, delta=DELTA)
    assert (decision.action, decision.next_threshold) == ("prove", 0.925)
    assert decision.chosen is not None
    assert decision.chosen.bound <= TARGET
    assert decision.needed is None, "no slip below was ever reviewed: more audits tell nothing about it"


def test_loosening_wants_audits_above_and_reviewed_slips_below() -> None:
    below = slips(30_000, 0.93)
    findings = Findings(audits(9000), below, accepted=900_000)
    decision = decide(findings, 0.95, promised=TARGET, target=TARGET, delta=DELTA)
    assert decision.action == "loosen"
    assert decision.chosen is not None
    assert (decision.chosen.threshold, decision.chosen.audits) == (0.5, 9000)
    assert decision.chosen.weight == pytest.approx(900_000 / 930_000)
    few = decide(Findings(audits(3000), below, 900_000), 0.95, promised=TARGET, target=TARGET, delta=DELTA)
    assert (few.action, few.next_threshold) == ("prove", 0.925)
    assert few.needed is not None
    more = Findings(audits(3000 + few.needed), below, 900_000)
    assert decide(more, 0.95, promised=TARGET, target=TARGET, delta=DELTA).action == "loosen"


def test_wrong_slips_below_are_no_reason_to_loosen() -> None:
    findings = Findings(audits(9000), slips(30_000, 0.93, wrong=900), accepted=300_000)
    decision = decide(findings, 0.95, promised=TARGET, target=TARGET, delta=DELTA)
    assert (decision.action, decision.needed) == ("prove", None)


def test_audits_drawn_under_a_higher_threshold_say_nothing_about_a_lower_one() -> None:
    findings = Findings(audits(5000, floor=0.99), (), 500_000)
    decision = decide(findings, 0.95, promised=0.01, target=TARGET, delta=DELTA)
    assert decision.action == "keep"
    assert decision.present is not None
    assert decision.present.n == 0


def test_a_broken_bound_tightens_at_once_where_a_higher_threshold_is_proven() -> None:
    found = audits(12_000, score=0.9995) + audits(500, wrong=40, score=0.955)
    decision = decide(Findings(found, (), 1_250_000), 0.95, promised=0.001, target=TARGET, delta=DELTA)
    assert decision.action == "tighten"
    assert decision.least > 0.001
    assert decision.chosen is not None
    assert (decision.chosen.threshold, decision.chosen.wrong) == (0.96, 0)


def test_a_broken_bound_without_a_higher_threshold_is_withdrawn() -> None:
    found = audits(900, wrong=30)
    decision = decide(Findings(found, (), 90_000), 0.95, promised=0.01, target=TARGET, delta=DELTA)
    assert decision.action == "withdraw"
    assert decision.least > 0.01


def test_one_wrong_audit_breaks_no_bound() -> None:
    decision = decide(Findings(audits(300, 1), (), 30_000), 0.95, promised=0.01, target=TARGET, delta=DELTA)
    assert decision.action == "keep"
    assert decision.needed == audits_needed(1, TARGET, DELTA) - 300


def test_a_first_threshold_comes_from_slips_that_were_all_reviewed() -> None:
    decision = decide(
        Findings((), slips(7000, 0.99) + slips(900, 0.8, 60)), None, promised=1.0, target=TARGET, delta=DELTA
    )
    assert decision.action == "start"
    assert decision.chosen is not None
    assert decision.chosen.threshold == 0.85
    few = decide(Findings((), slips(500, 0.9999)), None, promised=1.0, target=TARGET, delta=DELTA)
    assert (few.action, few.needed) == ("nothing", audits_needed(0, TARGET, DELTA / len(GRID)) - 500)


def test_another_customers_account_is_bounded_by_itself() -> None:
    cases = [Case(0.99, True, True), Case(0.99, True, False), *slips(9998, 0.99)]
    measured = measure(0.95, Findings((), cases), DELTA, None)
    assert (measured.wrong, measured.wrong_registered) == (2, 1)
    assert measured.bound == upper_bound(2, 10_000, DELTA)
    assert measured.bound_registered == upper_bound(1, 10_000, DELTA)


def test_published_bounds_cover_the_truth() -> None:
    """In at least 95 % of simulated months, with lots, truth and chance as in operation."""
    dice = random.Random(11)
    covered = months = 0
    for _ in range(400):
        share, risk = dice.choice([0.02, 0.05, 0.1]), dice.choice([0.0, 0.0005, 0.002, 0.01, 0.05])
        wrong = [dice.random() < risk for _ in range(6000)]
        seen = [each for each in wrong if dice.random() < share]
        covered += sum(wrong) / len(wrong) <= upper_bound(sum(seen), len(seen), DELTA)
        months += 1
    assert covered >= 0.95 * months


def test_bounds_over_both_strata_cover_the_truth() -> None:
    """Audited at a small share above, all known below: the weighted bound holds in at least 95 %."""
    dice = random.Random(5)
    covered = 0
    for _ in range(400):
        above, below = dice.randint(2000, 4000), dice.randint(200, 1500)
        risks = dice.choice([(0.002, 0.02), (0.0, 0.05), (0.01, 0.01), (0.02, 0.0)])
        audited = [
            Audited(0.99, dice.random() < risks[0], floor=0.95) for _ in range(above) if dice.random() < 0.1
        ]
        reviewed = [Case(0.9, dice.random() < risks[1]) for _ in range(below)]
        measured = measure(0.9, Findings(audited, reviewed, above), DELTA, 0.95)
        truth = (above * risks[0] + below * risks[1]) / (above + below)
        covered += truth <= measured.bound
    assert covered >= 0.95 * 400


def test_a_threshold_chosen_from_the_grid_keeps_its_word() -> None:
    """In at most δ of repetitions is the true share above the target; the risk falls with the score."""
    dice = random.Random(3)
    target, broken, chosen = 0.05, 0, 0
    for _ in range(100):
        scores = [dice.uniform(0.4, 1.0) for _ in range(3000)]
        cases = [Case(score, dice.random() < 0.3 * (1.0 - score)) for score in scores]
        proven = prove(cases, target, 0.2)
        if proven is not None:
            chosen += 1
            # Mean of 0.3 (1 - s) for s uniform above the threshold.
            broken += 0.15 * (1.0 - proven.threshold) > target
    assert chosen > 50
    assert broken <= 0.2 * 100


def test_a_shadow_that_proves_itself_keeps_its_word() -> None:
    """The deciding model chose what is audited and what is reviewed; the shadow's bound holds."""
    dice = random.Random(9)
    target, broken, chosen = 0.07, 0, 0
    for _ in range(40):
        audited, accepted, known = [], [], []
        for _ in range(3000):
            score = dice.uniform(0.4, 1.0)
            case = Case(score, dice.random() < 0.3 * (1.0 - score))
            # The deciding model is sure of what the shadow is sure of, mostly.
            if dice.random() < score:
                accepted.append(score)
                if dice.random() < 0.6:
                    audited.append(case)
            else:
                known.append(case)
        proven = prove_beside(audited, accepted, known, target, 0.2)
        if proven is not None:
            chosen += 1
            broken += 0.15 * (1.0 - proven.threshold) > target
    assert chosen > 20
    assert broken <= 0.2 * 40
