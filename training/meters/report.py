"""What is printed about a pair of weights: each set of photographs, right and wrong, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from domain.risk import interval
from ocr.meters.finder import Finder
from ocr.meters.reader import MeterReader, StripReader
from training.meters import measure


def report(weights: Path, most: int | None) -> Iterator[str]:
    """Lines of text; the reader alone first, then the finder, then both."""
    strips = StripReader.load(weights / "meter-reader.onnx")
    finder = Finder.load(weights / "meter-finder.onnx")
    reader = MeterReader(finder, strips)
    for name in ("vietnam", "chongqing:held", "lebanon"):
        yield _line(f"reader alone, {name}", measure.strips(strips, name))
    for name in ("vietnam", "chongqing:held", "lebanon"):
        found = measure.found(finder, name, most)
        good = sum(overlap > 0.5 and not turned for _, overlap, turned in found)
        yield f"finder alone, {name}: {_share(good, len(found))} found within an overlap of 0.5"
        yield _line(
            f"photos, {name}", [o for o in measure.photos(reader, name, most) if set(o.truth) - {"?"}]
        )
    for name in ("tr_electricity_lcd_small", "gas_pump_lcd_small"):
        yield _line(f"panels, {name}", measure.screens(reader, name))
    sure = measure.hidden(reader, ("vietnam", "chongqing:held", "lebanon"))
    yield f"displays painted over, read above 0.9: {_share(sum(c > 0.9 for c in sure), len(sure))}"


def _line(title: str, outcomes: list[measure.Outcome]) -> str:
    right = sum(outcome.right for outcome in outcomes)
    ranked = sorted(outcomes, key=lambda o: -o.confidence)[: max(1, int(0.8 * len(outcomes)))]
    sure = [o for o in outcomes if o.confidence > 0.9]
    seconds = float(np.median([o.seconds for o in outcomes]))
    return (
        f"{title}: {_share(right, len(outcomes))}; most confident 80 %: "
        f"{_share(sum(o.right for o in ranked), len(ranked))}; above 0.9: "
        f"{sum(not o.right for o in sure)} of {len(sure)} wrong; {seconds:.3f} s"
    )


def _share(good: int, of: int) -> str:
    low, high = interval(good, of)
    return f"{100 * good / max(of, 1):.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {of}"
