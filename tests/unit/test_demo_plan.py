"""The demo's plan and its judge."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop.demo import checking
from meterdrop.demo.papers import Papers
from meterdrop.demo.plan import Expectation, Kind, expectation, kinds, plan, registered
from services.results import SheetOutcome
from simulate import registers

DAY, LATE = date(2026, 2, 24), date(2026, 2, 27)


def outcome(place: tuple[str, int, int], state: SheetState, *reasons: Reason) -> SheetOutcome:
    return SheetOutcome(hash(place), place[0], place[1], place[2], state, reasons)


def test_sixty_slips_are_sixty() -> None:
    assert len(kinds(60)) == 60
    assert set(kinds(20)) >= set(Kind) - {Kind.PLAIN}


def test_special_slips_break_their_rule() -> None:
    rng = np.random.default_rng(1)
    register = list(registers.register(registers.accounts(300, rng), rng, DAY))
    slips = plan(
        60,
        register,
        [f"99999999999{i}" for i in range(8)],
        collected=DAY,
        late=LATE,
        hands=["Engineer"],
        rng=rng,
    )
    in_register = {entry.account: entry for entry in registered(register, slips)}
    for slip in slips:
        last = int(slip.entry.previous_reading)
        if slip.kind is Kind.LOWER:
            assert int(slip.reading) < last
        elif slip.kind is Kind.BELOW_ESTIMATE:
            assert int(slip.reading) < last
            assert in_register[slip.entry.account].previous_kind == "average"
        elif slip.kind is Kind.UNKNOWN_ACCOUNT:
            assert slip.entry.account not in in_register
        elif slip.kind is Kind.PLAIN:
            assert last < int(slip.reading) < last + 1200
        assert len(slip.reading) == slip.entry.digits
        assert slip.written_on <= (LATE if slip.kind is Kind.OUTSIDE else DAY)
    personal = next(slip for slip in slips if slip.kind is Kind.PERSONAL)
    assert "account" not in personal.values
    assert next(slip for slip in slips if slip.kind is Kind.EMPTY).values == {}
    assert SheetState.ACCEPTED not in expectation(next(s for s in slips if s.kind is Kind.LOWER)).states


A, B, C = ("a.pdf", 1, 1), ("a.pdf", 2, 1), ("b.pdf", 1, 1)
PAPERS = Papers(
    files=(),
    late=(),
    sheets={
        A: Expectation(
            "plain", frozenset({SheetState.ACCEPTED, SheetState.REVIEW}), account="1", reading="07"
        ),
        B: Expectation("lower", frozenset({SheetState.REVIEW}), frozenset({Reason.LOWER_THAN_LAST})),
        C: Expectation("again", frozenset({SheetState.DUPLICATE})),
    },
    twins=((A, C),),
)
GOOD = (
    outcome(A, SheetState.ACCEPTED),
    outcome(B, SheetState.REVIEW, Reason.LOWER_THAN_LAST),
    outcome(C, SheetState.DUPLICATE, Reason.DUPLICATE),
)


def readings(folder: Path, *rows: str) -> Path:
    path = folder / "readings.csv"
    path.write_text("\n".join(["account,reading", *rows, ""]))
    return path


def test_the_judge_is_content_with_what_was_planned(tmp_path: Path) -> None:
    findings = checking.check(PAPERS, GOOD, readings(tmp_path, "1,07"))
    assert findings.deviations == ()
    assert (findings.straight_through, findings.wrong, findings.sheets) == (1, 0, 3)
    assert findings.to_review == {"lower_than_last": 1}


def test_either_twin_may_be_the_duplicate(tmp_path: Path) -> None:
    ended = (outcome(A, SheetState.DUPLICATE), GOOD[1], outcome(C, SheetState.ACCEPTED))
    assert checking.check(PAPERS, ended, readings(tmp_path, "1,07")).deviations == ()


@pytest.mark.parametrize(
    ("ended", "rows", "what"),
    [
        (GOOD[:2], ["1,07"], "lost"),
        ((*GOOD, outcome(("x.pdf", 1, 1), SheetState.REVIEW)), ["1,07"], "nobody planned"),
        (GOOD, ["1,08"], "wrong value"),
        (GOOD, ["1,07", "1,07"], "wrong value"),
        ((GOOD[0], outcome(B, SheetState.ACCEPTED), GOOD[2]), ["1,07"], "instead of review"),
        (
            (GOOD[0], outcome(B, SheetState.REVIEW, Reason.SIGNATURE_MISSING), GOOD[2]),
            ["1,07"],
            "another reason",
        ),
        ((outcome(A, SheetState.REVIEW), *GOOD[1:]), [], "only 0 of 1"),
    ],
)
def test_the_judge_notices(
    ended: tuple[SheetOutcome, ...], rows: list[str], what: str, tmp_path: Path
) -> None:
    deviations = checking.check(PAPERS, ended, readings(tmp_path, *rows)).deviations
    assert any(what in line for line in deviations), deviations
