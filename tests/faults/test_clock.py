"""A clock that jumps by years, both ways, between any two looks at it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from services import batch, deliver
from services.context import Context
from services.verify import FORGOTTEN_AFTER, verify
from tests.faults.sound import assert_sound, exported, scans
from tests.paper import ORDER, Clock


class Jumping:
    """Somewhere within three years of the right time."""

    def __init__(self, right: Clock, seed: int) -> None:
        self._right = right
        self._dice = random.Random(seed)

    def __call__(self) -> datetime:
        return self._right() + timedelta(days=self._dice.uniform(-1000.0, 1000.0))


def test_states_and_readings_do_not_depend_on_the_clock(ctx: Context, clock: Clock, tmp_path: Path) -> None:
    """Which month a reading is for, and whether it came in time, is the collection day's to say."""
    jumping = replace(ctx, clock=Jumping(clock, 20261124))
    folder = tmp_path / "scans"
    truth = scans(jumping, folder, files=4, pages=2)
    batch.run_batch(jumping, [folder], ORDER)
    batch.run_batch(jumping, [folder], ORDER)
    assert_sound(ctx, folder, truth)
    for number in range(3):
        deliver.export_readings(jumping, tmp_path / f"{number}.csv")
    assert exported(tmp_path.glob("*.csv")) == Counter(truth.keys())
    assert_sound(ctx, folder, truth)


def test_a_clock_set_back_is_no_reason_to_call_a_sheet_forgotten(ctx: Context, clock: Clock) -> None:
    from services import receive

    receive.receive_file(ctx, b"{}", "a.pdf", ORDER)
    clock.forward(-10 * FORGOTTEN_AFTER.total_seconds())
    assert verify(ctx).ok
