"""The account of a personal slip as a field: code, text, and whether somebody changed it by hand."""

from __future__ import annotations

from domain.reasons import Reason
from ocr.decode import AccountIndex
from ocr.forms.code import Code, read_code
from ocr.forms.ink import black_of
from ocr.forms.overwritten import Difference, compare
from ocr.forms.places import local_matrix
from ocr.forms.registration import Registered
from ocr.forms.settings import Grey
from ocr.results import Character, FieldResult
from templates.model import Box, Template

#: Foreign ink (mm²): from here somebody may have touched the number, from there he wrote one.
_TOUCHED_MM2, _WRITTEN_MM2 = 2.0, 10.0
#: Share of the account's print that may be missing.
_MISSING = 0.3
#: A QR code with its check digits; the printed text, read and found again in print.
_SURE = {"qr": 0.99999, "text": 0.9995}
_UNSURE = 0.5


def read_account(
    grey: Grey, registered: Registered, template: Template, accounts: AccountIndex | None, dpi: float
) -> FieldResult:
    """The printed account. Reasons: ``account_unclear``, ``account_contradicts_code``."""
    assert template.code is not None
    around = Box.around((template.code.qr, template.code.text))
    code = read_code(grey, local_matrix(registered, template, around), template.code)
    if code is None:
        return FieldResult(value="", source=None, reasons=(Reason.ACCOUNT_UNCLEAR,))
    if code.supplier is not None and code.supplier != template.supplier:
        # Another supplier's code stuck on this one's form.
        return _result(code, accounts, (Reason.ACCOUNT_CONTRADICTS_CODE,))
    difference = compare(
        registered.slip,
        template,
        code.account,
        with_code=code.source == "qr",
        dpi=dpi,
        black=black_of(registered.slip),
    )
    return _result(code, accounts, _reasons(difference))


def _reasons(difference: Difference) -> tuple[Reason, ...]:
    if difference.foreign_mm2 >= _WRITTEN_MM2:
        return (Reason.ACCOUNT_CONTRADICTS_CODE,)
    if difference.foreign_mm2 >= _TOUCHED_MM2 or difference.missing > _MISSING:
        return (Reason.ACCOUNT_UNCLEAR,)
    return ()


def _result(code: Code, accounts: AccountIndex | None, reasons: tuple[Reason, ...]) -> FieldResult:
    confidence = _UNSURE if reasons else _SURE[code.source]
    return FieldResult(
        value=code.account,
        confidence=confidence,
        raw=code.account,
        characters=tuple(Character(digit, confidence) for digit in code.account),
        in_register=None if accounts is None else code.account in accounts,
        source=code.source,
        reasons=reasons,
    )
