"""A personal slip's account: from its QR code, or from the printed digits where the code is torn."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np
import pytesseract
import zxingcpp

from ocr.forms.cutting import warp_box
from ocr.forms.settings import Floats, Grey
from templates.model import CodeArea
from templates.personal import parse_code, parse_printed

_DPI = 300.0
_QUIET_MM = 3.0
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True)
class Code:
    """``account`` as the slip carries it; ``source`` is ``qr`` or ``text``; ``supplier`` only from the
    code.
    """

    account: str
    source: str
    supplier: str | None = None


def read_code(grey: Grey, matrix: Floats, area: CodeArea) -> Code | None:
    """What the code says, else what the text beside it says if its check digits agree; None if neither does.

    ``matrix``: 3×3, slip millimetres → page pixels, with the slip's correction in it.
    """
    picture = warp_box(grey, matrix, area.qr.grown(_QUIET_MM), _DPI)
    for variant in (picture, np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), dtype=np.uint8)):
        for found in zxingcpp.read_barcodes(variant, formats=_FORMATS):
            said = parse_code(found.text)
            if said is not None:
                return Code(said.account, "qr", said.supplier)
    account = read_printed(warp_box(grey, matrix, area.text.grown(0.5), _DPI))
    return Code(account, "text") if account is not None else None


def read_printed(picture: Grey) -> str | None:
    """The account in a picture of the one printed line (300 dpi), by Tesseract; None unless it checks."""
    # Tesseract's own threads only get into each other's way beside other reader processes.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    framed = cv2.copyMakeBorder(picture, 20, 20, 20, 20, cv2.BORDER_REPLICATE)
    for variant in (framed, cv2.GaussianBlur(framed, (0, 0), 1.5)):
        try:
            text = pytesseract.image_to_string(
                variant, lang="eng", config="--psm 7 -c tessedit_char_whitelist=0123456789-", timeout=10
            )
        except (RuntimeError, pytesseract.TesseractError):
            return None
        account = parse_printed(text)
        if account is not None:
            return account
    return None
