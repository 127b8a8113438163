"""What is printed on a slip beside its fields and markers. Millimetres from the trimmed slip's top left.

``ink`` is the share of black (K), 0 none to 1 full; no other ink is used, so a slip prints in one colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FontStyle = Literal["regular", "bold", "italic"]
Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class TextArt:
    """A text; ``y_mm`` is the top of its first line, ``x_mm`` its left edge, middle or right by ``align``.

    With ``width_mm`` it is wrapped into lines of at most that width. ``line`` is where its YAML stands.
    """

    text: str
    x_mm: float
    y_mm: float
    size_pt: float
    style: FontStyle = "regular"
    align: Align = "left"
    width_mm: float | None = None
    ink: float = 1.0
    leading: float = 1.22
    line: int = 0


@dataclass(frozen=True)
class RuleArt:
    """A straight line between two points."""

    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float
    weight_mm: float = 0.25
    ink: float = 1.0


@dataclass(frozen=True)
class LabelArt:
    """A field's name above its box: the step's number in a disc, the name in bold, a hint behind it.

    ``baseline_mm`` is where the letters stand; ``step`` and ``hint`` may be empty.
    """

    text: str
    x_mm: float
    baseline_mm: float
    size_pt: float
    step: str = ""
    hint: str = ""
    hint_size_pt: float = 8.0
    line: int = 0


@dataclass(frozen=True)
class SampleArt:
    """Model digits written into cells, to show how; not a field.

    A blank in ``text`` leaves a gap of ``gap_mm``, an underscore an empty cell.
    """

    text: str
    x_mm: float
    y_mm: float
    cell_w_mm: float
    cell_h_mm: float
    gap_mm: float = 0.0
    ink: float = 1.0


@dataclass(frozen=True)
class HatchArt:
    """A box crossed out beforehand: nothing is to be written there."""

    x_mm: float
    y_mm: float
    w_mm: float
    h_mm: float
    ink: float = 0.35


@dataclass(frozen=True)
class Artwork:
    """All of a slip's decoration, in printing order.

    ``code_size_pt``: type size of a personal slip's account; ``code_line``: where its YAML stands.
    """

    texts: tuple[TextArt, ...] = ()
    rules: tuple[RuleArt, ...] = ()
    labels: tuple[LabelArt, ...] = ()
    samples: tuple[SampleArt, ...] = ()
    hatches: tuple[HatchArt, ...] = ()
    code_size_pt: float = 0.0
    code_line: int = 0
