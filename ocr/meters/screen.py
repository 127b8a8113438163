"""What an LCD shows beside its digits: whether they are the reading, and of which tariff."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ocr.meters.results import Meaning
from ocr.weights_file import open_weights

Image = NDArray[np.uint8]
Points = NDArray[np.float32]

DEFAULT_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "meter-screen.onnx"
#: What the network sees, height and width in pixels; the row's digits' height in it, and its greatest length.
SIZE = (64, 192)
_DIGIT, _LONGEST = 18.0, 128.0
MEANINGS: tuple[Meaning, ...] = ("reading", "date", "time", "serial", "other")
TARIFFS = (None, "T1", "T2", "T3", "T4", "sum")


@dataclass(frozen=True)
class Screen:
    """``means`` and ``tariff`` with their probabilities; ``reading``: that the row is a reading at all."""

    means: Meaning
    reading: float
    tariff: str | None
    tariff_sure: float


class ScreenReader:
    """Reads symbols. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        meta = session.get_modelmeta().custom_metadata_map
        self._session = session
        if [each.name for each in session.get_inputs()] != ["screens"]:
            raise ValueError("not weights for screens")
        self.model: str = f"{meta['name']}@{meta['version']}"

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> ScreenReader:
        """The shipped weights, or those at ``path``; raises ``SettingsError`` when they cannot be read."""
        return open_weights(path or DEFAULT_WEIGHTS, cls, "screens of meters", threads)

    def read(self, image: Image, quad: Points) -> Screen:
        """The screen around a row of digits with corners ``quad`` (4, 2) on a photo BGR (H, W, 3)."""
        x = normal(around(image, quad))[None]
        (logits,) = self._session.run(None, {"screens": x})
        split = len(MEANINGS)
        means, tariffs = _shares(logits[0, :split]), _shares(logits[0, split:])
        best, which = int(means.argmax()), int(tariffs.argmax())
        return Screen(MEANINGS[best], float(means[0]), TARIFFS[which], float(tariffs[which]))


def around(image: Image, quad: Points) -> NDArray[np.uint8]:
    """The row and what is about it, straight: grey (SIZE)."""
    quad = np.asarray(quad, np.float32)
    along = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    across = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    wide = min(_DIGIT * along / max(across, 1e-6), _LONGEST)
    left, top = (SIZE[1] - wide) / 2, (SIZE[0] - _DIGIT) / 2
    target = np.array(
        [[left, top], [left + wide, top], [left + wide, top + _DIGIT], [left, top + _DIGIT]], np.float32
    )
    smaller = across / _DIGIT
    if smaller > 1.5:
        size = (max(1, round(image.shape[1] / smaller)), max(1, round(image.shape[0] / smaller)))
        quad = quad * np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = cv2.getPerspectiveTransform(quad, target)
    straight = cv2.warpPerspective(
        image, matrix, (SIZE[1], SIZE[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.cvtColor(straight, cv2.COLOR_BGR2GRAY), np.uint8)


def normal(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey (H, W) -> float32 (1, H, W), its brightness centred and its contrast levelled."""
    values = grey.astype(np.float32) / 255.0
    return np.asarray((values - values.mean()) / (values.std() + 0.04), np.float32)[None]


def _shares(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    raised = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(raised / raised.sum(), np.float64)
