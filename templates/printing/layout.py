"""Where everything is, as JSON: the same objects that print the blank and cut the scans."""

from __future__ import annotations

from typing import Any

from templates.model import Box, Template


def layout(template: Template) -> dict[str, Any]:
    """Millimetres from the trimmed page's top left: ``page``, and for each field its ``cells`` or one box."""
    fields: dict[str, Any] = {}
    for field in template.fields:
        fields[field.name] = (
            {"cells": [_box(cell) for cell in field.cells]} if field.cells else _box(field.box)
        )
    return {"page": {"width_mm": template.width_mm, "height_mm": template.height_mm}, "fields": fields}


def _box(box: Box) -> dict[str, float]:
    return {
        "x_mm": round(box.x_mm, 3),
        "y_mm": round(box.y_mm, 3),
        "w_mm": round(box.w_mm, 3),
        "h_mm": round(box.h_mm, 3),
    }
