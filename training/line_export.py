"""The averaged weights of runs over lines -> one ONNX file with its name, version and temperature inside."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
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
    _halve(proto.graph)
    for key, value in (("name", "lines"), ("version", version), ("temperature", f"{temperature:.4f}")):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, str(path))


def _halve(graph: onnx.GraphProto) -> None:
    """Store the large weights in 16 bits, in place; they are cast back once, when the file is opened."""
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 1024:
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        cast = onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, cast)
