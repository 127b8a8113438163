"""The averaged weights of a run -> one ONNX file with its name, version and temperature inside."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch

from ocr.cells.prepare import SIZE
from training.train import trained


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least negative log-likelihood on held-out examples (Guo et al. 2017)."""
    best, best_loss = 1.0, np.inf
    for temperature in np.exp(np.linspace(np.log(0.4), np.log(4.0), 80)):
        scaled = logits.astype(np.float64) / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        loss = float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]).mean())
        if loss < best_loss:
            best, best_loss = float(temperature), loss
    return best


def export(run: str, path: Path, *, version: str, temperature: float) -> None:
    """Write the network of ``run`` to ``path``; input ``cells`` (N, 2, S, S), output ``logits`` (N, 12)."""
    model = trained(run)
    example = torch.zeros(1, 2, SIZE, SIZE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (example,), str(path), dynamo=False, opset_version=17, input_names=["cells"],
            output_names=["logits"], dynamic_axes={"cells": {0: "n"}, "logits": {0: "n"}},
        )  # fmt: skip
    proto = onnx.load(str(path))
    for key, value in (("name", "digits"), ("version", version), ("temperature", f"{temperature:.4f}")):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, str(path))
