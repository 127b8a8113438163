"""The averaged weights of a run over lines -> one ONNX file with its name, version and temperature inside."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch

from ocr.lines.prepare import HEIGHT
from training.line_net import LineNet


def export(model: LineNet, path: Path, *, version: str, temperature: float) -> None:
    """Write the network; input ``strips`` (N, 2, HEIGHT, W) in 0-1, output ``logits`` (N, W / 2, 12)."""
    example = torch.zeros(1, 2, HEIGHT, 160)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), (example,), str(path), dynamo=False, opset_version=17, input_names=["strips"],
            output_names=["logits"],
            dynamic_axes={"strips": {0: "n", 3: "w"}, "logits": {0: "n", 1: "t"}},
        )  # fmt: skip
    proto = onnx.load(str(path))
    for key, value in (("name", "lines"), ("version", version), ("temperature", f"{temperature:.4f}")):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, str(path))
