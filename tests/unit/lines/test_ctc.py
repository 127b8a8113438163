"""Strings out of frames, against every alignment written out."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest

from ocr.lines import ctc
from ocr.lines.reader import decode

FRAMES = 4


def _frames(seed: int, spread: float = 0.3) -> ctc.Frames:
    return np.random.default_rng(seed).dirichlet(np.full(12, spread), FRAMES)


def _spelt(path: tuple[int, ...]) -> str:
    kept = [k for i, k in enumerate(path) if not i or path[i - 1] != k]
    return "".join(ctc.SYMBOLS[k] for k in kept if k != ctc.EMPTY)


def _every(frames: ctc.Frames) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for path in itertools.product(range(12), repeat=FRAMES):
        sums[_spelt(path)] += float(np.prod(frames[np.arange(FRAMES), list(path)]))
    return sums


@pytest.fixture(scope="module", params=[0, 1])
def written_out(request: pytest.FixtureRequest) -> tuple[ctc.Frames, dict[str, float]]:
    frames = _frames(request.param)
    return frames, _every(frames)


def test_a_strings_probability_is_the_sum_over_its_alignments(
    written_out: tuple[ctc.Frames, dict[str, float]],
) -> None:
    frames, sums = written_out
    strings = list(sums)
    found = np.exp(ctc.log_probabilities(frames, strings))
    assert np.allclose(found, [sums[string] for string in strings], atol=1e-12)
    assert found.sum() == pytest.approx(1.0)


def test_the_number_of_symbols(written_out: tuple[ctc.Frames, dict[str, float]]) -> None:
    frames, sums = written_out
    for count, log in enumerate(ctc.log_counts(frames, FRAMES)):
        assert np.exp(log) == pytest.approx(sum(p for s, p in sums.items() if len(s) == count))


def test_the_best_string_is_among_the_candidates(
    written_out: tuple[ctc.Frames, dict[str, float]],
) -> None:
    frames, sums = written_out
    assert max(sums, key=sums.__getitem__) in ctc.candidates(frames)
    for count in range(FRAMES + 1):
        best = max((s for s in sums if len(s) == count), key=sums.__getitem__)
        assert best in ctc.candidates(frames, symbols=count)


def _sharp(text: str) -> ctc.Frames:
    """Frames that spell ``text`` (``_``: empty), nearly surely."""
    frames = np.full((len(text), 12), 0.001)
    for t, symbol in enumerate(text):
        frames[t, ctc.EMPTY if symbol == "_" else ctc.SYMBOLS.index(symbol)] = 1 - 11 * 0.001
    return frames


def test_clear_frames_are_read_and_sure() -> None:
    reading = decode([_sharp("_11_1_0_")])
    assert (reading.raw, reading.value) == ("110", "110")
    assert reading.confidence > 0.9
    assert [c.value for c in reading.characters] == ["1", "1", "0"]
    assert all(c.confidence > 0.97 for c in reading.characters)


def test_something_that_is_no_digit_lowers_the_confidence() -> None:
    reading = decode([_sharp("_0_5_#_4_")])
    assert (reading.raw, reading.value) == ("05#4", "054")
    assert reading.confidence < 0.05
    assert decode([_sharp("_#_")]).confidence == 0.0


def test_nothing_written_is_blank_and_sure() -> None:
    reading = decode([_sharp("_____")])
    assert reading.blank
    assert reading.characters == ()
    assert reading.confidence > 0.9


def test_an_unclear_character_is_the_unsure_one() -> None:
    frames = _sharp("_4_7_")
    frames[3] = 0.001
    frames[3, 7], frames[3, 1] = 0.5, 0.49
    reading = decode([frames])
    assert reading.raw == "47"
    assert reading.characters[0].confidence > 0.95 > 0.6 > reading.characters[1].confidence
    assert reading.confidence == pytest.approx(reading.characters[1].confidence, abs=0.05)


def test_a_known_count_chooses_among_strings_of_that_length() -> None:
    frames = _sharp("_4_7_1_")
    frames[5] = 0.001
    frames[5, 1], frames[5, ctc.EMPTY] = 0.4, 0.59
    assert decode([frames]).raw == "47"
    known = decode([frames], digits=3)
    assert known.raw == "471"
    assert known.confidence > 0.9


@pytest.mark.parametrize("digits", [2, 3])
def test_a_known_count_is_kept_where_the_frames_say_otherwise(digits: int) -> None:
    assert len(decode([_sharp("__8____")], digits=digits).raw) == digits


def test_more_digits_than_frames_are_not_read() -> None:
    assert decode([_sharp("_8_")], digits=9).confidence == 0.0


def test_a_strings_probability_is_the_mean_over_the_views() -> None:
    seen = [_frames(3), _frames(4)]
    strings = ["", "1", "42", "#7"]
    wanted = np.mean([np.exp(ctc.log_probabilities(frames, strings)) for frames in seen], axis=0)
    assert np.allclose(np.exp(ctc.log_means(seen, strings)), wanted)


def test_a_view_that_is_sure_helps_one_that_is_not() -> None:
    unclear = _sharp("_4_7_")
    unclear[3] = 0.001
    unclear[3, 7], unclear[3, 1] = 0.4, 0.59
    assert decode([unclear]).raw == "41"
    both = decode([unclear, _sharp("__4_7__")])
    assert both.raw == "47"
    assert 0.6 < both.confidence < 0.75
    assert decode([unclear, _sharp("__4_7__")], digits=2).confidence >= both.confidence
