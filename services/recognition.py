"""A slip's recognition as the JSON that the records keep, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from domain.reasons import Reason
from ocr.results import Character, FieldResult, Registration, SlipReading

_DECIMALS = 6
#: Beside the slip, in the recognition of a document of two sides.
_OTHER_SIDE = "other_side"


def to_json(slip: SlipReading) -> dict[str, Any]:
    """Everything but the ink's fingerprint, which has a column of its own."""
    return {
        "outcome": slip.outcome,
        "slip": slip.slip,
        "template": slip.template,
        "fields": {name: _field_to_json(result) for name, result in slip.fields.items()},
        "reasons": [reason.value for reason in slip.reasons],
        "registration": None if slip.registration is None else _registration_to_json(slip.registration),
        "model": slip.model,
        "seconds": round(slip.seconds, 4),
    }


def from_json(data: Mapping[str, Any]) -> SlipReading:
    """The inverse of ``to_json``."""
    return SlipReading(
        outcome=data["outcome"],
        slip=data["slip"],
        template=data["template"],
        fields={name: _field_from_json(result) for name, result in data["fields"].items()},
        reasons=tuple(Reason(code) for code in data["reasons"]),
        registration=_registration_from_json(data["registration"]),
        model=data["model"],
        seconds=data["seconds"],
    )


def _field_to_json(result: FieldResult) -> dict[str, Any]:
    full: dict[str, Any] = {
        "value": result.value,
        "confidence": round(result.confidence, _DECIMALS),
        "raw": result.raw,
        "characters": [[c.value, round(c.confidence, _DECIMALS)] for c in result.characters],
        "in_register": result.in_register,
        "source": result.source,
        "runner_up": None if result.runner_up is None else round(result.runner_up, _DECIMALS),
        "present": result.present,
        "reasons": [reason.value for reason in result.reasons],
        "evidence": b64encode(result.evidence).decode() or None,
        "other": result.other or None,
        "by_ink": None if result.by_ink is None else round(result.by_ink, _DECIMALS),
    }
    return {name: value for name, value in full.items() if value is not None and value != []}


def _field_from_json(data: Mapping[str, Any]) -> FieldResult:
    return FieldResult(
        value=data.get("value"),
        confidence=data["confidence"],
        raw=data.get("raw"),
        characters=tuple(Character(value, confidence) for value, confidence in data.get("characters", ())),
        in_register=data.get("in_register"),
        source=data.get("source"),
        runner_up=data.get("runner_up"),
        present=data.get("present"),
        reasons=tuple(Reason(code) for code in data.get("reasons", ())),
        evidence=b64decode(data.get("evidence", "")),
        other=data.get("other", ""),
        by_ink=data.get("by_ink"),
    )


def with_other_side(slip: SlipReading, page: int) -> dict[str, Any]:
    """What a front keeps of its back (on ``page`` of the same file), so that both can be shown."""
    return {_OTHER_SIDE: {"page": page, "registration": to_json(slip)["registration"]}}


def other_side(data: Mapping[str, Any] | None) -> tuple[int, Registration] | None:
    """On which page a slip's other side is and how it lies there; None for a slip of one side."""
    kept = (data or {}).get(_OTHER_SIDE)
    if kept is None:
        return None
    place = _registration_from_json(kept["registration"])
    return None if place is None else (int(kept["page"]), place)


def _registration_from_json(data: Mapping[str, Any] | None) -> Registration | None:
    if data is None:
        return None
    return Registration(
        tuple(data["homography"]),
        data["residual_mm"],
        data["markers_found"],
        tuple(data.get("bend", ())),
        data.get("bend_columns", 0),
    )


def _registration_to_json(registration: Registration) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "homography": list(registration.homography),
        "residual_mm": registration.residual_mm,
        "markers_found": registration.markers_found,
    }
    if registration.bend:
        kept |= {"bend": list(registration.bend), "bend_columns": registration.bend_columns}
    return kept
