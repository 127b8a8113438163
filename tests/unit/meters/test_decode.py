"""Readings out of frames: where the mark is, what the register's digit count decides."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.lines import ctc
from ocr.meters.decode import ALPHABET, decode, mixed


def _frames(text: str, sure: float = 0.97) -> ctc.Frames:
    """Frames that spell ``text`` (digits behind the mark as letters), an empty one after each."""
    rows = []
    for symbol in text:
        row = np.full(21, (1 - sure) / 20)
        row[ALPHABET.index(symbol)] = sure
        empty = np.full(21, (1 - sure) / 20)
        empty[20] = sure
        rows += [row, empty]
    return np.array(rows)


def test_digits_before_and_behind_the_mark_are_told_apart() -> None:
    decoded = decode(_frames("05630e"))
    assert (decoded.texts[0].value, decoded.texts[0].decimals) == ("05630", "4")
    assert "".join(c.value for c in decoded.characters) == "056304"
    assert 0.5 < decoded.confidence < 1.0


def test_the_value_is_sure_where_only_the_decimals_are_not() -> None:
    frames = _frames("05630e", 0.999)
    frames[10, :] = 0.0
    frames[10, [14, 15]] = 0.5
    decoded = decode(frames)
    assert decoded.texts[0].value == "05630"
    assert decoded.confidence > 0.97
    assert decoded.texts[0].probability < 0.6


def test_a_digit_that_could_be_two_halves_the_confidence() -> None:
    frames = _frames("05630", 0.999)
    frames[2, :] = 0.0
    frames[2, [5, 6]] = 0.55, 0.45
    decoded = decode(frames)
    assert decoded.texts[0].value == "05630"
    assert decoded.texts[1].value == "06630"
    assert decoded.confidence == pytest.approx(0.55, abs=0.02)
    assert decoded.characters[1].confidence == pytest.approx(0.55, abs=0.02)
    assert decoded.characters[0].confidence > 0.95


def test_a_mark_that_is_seen_elsewhere_than_the_register_has_it_is_told() -> None:
    seen = _frames("08649f", 0.995)
    moved = decode(seen, digits=6)
    assert moved.texts[0].value == "086495"
    assert moved.elsewhere > 0.9
    assert mixed([moved, decode(seen, digits=6)]).elsewhere > 0.9
    assert decode(seen, digits=5, decimals=1).elsewhere < 0.1
    assert decode(_frames("0864jf", 0.995), digits=5, decimals=1).elsewhere > 0.9
    # No mark at all speaks for nothing, nor does one that is hardly seen.
    assert decode(_frames("086495", 0.995), digits=5, decimals=1).elsewhere < 0.1
    unsure = _frames("08649f", 0.995)
    unsure[10, [5, 15]] = 0.5
    assert decode(unsure, digits=6).elsewhere < 0.9


def test_the_registers_digit_count_says_where_the_mark_is() -> None:
    without = decode(_frames("056304"))
    assert without.texts[0].value == "056304"
    known = decode(_frames("056304"), digits=5, decimals=1)
    assert (known.texts[0].value, known.texts[0].decimals) == ("05630", "4")
    assert known.confidence > 0.8
    only_digits = decode(_frames("05630e"), digits=5)
    assert (only_digits.texts[0].value, only_digits.texts[0].decimals) == ("05630", "4")


def test_a_screen_may_leave_out_the_registers_decimals() -> None:
    decoded = decode(_frames("05630"), digits=5, decimals=2)
    assert (decoded.texts[0].value, decoded.texts[0].decimals) == ("05630", "")


def test_nothing_is_no_reading() -> None:
    frames = np.full((12, 21), 0.001)
    frames[:, 20] = 0.98
    assert decode(frames).confidence < 0.01
    assert not decode(frames).characters


def test_repeated_digits_are_kept() -> None:
    decoded = decode(_frames("00000", 0.995))
    assert decoded.texts[0].value == "00000"
    assert len(decoded.characters) == 5


def test_several_looks_are_as_sure_as_they_agree() -> None:
    one, other = decode(_frames("05630e", 0.999)), decode(_frames("05680e", 0.999))
    agreed, split = mixed([one, one]), mixed([one, one, other])
    assert agreed.confidence == pytest.approx(one.confidence)
    assert split.texts[0].value == "05630"
    assert split.confidence == pytest.approx(2 / 3, abs=0.02)
    assert split.characters[3].confidence == pytest.approx(2 / 3, abs=0.02)
    assert split.characters[0].confidence > 0.95
    assert mixed([]).texts == ()
