"""Lots: as often as asked for, the same again, and another key's are others."""

from __future__ import annotations

from domain.lots import drawn
from domain.risk import interval

SHEETS = [f"machine {n:064x}#page=1&slip=1" for n in range(20_000)]


def test_the_share_is_kept() -> None:
    hits = sum(drawn(b"secret", sheet, 0.05) for sheet in SHEETS)
    low, high = interval(hits, len(SHEETS), 0.9999)
    assert low <= 0.05 <= high


def test_the_ends_of_the_scale() -> None:
    assert not any(drawn(b"secret", sheet, 0.0) for sheet in SHEETS[:500])
    assert all(drawn(b"secret", sheet, 1.0) for sheet in SHEETS[:500])


def test_the_same_sheet_draws_the_same_lot() -> None:
    first = [drawn(b"secret", sheet, 0.5) for sheet in SHEETS[:500]]
    assert first == [drawn(b"secret", sheet, 0.5) for sheet in SHEETS[:500]]


def test_a_larger_share_keeps_what_a_smaller_one_drew() -> None:
    small = {sheet for sheet in SHEETS if drawn(b"secret", sheet, 0.01)}
    assert small
    assert all(drawn(b"secret", sheet, 0.1) for sheet in small)


def test_nobody_knows_the_lots_without_the_key() -> None:
    ours = [drawn(b"secret", sheet, 0.5) for sheet in SHEETS]
    theirs = [drawn(b"guess", sheet, 0.5) for sheet in SHEETS]
    low, high = interval(sum(a == b for a, b in zip(ours, theirs, strict=True)), len(SHEETS), 0.9999)
    assert low <= 0.5 <= high
