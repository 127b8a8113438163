"""From frames to a reading: digits before the mark, digits behind it, and the probability of each reading.

Frames are float64 (T, 21): a distribution over a digit before the mark (0–9), a digit behind it (10–19) and
CTC's empty symbol; written as strings, digits behind the mark are the letters ``a`` to ``j``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.lines import ctc
from ocr.results import Character

WHOLE = "0123456789"
DECIMAL = "abcdefghij"
ALPHABET = WHOLE + DECIMAL
_TO_DIGITS = str.maketrans(DECIMAL, WHOLE)
#: So many digits a display has; what is shorter or longer is not one.
FEWEST, MOST = 3, 9


@dataclass(frozen=True)
class Text:
    """A reading and its probability; ``value`` before the mark, ``decimals`` behind it."""

    value: str
    decimals: str
    probability: float


@dataclass(frozen=True)
class Decoded:
    """What a strip says: readings, the most probable value first, and its characters' probabilities.

    ``elsewhere``: the probability that the picture shows the mark, and not where the register has it.
    """

    texts: tuple[Text, ...]
    characters: tuple[Character, ...]
    elsewhere: float = 0.0

    @property
    def confidence(self) -> float:
        """The probability of the best value, whatever stands behind its mark."""
        best = self.texts[0].value if self.texts else None
        return float(min(1.0, sum(t.probability for t in self.texts if t.value == best)))


def decode(frames: ctc.Frames, digits: int | None = None, decimals: int | None = None) -> Decoded:
    """The readings of a strip.

    ``digits`` and ``decimals``: how many there are, where they are known: then they decide where the mark is.
    """
    if digits is not None:
        return _counted(frames, digits, decimals)
    strings = [s for s in ctc.candidates(frames, alphabet=ALPHABET) if _is_reading(s)]
    if not strings:
        return Decoded((), ())
    logs = ctc.log_probabilities(frames, strings, ALPHABET)
    found = dict(zip(strings, np.exp(logs).tolist(), strict=True))
    texts = [Text(*_parted(string), probability) for string, probability in found.items()]
    texts = _ranked(texts)
    best = max(
        (s for s in strings if _parted(s) == (texts[0].value, texts[0].decimals)), key=lambda s: found[s]
    )
    return Decoded(tuple(texts), _characters(frames, best, ALPHABET))


def mixed(every: Sequence[Decoded]) -> Decoded:
    """What several looks at the same digits say together: the mean of their probabilities.

    A reading that hangs on where exactly the strip was cut is one that should not be sure.
    """
    sums: dict[tuple[str, str], float] = {}
    for decoded in every:
        for text in decoded.texts:
            key = (text.value, text.decimals)
            sums[key] = sums.get(key, 0.0) + text.probability / len(every)
    texts = _ranked([Text(value, decimals, chance) for (value, decimals), chance in sums.items()])
    if not texts:
        return Decoded((), ())
    best = texts[0].value + texts[0].decimals
    characters = []
    for at, digit in enumerate(best):
        same = sum(
            t.probability
            for t in texts
            if len(t.value) + len(t.decimals) == len(best) and (t.value + t.decimals)[at] == digit
        )
        characters.append(Character(digit, float(min(1.0, same))))
    elsewhere = sum(decoded.elsewhere for decoded in every) / len(every)
    return Decoded(tuple(texts), tuple(characters), elsewhere)


def _counted(frames: ctc.Frames, digits: int, decimals: int | None) -> Decoded:
    """With the mark known the two kinds of digits are one; an LCD may leave the decimals out."""
    merged = np.column_stack([frames[:, :10] + frames[:, 10:20], frames[:, 20]])
    texts: list[Text] = []
    best: tuple[float, str] = (0.0, "")
    for count in sorted({digits, digits + (decimals or 0)}):
        strings = ctc.candidates(merged, symbols=count, alphabet=WHOLE)
        for string, log in zip(strings, ctc.log_probabilities(merged, strings, WHOLE).tolist(), strict=True):
            texts.append(Text(string[:digits], string[digits:], float(np.exp(log))))
            best = max(best, (float(np.exp(log)), string))
    if decimals is None:
        # What stands behind the mark is not known: more digits than the register has are those.
        for count in (digits + 1, digits + 2):
            strings = ctc.candidates(frames, symbols=count, alphabet=ALPHABET)
            kept = [s for s in strings if _is_reading(s) and len(_parted(s)[0]) <= digits <= len(s)]
            logs = ctc.log_probabilities(frames, kept, ALPHABET).tolist()
            for string, log in zip(kept, logs, strict=True):
                plain = string.translate(_TO_DIGITS)
                texts.append(Text(plain[:digits], plain[digits:], float(np.exp(log))))
                best = max(best, (float(np.exp(log)), plain))
    if not texts:
        return Decoded((), ())
    # Given that the display has one of these counts.
    total = sum(np.exp(ctc.log_counts(merged, MOST + 3))[list(_counts(digits, decimals))])
    texts = [Text(t.value, t.decimals, t.probability / max(float(total), 1e-12)) for t in texts]
    ranked = tuple(_ranked(texts))
    shown = ranked[0].value + ranked[0].decimals
    return Decoded(ranked, _characters(merged, best[1], WHOLE), _elsewhere(frames, shown, digits))


def _elsewhere(frames: ctc.Frames, shown: str, digits: int) -> float:
    """That these digits have a mark which is not behind the first ``digits`` of them.

    No mark at all speaks for nothing: an LCD's point is a few pixels.
    """
    marked = [shown[:at] + "".join(DECIMAL[int(d)] for d in shown[at:]) for at in range(1, len(shown) + 1)]
    chances = np.exp(ctc.log_probabilities(frames, marked, ALPHABET))
    other = sum(chance for at, chance in enumerate(chances.tolist()[:-1], 1) if at != digits)
    return float(other / max(float(chances.sum()), 1e-12))


def _counts(digits: int, decimals: int | None) -> set[int]:
    return {digits, digits + decimals} if decimals is not None else {digits, digits + 1, digits + 2}


def _ranked(texts: list[Text]) -> list[Text]:
    """By the probability of the value, then of the whole."""
    values: dict[str, float] = {}
    for text in texts:
        values[text.value] = values.get(text.value, 0.0) + text.probability
    return sorted(texts, key=lambda t: (-values[t.value], -t.probability))


def _is_reading(string: str) -> bool:
    """Digits before the mark, then digits behind it."""
    whole = string.rstrip(DECIMAL)
    return len(whole) >= 1 and not set(whole) & set(DECIMAL) and FEWEST <= len(string) <= MOST


def _parted(string: str) -> tuple[str, str]:
    whole = string.rstrip(DECIMAL)
    return whole, string[len(whole) :].translate(_TO_DIGITS)


def _characters(frames: NDArray[np.float64], string: str, alphabet: str) -> tuple[Character, ...]:
    """Each digit against every other one in its place, and against its not being there."""
    if not string:
        return ()
    others: list[str] = []
    for at, symbol in enumerate(string):
        # A digit on the other side of the mark is the same digit.
        same = symbol.translate(_TO_DIGITS)
        others += [
            string[:at] + other + string[at + 1 :]
            for other in alphabet
            if other.translate(_TO_DIGITS) != same
        ]
        others.append(string[:at] + string[at + 1 :])
    own = float(ctc.log_probabilities(frames, [string], alphabet)[0])
    odds = np.exp(ctc.log_probabilities(frames, others, alphabet) - own).reshape(len(string), -1).sum(axis=1)
    return tuple(
        Character(symbol.translate(_TO_DIGITS), float(1.0 / (1.0 + each)))
        for symbol, each in zip(string, odds, strict=True)
    )
