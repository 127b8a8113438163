"""The form that a typed message is reviewed by, and its picture: its own words."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from templates.model import Box, Field, Template
from templates.printing.fonts import font_file

_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)
#: A message has at most nine readings; the first three may be tariffs, all of them meters in their order.
READING_FIELDS = ("reading", "reading_t2", "reading_t3", *(f"reading_{n}" for n in range(4, 10)))
_TARIFFS = 3
_WIDTH, _MARGIN, _LINE = 1000, 40, 46
_LETTERS_A_LINE = 52


def _digits(
    name: str, role: Literal["account", "reading", "meter_serial"], label: str, cells: int, **more: Any
) -> Field:
    return Field(
        name=name, kind="digits", role=role, label=label, box=_NOWHERE, cells=(_NOWHERE,) * cells, **more
    )


def _readings(count: int) -> list[Field]:
    """The boxes of so many readings: of three and less they may be one meter's tariffs."""
    boxes = [_digits("reading", "reading", "Показание", 8, required=True, tariff="T1")]
    for number, name in enumerate(READING_FIELDS[1:count], 2):
        tariff = f"T{number}" if number <= _TARIFFS else None
        label = f"Показание T{number}" if count <= _TARIFFS else f"Показание {number}"
        boxes.append(_digits(name, "reading", label, 8, required=False, tariff=tariff))
    return boxes


@cache
def form_for(count: int) -> Template:
    """The form with boxes for ``count`` readings, three at least."""
    account, *_ = MESSAGE.fields
    readings = _readings(max(_TARIFFS, min(count, len(READING_FIELDS))))
    return replace(MESSAGE, fields=(account, *readings, MESSAGE.fields[-1]))


MESSAGE = Template(
    name="message",
    version=1,
    supplier="",
    title="Сообщение",
    width_mm=0.0,
    height_mm=0.0,
    fields=(
        _digits("account", "account", "Лицевой счёт", 12, required=True),
        *_readings(_TARIFFS),
        _digits("meter_serial", "meter_serial", "Номер счётчика", 12, required=False),
    ),
    markers=(),
    code=None,
)


def picture_of(original: bytes) -> NDArray[np.uint8]:
    """The message as a picture, grey H×W: what review and evidence show where others show a scan."""
    try:
        values = json.loads(original)
    except ValueError:
        values = {"text": original.decode("utf-8", "replace")}
    lines = list(_lines(values))
    height = 2 * _MARGIN + _LINE * max(len(lines), 3)
    picture = Image.new("L", (_WIDTH, height), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(font_file("regular")), 32)
    for number, line in enumerate(lines):
        draw.text((_MARGIN, _MARGIN + number * _LINE), line, fill=0, font=font)
    return np.asarray(picture, dtype=np.uint8)


def _lines(values: dict[str, Any]) -> list[str]:
    head = f"{values.get('channel', '')} {values.get('source', '')}  {values.get('day', '')}".strip()
    lines = [head, str(values.get("sender") or ""), ""]
    said = values.get("said")
    if said is not None:
        readings = ", ".join(f"{tariff} {value}".strip() for value, tariff in said.get("readings", ()))
        lines += [f"Счёт: {said.get('account', '')}", f"Показания: {readings}"]
        lines += [f"Счётчик: {said['meter_serial']}"] if said.get("meter_serial") else []
        lines += [f"Имя: {said['name']}"] if said.get("name") else []
    for paragraph in str(values.get("text") or "").splitlines()[:40]:
        lines += textwrap.wrap(paragraph, _LETTERS_A_LINE) or [""]
    return [line[: _LETTERS_A_LINE + 20] for line in lines[:60]]
