"""The shapes of digits and letter-like scribbles as control points, drawn by hand for this project.

A glyph is its strokes; a stroke is its control points (x, y) in the glyph frame of ``simulate.hands``:
height 1, y down. A point written twice in a row is a corner. Digits are named after their value and what is
special: ``7-cross`` has a bar, ``1-flag`` an upstroke, ``4-open`` an open top.
"""

from __future__ import annotations

from typing import Final

Stroke = tuple[tuple[float, float], ...]
Glyph = tuple[Stroke, ...]


def _stroke(text: str) -> Stroke:
    """``"x,y x,y …"`` in hundredths; ``!`` after a point doubles it into a corner."""
    points: list[tuple[float, float]] = []
    for word in text.split():
        x, y = word.rstrip("!").split(",")
        points.extend([(int(x) / 100, int(y) / 100)] * (2 if word.endswith("!") else 1))
    return tuple(points)


def _glyph(*strokes: str) -> Glyph:
    return tuple(_stroke(text) for text in strokes)


#: The variant used where a hand names none.
PLAIN: Final = {0: "0", 1: "1-flag", 2: "2", 3: "3", 4: "4-open", 5: "5", 6: "6", 7: "7", 8: "8", 9: "9"}

DIGITS: Final[dict[str, Glyph]] = {
    "0": _glyph("36,3 18,6 3,34 4,68 20,97 40,95 55,66 54,30 38,4 28,4"),
    "0-open": _glyph("40,6 20,2 3,32 4,70 22,98 44,92 56,62 52,28 34,1"),
    "0-slash": _glyph("34,2 12,12 2,46 8,82 28,99 48,84 56,48 48,14 32,2", "62,-4 -4,104"),
    "1": _glyph("14,0 12,50 11,100"),
    "1-flag": _glyph("0,36 18,20 34,1! 32,50 29,100"),
    "1-long": _glyph("0,66 20,36 38,1! 36,52 33,100"),
    "1-base": _glyph("4,26 28,1! 27,98", "2,99 52,98"),
    "2": _glyph("5,24 22,2 46,8 50,30 30,62 3,98! 30,96 56,97"),
    "2-z": _glyph("4,14 22,2 46,6 50,24 32,56 2,99! 56,98"),
    "2-loop": _glyph("6,26 20,3 44,6 50,30 34,62 12,92 1,90 8,80 24,90 42,99 58,92"),
    "3": _glyph("6,12 24,1 44,10 42,32 20,45! 46,56 50,80 28,100 2,88"),
    "3-flat": _glyph("4,4 48,3! 22,40! 46,52 50,78 30,99 2,92"),
    "4-open": _glyph("14,2 8,32 3,58! 30,60 58,57", "46,24 44,60 42,100"),
    "4-tall": _glyph("16,14 2,62! 60,60", "44,0 42,100"),
    "4-closed": _glyph("42,100 43,50 44,1! 22,34 0,68! 62,67"),
    "5": _glyph("12,3 9,24 7,44! 28,37 49,54 48,82 26,100 2,90", "12,3 30,4 52,2"),
    "5-one": _glyph("52,3 14,4! 8,44! 30,38 50,56 46,86 22,100 1,88"),
    "6": _glyph("44,3 22,18 5,50 4,80 22,99 44,90 48,68 30,55 8,66 4,78"),
    "7": _glyph("2,6 26,5 52,3! 36,44 22,100"),
    "7-cross": _glyph("2,8 14,3 34,6 54,3! 38,44 26,100", "14,51 34,48 56,46"),
    "7-serif": _glyph("3,22 5,4! 54,3! 36,48 24,100"),
    "8": _glyph("46,14 26,1 7,18 24,44 49,72 28,100 3,78 22,50 46,22 42,10"),
    "8-circles": _glyph("26,46 8,32 10,8 30,0 46,14 42,38 26,46", "27,47 4,62 4,88 28,100 50,86 48,60 27,47"),
    "9": _glyph("46,16 26,1 5,18 8,42 28,50 46,28 48,14! 47,60 44,100"),
    "9-curl": _glyph("46,18 28,1 5,20 10,44 32,48 47,24 48,16! 50,56 40,90 22,100 4,92"),
}

#: Not an alphabet anyone would pass at school with: enough for a line to look like hurried Cyrillic.
LETTERS: Final[dict[str, Glyph]] = {
    "а": _glyph("38,52 20,46 4,70 8,96 26,96 40,66 40,50! 40,90 54,98"),
    "б": _glyph("52,2 20,16 4,60 10,96 36,96 42,64 20,54 8,70"),
    "в": _glyph("8,70 20,20 30,2 26,40 12,98! 40,94 40,62 16,66"),
    "г": _glyph("4,56 20,46 30,56 10,88 24,98 40,86"),
    "д": _glyph("38,52 14,48 4,80 20,98 38,70 40,50! 38,110 24,140 6,124 30,106 56,92"),
    "е": _glyph("6,78 34,66 28,46 8,58 6,90 26,100 46,88"),
    "и": _glyph("6,50 8,94 18,98 36,54! 36,92 44,100 58,90"),
    "к": _glyph("6,48 10,100", "40,48 12,74! 40,100 50,94"),
    "л": _glyph("0,94 10,98 28,50! 32,94 44,98"),
    "м": _glyph("0,96 10,94 20,50! 30,90 44,50! 48,94 60,96"),
    "н": _glyph("8,48 10,100", "10,74 36,72", "38,48 38,96 50,98"),
    "о": _glyph("26,48 6,60 8,94 28,98 38,72 28,50 42,56"),
    "п": _glyph("2,58 12,48 10,100", "11,62 28,46 36,60 34,96 46,98"),
    "р": _glyph("2,58 12,48 8,138", "10,64 28,46 40,66 28,96 12,88"),
    "с": _glyph("36,56 20,46 4,70 12,98 36,92"),
    "т": _glyph("0,58 10,48 9,100", "10,62 22,46 26,98", "26,62 40,46 44,94 54,98"),
    "у": _glyph("4,48 10,78 30,80 38,48! 34,112 16,138 2,124 44,92"),
    "ш": _glyph("4,50 6,94 18,98 24,50! 26,96 38,98 46,50! 48,94 60,96"),
    "я": _glyph("36,98! 38,48 14,50 14,74 36,74! 16,84 0,98"),
    ".": _glyph("4,97 7,99"),
    ",": _glyph("6,94 4,110"),
    "-": _glyph("2,72 26,70"),
    "/": _glyph("30,10 2,104"),
}
