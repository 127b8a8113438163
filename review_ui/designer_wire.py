"""What the page that teaches forms sends and is told, as JSON."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.reason_texts import reason_text
from ocr.results import FieldResult
from services.draft import MOST_FIELDS, DraftField, DraftForm, from_json
from services.publishing import Problem
from services.trying import Tried

Millimetres = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
Words = Annotated[str, Field(max_length=120)]
Number = Annotated[int, Field(ge=1, le=2**31)]


class FieldBody(BaseModel):
    """One field or place; see ``services.draft.DraftField``."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=48)]
    kind: Annotated[str, Field(max_length=20)]
    label: Words
    x: Millimetres
    y: Millimetres
    w: Millimetres
    h: Millimetres
    required: bool = False
    groups: list[Annotated[int, Field(ge=1, le=20)]] = Field(default=[], max_length=20)
    gap: Millimetres = 0.0
    starts: list[Millimetres] = Field(default=[], max_length=20)
    border: Literal["box", "rule", "none"] = "box"
    check: Literal["", "email", "phone"] = ""
    codes: Literal["any", "qr", "barcode"] = "any"


class FormBody(BaseModel):
    """What was drawn."""

    model_config = ConfigDict(extra="forbid")
    title: Words
    name: Annotated[str, Field(max_length=48)]
    width: Annotated[float, Field(ge=60, le=500, allow_inf_nan=False)]
    height: Annotated[float, Field(ge=60, le=500, allow_inf_nan=False)]
    purpose: Literal["slip", "header", "questionnaire"] = "slip"
    filled: bool = False
    fields: list[FieldBody] = Field(default=[], max_length=MOST_FIELDS)
    places: list[FieldBody] = Field(default=[], max_length=MOST_FIELDS)


class Revision(BaseModel):
    """Which state of a draft is meant: nobody writes over what a colleague did since."""

    model_config = ConfigDict(extra="forbid")
    revision: Number


class Save(Revision):
    """A draft to keep."""

    form: FormBody


class Part(Revision):
    """The picture turned clockwise by quarters, or the part of it (x, y, width, height in mm) to keep.

    ``filled``: whether it shows a filled sheet.
    """

    quarters: Annotated[int, Field(ge=0, le=3)] = 0
    filled: bool | None = None
    cut: tuple[Millimetres, Millimetres, Millimetres, Millimetres] | None = None


def drawn(body: FormBody) -> DraftForm:
    """As the services take it; raises ``UsageError``."""
    return from_json(body.model_dump())


def problem_json(problem: Problem | None) -> dict[str, Any] | None:
    """What is wrong with a draft."""
    if problem is None:
        return None
    return {
        "text": problem.text,
        "remedy": problem.remedy,
        "line": problem.line,
        "field": problem.field,
        "unnamed": problem.unnamed,
    }


def tried_json(tried: Tried, form: DraftForm, draft_id: int, language: str) -> dict[str, Any]:
    """An example as it was read; ``found``: the form was found and lies straight on the picture."""
    code: Literal["ru", "en"] = "en" if language == "en" else "ru"
    slip = tried.slip
    reasons = list(slip.reasons) if slip is not None else [tried.reason] if tried.reason is not None else []
    off = slip.registration.residual_mm if slip is not None and slip.registration is not None else math.inf
    return {
        "file": tried.file,
        "page": tried.page,
        "found": tried.upright,
        "off_mm": round(off, 2) if math.isfinite(off) else None,
        "reasons": [reason_text(reason, code) for reason in reasons],
        "picture": None
        if tried.picture is None
        else f"/templates/drafts/{draft_id}/tried/{tried.picture}.jpg",
        "fields": []
        if slip is None or not tried.upright
        else [
            _field_json(field, slip.fields[field.name], code)
            for field in form.fields
            if field.name in slip.fields
        ],
    }


def _field_json(field: DraftField, result: FieldResult, language: Literal["ru", "en"]) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label or field.name,
        "box": [field.x, field.y, field.w, field.h],
        "value": result.value,
        "present": result.present,
        "confidence": round(result.confidence, 4),
        "in_register": result.in_register,
        "reasons": [reason_text(reason, language) for reason in result.reasons],
    }
