"""A meter's own history and season: bounds that one false reading neither widens nor shuts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import accumulate

import pytest

from domain.account import PastReading, RegisterRow
from domain.plausibility import History, Plausibility, PlausibilityRules, check
from domain.reasons import Reason
from domain.usage import usage

RULES = PlausibilityRules()
DAY = date(2026, 11, 25)
ROW = RegisterRow(
    "x",
    "1",
    "77",
    digits=5,
    previous_reading="02000",
    previous_date=date(2026, 10, 25),
    monthly_average=100.0,
)


def months(*uses: int, start: int = 1000, last: tuple[int, int] = (2026, 10)) -> tuple[PastReading, ...]:
    """Readings on the 25th of consecutive months, the last in ``last``, with these uses between them."""
    values = list(accumulate(uses, initial=start))
    year, month = last
    first = year * 12 + month - 1 - len(uses)
    return tuple(
        PastReading(date((first + n) // 12, (first + n) % 12 + 1, 25), f"{value % 100_000:05d}")
        for n, value in enumerate(values)
    )


def now(reading: int, past: tuple[PastReading, ...], row: RegisterRow = ROW, **more: object) -> Plausibility:
    row = replace(row, previous_reading=past[-1].reading, previous_date=past[-1].day)
    return check(f"{reading:05d}", row, DAY, RULES, History(past, **more))  # type: ignore[arg-type]


def test_too_few_readings_leave_the_registers_average_in_charge() -> None:
    assert usage(ROW, months(100, 100), date(2026, 10, 25)) is None
    assert check("02599", ROW, DAY, RULES).blocking is None
    assert check("02700", ROW, DAY, RULES).blocking is Reason.IMPLAUSIBLY_HIGH


def test_a_steady_house_is_held_to_its_own_measure() -> None:
    steady = months(*[100] * 11)
    assert now(2100 + 290, steady).blocking is None
    assert now(2100 + 420, steady).blocking is Reason.IMPLAUSIBLY_HIGH


def test_a_large_house_is_given_its_own_room() -> None:
    large = months(*[1500] * 8)
    assert now(int(large[-1].reading) + 2500, large, replace(ROW, monthly_average=None)).blocking is None
    assert check("02000", ROW, DAY, RULES).blocking is None


def test_one_false_high_reading_does_not_widen_the_bounds() -> None:
    clean, spoilt = months(*[100] * 11), months(*[100] * 5, 40_000, *[100] * 5)
    before, after = usage(ROW, clean, DAY), usage(ROW, spoilt, DAY)
    assert before is not None
    assert after is not None
    assert after.centre == pytest.approx(before.centre, rel=0.02)
    assert after.spread == pytest.approx(before.spread, rel=0.05)


def test_one_false_high_reading_does_not_block_the_true_ones_after_it() -> None:
    # 09100 was taken for 02100.
    fooled = (*months(*[100] * 10, last=(2026, 9)), PastReading(date(2026, 10, 25), "09100"))
    true = now(2200, fooled)
    assert (true.blocking, true.flag, true.used) == (None, Reason.PREVIOUS_DOUBTFUL, 200)
    # What goes on from neither is wrong, and so is a step back from a reading that nothing speaks against.
    assert now(1500, fooled).blocking is Reason.LOWER_THAN_LAST
    assert now(2050, months(*[100] * 11)).blocking is Reason.LOWER_THAN_LAST
    # And the month after, the next true one needs no flag.
    later = (*fooled, PastReading(DAY, "02200"))
    row = replace(ROW, previous_reading="02200", previous_date=DAY)
    following = check("02310", row, date(2026, 12, 25), RULES, History(later))
    assert (following.blocking, following.flag) == (None, None)


def test_the_season_lifts_and_lowers_the_bounds() -> None:
    # Heated with electricity: 100 a month from May to September, 600 from October to April.
    year = {month: 600 if month in {10, 11, 12, 1, 2, 3, 4} else 100 for month in range(1, 13)}
    uses = [year[month] for month in (11, 12, *range(1, 13), *range(1, 11))]
    past = months(*uses, last=(2026, 10))
    start = int(past[-1].reading)
    assert now(start + 1400, past).blocking is None
    summer = tuple(each for each in past if each.day < date(2026, 8, 1))
    row = replace(ROW, previous_reading=summer[-1].reading, previous_date=summer[-1].day, digits=6)
    july = check(f"{int(summer[-1].reading) + 290}", row, date(2026, 8, 25), RULES, History(summer))
    assert july.blocking is None


def test_a_suppliers_season_makes_summer_readings_speak_for_winter() -> None:
    season = (1.6, 1.5, 1.2, 1.0, 0.7, 0.5, 0.5, 0.5, 0.7, 1.0, 1.3, 1.5)
    past = months(*[200] * 4, last=(2026, 8))
    row = replace(ROW, previous_reading=past[-1].reading, previous_date=past[-1].day)
    winter = date(2026, 12, 25)
    reading = f"{int(past[-1].reading) + 4000:05d}"
    assert check(reading, row, winter, RULES, History(past)).blocking is Reason.IMPLAUSIBLY_HIGH
    assert check(reading, row, winter, RULES, History(past, season)).blocking is None


@pytest.mark.parametrize(
    ("previous", "reading", "rolled"),
    [("99950", "00020", True), ("99000", "00500", False), ("50000", "00020", False)],
)
def test_a_counter_passes_its_end_only_within_the_believable_use(
    previous: str, reading: str, rolled: bool
) -> None:
    found = check(reading, replace(ROW, previous_reading=previous), DAY, RULES)
    assert found.rolled_over is rolled
    assert (found.flag is Reason.ROLLED_OVER) is rolled
    assert (found.blocking is Reason.LOWER_THAN_LAST) is not rolled


def test_a_step_back_is_no_roll_over_however_much_an_account_may_use() -> None:
    factory = replace(ROW, digits=3, previous_reading="500", monthly_average=5000.0)
    assert check("490", factory, DAY, RULES).blocking is Reason.LOWER_THAN_LAST


def test_below_an_estimate_the_last_actual_reading_still_counts() -> None:
    estimated = replace(ROW, previous_kind="average", previous_reading="02000")
    known = History((PastReading(date(2026, 6, 25), "01800"),))
    assert check("01900", estimated, DAY, RULES, known).flag is Reason.BELOW_ESTIMATE
    assert check("01700", estimated, DAY, RULES, known).blocking is Reason.LOWER_THAN_LAST
    assert check("01700", estimated, DAY, RULES).flag is Reason.BELOW_ESTIMATE
    near_its_end = replace(estimated, previous_reading="99990")
    assert check("00010", near_its_end, DAY, RULES).rolled_over
