"""The network over cells, run by ONNX Runtime: prepared ink in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ocr.cells.picture import views
from ocr.cells.prepare import Inputs, prepare, prepare_one
from ocr.weights_file import open_weights

#: One character a class, in the order of the probabilities: digits, ``_`` blank, ``#`` struck out / no digit.
CLASSES = "0123456789_#"

DEFAULT_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "digits.onnx"


class CellClassifier:
    """Classifies cuts of cells. One object a process; ``load`` makes it. Not shared between threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        meta = session.get_modelmeta().custom_metadata_map
        self._session = session
        self._temperature = float(meta["temperature"])
        self.model: str = f"{meta['name']}@{meta['version']}"

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> CellClassifier:
        """The shipped weights, or those at ``path``; raises ``SettingsError`` when they cannot be read."""
        return open_weights(path or DEFAULT_WEIGHTS, cls, "cells", threads)

    def probabilities(self, crops: Sequence[NDArray[np.uint8]], margin: float) -> NDArray[np.float64]:
        """Cuts of cells -> probabilities, float64 (N, 12) in the order of ``CLASSES``, rows sum to 1.

        Each cut: grey uint8 (H, W), dark ink on light paper, with ``margin`` (share of the cell's
        size) around the cell on every side, at about 200 dpi; border lines may be in it. Calibrated: of
        characters given 0.99, one in a hundred is wrong (temperature scaling, Guo et al. 2017).
        """
        return self._classify(prepare(crops, margin))

    def read_picture(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """A picture of one printed box -> probabilities, float64 (12,).

        ``image``: grey (H, W) or colour BGR(A) (H, W, 3 or 4), any size and shade, border lines in it or not.
        """
        inputs = [prepare_one(cut.grey, cut.margin, cut.reach, cut.fill) for cut in views(image)]
        return combine(self._classify(np.stack(inputs)))

    def _classify(self, inputs: Inputs) -> NDArray[np.float64]:
        if not len(inputs):
            return np.zeros((0, len(CLASSES)))
        (logits,) = self._session.run(None, {"cells": inputs})
        scaled = np.asarray(logits, dtype=np.float64) / self._temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        return scaled


def combine(views: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of several views of one cell, (V, 12), to those of the cell, (12,): geometric mean."""
    logs = np.log(np.maximum(views, 1e-9)).mean(axis=0)
    together = np.exp(logs - logs.max())
    return np.asarray(together / together.sum(), dtype=np.float64)
