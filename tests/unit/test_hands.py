"""Recorded hands on simulated slips: what thresholds are proven with must not flatter the reader."""

from __future__ import annotations

import numpy as np

from training.slips import RecordedHand
from training.sources import Source

OWN, OTHERS = {1: [0, 1, 2], 7: [3]}, {1: [0, 1, 2, 10, 11], 7: [3, 12]}


def hand() -> RecordedHand:
    strokes = [[np.array([[0.0, 0.0], [1.0, float(k)]])] for k in range(13)]
    labels = np.array([1, 1, 1, 7, *[0] * 6, 1, 1, 7])
    return RecordedHand("anna", Source("drawn", labels, np.zeros(13, int), strokes=strokes), OWN, OTHERS)


def which(one: RecordedHand, digit: int, count: int, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    return [int(one.digit(digit, rng)[0][1, 1]) for _ in range(count)]


def test_no_sample_is_written_twice_while_there_are_others() -> None:
    for seed in range(20):
        assert sorted(which(hand().for_a_slip(), 1, 3, seed)) == [0, 1, 2]


def test_what_is_missing_comes_from_all_writers() -> None:
    later = {sample for seed in range(40) for sample in which(hand().for_a_slip(), 7, 3, seed)[1:]}
    assert later == {3, 12}
    never = {sample for seed in range(40) for sample in which(hand().for_a_slip(), 1, 5, seed)[3:]}
    assert {10, 11} <= never


def test_the_next_slip_begins_with_all_of_them() -> None:
    anna = hand()
    for seed in range(5):
        assert sorted(which(anna.for_a_slip(), 1, 3, seed)) == [0, 1, 2]
    assert OWN == {1: [0, 1, 2], 7: [3]}
