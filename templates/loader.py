"""A form's YAML -> ``Template``, or a ``TemplateError`` that names the line and what to write instead."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from domain.errors import TemplateError
from templates import checks
from templates.art import Artwork
from templates.art_loader import load_artwork
from templates.faults import Faults
from templates.field_loader import LoadedField, Style, load_field
from templates.model import MARKER_COUNT, Box, CodeArea, Corner, Marker, Purpose, Template
from templates.yaml_nodes import Section, Value, read_mapping

_NAME = re.compile(r"[a-z][a-z0-9-]{1,47}")
_PAGE_MM = (60.0, 500.0)
PURPOSES = ("slip", "header", "questionnaire")
#: In place of what a mistake keeps from being known, to go on looking for others.
_NO_PAGE = (148.0, 210.0)
_SLIP: Purpose = "slip"
_NO_CODE: tuple[CodeArea | None, float] = (None, 0.0)


def load_template(path: Path) -> Template:
    """Loads and checks one form. All lengths in the file are millimetres, all type sizes are points.

    Raises ``TemplateError`` with file, line, problem and remedy for anything that cannot be printed or read;
    its ``further`` are the file's other mistakes.
    """
    root = read_mapping(path, "бланк")
    faults = Faults()
    name = faults.of(lambda: _name(root), "form")
    version = faults.of(lambda: root.need("version", "1").integer("version", 1, 9999), 1)
    reference = faults.of(lambda: _reference(root, path), None)
    form_code = faults.of(lambda: _form_code(root), -1)
    supplier = faults.of(lambda: root.need("supplier", "krasnoyarskenergosbyt").text("supplier"), "")
    title = faults.of(lambda: root.need("title", "Показания электросчётчика").text("title"), "")
    large = faults.of(lambda: _flag(root, "large_print"), otherwise=False)
    personal = faults.of(lambda: _flag(root, "personal"), otherwise=False)
    purpose = faults.of(lambda: _purpose(root), _SLIP)
    page = faults.of(lambda: _page(root), None)
    markers = faults.of(lambda: _markers(root, form_code, page or _NO_PAGE) if form_code >= 0 else (), ())
    back_of = faults.of(lambda: _back_of(root), "")
    style = faults.of(lambda: _style(root, large), Style())
    items = faults.of(lambda: root.need("fields", "и список полей").items("fields"), None)
    entries = [faults.of(partial(_field, item, style, personal=personal), None) for item in items or ()]
    code_value = root.get("code_area")
    code, code_size = faults.of(
        lambda: _code_area(code_value) if code_value is not None else _NO_CODE, _NO_CODE
    )
    payee = faults.of(lambda: _payee(root), ())
    without = faults.of(lambda: _without(root), ())
    artwork = faults.of(lambda: load_artwork(root, style), None)
    if artwork is not None:
        # A mistake in what is printed leaves keys behind that nobody has asked for yet.
        faults.of(root.done, None)
    good = [entry for entry in entries if entry is not None]
    artwork = artwork or Artwork()
    for entry in good:
        artwork = _join(artwork, entry.artwork)
    template = Template(
        name=name,
        version=version,
        supplier=supplier,
        title=title,
        width_mm=(page or _NO_PAGE)[0],
        height_mm=(page or _NO_PAGE)[1],
        fields=tuple(entry.field for entry in good),
        markers=markers,
        code=code,
        personal=personal,
        large_print=large,
        form_code=form_code,
        purpose=purpose,
        artwork=replace(
            artwork, code_size_pt=code_size, code_line=code_value.line if code_value is not None else 0
        ),
        payee=payee,
        reference=reference,
        back_of=back_of,
    )
    # What is wrong with a field says nothing of whether it is there.
    named = tuple(_named(item) for item, entry in zip(items or (), entries, strict=True) if entry is None)
    if items is not None and page is not None:
        sources = [entry.source for entry in good]
        checks.check(template, root, sources, code_value, faults, without=(*without, *named))
    faults.refuse()
    return template


def _field(item: Value, style: Style, *, personal: bool) -> LoadedField:
    return load_field(item.section("поле"), style, personal=personal)


def _named(item: Value) -> str:
    """The name of a field whose description is wrong; "" where it says none."""
    try:
        return str(item.section("поле").value("name").scalar())
    except (TemplateError, KeyError):
        return ""


def _back_of(root: Section) -> str:
    value = root.get("back_of")
    return value.text("back_of") if value is not None else ""


def _name(root: Section) -> str:
    value = root.need("name", "krasnoyarsk-dropbox")
    name = value.text("name")
    if not _NAME.fullmatch(name):
        raise value.error(
            f"имя «{name}» не годится (bad name)",
            "напишите латиницей строчными, цифры и дефис: krasnoyarsk-dropbox",
        )
    return name


def _reference(root: Section, path: Path) -> Path | None:
    """The picture of the form, beside its YAML."""
    value = root.get("reference")
    if value is None:
        return None
    name = value.text("reference")
    picture = path.resolve().parent / name
    if Path(name).name != name or picture.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise value.error(
            f"«reference: {name}» — не имя картинки (picture name expected)",
            "положите PNG или JPEG рядом с этим файлом и напишите только его имя: reference: blank.png",
        )
    if not picture.is_file():
        raise value.error(
            f"рядом нет картинки {name} (no such picture)", "положите её рядом или исправьте имя"
        )
    return picture


def _form_code(root: Section) -> int:
    """The number in the markers; -1 for a form that has no markers at all."""
    if root.get("markers") is None and root.get("code") is None:
        return -1
    return root.need("code", "1").integer("code", 0, MARKER_COUNT // 4 - 1)


def _flag(root: Section, key: str) -> bool:
    value = root.get(key)
    return value.yes_no(key) if value is not None else False


def _purpose(root: Section) -> Purpose:
    value = root.get("purpose")
    return cast(Purpose, value.choice("purpose", PURPOSES)) if value is not None else "slip"


def _page(root: Section) -> tuple[float, float]:
    section = root.need("page", "{width: 148, height: 210}").section("page")
    width = section.need("width", "148").number("width", *_PAGE_MM)
    height = section.need("height", "210").number("height", *_PAGE_MM)
    section.done()
    return width, height


def _payee(root: Section) -> tuple[tuple[str, str], ...]:
    """Requisites for printed codes, in the order of the file."""
    value = root.get("payee")
    if value is None:
        return ()
    section = value.section("payee")
    return tuple((name, section.value(name).text(name)) for name in section.names())


def _without(root: Section) -> tuple[str, ...]:
    """Fields that this form lacks on purpose."""
    value = root.get("without")
    if value is None:
        return ()
    return tuple(
        item.choice("without", (*checks.MAY_LACK, *checks.MAY_STAND_BEHIND))
        for item in value.items("without")
    )


def _markers(root: Section, form_code: int, page: tuple[float, float]) -> tuple[Marker, ...]:
    section = root.need("markers", "{size: 10, margin: 6}").section("markers")
    size = section.need("size", "10").number("size", checks.MIN_MARKER_MM, 40)
    margin = section.need("margin", "6").number("margin", checks.SAFE_MM, 40)
    section.done()
    right, bottom = page[0] - margin - size, page[1] - margin - size
    places: tuple[tuple[Corner, float, float], ...] = (
        ("tl", margin, margin),
        ("tr", right, margin),
        ("br", right, bottom),
        ("bl", margin, bottom),
    )
    return tuple(
        Marker(id=4 * form_code + i, corner=corner, box=Box(x, y, size, size))
        for i, (corner, x, y) in enumerate(places)
    )


def _style(root: Section, large: bool) -> Style:
    value = root.get("style")
    if value is None:
        return Style(label_pt=16.0, hint_pt=14.0) if large else Style()
    section = value.section("style")
    label = section.need("label", "10").number("label", 5, 60)
    hint = section.need("hint", "8").number("hint", 5, 60)
    section.done()
    return Style(label_pt=label, hint_pt=hint)


def _code_area(value: Value) -> tuple[CodeArea, float]:
    section = value.section("code_area")
    x, y, size = section.need("qr", "[12, 40, 26]").numbers("qr", 3, 0, 500)
    text = section.need("text", "[50, 46, 80, 10]").numbers("text", 4, 0, 500)
    size_pt = section.need("size", "20").number("size", 8, 60)
    section.done()
    return CodeArea(qr=Box(x, y, size, size), text=Box(*text)), size_pt


def _join(first: Artwork, second: Artwork) -> Artwork:
    return replace(
        first,
        texts=first.texts + second.texts,
        rules=first.rules + second.rules,
        labels=first.labels + second.labels,
        samples=first.samples + second.samples,
        hatches=first.hatches + second.hatches,
    )
