"""What a form must hold for a printer to print it and the reader to read it. Millimetres and points."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from domain.errors import TemplateError
from templates.art import Artwork
from templates.faults import Faults
from templates.model import Box, Field, Template
from templates.yaml_nodes import Section, Value

MIN_MARKER_MM = 8.0
#: A printing house may cut this far off; nothing that matters lies nearer to the edge.
SAFE_MM = 4.0
#: White around a marker, in its modules (it has eight); less and it is not found.
QUIET_MODULES = 1.5
#: White around a QR code, in millimetres: four modules of a code of 29.
QUIET_CODE_MM = 3.0
MIN_CELL_MM = (5.0, 7.0)
LARGE_CELL_MM = (8.0, 10.0)
MIN_TEXT_PT = 6.0
LARGE_TEXT_PT = 14.0
ALWAYS_REQUIRED = ("account", "reading", "date", "signature")
#: What a form may lack when it says so: ``without: [address, date]``.
MAY_LACK = ("address", "date", "signature")
#: … and what may stand on its back instead; alone, it brings nothing that the gate would take.
MAY_STAND_BEHIND = ("reading",)
#: What a box's header sheet has to say, and what makes a questionnaire somebody's.
HEADER_REQUIRED = ("box", "count", "date")
QUESTIONNAIRE_REQUIRED = ("account", "signature")
MIN_TICK_MM, MIN_LINE_MM, MIN_CODE_MM = 3.5, 7.0, 15.0


def check(
    template: Template,
    root: Section,
    sources: list[Section],
    code_value: Value | None,
    faults: Faults,
    *,
    without: tuple[str, ...] = (),
) -> None:
    """Gather what is wrong with a loaded form. ``without``: fields that it lacks on purpose."""
    faults.add(_names(template, root, sources, without))
    for field, source in zip(template.fields, sources, strict=True):
        for ask in (partial(_inside, template), partial(_cells, template), _boxes):
            faults.of(partial(ask, field, source), None)
    faults.add(_apart(template, sources))
    faults.of(partial(_code, template, root, code_value), None)
    faults.add(_type_sizes(template, root))


def _names(
    template: Template, root: Section, sources: list[Section], without: tuple[str, ...]
) -> Iterator[TemplateError]:
    seen: set[str] = set()
    for field, source in zip(template.fields, sources, strict=True):
        if field.name in seen:
            yield source.error(
                f"поле «{field.name}» уже есть (duplicate field)", "дайте полю другое имя или уберите его"
            )
        seen.add(field.name)
    needed: tuple[str, ...] = ALWAYS_REQUIRED if template.personal else (*ALWAYS_REQUIRED, "address")
    if template.purpose == "header":
        needed = HEADER_REQUIRED
    elif template.purpose == "questionnaire":
        needed = QUESTIONNAIRE_REQUIRED
    if template.back_of:
        needed = ()
    for name in needed:
        if name in without:
            continue
        if name not in seen:
            yield root.key("fields").error(
                f"на бланке нет поля «{name}» (missing field)",
                f"добавьте в fields: строку «- name: {name}» и её размеры",
            )
        elif not template.field(name).required:
            source = sources[[field.name for field in template.fields].index(name)]
            yield source.error(
                f"поле «{name}» не отмечено как обязательное (must be required)", "добавьте required: yes"
            )


def _inside(template: Template, field: Field, source: Section) -> None:
    # Who prints a form himself has to leave room for the knife; somebody else's is as it is.
    safe = SAFE_MM if template.reference is None else 0.0
    page = Box(safe, safe, template.width_mm - 2 * safe, template.height_mm - 2 * safe)
    box = field.box
    if (
        box.x_mm < page.x_mm
        or box.y_mm < page.y_mm
        or box.right_mm > page.right_mm + 1e-6
        or box.bottom_mm > page.bottom_mm + 1e-6
    ):
        raise source.value("at").error(
            f"поле «{field.name}» ({box.x_mm:g}…{box.right_mm:g} × {box.y_mm:g}…{box.bottom_mm:g} мм) "
            f"выходит за край листа {template.width_mm:g} × {template.height_mm:g} мм (outside the page)",
            f"сдвиньте at: или уменьшите размеры: до края листа должно остаться {safe:g} мм",
        )


def _cells(template: Template, field: Field, source: Section) -> None:
    if not field.cells or template.reference is not None:
        return
    width, height = LARGE_CELL_MM if template.large_print else MIN_CELL_MM
    cell = field.cells[0]
    if cell.w_mm < width or cell.h_mm < height:
        raise source.value("cell").error(
            f"клетки поля «{field.name}» {cell.w_mm:g} × {cell.h_mm:g} мм слишком малы (cells too small)",
            f"напишите cell: не меньше [{width:g}, {height:g}]",
        )


def _boxes(field: Field, source: Section) -> None:
    """Whether a field without cells is large enough to be written into, or to be read."""
    least = {"tick": MIN_TICK_MM, "digits_line": MIN_LINE_MM, "date_line": MIN_LINE_MM}.get(field.kind)
    if least is not None and field.box.h_mm < least:
        raise source.value("size").error(
            f"поле «{field.name}» высотой {field.box.h_mm:g} мм слишком мало (field too small)",
            f"напишите size: [ширина, высота] с высотой не меньше {least:g}",
        )
    if (
        field.kind == "code"
        and field.codes != "barcode"
        and min(field.box.w_mm, field.box.h_mm) < MIN_CODE_MM
    ):
        raise source.value("size").error(
            f"код «{field.name}» меньше {MIN_CODE_MM:g} мм (code too small)",
            f"напишите size: [{MIN_CODE_MM:g}, {MIN_CODE_MM:g}] или больше",
        )


def _apart(template: Template, sources: list[Section]) -> Iterator[TemplateError]:
    placed: list[tuple[str, Box]] = []
    for marker in template.markers:
        quiet = QUIET_MODULES * marker.box.w_mm / 8
        placed.append((f"угловая метка {marker.corner} с белым полем", marker.box.grown(quiet)))
    for field, source in zip(template.fields, sources, strict=True):
        for name, box in placed:
            if field.box.overlaps(box):
                yield source.value("at").error(
                    f"поле «{field.name}» накрывает: {name} (overlap)",
                    f"сдвиньте at:; занято {box.x_mm:g}…{box.right_mm:g} × {box.y_mm:g}…{box.bottom_mm:g} мм",
                )
        placed.append((f"поле {field.name}", field.box))


def _code(template: Template, root: Section, code_value: Value | None) -> None:
    if template.code is None or code_value is None:
        if template.personal and not template.of_role("account_code"):
            raise root.key("personal").error(
                "на именном бланке нет места для QR-кода (missing code_area)",
                "добавьте code_area: {qr: [x, y, сторона], text: [x, y, ширина, высота], size: 20}",
            )
        return
    if not template.personal:
        raise code_value.error(
            "code_area бывает только на именном бланке (personal only)", "добавьте personal: yes"
        )
    qr, text = template.code.qr.grown(QUIET_CODE_MM), template.code.text
    if template.code.qr.w_mm < 15:
        raise code_value.error("QR-код меньше 15 мм (code too small)", "напишите qr: [x, y, 15] или больше")
    page = Box(0, 0, template.width_mm, template.height_mm)
    if Box.around((page, qr, text)) != page:
        raise code_value.error(
            "QR-код или текст счёта за краем листа (outside the page)", "сдвиньте qr: и text:"
        )
    others: list[tuple[str, Box]] = [(marker.corner, marker.box) for marker in template.markers]
    others += [(f.name, f.box) for f in template.fields if f.kind != "printed"]
    for name, box in others:
        if box.overlaps(qr) or box.overlaps(text):
            raise code_value.error(
                f"QR-код с белым полем или текст счёта накрывает: {name} (overlap)",
                "сдвиньте qr:, text: или это поле",
            )
    if qr.overlaps(text):
        raise code_value.error("текст счёта заходит на QR-код (overlap)", "сдвиньте text: вправо или вниз")


def _type_sizes(template: Template, root: Section) -> Iterator[TemplateError]:
    least = LARGE_TEXT_PT if template.large_print else MIN_TEXT_PT
    for size, line in _sizes(template.artwork):
        if size < least:
            yield TemplateError(
                root.path,
                line,
                f"шрифт {size:g} пт слишком мелкий (type too small)",
                f"напишите не меньше {least:g} пт",
            )


def _sizes(artwork: Artwork) -> list[tuple[float, int]]:
    sizes = [(text.size_pt, text.line) for text in artwork.texts if text.line]
    for label in artwork.labels:
        sizes.append((label.size_pt, label.line))
        if label.hint:
            sizes.append((label.hint_size_pt, label.line))
    return sizes
