"""A photo's readings with their probabilities, kept with the result, weighed again for its meter.

The digits of a display are not independent: a drum that turns takes its neighbours along (0599 or 0600,
never 0500). So whole readings are weighed, not cells: P(v) ∝ P(v | photo) · length prior · history(v), with
the same capped history as for slips (``domain.history``). The confidence is the lower of the two with and
without history, which may lower it or break a near tie, but never makes a reading surer than the photo does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.history import Expectation
from ocr.decode.reading import Prior
from ocr.meters.results import DisplayReading
from ocr.results import Character, FieldResult

_MAGIC = b"readings:"
#: Readings less probable than this need not be kept.
_LEAST = 1e-4
_MOST = 12
#: A slip of the reader's own hand: no reading is ever impossible.
_OUTLIERS = 1e-4


@dataclass(frozen=True)
class Weighed:
    """The best reading once its meter is known; ``runner_up``: posterior of the best other number."""

    value: str
    confidence: float
    runner_up: float = 0.0
    tie_broken: bool = False


def pack(display: DisplayReading) -> bytes:
    """The values of a display (digits before the mark) with their probabilities, as bytes for the records."""
    chances: dict[str, float] = {display.value: display.confidence}
    for other in display.alternatives:
        if other.value != display.value:
            chances[other.value] = chances.get(other.value, 0.0) + other.probability
    kept = sorted(chances.items(), key=lambda item: -item[1])[:_MOST]
    rows = [[value, round(chance, 6)] for value, chance in kept if chance >= _LEAST and value]
    return _MAGIC + json.dumps(rows, separators=(",", ":")).encode() if rows else b""


def unpack(evidence: bytes) -> dict[str, float]:
    """What ``pack`` made; {} for other evidence (a slip's cells)."""
    if not evidence.startswith(_MAGIC):
        return {}
    return {str(value): float(chance) for value, chance in json.loads(evidence[len(_MAGIC) :])}


def weigh(chances: dict[str, float], meters: Sequence[Expectation]) -> Weighed:
    """The most probable of ``chances`` (value → probability) for the meters that may be meant.

    What the probabilities leave to 1 is some other reading, of the likeliest length and history.
    """
    prior = Prior(meters)
    lengths = max(map(len, chances))
    softened = {value: (1.0 - _OUTLIERS) * chance for value, chance in chances.items()}
    rest = max(0.0, 1.0 - sum(softened.values())) * prior.heaviest(lengths)
    ink = {value: chance * prior.ink(len(value)) for value, chance in softened.items()}
    known = {value: chance * prior.weight(len(value), int(value)) for value, chance in softened.items()}
    by_ink = max(ink, key=lambda value: ink[value])
    order = sorted(known, key=lambda value: (-known[value], value != by_ink))
    best = order[0]
    total_ink, total = sum(ink.values()) + rest, sum(known.values()) + rest
    return Weighed(
        best,
        min(ink[best] / total_ink, known[best] / total),
        known[order[1]] / total if len(order) > 1 else 0.0,
        best != by_ink,
    )


def fit(chances: dict[str, float], meters: Sequence[Expectation]) -> float:
    """As ``ReadingCells.fit``, of the readings kept."""
    prior = Prior(meters)
    ink = sum(chance * prior.ink(len(value)) for value, chance in chances.items())
    known = sum(chance * prior.weight(len(value), int(value)) for value, chance in chances.items())
    return known / ink if ink > 0.0 else 1.0


def again(result: FieldResult, meters: Sequence[Expectation]) -> FieldResult:
    """A photo's reading weighed again for its meters; as it is where nothing was kept to weigh."""
    chances = unpack(result.evidence)
    value = result.value or ""
    if value not in chances or not meters:
        return result
    found = weigh(chances, meters)
    # Whoever lowered the confidence since had a reason, which counts here too.
    confidence = min(found.confidence, result.confidence) if found.value == value else found.confidence
    if found.value == value:
        return replace(result, confidence=confidence, runner_up=found.runner_up)
    symbols = tuple(
        known if known.value == symbol else Character(symbol, 1.0 - known.confidence)
        for known, symbol in zip(result.characters, found.value, strict=False)
    )
    return replace(
        result,
        value=found.value,
        confidence=confidence,
        runner_up=found.runner_up,
        characters=symbols if len(symbols) == len(found.value) else (),
    )
