"""Filled forms laid where they are printed, so that their fields can be read without looking for them."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.decode import AccountIndex
from ocr.forms.correction import Correction
from ocr.forms.cutting import warp
from ocr.forms.ink import black_of
from ocr.forms.kinds import Instruments, join_account, read_others
from ocr.forms.registration import Registered
from ocr.results import FieldResult, Registration
from simulate.fill import Writer, fill
from simulate.hands import HANDS
from simulate.paper import Grey, blank, personal, written
from simulate.strokes import Pen
from templates.model import Template

DPI = 200
INSTRUMENTS = Instruments()


def scanned(
    template: Template, says: dict[str, str], account: str | None = None, seed: int = 0, hand: int = 0
) -> Grey:
    """The form as ``says`` fills it in, through a scanner that blurs and crackles."""
    rng = np.random.default_rng(seed)
    printed = blank(template, DPI) if account is None else personal(template, account, DPI)
    pen = Pen(width=0.45, darkness=0.95, shade=45)
    page = written(fill(template, says, Writer(HANDS[hand], pen), rng), printed, DPI, rng)
    soft = cv2.GaussianBlur(page, (0, 0), 0.7).astype(np.float64)
    return np.clip(soft * 0.95 + rng.normal(0, 4, page.shape), 0, 255).astype(np.uint8)


def registered(page: Grey, template: Template) -> Registered:
    """A page that is the form and nothing else."""
    matrix = np.diag([DPI / 25.4, DPI / 25.4, 1.0])
    registration = Registration(tuple(matrix.ravel()), 0.0, 4)
    correction = Correction(np.zeros((2, 6)), {}, 0.0, 0.0, True)
    return Registered(registration, warp(page, matrix, template, 200.0), correction, True)


def read(page: Grey, template: Template, accounts: AccountIndex | None = None) -> dict[str, FieldResult]:
    """The fields that are not read from cells, the account as its codes name it."""
    slip = registered(page, template)
    results = read_others(
        page, slip, template, INSTRUMENTS, accounts=accounts, dpi=200.0, black=black_of(slip.slip)
    )
    return join_account(template, results, accounts)
