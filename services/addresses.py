"""The address on a paper beside the register's: a second witness for the account, and never more than that.

Another home raises a doubt. The same home tells two accounts apart that the ink leaves close, by a factor
that no address exceeds; it lifts nothing else, and a register without addresses says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.account import RegisterRow
from domain.reasons import Reason
from ocr.decode.rivals import weighed
from ocr.forms.address import compare
from ocr.results import FieldResult, SlipReading
from storage.records import Transaction
from templates.model import Template

#: Print that was read less surely than this says nothing.
_LEAST = 0.6
#: How many times likelier an address makes its account beside one with another address: typed letters are
#: often wrong, and people move.
_WEIGHT = 20.0


def with_address(
    tx: Transaction, supplier: str, slip: SlipReading, template: Template, rows: Sequence[RegisterRow]
) -> SlipReading:
    """``slip`` with its account weighed by the address that stands beside it.

    ``rows``: the register's of the account as it was read.
    """
    account = slip.fields.get("account")
    text = _typed(slip, template)
    if account is None or not account.value or not text or not rows or not rows[0].address:
        return slip
    ours = compare(text, rows[0].address)
    if ours.other:
        weighed = replace(account, reasons=(*account.reasons, Reason.ADDRESS_DIFFERS))
    elif ours.same and account.other and account.other != account.value:
        weighed = _apart(tx, supplier, account, text)
    else:
        return slip
    return replace(slip, fields=slip.fields | {"account": weighed})


def _apart(tx: Transaction, supplier: str, account: FieldResult, text: str) -> FieldResult:
    """The account against its closest rival, when the address is the account's and not the rival's."""
    rival = tx.registers.rows(supplier, account.other)
    if not rival or not rival[0].address or compare(text, rival[0].address).same:
        return account
    return weighed(account, _WEIGHT, 1.0)


def _typed(slip: SlipReading, template: Template) -> str:
    """The address as it was read in print; "" where it was not, or not surely enough."""
    for field in template.of_role("address"):
        result = slip.fields.get(field.name)
        if field.kind == "typed" and result is not None and result.confidence >= _LEAST:
            return result.value or ""
    return ""
