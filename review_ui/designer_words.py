"""What fields, kinds and advice are called on the page that teaches forms."""

from __future__ import annotations

from templates.field_kinds import KINDS, kinds_of, meaning


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


#: Names with a meaning, in the order in which they are offered; "" is a name of one's own.
NAME_WORDS: dict[str, str] = {
    "account": _("Account"),
    "account_code": _("QR code or bar code of the account"),
    "reading": _("Meter reading (T1)"),
    "reading_t2": _("Reading T2"),
    "reading_t3": _("Reading T3"),
    "meter_serial": _("Meter number"),
    "date": _("Date of the reading"),
    "signature": _("Signature"),
    "address": _("Address"),
    "surname": _("Surname"),
    "reading_m2": _("Second meter: reading"),
    "reading_m2_t2": _("Second meter: reading T2"),
    "meter_serial_m2": _("Second meter: number"),
    "reading_m3": _("Third meter: reading"),
    "reading_m3_t2": _("Third meter: reading T2"),
    "meter_serial_m3": _("Third meter: number"),
    "": _("Something else: a name of its own"),
}

KIND_WORDS: dict[str, str] = {
    "digits": _("digits in cells"),
    "date": _("date in eight cells"),
    "digits_line": _("digits in one long box"),
    "date_line": _("date in one long box"),
    "tick": _("tick box"),
    "signature": _("signature: is there ink"),
    "line": _("writing: is there ink"),
    "handwriting": _("writing that a person types"),
    "typed": _("printed text"),
    "code": _("QR code or bar code"),
}

ADVICE: dict[str, str] = {
    "account_length": _("The account has another number of cells than this supplier's accounts have digits."),
    "no_signature": _("There is no signature: is that meant?"),
}
RESEMBLES = _(
    "This picture is read as {form} already: two forms that look alike send the sheets of both to people. "
    "Is a new version of that form meant? Then give this one its name."
)


def kinds_by_name() -> dict[str, list[str]]:
    """Which kinds a field of each name may have; ours alone that are printed by us are left out."""
    found: dict[str, list[str]] = {}
    for name in NAME_WORDS:
        means = meaning(name)
        allowed = kinds_of(name, "other" if means is None else means.role, personal=False)
        found[name] = [kind for kind in KINDS if kind in allowed and kind in KIND_WORDS]
    return found
