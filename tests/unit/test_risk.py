"""The bound on wrong values: against published numbers and by simulation."""

from __future__ import annotations

import random

import pytest

from domain.risk import binomial_cdf, choose_threshold, interval, lower_bound, upper_bound


@pytest.mark.parametrize(("n", "bound"), [(598, 0.005), (2995, 0.001), (5990, 0.0005)])
def test_zero_errors_need_as_many_audits_as_the_rule_of_three_says(n, bound):
    assert upper_bound(0, n, 0.05) <= bound < upper_bound(0, n - 2, 0.05)


def test_two_sided_interval_agrees_with_the_published_table():
    # Clopper and Pearson 1934, 95 %: 5 of 20.
    low, high = interval(5, 20)
    assert low == pytest.approx(0.0866, abs=1e-4)
    assert high == pytest.approx(0.4910, abs=1e-4)


def test_bounds_mirror_each_other_and_hold_at_the_ends():
    assert upper_bound(10, 10, 0.05) == 1.0
    assert lower_bound(0, 10, 0.05) == 0.0
    assert upper_bound(0, 0, 0.05) == 1.0
    assert lower_bound(9, 10, 0.05) == pytest.approx(1 - upper_bound(1, 10, 0.05))


def test_binomial_cdf_sums_to_one_and_is_exact_for_a_coin():
    assert binomial_cdf(2, 4, 0.5) == pytest.approx(11 / 16)
    assert binomial_cdf(4, 4, 0.5) == 1.0
    assert binomial_cdf(-1, 4, 0.5) == 0.0


@pytest.mark.parametrize(("wrong", "n", "delta"), [(-1, 5, 0.05), (6, 5, 0.05), (1, 5, 0.0), (1, 5, 1.0)])
def test_impossible_counts_are_refused(wrong, n, delta):
    with pytest.raises(ValueError, match=r"impossible|between"):
        upper_bound(wrong, n, delta)


def test_a_threshold_is_found_where_errors_are_only_among_the_unsure():
    confidences = [0.999] * 4000 + [0.7] * 200
    right = [True] * 4000 + [False] * 100 + [True] * 100
    chosen = choose_threshold(confidences, right, target=0.002, delta=0.05)
    assert chosen.threshold == 0.999
    assert chosen.accepted == 4000
    assert chosen.wrong == 0
    assert chosen.bound <= 0.002


def test_too_few_data_give_no_threshold():
    chosen = choose_threshold([0.999] * 500, [True] * 500, target=0.001, delta=0.05)
    assert chosen.threshold is None
    assert chosen.accepted == 0


def test_the_chosen_threshold_keeps_its_word():
    """In at most δ of repetitions is the true error above the target (here: far fewer, δ being split)."""
    dice = random.Random(7)
    target, broken, chosen_at_all = 0.1, 0, 0
    for _ in range(200):
        confidences = [dice.random() for _ in range(1500)]
        right = [dice.random() < 0.6 + 0.4 * c for c in confidences]
        chosen = choose_threshold(confidences, right, target, delta=0.1)
        if chosen.threshold is not None:
            chosen_at_all += 1
            # Mean error above threshold t when P(right | c) = 0.6 + 0.4 c and c is uniform.
            broken += 0.4 * (1 - (1 + chosen.threshold) / 2) > target
    assert chosen_at_all > 50
    assert broken <= 0.1 * 200
