"""What the screen of an electronic meter shows: its rows of figures and the symbols lit beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.meters.model import Meaning

_UNITS = ("kWh", "kW·h", "кВт·ч", "kW h", "KWH", "MWh")
_OTHER = (
    ("V", 230.0, 12.0, 1),
    ("A", 6.0, 5.0, 2),
    ("kW", 1.4, 1.2, 3),
    ("Hz", 50.0, 0.1, 2),
    ("kvar·h", 900.0, 700.0, 2),
)
_OBIS = (
    "1.8.0", "1.8.1", "1.8.2", "1.8.3", "1.8.4", "2.8.0", "15.8.0", "0.9.1", "0.9.2", "C.1.0", "5.8.0",
    "0.0.0", "96.1.0",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One row as it is lit: digits, spaces for dark places, ``.,:-`` between.

    ``decimals``: how many of its digits are behind the mark.
    """

    characters: str
    means: Meaning = "reading"
    tariff: str | None = None
    decimals: int = 0

    @property
    def places(self) -> int:
        """How many digit places it takes, dark ones too."""
        return sum(character not in ".,:" for character in self.characters)


@dataclass(frozen=True)
class Screen:
    """``main``: the large row; ``second``: a smaller one; ``unit`` beside the large; ``lit``: words lit."""

    main: Line
    second: Line | None
    unit: str | None
    lit: tuple[str, ...]


def some_screen(rng: np.random.Generator) -> Screen:
    """A screen as meters cycle through them: four in five show a reading."""
    point = ".,"[int(rng.random() < 0.3)]
    kind = rng.random()
    lit: list[str] = []
    unit: str | None = None
    if kind < 0.8:
        tariff = _tariff(rng)
        main = _reading(rng, point, tariff)
        unit = _UNITS[int(rng.integers(len(_UNITS)))] if rng.random() < 0.75 else None
        if tariff is not None:
            lit.append(_tariff_word(rng, tariff))
    elif kind < 0.88:
        main = Line(_date(rng), "date")
    elif kind < 0.93:
        main = Line(_time(rng), "time")
    elif kind < 0.96:
        main = Line("".join(str(d) for d in rng.integers(0, 10, int(rng.integers(6, 9)))), "serial")
    else:
        unit, middle, spread, decimals = _OTHER[int(rng.integers(len(_OTHER)))]
        value = max(float(rng.normal(middle, spread)), 0.0)
        words = f"{value:.{decimals}f}".replace(".", point)
        main = Line(" " * int(rng.integers(0, 4)) + words, "other", None, decimals)
    return Screen(main, _second(rng, main), unit, tuple(lit))


def _tariff(rng: np.random.Generator) -> str | None:
    return (None, "T1", "T2", "T3", "T4", "sum")[int(rng.choice(6, p=[0.4, 0.18, 0.14, 0.08, 0.02, 0.18]))]


def _tariff_word(rng: np.random.Generator, tariff: str) -> str:
    if tariff == "sum":
        return ("Σ", "TOTAL", "СУММА", "T", "ИТОГО", "ΣT")[int(rng.integers(6))]
    if rng.random() < 0.3:
        return tariff.replace("T", "ТАРИФ ") if rng.random() < 0.6 else tariff.replace("T", "A")
    return tariff


def _reading(rng: np.random.Generator, point: str, tariff: str | None) -> Line:
    places = int(rng.choice([4, 5, 6, 7, 8, 9], p=[0.03, 0.12, 0.3, 0.2, 0.3, 0.05]))
    decimals = min(int(rng.choice([0, 1, 2, 3], p=[0.22, 0.18, 0.33, 0.27])), places - 2)
    digits = [int(d) for d in rng.integers(0, 10, places)]
    if rng.random() < 0.6:
        zeros = int(rng.integers(1, places - decimals))
        digits[:zeros] = [0] * zeros
    words = "".join(str(d) for d in digits)
    whole, rest = words[: places - decimals], words[places - decimals :]
    if rng.random() < 0.45:  # leading places dark
        bare = whole.lstrip("0") or "0"
        whole = bare.rjust(len(whole))
    shown = whole + (point if rest else "") + rest
    return Line(shown, "reading", tariff, decimals)


def _date(rng: np.random.Generator) -> str:
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(10, 27))
    mark = (".", "-", ":", "", ".")[int(rng.integers(5))]
    parts = [f"{day:02}", f"{month:02}", f"{year:02}" if rng.random() < 0.7 else f"20{year:02}"]
    if rng.random() < 0.25:
        parts.reverse()
    return mark.join(parts)


def _time(rng: np.random.Generator) -> str:
    parts = [f"{int(rng.integers(0, 24)):02}", f"{int(rng.integers(0, 60)):02}"]
    if rng.random() < 0.7:
        parts.append(f"{int(rng.integers(0, 60)):02}")
    return (":" if rng.random() < 0.75 else ("-" if rng.random() < 0.5 else ".")).join(parts)


def _second(rng: np.random.Generator, main: Line) -> Line | None:
    kind = rng.random()
    if kind < 0.62:
        return None
    if kind < 0.82:
        return Line(_OBIS[int(rng.integers(len(_OBIS)))], "other")
    if kind < 0.9:
        return Line(_time(rng), "time")
    if kind < 0.96:
        return Line(_date(rng), "date")
    return Line(f"{int(rng.integers(0, 100)):02}", "other")


DARK = Screen(Line("        "), None, None, ())
"""A screen that is off, or shows nothing."""
