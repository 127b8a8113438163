"""The averaged weights of a run -> one ONNX file of whole numbers, with its name, version and temperature.

Weights become 7-bit and activations 8-bit integers (static post-training quantisation, Jacob et al. 2018),
every channel with a scale of its own; seven bits, because processors without VNNI saturate on eight.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from ocr.cells.prepare import SIZE
from training.train import trained

#: Of writers left out, the networks together read hardly a cell otherwise of which the first is that sure.
SURE = 0.999
_DIGITS = 10
#: What becomes whole numbers; the choice between the networks and their logarithms do not.
_IN_WHOLE_NUMBERS = ["Conv", "Relu", "MaxPool", "Add", "Gemm"]


class _Examples(CalibrationDataReader):  # type: ignore[misc]
    """Examples that tell how large activations become."""

    def __init__(self, x: np.ndarray, batch: int = 100) -> None:
        self._parts = iter([x[i : i + batch].astype(np.float32) / 255 for i in range(0, len(x), batch)])

    def get_next(self) -> dict[str, np.ndarray] | None:
        part = next(self._parts, None)
        return None if part is None else {"cells": part}


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


class _Cascade(torch.nn.Module):
    """Several networks as one, logits (N, 12): which digit a cell holds by their geometric mean.

    Whether it holds one the last says: what is no digit it knows best. A cell of which the first is as sure
    as ``SURE`` is not shown to the others: they would change next to nothing.
    """

    def __init__(self, models: Sequence[torch.nn.Module]) -> None:
        super().__init__()
        self.models = torch.nn.ModuleList(models)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, *others = self.models
        said = torch.log_softmax(first(x), dim=1)
        doubtful = torch.nonzero(said.amax(dim=1) < math.log(SURE)).squeeze(1)
        cells = x[doubtful]
        also = [torch.log_softmax(other(cells), dim=1) for other in others]
        if not also:
            return said
        together = torch.stack([said[doubtful], *also]).mean(dim=0)[:, :_DIGITS]
        holds_one = torch.logsumexp(also[-1][:, :_DIGITS], dim=1, keepdim=True)
        digits = torch.log_softmax(together, dim=1) + holds_one
        return said.index_put((doubtful,), torch.cat([digits, also[-1][:, _DIGITS:]], dim=1))


def write(runs: Sequence[str], path: Path, examples: np.ndarray) -> None:
    """Write the networks of ``runs`` to ``path``; input ``cells`` (N, 2, S, S), output ``logits`` (N, 12).

    ``examples``: uint8 (N, 2, S, S) of the training data, which the activations' ranges are taken from.
    """
    model = _Cascade([trained(run) for run in runs]).eval()
    # Cells of which the first is not sure, so that the others are written down, too.
    example = torch.rand(8, 2, SIZE, SIZE)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, ready = Path(folder) / "plain.onnx", Path(folder) / "ready.onnx"
        torch.onnx.export(
            model, (example,), str(plain), dynamo=False, opset_version=17, input_names=["cells"],
            output_names=["logits"], dynamic_axes={"cells": {0: "n"}, "logits": {0: "n"}},
        )  # fmt: skip
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(path), _Examples(examples), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=True,
            op_types_to_quantize=_IN_WHOLE_NUMBERS,
        )  # fmt: skip


def describe(path: Path, entries: Mapping[str, str]) -> None:
    """Write entries into the file's metadata."""
    proto = onnx.load(str(path))
    for key, value in entries.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, str(path))


def logits_of_file(path: Path, x: np.ndarray) -> np.ndarray:
    """Logits float32 (N, 12) of examples uint8 (N, 2, S, S), as the written file gives them."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    parts = [x[i : i + 500].astype(np.float32) / 255 for i in range(0, len(x), 500)]
    return np.concatenate([session.run(None, {"cells": part})[0] for part in parts])
