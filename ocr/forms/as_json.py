"""Readings as plain dictionaries, the way the command line and the API write them."""

from __future__ import annotations

import math
from typing import Any

from ocr.results import Character, FieldResult, SlipReading

#: Decimal places of confidences: enough to tell 0.9999 from 1, few enough to read.
_PLACES = 6


def slip_as_json(reading: SlipReading) -> dict[str, Any]:
    """One slip: ``outcome``, ``template``, ``fields``, ``registration``, ``reasons``, ``seconds``, ``model``.

    What is not known is left out. Reasons of single fields are in those fields.
    """
    result: dict[str, Any] = {"outcome": reading.outcome}
    if reading.template is not None:
        result["template"] = reading.template
    if reading.fields:
        result["fields"] = {name: field_as_json(value) for name, value in reading.fields.items()}
    if reading.registration is not None:
        residual = reading.registration.residual_mm
        result["registration"] = {
            "residual_mm": round(residual, 3) if math.isfinite(residual) else None,
            "markers": reading.registration.markers_found,
        }
    result["reasons"] = [reason.value for reason in reading.reasons]
    if reading.model:
        result["model"] = reading.model
    result["seconds"] = round(reading.seconds, 4)
    return result


def field_as_json(field: FieldResult) -> dict[str, Any]:
    """One field; a box that only needs ink has ``present`` in place of a value."""
    result: dict[str, Any] = {}
    if field.present is not None:
        result["present"] = field.present
    else:
        result["value"] = field.value if field.value is not None else ""
    result["confidence"] = round(field.confidence, _PLACES)
    if field.raw is not None:
        result["raw"] = field.raw
    if field.in_register is not None:
        result["in_register"] = field.in_register
    if field.source is not None:
        result["source"] = field.source
    if field.runner_up is not None:
        result["runner_up"] = round(field.runner_up, _PLACES)
    if field.characters:
        result["characters"] = [character_as_json(c) for c in field.characters]
    if field.reasons:
        result["reasons"] = [reason.value for reason in field.reasons]
    return result


def character_as_json(character: Character) -> dict[str, Any]:
    """One cell."""
    return {"value": character.value, "confidence": round(character.confidence, _PLACES)}
