"""The network over lines, run by ONNX Runtime, and what its frames say: a string and its probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ocr.lines import ctc
from ocr.lines.prepare import Strip, prepare
from ocr.lines.views import views
from ocr.results import Character
from ocr.weights_file import open_weights

DEFAULT_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "lines.onnx"


@dataclass(frozen=True)
class LineReading:
    """What is written on a line.

    ``raw``: what the ink says, digits and ``#`` for a run that is none. ``value``: its digits alone.
    ``confidence``: the probability that the line holds exactly these digits and nothing else, so that any
    ``#`` lowers it. ``characters`` spell ``raw``. An empty ``raw``: nothing is written on this line.
    """

    raw: str
    value: str
    confidence: float
    characters: tuple[Character, ...]

    @property
    def blank(self) -> bool:
        """Nothing is written here."""
        return not self.raw


class LineReader:
    """Reads pictures of one line. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        meta = session.get_modelmeta().custom_metadata_map
        self._session = session
        self._temperature = float(meta["temperature"])
        if [each.name for each in session.get_inputs()] != ["strips"]:
            raise ValueError("not weights for lines")
        self.model: str = f"{meta['name']}@{meta['version']}"

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> LineReader:
        """The shipped weights, or those at ``path``; raises ``SettingsError`` when they cannot be read."""
        return open_weights(path or DEFAULT_WEIGHTS, cls, "lines", threads)

    def read(self, image: NDArray[np.uint8], digits: int | None = None) -> LineReading:
        """A picture of one line, grey (H, W) or colour BGR(A), any size and shade, its box in it or not.

        ``digits``: how many there are, where known: the best string of so many, its probability given that.
        """
        strip = prepare(image)
        if not strip[0].any():
            return LineReading("", "", 1.0, ())
        return decode([self.frames(view) for view in views(strip)], digits)

    def frames(self, strip: Strip) -> ctc.Frames:
        """A prepared strip (2, H, W) -> calibrated frames, see ``ocr.lines.ctc``."""
        strips = (strip[None].astype(np.float32) / 255.0).astype(np.float32)
        (logits,) = self._session.run(None, {"strips": strips})
        return ctc.distributions(np.asarray(logits)[0], self._temperature)


def decode(seen: Sequence[ctc.Frames], digits: int | None = None) -> LineReading:
    """The best string that the frames allow, with its joint and its characters' probabilities.

    ``seen``: the frames of each view of one line; a string's probability is the mean over them.
    """
    found = list(dict.fromkeys(s for frames in seen for s in ctc.candidates(frames, symbols=digits)))
    if digits is not None:
        found = [string for string in found if "#" not in string] or found
    if not found:
        found = [""]
    # Taking '#' out of a candidate gives the digits-only reading of the same ink.
    every = list(dict.fromkeys(found + [string.replace("#", "") for string in found]))
    scores = dict(zip(every, ctc.log_means(seen, every).tolist(), strict=True))
    raw = max(found, key=lambda string: scores[string])
    value = raw.replace("#", "")
    log = scores[value]
    if digits is not None:
        log -= float(np.logaddexp.reduce([ctc.log_counts(frames, digits)[digits] for frames in seen]))
        log += float(np.log(len(seen)))
        if len(value) != digits:
            log = -np.inf
    confidence = float(np.clip(np.exp(log), 0.0, 1.0))
    if raw and not value:
        confidence = 0.0
    return LineReading(raw, value, confidence, _characters(seen, raw, scores[raw]))


def _characters(seen: Sequence[ctc.Frames], raw: str, log: float) -> tuple[Character, ...]:
    """Each character against all others in its place, and against its not being there."""
    if not raw:
        return ()
    others: list[str] = []
    for at, symbol in enumerate(raw):
        others += [raw[:at] + other + raw[at + 1 :] for other in ctc.SYMBOLS if other != symbol]
        others.append(raw[:at] + raw[at + 1 :])
    relative = np.exp(ctc.log_means(seen, others) - log).reshape(len(raw), -1).sum(axis=1)
    return tuple(
        Character(symbol, float(1.0 / (1.0 + odds))) for symbol, odds in zip(raw, relative, strict=True)
    )
