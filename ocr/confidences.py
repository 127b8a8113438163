"""The histograms of confidences that ship with the weights: how they lay when thresholds were proven."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from domain.drift import EDGES
from domain.errors import SettingsError

SHIPPED = "confidences.json"


@cache
def shipped_confidences() -> Mapping[tuple[str, str, str], tuple[int, ...]]:
    """(channel, template, model) → counts by bin of ``domain.drift``; ``SettingsError`` when damaged."""
    source = files("ocr").joinpath("weights", SHIPPED)
    if not source.is_file():
        return {}
    try:
        document = json.loads(source.read_text("utf-8"))
        if tuple(document["edges"]) != EDGES:
            raise ValueError("other bins")
        return {
            (row["channel"], row["template"], row["model"]): tuple(int(count) for count in row["counts"])
            for row in document["confidences"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{source} is damaged ({error}); make it again or restore it") from error
