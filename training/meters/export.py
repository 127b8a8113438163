"""The averaged weights of a run -> one ONNX file with its name, version and temperature inside."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from ocr.meters.strip import HEIGHT


def export_finder(model: nn.Module, path: Path, version: str) -> None:
    """Write the finder; input ``photos`` (1, 3, H, W) in 0–1, output ``maps`` (1, 8, H / 4, W / 4)."""
    axes = {"photos": {2: "h", 3: "w"}, "maps": {2: "mh", 3: "mw"}}
    _write(model, path, torch.zeros(1, 3, 128, 160), ("photos", "maps"), axes)
    _label(path, {"name": "meter-finder", "version": version})


def export_reader(model: nn.Module, path: Path, version: str, temperature: float) -> None:
    """Write the reader; input ``displays`` (N, 3, HEIGHT, W), output ``logits`` (N, W / 4, 21)."""
    axes = {"displays": {0: "n", 3: "w"}, "logits": {0: "n", 1: "t"}}
    _write(model, path, torch.zeros(1, 3, HEIGHT, 160), ("displays", "logits"), axes)
    _label(path, {"name": "meter-reader", "version": version, "temperature": f"{temperature:.4f}"})


def _write(
    model: nn.Module,
    path: Path,
    example: torch.Tensor,
    names: tuple[str, str],
    axes: dict[str, dict[int, str]],
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), (example,), str(path), dynamo=False, opset_version=17, input_names=[names[0]],
            output_names=[names[1]], dynamic_axes=axes,
        )  # fmt: skip


def _label(path: Path, values: dict[str, str]) -> None:
    proto = onnx.load(str(path))
    for key, value in values.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, str(path))
