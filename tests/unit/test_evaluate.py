"""The arithmetic of an evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from ocr import evaluate
from ocr.evaluate import Example


def some(*answers: tuple[str, str, float], group: str = "") -> list[Example]:
    return [Example(truth, value, confidence, group) for truth, value, confidence in answers]


def test_exact_match_and_its_interval() -> None:
    share = evaluate.exact(some(*[("1", "1", 0.9)] * 269, *[("1", "7", 0.9)] * 2))
    assert (share.count, share.n) == (269, 271)
    # Clopper-Pearson from the beta quantiles: [0.97361, 0.99910].
    assert share.interval == pytest.approx((0.97361, 0.99910), abs=2e-5)
    assert evaluate.exact([]).interval == (0.0, 1.0)


def test_an_unreadable_input_is_wrong_and_never_accepted() -> None:
    examples = [*some(("", "", 0.5)), Example("", "", 0.0, read=False)]
    assert evaluate.exact(examples).count == 1
    assert [(c.accepted, c.n) for c in evaluate.coverage(examples, [0.0])] == [(1, 2)]


def test_error_against_coverage() -> None:
    examples = some(("1", "1", 0.999), ("2", "2", 0.99), ("3", "8", 0.98), ("4", "4", 0.6), ("5", "6", 0.5))
    rows = evaluate.coverage(examples, [0.0, 0.6, 0.98, 0.985, 1.0])
    assert [(r.accepted, r.wrong) for r in rows] == [(5, 2), (4, 1), (3, 1), (2, 0), (0, 0)]
    assert rows[1].coverage == 0.8
    assert rows[1].error.share == 0.25
    assert rows[3].error.bound == pytest.approx(1 - 0.05**0.5)
    assert rows[4].error.bound == 1.0
    assert rows[0].wrong_registered is None
    line = evaluate.curve(examples)
    assert [r.accepted for r in line if r.accepted] == sorted({1, 2, 3, 4, 5})


def test_a_wrong_account_that_exists_is_counted_by_itself() -> None:
    examples = [
        Example("12", "12", 0.99, registered=True),
        Example("12", "13", 0.98, registered=True),
        Example("12", "99", 0.97, registered=False),
    ]
    assert (evaluate.wrong_but_registered(examples).count, evaluate.wrong_but_registered(examples).n) == (
        1,
        3,
    )
    assert [r.wrong_registered for r in evaluate.coverage(examples, [0.0, 0.99])] == [1, 0]


@pytest.mark.parametrize(
    ("truth", "value", "right"),
    [("0563", "0563", 4), ("0563", "563", 3), ("0563", "05631", 3), ("0563", "", 0), ("12", "987654", 0)],
)
def test_characters_are_aligned(truth: str, value: str, right: int) -> None:
    share = evaluate.characters_right(some((truth, value, 0.9)))
    assert (share.count, share.n) == (right, len(truth))


def test_confusions_name_what_was_read_for_what() -> None:
    table = evaluate.confusion(some(("171", "111", 0.9), ("17", "1", 0.9), ("_", "_", 0.9)))
    assert table == {("1", "1"): 3, ("7", "1"): 1, ("7", ""): 1, ("_", "_"): 1}
    assert evaluate.aligned("0563", "56") == [("0", ""), ("5", "5"), ("6", "6"), ("3", "")]


def test_false_digits_are_blanks_and_marks_taken_for_digits() -> None:
    examples = some(("_", "1", 0.95), ("#", "7", 0.5), ("_", "#", 0.99), ("#", "#", 0.99), ("1", "1", 0.99))
    assert (evaluate.false_digits(examples).count, evaluate.false_digits(examples).n) == (2, 4)
    assert evaluate.false_digits(examples, 0.9).count == 1


def test_calibration_error_of_a_reader_that_is_too_sure() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1.0, 6000)
    honest = evaluate.calibration(
        [(bool(r), float(c)) for r, c in zip(rng.random(6000) < confidence, confidence, strict=True)]
    )
    boasting = evaluate.calibration(
        [(bool(r), float(c)) for r, c in zip(rng.random(6000) < confidence - 0.1, confidence, strict=True)]
    )
    assert honest is not None
    assert boasting is not None
    assert len(honest.bins) == 15
    assert sum(b.right.n for b in honest.bins) == 6000
    assert honest.error < 2.5 * honest.by_chance < 0.05
    assert boasting.error == pytest.approx(0.1, abs=0.02)
    assert evaluate.calibration([]) is None
    few = evaluate.calibration([(True, 0.9)] * 5)
    assert few is not None
    assert (len(few.bins), few.error) == (1, pytest.approx(0.1))


def test_cells_of_one_writer_are_not_independent() -> None:
    good = [Example("1", "1", 0.9, f"w{i}") for i in range(20) for _ in range(20)]
    bad = [Example("1", "7", 0.9, f"b{i}") for i in range(2) for _ in range(20)]
    groups = evaluate.over_groups([*good, *bad])
    plain = evaluate.exact([*good, *bad]).interval
    assert groups is not None
    assert (groups.groups, groups.with_errors) == (22, 2)
    assert groups.interval[1] - groups.interval[0] > 2 * (plain[1] - plain[0])
    assert groups == evaluate.over_groups([*good, *bad]), "the seed is fixed"
    assert evaluate.over_groups(good[:20]) is None
