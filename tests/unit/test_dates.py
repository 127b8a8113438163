"""Dates as people lay them over eight cells; what may be two days is never sure."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from ocr.decode import decode_date
from ocr.decode.evidence import SYMBOLS
from ocr.decode.layouts import LAYOUTS


def ink(text: str, doubt: float = 1e-4) -> np.ndarray:
    table = np.full((len(text), 12), doubt)
    table[np.arange(len(text)), [SYMBOLS.index(symbol) for symbol in text]] = 1.0
    return table / table.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("cells", "value", "layout"),
    [
        ("24112026", "2026-11-24", "ddmmyyyy"),
        ("241126__", "2026-11-24", "ddmmyy__"),
        ("2411__26", "2026-11-24", "ddmm__yy"),
        ("24#11#26", "2026-11-24", "dd.mm.yy"),
        ("24_11_26", "2026-11-24", "dd.mm.yy"),
        ("19_02_26", "2026-02-19", "dd.mm.yy"),
        ("28#02_26", "2026-02-28", "dd.mm.yy"),
        ("5_112026", "2026-11-05", "d_mmyyyy"),
        ("_5112026", "2026-11-05", "_dmmyyyy"),
        ("5#3#2026", "2026-03-05", "d.m.yyyy"),
        ("5#11#26_", "2026-11-05", "d.mm.yy_"),
        ("241126##", "2026-11-24", "ddmmyy__"),
    ],
)
def test_every_usual_way_to_write_a_date_is_read(cells: str, value: str, layout: str) -> None:
    for around in (None, date.fromisoformat(value) + timedelta(days=2)):
        found = decode_date(ink(cells), around)
        assert (found.value, found.layout, found.raw) == (value, layout, cells)
        assert found.probability > 0.9


@pytest.mark.parametrize(
    "cells",
    [
        "1112026_",  # 1.11 or 11.1
        "5__32026",  # a blank that may be a faint digit, twice
        "24111126",  # slashes read as ones
        "24#12026",  # a digit struck out: which month?
        "2411202#",
        "__112026",
        "24__2026",
        "24112___",
        "32132026",
        "########",
    ],
)
def test_what_may_be_another_day_is_never_sure(cells: str) -> None:
    assert decode_date(ink(cells)).probability < 0.9


def test_doubt_in_a_cell_stays_doubt_under_every_layout() -> None:
    table = ink("24#11#26")
    table[1, SYMBOLS.index("4")], table[1, SYMBOLS.index("9")] = 0.6, 0.4
    found = decode_date(table / table.sum(axis=1, keepdims=True))
    assert found.value == "2026-11-24"
    assert 0.5 < found.probability < 0.7


def test_layouts_fill_eight_cells_and_share_everything() -> None:
    assert {len(layout) for layout in LAYOUTS} == {8}
    assert sum(LAYOUTS.values()) == pytest.approx(1.0, abs=0.02)
    assert all(set("dmy") <= set(layout) for layout in LAYOUTS)
