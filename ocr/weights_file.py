"""Weights as ONNX files: opened once a process, with the name, version and temperature that they carry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
)

from domain.errors import SettingsError

Reader = TypeVar("Reader")


def open_weights(
    path: Path, make: Callable[[onnxruntime.InferenceSession], Reader], what: str, threads: int
) -> Reader:
    """The reader that ``make`` builds on the file's session, on ``threads`` threads of the processor.

    ``what`` it reads, for the error. Raises ``SettingsError`` when there is no such file, or other weights.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return make(
            onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        )
    except OSError as error:
        raise SettingsError(f"no weights at {path}: install the package again or name a file") from error
    except (KeyError, ValueError, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
        raise SettingsError(f"{path} holds no weights for {what}: use the shipped file") from error
