"""What differs from copy to copy of a personal form: its account, as codes and as text. PDF operators.

Points from the slip's lower left corner; black only.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.units import mm

from domain.errors import UsageError
from templates.model import Box, Field, Template
from templates.payment import payment_text
from templates.personal import code_text, printed_text
from templates.printing import marks

MM_PER_PT = 25.4 / 72
#: Type size (pt) of a printed account whose form does not say one.
_TYPE_PT = 14.0


def account_operators(template: Template, account: str, font: str) -> str:
    """Everything that a copy prints of its account; ``font``: its resource name.

    Raises ``UsageError`` where the form lacks what its codes have to say.
    """
    return "".join(_parts(template, account, font))


def account_origin(text: Box, size_pt: float) -> tuple[float, float]:
    """Left end of the printed account's baseline, in slip millimetres: digits centred in the box's height."""
    digit_height = 0.7 * size_pt * MM_PER_PT
    return text.x_mm, text.y_mm + (text.h_mm + digit_height) / 2


def type_size(field: Field) -> float:
    """The type size (pt) of a typed field that we print."""
    return field.type_pt or _TYPE_PT


def _parts(template: Template, account: str, font: str) -> Iterator[str]:
    yield "0 0 0 1 k\n"
    if template.code is not None:
        yield _modules(template, marks.code_rows(code_text(template.supplier, account)), template.code.qr)
        size = template.artwork.code_size_pt
        yield _line(template, printed_text(account), template.code.text, size, font)
    for field in template.fields:
        if field.role == "account" and field.kind == "typed":
            yield _line(template, account, field.box, type_size(field), font)
        elif field.role == "account_code":
            yield _modules(template, _rows(template, field, account), field.box)


def _rows(template: Template, field: Field, account: str) -> marks.Rows:
    if field.codes == "barcode":
        return marks.bar_row(account)
    if field.content == "account":
        return marks.code_rows(code_text(template.supplier, account))
    try:
        return marks.payment_rows(payment_text(template.payee, account))
    except ValueError as error:
        raise UsageError(
            f"код {field.name} бланка {template.key} не из чего составить: {error} (payee incomplete); "
            "впишите в payee: получателя из вашей квитанции"
        ) from None


def _modules(template: Template, rows: marks.Rows, box: Box) -> str:
    """A code that fills ``box``: a QR code's modules are square there, a bar code's as high as it is."""
    width, height = box.w_mm / len(rows[0]) * mm, box.h_mm / len(rows) * mm
    top = (template.height_mm - box.y_mm) * mm
    drawn = [f"q {width:.5f} 0 0 {-height:.5f} {box.x_mm * mm:.3f} {top:.3f} cm\n"]
    drawn += [f"{x} {y} {length} 1 re\n" for x, y, length in marks.runs(rows)]
    drawn.append("f Q\n")
    return "".join(drawn)


def _line(template: Template, text: str, box: Box, size: float, font: str) -> str:
    x, baseline = account_origin(box, size)
    return (
        f"BT /{font} {size:g} Tf {x * mm:.3f} {(template.height_mm - baseline) * mm:.3f} Td ({text}) Tj ET\n"
    )
