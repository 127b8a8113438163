"""What a PDF page shows: nothing, exactly one picture, or something that must be drawn.

Operators and their meaning are those of ISO 32000-1, annex A. Whatever is not understood here is drawn by
poppler, so this only has to know the pages that scanners make.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pikepdf

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_STYLE = frozenset(("w", "J", "j", "M", "d", "ri", "i", "CS", "SC", "SCN", "G", "RG", "K"))
_MARKS = frozenset(("BX", "EX", "MP", "DP", "BMC", "EMC"))
_TEXT_STATE = frozenset(("BT", "ET", "Tc", "Tw", "Tz", "TL", "Tf", "Ts", "Td", "TD", "Tm", "T*"))
_IGNORED = _STYLE | _MARKS | _TEXT_STATE
_OTHER_COLOURS = frozenset(("cs", "sc", "scn"))
_BLACK = {"g": ((0.0,),), "rg": ((0.0, 0.0, 0.0),), "k": ((0.0, 0.0, 0.0, 1.0),)}
_WHITE = {"g": (1.0,), "rg": (1.0, 1.0, 1.0), "k": (0.0, 0.0, 0.0, 0.0)}
_TEXT = frozenset(("Tj", "TJ", "'", '"'))
_INVISIBLE = 3
_DEEPEST = 64


class _MustDrawError(Exception):
    """The page is more than one picture."""


@dataclass(frozen=True)
class Placed:
    """One picture on the page: its XObject name, its matrix (unit square → page points), and what colour.

    ``clip``: box in points outside which nothing shows, or None. ``black``: a stencil would be painted black.
    """

    name: str
    matrix: Matrix
    black: bool
    clip: Box | None


@dataclass(frozen=True)
class Nothing:
    """The page shows nothing."""


@dataclass(frozen=True)
class Drawing:
    """The page must be drawn."""


@dataclass(frozen=True)
class Lost:
    """The page names a picture that the file does not hold."""


Shown = Placed | Nothing | Drawing | Lost


@dataclass(frozen=True)
class _State:
    matrix: Matrix = _IDENTITY
    fill: str = "black"
    text_mode: int = 0
    clip: Box | None = None


def what_is_shown(instructions: Iterable[Any], resources: pikepdf.Object | None) -> Shown:
    """Walk a page's instructions (as ``pikepdf.parse_content_stream`` gives them)."""
    walker = _Walker(resources)
    instructions = list(instructions)
    if any(str(each.operator) == "Do" and not _is_held(each.operands, resources) for each in instructions):
        return Lost()
    try:
        for instruction in instructions:
            walker.step(str(instruction.operator), instruction.operands)
    except (_MustDrawError, ValueError, TypeError, ArithmeticError, KeyError, AttributeError):
        return Drawing()
    return walker.placed or Nothing()


class _Walker:
    def __init__(self, resources: pikepdf.Object | None) -> None:
        self.placed: Placed | None = None
        self._resources = resources
        self._state = _State()
        self._stack: list[_State] = []
        self._path: list[Box] | None = []
        self._clipping = False

    def step(self, operator: str, operands: Any) -> None:
        state = self._state
        if operator in _IGNORED:
            return
        if operator in ("q", "Q"):
            self._save_or_restore(operator)
        elif operator == "cm":
            self._state = replace(state, matrix=multiply(_numbers(operands, 6), state.matrix))
        elif operator in _BLACK:
            self._state = replace(state, fill=_colour(operator, operands))
        elif operator in _OTHER_COLOURS:
            self._state = replace(state, fill="other")
        elif operator == "Do":
            self._picture(str(operands[0]))
        elif operator == "gs":
            self._graphics_state(str(operands[0]))
        elif operator == "Tr":
            self._state = replace(state, text_mode=int(operands[0]))
        elif operator in _TEXT or operator == "BDC":
            self._check_hidden(operator, operands)
        else:
            self._construct(operator, operands)

    def _save_or_restore(self, operator: str) -> None:
        if operator == "q":
            if len(self._stack) >= _DEEPEST:
                raise _MustDrawError
            self._stack.append(self._state)
        elif self._stack:
            self._state = self._stack.pop()

    def _check_hidden(self, operator: str, operands: Any) -> None:
        """Text must be the invisible one of a searchable scan; layers may be switched off and are drawn."""
        if operator in _TEXT and self._state.text_mode != _INVISIBLE:
            raise _MustDrawError
        if operator == "BDC" and str(operands[0]) == "/OC":
            raise _MustDrawError

    def _construct(self, operator: str, operands: Any) -> None:
        """Paths: white backgrounds and rectangular clips are understood, the rest must be drawn."""
        if operator == "re":
            x, y, w, h = _numbers(operands, 4)
            if self._path is not None:
                self._path.append(_bounds(self._state.matrix, x, y, w, h))
        elif operator in ("W", "W*"):
            self._clipping = True
        elif operator in ("f", "F", "f*"):
            if self._state.fill != "white" or self.placed is not None:
                raise _MustDrawError
            self._end_path()
        elif operator == "n":
            self._end_path()
        elif operator in ("m", "l", "c", "v", "y", "h"):
            self._path = None
        else:
            raise _MustDrawError

    def _end_path(self) -> None:
        if self._clipping:
            if self._path is None or len(self._path) != 1:
                raise _MustDrawError
            box, old = self._path[0], self._state.clip
            if old is not None:
                box = (max(box[0], old[0]), max(box[1], old[1]), min(box[2], old[2]), min(box[3], old[3]))
            self._state = replace(self._state, clip=box)
        self._clipping = False
        self._path = []

    def _picture(self, name: str) -> None:
        if self.placed is not None or self._resources is None:
            raise _MustDrawError
        pictures: Any = self._resources.get("/XObject")
        if pictures is None or pictures[name].get("/Subtype") != "/Image":
            raise _MustDrawError
        state = self._state
        self.placed = Placed(name, state.matrix, state.fill == "black", state.clip)

    def _graphics_state(self, name: str) -> None:
        states: Any = self._resources.get("/ExtGState") if self._resources is not None else None
        if states is None:
            raise _MustDrawError
        for key, value in states[name].items():
            harmless = (
                key in ("/Type", "/SA", "/OP", "/op", "/OPM", "/LW", "/AIS", "/TK", "/SM", "/FL", "/RI")
                or (key in ("/CA", "/ca") and float(value) == 1.0)
                or (key == "/BM" and str(value) in ("/Normal", "/Compatible"))
                or (key == "/SMask" and str(value) == "/None")
            )
            if not harmless:
                raise _MustDrawError


def _is_held(operands: Any, resources: Any) -> bool:
    """Whether what ``Do`` names is in the file and has data; odd operands are left to the drawing program."""
    if len(operands) != 1 or not isinstance(operands[0], pikepdf.Name):
        return True
    pictures = resources.get("/XObject") if resources is not None else None
    return pictures is not None and isinstance(pictures.get(operands[0]), pikepdf.Stream)


def multiply(first: tuple[float, ...], then: Matrix) -> Matrix:
    """The matrix that applies ``first`` and then ``then`` (row vectors, as PDF writes them)."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _bounds(matrix: Matrix, x: float, y: float, w: float, h: float) -> Box:
    a, b, c, d, e, f = matrix
    if max(abs(b), abs(c)) > 1e-6 and max(abs(a), abs(d)) > 1e-6:
        raise _MustDrawError  # a slanted rectangle
    xs = (a * x + c * y + e, a * (x + w) + c * (y + h) + e)
    ys = (b * x + d * y + f, b * (x + w) + d * (y + h) + f)
    return (min(xs), min(ys), max(xs), max(ys))


def _colour(operator: str, operands: Any) -> str:
    values = tuple(float(value) for value in operands)
    if values == _WHITE[operator]:
        return "white"
    return "black" if values in _BLACK[operator] else "other"


def _numbers(operands: Any, count: int) -> tuple[float, ...]:
    values = tuple(float(value) for value in operands)
    if len(values) != count:
        raise ValueError
    return values
