"""Bar codes and QR codes on a form: what account they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from ocr.forms.settings import Grey
from templates.model import Codes
from templates.payment import parse_payment
from templates.personal import parse_code

#: What a code is read at; a module of a receipt's QR code is about 0.5 mm, of its bar code 0.25.
DPI = 400.0
#: White paper around a code that is looked at with it (mm).
AROUND_MM = 4.0
_MATRIX = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Aztec]
)
_LINEAR = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.ITF,
        zxingcpp.BarcodeFormat.Code39,
    ]
)
_LOOKED_FOR = {"qr": (_MATRIX,), "barcode": (_LINEAR,), "any": (_MATRIX, _LINEAR)}


@dataclass(frozen=True)
class Said:
    """What a code says. ``account`` as it is there; ``source``: ``qr`` or ``barcode``.

    ``supplier``: where it names one of ours; ``ours``: whether it pays the form's payee, as far as it says.
    """

    account: str
    source: str
    supplier: str | None = None
    ours: bool = True


def read_codes(picture: Grey, codes: Codes, payee: tuple[tuple[str, str], ...] = ()) -> list[Said]:
    """Every code in a picture (uint8, about ``DPI``) that names an account, each once."""
    found: dict[Said, None] = {}
    for formats in _LOOKED_FOR[codes]:
        for variant in _variants(picture):
            said = [
                each
                for code in zxingcpp.read_barcodes(variant, formats=formats)
                if (each := _said(code, payee)) is not None
            ]
            found |= dict.fromkeys(said)
            if said:
                break
    return list(found)


def _variants(picture: Grey) -> Iterator[Grey]:
    """The picture, then softened against a printer's dots, then a coarser one for thickened bars."""
    yield picture
    yield np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), dtype=np.uint8)
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield np.asarray(half, dtype=np.uint8)


def _said(code: zxingcpp.Barcode, payee: tuple[tuple[str, str], ...]) -> Said | None:
    text = code.text.strip()
    if code.format in _LINEAR:
        return Said(text, "barcode") if text.isascii() and text.isdigit() else None
    own = parse_code(text)
    if own is not None:
        return Said(own.account, "qr", own.supplier)
    payment = parse_payment(code.bytes)
    if payment is not None:
        return Said(payment.account, "qr", ours=payment.pays(payee)) if payment.account else None
    return Said(text, "qr") if text.isascii() and text.isdigit() else None
