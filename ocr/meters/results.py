"""What the reader of meters says: frozen dataclasses, ready for JSON.

Quads are in *photo pixels*: of the upright original after EXIF rotation, x right, y down, from its top left;
four corners clockwise as the digits are read (top left, top right, bottom right, bottom left of the digits).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from domain.reasons import Reason
from ocr.results import Character, Outcome

Display = Literal["drum", "lcd"]
#: What a row of digits says: a reading, or what must not be taken for one (the shipped weights: ``other``).
Meaning = Literal["reading", "date", "time", "serial", "other"]
Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Alternative:
    """Another reading of the same digits, and its probability."""

    value: str
    decimals: str
    probability: float


@dataclass(frozen=True)
class DisplayReading:
    """One display on a photo.

    ``value``: the digits before the mark, leading zeros kept; ``decimals``: red or framed drums and what
    follows the point. ``characters`` spell ``value + decimals``. ``confidence``: the calibrated probability
    that ``value`` is right. ``turning``: a drum stands between two digits. ``tariff``: T1, T2, T3 or ``sum``
    where the screen says so. ``alternatives``: the next best readings, for evidence from the register.
    """

    value: str
    decimals: str
    confidence: float
    display: Display
    quad: Quad
    characters: tuple[Character, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    means: Meaning = "reading"
    tariff: str | None = None
    turning: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class MeterReading:
    """What was read from one photo: its displays, the most likely to be the register's first."""

    outcome: Outcome
    displays: tuple[DisplayReading, ...] = ()
    serial: str | None = None
    reasons: tuple[Reason, ...] = ()
    model: str = ""
    seconds: float = field(default=0.0, compare=False)
