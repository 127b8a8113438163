"""The parts of a form's YAML that are only printed: ``texts``, ``rules`` and ``samples``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from templates.art import Align, Artwork, FontStyle, RuleArt, SampleArt, TextArt
from templates.field_loader import Style
from templates.yaml_nodes import Section


def load_artwork(root: Section, style: Style) -> Artwork:
    """Loads the decoration; raises ``TemplateError``."""
    return Artwork(
        texts=tuple(_text(section, style) for section in _sections(root, "texts")),
        rules=tuple(_rule(section) for section in _sections(root, "rules")),
        samples=tuple(_sample(section) for section in _sections(root, "samples")),
    )


def _sections(root: Section, key: str) -> Iterator[Section]:
    value = root.get(key)
    if value is not None:
        for item in value.items(key):
            yield item.section(key)


def _text(section: Section, style: Style) -> TextArt:
    text = section.need("text", "Пишите печатными цифрами").text("text")
    x, y = section.need("at", "[12, 20]").numbers("at", 2, 0, 500)
    size = section.get("size")
    weight = section.get("style")
    align = section.get("align")
    width = section.get("width")
    ink = section.get("ink")
    section.done()
    return TextArt(
        " ".join(text.split()),
        x,
        y,
        size.number("size", 4, 72) if size is not None else style.hint_pt,
        cast("FontStyle", weight.choice("style", ("regular", "bold", "italic")) if weight else "regular"),
        cast("Align", align.choice("align", ("left", "center", "right")) if align else "left"),
        width.number("width", 5, 500) if width is not None else None,
        ink.number("ink", 0.05, 1) if ink is not None else 1.0,
        line=section.line,
    )


def _rule(section: Section) -> RuleArt:
    x1, y1 = section.need("from", "[12, 20]").numbers("from", 2, 0, 500)
    x2, y2 = section.need("to", "[136, 20]").numbers("to", 2, 0, 500)
    weight = section.get("weight")
    ink = section.get("ink")
    section.done()
    return RuleArt(
        x1,
        y1,
        x2,
        y2,
        weight.number("weight", 0.05, 5) if weight is not None else 0.25,
        ink.number("ink", 0.05, 1) if ink is not None else 1.0,
    )


def _sample(section: Section) -> SampleArt:
    digits = section.need("digits", '"0123456789"')
    text = digits.text("digits")
    if not re.fullmatch(r"[0-9_ ]+", text):
        raise digits.error(
            f"в образце «{text}» не только цифры (digits only)",
            "оставьте цифры, пробелы между группами и _ вместо пустой клетки",
        )
    x, y = section.need("at", "[12, 30]").numbers("at", 2, 0, 500)
    width, height = section.need("cell", "[6, 8]").numbers("cell", 2, 2, 40)
    gap = section.get("gap")
    ink = section.get("ink")
    section.done()
    return SampleArt(
        text,
        x,
        y,
        width,
        height,
        gap.number("gap", 0, 40) if gap is not None else 0.0,
        ink.number("ink", 0.05, 1) if ink is not None else 1.0,
    )
