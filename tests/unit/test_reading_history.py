"""The reading, decoded with digit count and history: against brute force, and never against clear ink."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from domain.account import RegisterRow
from domain.history import CLEAR_INK, MOST_RATIO, Band, Expectation, expectation
from domain.plausibility import PlausibilityRules, usual_limit
from ocr.decode import decode_number
from ocr.decode.evidence import BLANK, OUTLIERS
from ocr.decode.packed import pack, unpack
from ocr.decode.reading import ReadingCells, decode_reading

DAY = date(2026, 11, 25)
ROW = RegisterRow(
    "s", "1", digits=4, previous_reading="0500", previous_date=date(2026, 10, 25), monthly_average=60.0
)


def cells(text: str, sure: float = 0.999, **doubts: dict[str, float]) -> np.ndarray:
    """Cells that say ``text``; ``c2={"7": 0.5, "1": 0.5}`` sets what the third says."""
    table = np.full((len(text), 12), (1 - sure) / 11)
    for i, symbol in enumerate(text):
        table[i, "0123456789_#".index(symbol)] = sure
    for name, says in doubts.items():
        row = np.full(12, 1e-6)
        for symbol, p in says.items():
            row["0123456789_#".index(symbol)] = p
        table[int(name[1:])] = row / row.sum()
    return table


def brute_force(
    table: np.ndarray, meters: list[Expectation]
) -> tuple[dict[object, float], dict[object, float]]:
    """Posteriors of every number (None: nothing) and "doubt", without and with history, by the definition."""
    soft = (1 - OUTLIERS) * table + OUTLIERS / 12
    n = len(soft)

    def length_weight(length: int, digits: int | None) -> float:
        if digits is None:
            return 0.25
        return 0.95 if length == digits else 0.045 if length < digits else 0.005

    shares = [(m.share, m) for m in meters]
    left = 1 - sum(s for s, _ in shares)
    ink: dict[object, float] = {}
    full: dict[object, float] = {}
    explained = float(np.prod(soft[:, BLANK]))
    heaviest = max(
        left * 0.25 + sum(s * length_weight(k, m.digits) for s, m in shares) for k in range(1, n + 1)
    )
    ink[None] = full[None] = explained * heaviest
    for start in range(n):
        for end in range(start + 1, n + 1):
            outside = np.prod(soft[:start, BLANK]) * np.prod(soft[end:, BLANK])
            for digits in itertools.product(range(10), repeat=end - start):
                mass = float(outside * np.prod([soft[start + i, d] for i, d in enumerate(digits)]))
                number = int("".join(map(str, digits)))
                explained += mass
                flat = left * 0.25 + sum(s * length_weight(end - start, m.digits) for s, m in shares)
                weighed = left * 0.25 + sum(
                    s * length_weight(end - start, m.digits) * m.weight(number) for s, m in shares
                )
                ink[number] = ink.get(number, 0.0) + mass * flat
                full[number] = full.get(number, 0.0) + mass * weighed
    ink["doubt"] = full["doubt"] = max(0.0, 1 - explained) * heaviest
    return (
        {k: v / sum(ink.values()) for k, v in ink.items()},
        {k: v / sum(full.values()) for k, v in full.items()},
    )


def random_cells(rng: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Cells with one favourite each; about half of the first ones blank."""
    table = rng.dirichlet(np.full(12, 0.15), n) * noise
    for i in range(n):
        favourite = 10 if (i == 0 and rng.random() < 0.5) else int(rng.integers(0, 10))
        table[i, favourite] += 1 - noise
    return table


def random_meters(rng: np.random.Generator, digits: int) -> list[Expectation]:
    size = 10**digits
    meters = []
    count = int(rng.integers(0, 3))
    for _ in range(count):
        row = replace(
            ROW,
            digits=None if rng.random() < 0.2 else digits,
            previous_reading=str(int(rng.integers(0, size))),
            previous_kind=str(rng.choice(["actual", "average"])),
            monthly_average=float(rng.gamma(2.0, size / 80)),
        )
        rules = PlausibilityRules(always_allowed_kwh=size / 12)
        meters.append(expectation(row, DAY, rules, share=float(rng.uniform(0.3, 1.0)) / count))
    return meters


@pytest.mark.parametrize("seed", range(24))
def test_posteriors_are_those_of_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_cells(rng, 3, float(rng.choice([0.05, 0.4, 0.9])))
    meters = random_meters(rng, int(rng.integers(2, 4)))
    ink, full = brute_force(table, meters)
    found = decode_reading(table, meters)
    key = int(found.value) if found.value else None
    assert found.exact
    assert found.probability == pytest.approx(full[key], rel=1e-9)
    assert found.ink == pytest.approx(ink[key], rel=1e-9)
    numbers = {k: v for k, v in full.items() if isinstance(k, int)}
    if key is not None:
        assert full[key] == max(numbers.values())
        del numbers[key]
    assert found.runner_up == pytest.approx(max(numbers.values()), rel=1e-9)
    assert int(found.runner_up_value) == max(numbers, key=lambda k: numbers[k])


@pytest.mark.parametrize("seed", range(8))
def test_cells_that_are_decoded_twice_say_the_same_as_decoded_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_cells(rng, int(rng.integers(3, 7)), float(rng.choice([0.02, 0.4])))
    meters = random_meters(rng, int(rng.integers(2, 5)))
    reading = ReadingCells(table)
    assert reading.decode() == decode_reading(table)
    assert reading.decode(meters) == decode_reading(table, meters)
    assert reading.decode() == decode_reading(table)


def test_history_never_changes_what_the_ink_alone_gives_nine_in_ten() -> None:
    rng = np.random.default_rng(7)
    clear = barely = changed = 0
    for _ in range(600):
        n = int(rng.integers(3, 6))
        table = random_cells(rng, n, float(rng.choice([0.02, 0.05, 0.5])))
        meters = random_meters(rng, int(rng.integers(2, n + 1)))
        # The hardest history that there can be: against this very reading, and for any other.
        alone = decode_reading(table, [replace(m, bands=(), elsewhere=1.0) for m in meters])
        if alone.value:
            number = int(alone.value)
            against = (Band(0, number - 1, 1.0), Band(number, number, 1 / MOST_RATIO))
            meters = [replace(m, bands=against, elsewhere=1.0) for m in meters]
        found = decode_reading(table, meters)
        if alone.probability >= CLEAR_INK:
            clear += 1
            barely += alone.probability < 0.96
            assert found.value == alone.value
            assert not found.tie_broken
        elif found.value != alone.value:
            changed += 1
            assert found.tie_broken
        assert found.confidence <= found.ink
    assert (clear > 100, barely > 20, changed > 20) == (True, True, True), (clear, barely, changed)


def test_clear_ink_stands_and_loses_confidence() -> None:
    usual = decode_reading(cells("0563"), [expectation(ROW, DAY)])
    odd = decode_reading(cells("9563", c0={"9": 0.97, "0": 0.03}), [expectation(ROW, DAY)])
    assert (usual.value, usual.unusual, usual.tie_broken) == ("0563", False, False)
    assert usual.confidence > 0.99
    assert (odd.value, odd.runner_up_value, odd.unusual) == ("9563", "0563", True)
    assert odd.ink > 0.9
    assert odd.confidence < 0.85


def test_a_near_tie_is_broken_and_stays_unsure() -> None:
    table = cells("0563", c0={"6": 0.5, "0": 0.45})
    assert decode_reading(table).value == "6563"
    found = decode_reading(table, [expectation(ROW, DAY)])
    assert (found.value, found.tie_broken, found.runner_up_value) == ("0563", True, "6563")
    assert found.probability > 0.8
    assert found.confidence < 0.5


def test_the_digit_count_is_evidence() -> None:
    table = cells("_05630", c0={"_": 0.6, "1": 0.4})
    five, six = Expectation(digits=5), Expectation(digits=6)
    assert decode_reading(table).confidence < 0.65
    assert (decode_reading(table, [five]).value, decode_reading(table, [six]).value) == ("05630", "105630")
    assert decode_reading(table, [five]).confidence > 0.98
    longer = decode_reading(cells("056304"), [five])
    assert (longer.value, longer.other_length) == ("056304", True)


def test_a_leading_zero_that_may_be_there_does_not_split_the_number() -> None:
    found = decode_reading(cells("_563", c0={"_": 0.5, "0": 0.5}), [Expectation(digits=4)])
    assert int(found.value) == 563
    assert found.confidence > 0.9
    assert found.runner_up < 0.05


def test_without_knowledge_it_says_what_the_number_decoder_says() -> None:
    for text in ("05630_", "__0563", "7", "0563__"):
        found, plain = decode_reading(cells(text)), decode_number(cells(text))
        assert (found.value, found.start, found.raw) == (plain.value, plain.start, plain.raw)
        assert found.confidence == pytest.approx(plain.probability, abs=0.001)
    empty = decode_reading(cells("____"), [expectation(ROW, DAY)])
    assert empty.value == ""
    assert empty.confidence > 0.99


def test_of_several_meters_any_may_be_meant() -> None:
    table = cells("0563", c0={"6": 0.5, "0": 0.45})
    other = replace(ROW, previous_reading="6500")
    both = [expectation(ROW, DAY, share=0.5), expectation(other, DAY, share=0.5)]
    assert decode_reading(table, both).value == "6563"
    likely = [expectation(ROW, DAY, share=0.98), expectation(other, DAY, share=0.02)]
    assert decode_reading(table, likely).value == "0563"


def test_cells_that_say_nothing_give_no_confidence_and_end() -> None:
    found = decode_reading(np.full((8, 12), 1 / 12), [expectation(replace(ROW, digits=6), DAY)])
    assert found.confidence < 0.1
    assert not found.exact


@pytest.mark.parametrize(
    ("kind", "previous", "reading", "weight"),
    [
        ("actual", "0500", 500, 1.0),
        ("actual", "0500", 560, 1.0),
        ("actual", "0500", 900, 1 / 3),
        ("actual", "0500", 499, 1 / MOST_RATIO),
        ("actual", "0500", 5630, 1 / MOST_RATIO),
        ("actual", "9950", 10, 1.0),
        ("actual", "9950", 400, 1 / 3),
        ("actual", "9950", 9949, 1 / MOST_RATIO),
        ("average", "0500", 480, 1.0),
        ("average", "5000", 100, 1 / 3),
        ("average", "5000", 9000, 1 / MOST_RATIO),
    ],
)
def test_what_history_expects(kind: str, previous: str, reading: int, weight: float) -> None:
    row = replace(ROW, previous_kind=kind, previous_reading=previous)
    assert expectation(row, DAY).weight(reading) == weight


def test_the_longer_ago_the_more_is_usual() -> None:
    soon, late = expectation(ROW, DAY), expectation(replace(ROW, previous_date=date(2025, 10, 25)), DAY)
    assert soon.weight(2000) < late.weight(2000) == 1.0


def test_without_history_or_day_only_the_digit_count_is_known() -> None:
    for known in (expectation(replace(ROW, previous_reading=None), DAY), expectation(ROW, None)):
        assert (known.digits, known.weight(9999), known.bands) == (4, 1.0, ())


def test_weights_are_capped_and_bands_do_not_overlap() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        row = replace(
            ROW,
            digits=4 if rng.random() < 0.8 else None,
            previous_reading=str(int(rng.integers(0, 10_000))),
            previous_kind=str(rng.choice(["actual", "average", "norm"])),
            monthly_average=None if rng.random() < 0.2 else float(rng.gamma(0.5, 2000)),
            previous_date=None if rng.random() < 0.2 else date(2026 - int(rng.integers(1, 9)), 1, 1),
        )
        known = expectation(row, DAY)
        assert all(1 / MOST_RATIO <= b.weight <= 1.0 and b.first <= b.last for b in known.bands)
        assert all(a.last < b.first for a, b in itertools.pairwise(known.bands))
        previous = int(row.previous_reading or "0")
        assert known.weight(previous) == 1.0
        believable = (previous + int(usual_limit(row, DAY, PlausibilityRules()))) % (10**4)
        if row.digits:
            assert known.weight(believable) > 1 / MOST_RATIO


def test_packed_cells_come_back() -> None:
    rng = np.random.default_rng(1)
    table = random_cells(rng, 6, 0.01)
    back = unpack(pack(table))
    assert len(pack(table)) == 24 * 6
    assert np.allclose(back, table, rtol=5e-4, atol=1e-9)
    assert np.allclose(back.sum(axis=1), 1.0)
    for wrong in (b"", b"123"):
        with pytest.raises(ValueError, match="packed"):
            unpack(wrong)
