"""One planned slip as a picture: the printed form with the customer's ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meterdrop.demo.plan import Kind, Slip
from simulate import paper
from simulate.fill import Manner, Writer, fill
from simulate.hands import hand
from simulate.paper import Grey
from simulate.strokes import Pen
from templates.model import Template


@dataclass(frozen=True)
class Forms:
    """The two forms of the demo."""

    blank: Template
    personal: Template


def picture(slip: Slip, forms: Forms, dpi: int, rng: np.random.Generator) -> Grey:
    """``slip`` filled, H×W at ``dpi``."""
    personal = slip.kind is Kind.PERSONAL
    template = forms.personal if personal else forms.blank
    filled = fill(template, slip.values, _writer(slip, rng), rng, _manner(slip, rng))
    printed = paper.personal(template, slip.entry.account, dpi) if personal else paper.blank(template, dpi)
    return paper.written(filled, printed, dpi, rng)


def _writer(slip: Slip, rng: np.random.Generator) -> Writer:
    """The slip's hand with a ball-point pen of its own."""
    pen = Pen(
        width=float(rng.uniform(0.35, 0.6)),
        darkness=float(rng.uniform(0.85, 1.0)),
        pressure=float(rng.uniform(0.0, 0.35)),
        shade=int(rng.integers(20, 90)),
    )
    size, unsteady = float(rng.uniform(0.6, 0.78)), float(rng.uniform(0.03, 0.07))
    return Writer(hand(slip.hand), pen, size, unsteady, letters=hand(slip.hand))


def _manner(slip: Slip, rng: np.random.Generator) -> Manner:
    struck: frozenset[tuple[str, int]] = frozenset()
    if slip.kind is Kind.STRUCK_READING:
        # The last digit, wherever the number stands in its six cells.
        last = 5 if slip.align == "right" else len(slip.reading) - 1
        struck = frozenset({("reading", last)})
    elif slip.kind is Kind.STRUCK_ACCOUNT:
        struck = frozenset({("account", int(rng.integers(3, 12)))})
    return Manner(slip.align, struck)
