"""A photo of a meter -> its displays and what they say."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from domain.reasons import Reason
from ocr.lines.ctc import Frames, distributions
from ocr.meters.confidence import Confidence
from ocr.meters.decode import Decoded, decode, mixed
from ocr.meters.finder import Finder, Found
from ocr.meters.results import Alternative, DisplayReading, MeterReading, Quad
from ocr.meters.strip import cut, looks, normal
from ocr.weights_file import open_weights

Image = NDArray[np.uint8]

DEFAULT_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "meter-reader.onnx"
#: More probably than this it is a reading, and not a date or the like.
_READING = 0.5
#: So many candidates are looked at more than once.
_LOOKED_AT = 2
#: Surer than this the picture has the mark where the register has it not: one of the two is wrong.
_MARK = 0.9
#: A second display is named when it is at least this probable.
_WORTH_NAMING = 0.3


class StripReader:
    """Reads strips. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        meta = session.get_modelmeta().custom_metadata_map
        self._session = session
        self._temperature = float(meta["temperature"])
        self.confidence = Confidence.from_json(meta.get("confidence", "{}"))
        if [each.name for each in session.get_inputs()] != ["displays"]:
            raise ValueError("not weights for reading displays")
        self.model: str = f"{meta['name']}@{meta['version']}"

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> StripReader:
        """The shipped weights, or those at ``path``; raises ``SettingsError`` when they cannot be read."""
        return open_weights(path or DEFAULT_WEIGHTS, cls, "reading displays", threads)

    def frames(self, strip: Image) -> Frames:
        """A strip (HEIGHT, W, 3) -> calibrated frames (W / 4, 21), see ``ocr.meters.decode``."""
        (logits,) = self._session.run(None, {"displays": normal(strip)[None]})
        return distributions(np.asarray(logits)[0], self._temperature)


@dataclass(frozen=True)
class Candidate:
    """One row that was found, read the way up that reads better; ``confidence``: that its value is right."""

    found: Found
    quad: NDArray[np.float32]
    decoded: Decoded
    confidence: float

    @property
    def worth(self) -> float:
        """By which candidates are ranked: sure, found clearly, and a reading rather than a date."""
        return self.confidence * (0.3 + 0.7 * self.found.reading)


class MeterReader:
    """Finds and reads. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, finder: Finder, strips: StripReader) -> None:
        self._finder, self._strips = finder, strips
        self.model: str = f"{finder.model}+{strips.model}"
        self.confidence = strips.confidence

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> MeterReader:
        """The shipped weights, or ``meter-finder.onnx`` and ``meter-reader.onnx`` of the folder ``path``.

        Raises ``SettingsError`` when they cannot be read.
        """
        folder = path or DEFAULT_WEIGHTS.parent
        return cls(
            Finder.load(folder / "meter-finder.onnx", threads),
            StripReader.load(folder / "meter-reader.onnx", threads),
        )

    def read(self, image: Image, digits: int | None = None, decimals: int | None = None) -> MeterReading:
        """A photo BGR (H, W, 3), after EXIF rotation but not necessarily the right way up.

        ``digits``, ``decimals``: how many the register has before and after the mark, where it is known.
        The best display comes first; ``unreadable`` with ``no_display_found`` where there is none.
        """
        started = time.perf_counter()
        best = self.candidates(image, digits, decimals)
        kept = best[:1] + [each for each in best[1:] if each.worth >= _WORTH_NAMING]
        seconds = time.perf_counter() - started
        if not kept:
            return MeterReading(
                "unreadable", reasons=(Reason.NO_DISPLAY_FOUND,), model=self.model, seconds=seconds
            )
        return MeterReading("read", tuple(map(_display, kept)), model=self.model, seconds=seconds)

    def candidates(
        self, image: Image, digits: int | None = None, decimals: int | None = None
    ) -> list[Candidate]:
        """Every row on the photo that could be read, the best first."""
        every = []
        for found in self._finder.find(image):
            ways = [(quad, self._decode(image, quad, digits, decimals)) for quad in _ways_up(found)]
            quad, decoded = max(ways, key=lambda way: way[1].confidence)
            if decoded.texts:
                every.append(self._candidate(found, quad, decoded))
        every.sort(key=lambda each: each.worth, reverse=True)
        # Those that may be the reading are looked at once more, cut a little otherwise.
        for k, each in enumerate(every[:_LOOKED_AT]):
            further = [self._decode(image, look, digits, decimals) for look in looks(each.quad)[1:]]
            decoded = mixed([each.decoded, *further])
            every[k] = self._candidate(each.found, each.quad, decoded)
        return sorted(every, key=lambda each: each.worth, reverse=True)

    def _decode(
        self, image: Image, quad: NDArray[np.float32], digits: int | None, decimals: int | None
    ) -> Decoded:
        return decode(self._strips.frames(cut(image, quad)), digits, decimals)

    def _candidate(self, found: Found, quad: NDArray[np.float32], decoded: Decoded) -> Candidate:
        sure = self._strips.confidence(found.display, decoded.confidence, found.score)
        return Candidate(found, quad, decoded, sure)


def _ways_up(found: Found) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """As the finder thinks it is read, and on its head: the reader tells better which is right."""
    return found.quad, found.quad[[2, 3, 0, 1]]


def _display(read: Candidate) -> DisplayReading:
    decoded, best = read.decoded, read.decoded.texts[0]
    corners = [(round(float(x), 1), round(float(y), 1)) for x, y in read.quad]
    quad: Quad = (corners[0], corners[1], corners[2], corners[3])
    return DisplayReading(
        value=best.value,
        decimals=best.decimals,
        confidence=read.confidence,
        display=read.found.display,
        quad=quad,
        characters=decoded.characters,
        alternatives=tuple(Alternative(t.value, t.decimals, t.probability) for t in decoded.texts[1:9]),
        means="reading" if read.found.reading > _READING else "other",
        reasons=(Reason.MARK_ELSEWHERE,) if decoded.elsewhere > _MARK else (),
    )
