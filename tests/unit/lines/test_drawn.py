"""Lines drawn straight into strips: what the network is trained on looks like what preparing makes."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.lines.prepare import DIGIT, HEIGHT, STEP
from simulate.hands import HANDS
from simulate.strokes import Pen, draw
from training.line_quick import Bank, QuickLines
from training.sources import Source

SYMBOLS = set("0123456789#")


@pytest.fixture(scope="module")
def quick() -> QuickLines:
    rng = np.random.default_rng(0)
    pens = [Pen(width=0.09), Pen(width=0.07, slant=0.2)]
    of = [
        [[(digit, draw(hand.digit(digit, rng), 30, pen, rng))] for digit in range(10)]
        for hand, pen in zip(HANDS[:2], pens, strict=True)
    ]
    letter = np.full((1, 28, 28), 255, np.uint8)
    letter[0, 4:24, 12:16] = letter[0, 12:16, 4:24] = 0
    return QuickLines(
        Bank(of, pens), Source("letters", np.full(1, 11, np.uint8), np.zeros(1, np.int32), letter)
    )


def test_a_strip_has_its_text_in_it(quick: QuickLines) -> None:
    rng = np.random.default_rng(1)
    lengths, widths = [], []
    for _ in range(60):
        strip, text = quick.draw(rng)
        assert strip.dtype == np.uint8
        assert strip.shape[:2] == (2, HEIGHT)
        assert strip.shape[2] % STEP == 0
        assert set(text) <= SYMBOLS
        assert "##" not in text
        if text and "#" not in text:
            ink = strip[0] > 90
            rows = np.flatnonzero(ink.any(axis=1))
            assert rows[-1] - rows[0] + 1 >= 0.6 * DIGIT
            lengths.append(len(text))
            widths.append(strip.shape[2])
    assert len(lengths) > 30
    # More digits take more paper.
    assert np.corrcoef(lengths, widths)[0, 1] > 0.6


def test_the_second_channel_has_all_that_the_first_has(quick: QuickLines) -> None:
    rng = np.random.default_rng(2)
    boxed = 0
    for _ in range(30):
        own, every = quick.draw(rng)[0].astype(int)
        # Noise apart, which is the same in both.
        assert (every - own).min() >= -1
        boxed += int((every - own).max() > 80)
    assert boxed > 8


def test_the_same_seed_draws_the_same_line(quick: QuickLines) -> None:
    (one, text), (other, again) = (quick.draw(np.random.default_rng(7)) for _ in range(2))
    assert text == again
    assert np.array_equal(one, other)
