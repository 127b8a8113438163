"""Where the dashboard's marks stand, and what its tables say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from review_ui import plots
from services.figures import Bin, Bound, Overview, ReviewerFigures, Straight

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FOUND = Overview(
    straight=(Straight(1, 10, 7), Straight(7, 0, 0)),
    waiting=2,
    oldest=NOW,
    ages=(("1", 2), ("more", 0)),
    hours=tuple((NOW + timedelta(hours=n), n * 3) for n in range(4)),
    reviewers=(ReviewerFigures("=cmd", 3, 2.5, None),),
    curve=(Bin(0.99, 0.995, 100, 0.992, 0.99), Bin(0.995, 1.0, 1000, 0.999, 1.0)),
    bounds=(Bound("office 1", "form@1", True, 598, 0, 0.005),),
)


def test_the_busiest_hour_fills_the_height_and_bars_stand_on_the_ground() -> None:
    drawn, most = plots.bars(FOUND.hours)
    assert most == 9 and [bar.value for bar in drawn] == [0, 3, 6, 9]
    assert drawn[-1].y == 0 and drawn[-1].height == plots.HEIGHT
    assert all(bar.y + bar.height == pytest.approx(plots.HEIGHT) for bar in drawn)
    assert all(a.x + a.width < b.x for a, b in pairwise(drawn))
    assert drawn[-1].x + drawn[-1].width <= plots.WIDTH
    assert plots.bars([(NOW, 0)])[0][0].height == 0, "an hour of nothing divides by nothing"


def test_the_scale_stretches_towards_certainty_and_stays_inside() -> None:
    places = [plots.place(share) for share in (0.0, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0)]
    assert places == sorted(places) and places[0] == 0.0 and places[-1] == 1.0
    assert plots.place(0.999) - plots.place(0.99) == pytest.approx(plots.place(0.99) - plots.place(0.9))


def test_a_machine_that_keeps_its_word_stands_on_the_line() -> None:
    honest = Bin(0.9, 0.95, 50, 0.93, 0.93)
    [dot] = plots.dots([honest])
    assert dot.x / plots.WIDTH == pytest.approx(1 - dot.y / plots.HEIGHT, abs=1e-3)
    small, large = plots.dots(FOUND.curve)
    assert large.radius > small.radius


@pytest.mark.parametrize("name", sorted(plots.TABLES))
def test_every_table_has_a_head_and_rows_of_its_width(name: str) -> None:
    head, *rows = plots.TABLES[name](FOUND)
    assert rows and all(len(row) == len(head) for row in rows)


def test_a_name_like_a_formula_is_harmless() -> None:
    _, row = plots.TABLES["reviewers"](FOUND)
    assert plots._cells(row)[0] == "'=cmd"
    straight = list(plots.TABLES["straight"](FOUND))
    assert straight[1] == (1, 10, 7, "0.700000") and straight[2][3] == ""
