"""What was read from a photo as the line that ``meterdrop read --as meter`` prints."""

from __future__ import annotations

from typing import Any

from ocr.meters.plate import Plate
from ocr.meters.results import DisplayReading, MeterReading

_DECIMALS = 6


def meter_as_json(reading: MeterReading, plate: Plate | None = None) -> dict[str, Any]:
    """The best display at the top, further ones under ``displays``; ``serial`` where the plate was read."""
    line: dict[str, Any] = {"outcome": reading.outcome}
    if reading.displays:
        line |= display_as_json(reading.displays[0])
    reasons = [*reading.reasons, *(reading.displays[0].reasons if reading.displays else ())]
    line["reasons"] = [reason.value for reason in dict.fromkeys(reasons)]
    if len(reading.displays) > 1:
        line["displays"] = [
            display_as_json(each) | {"reasons": [reason.value for reason in each.reasons]}
            for each in reading.displays[1:]
        ]
    if plate is not None:
        line["serial"] = {
            "verdict": plate.verdict,
            "value": plate.serial,
            "numbers": [number.digits for number in plate.numbers],
        }
    return line | {"model": reading.model, "seconds": round(reading.seconds, 4)}


def display_as_json(display: DisplayReading) -> dict[str, Any]:
    """One display, without its reasons; ``means``, ``tariff`` and ``turning`` only where they say more."""
    found: dict[str, Any] = {
        "value": display.value,
        "decimals": display.decimals,
        "confidence": round(display.confidence, _DECIMALS),
        "display": display.display,
        "quad": [[x, y] for x, y in display.quad],
        "characters": [
            {"value": each.value, "confidence": round(each.confidence, _DECIMALS)}
            for each in display.characters
        ],
    }
    if display.means != "reading":
        found["means"] = display.means
    if display.tariff is not None:
        found["tariff"] = display.tariff
    if display.turning:
        found["turning"] = True
    return found
