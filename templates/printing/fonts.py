"""The typeface of the forms: PT Sans (ParaType, SIL Open Font License), made for Russian public use.

It comes from the package ``fontpkg-pt-sans``; without it, from Debian's ``fonts-paratype``, or DejaVu Sans.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from domain.errors import SettingsError
from templates.art import FontStyle

#: Names under which the three cuts are registered with ReportLab.
NAMES: dict[FontStyle, str] = {
    "regular": "meterdrop-regular",
    "bold": "meterdrop-bold",
    "italic": "meterdrop-italic",
}
_PACKAGE = "fontpkg_pt_sans"
_PACKAGED: dict[FontStyle, str] = {
    "regular": "PT_Sans-Web-Regular.ttf",
    "bold": "PT_Sans-Web-Bold.ttf",
    "italic": "PT_Sans-Web-Italic.ttf",
}
_SYSTEM: tuple[tuple[Path, dict[FontStyle, str]], ...] = (
    (
        Path("/usr/share/fonts/truetype/paratype"),
        {"regular": "PTS55F.ttf", "bold": "PTS75F.ttf", "italic": "PTS56F.ttf"},
    ),
    (
        Path("/usr/share/fonts/truetype/dejavu"),
        {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf", "italic": "DejaVuSans-Oblique.ttf"},
    ),
)


def font_file(style: FontStyle) -> Path:
    """The TrueType file of a cut; raises ``SettingsError`` where no Cyrillic typeface is installed."""
    for folder, names in _candidates():
        path = folder / names[style]
        if path.is_file():
            return path
    raise SettingsError(
        "нет шрифта с кириллицей (no Cyrillic typeface); установите пакет fonts-paratype или fontpkg-pt-sans"
    )


def _candidates() -> list[tuple[Path, dict[FontStyle, str]]]:
    found = importlib.util.find_spec(_PACKAGE)
    packaged = []
    if found is not None and found.origin is not None:
        packaged.append((Path(found.origin).parent / "files", _PACKAGED))
    return [*packaged, *_SYSTEM]


@cache
def register() -> None:
    """Makes the three cuts known to ReportLab, once a process."""
    for style, name in NAMES.items():
        pdfmetrics.registerFont(TTFont(name, str(font_file(style))))


def width_mm(text: str, style: FontStyle, size_pt: float) -> float:
    """How wide ``text`` is set."""
    register()
    return float(pdfmetrics.stringWidth(text, NAMES[style], size_pt)) * 25.4 / 72


def wrap(text: str, style: FontStyle, size_pt: float, limit_mm: float | None) -> list[str]:
    """``text`` in lines of at most ``limit_mm``; what is longer and cannot be parted keeps its line.

    As Russian typesetting asks: no line ends in a word of one or two letters, none begins with a dash.
    """
    if limit_mm is None:
        return [text]
    lines: list[str] = []
    line = ""
    for word in _unparted(text.split()):
        longer = f"{line} {word}".strip()
        if line and width_mm(longer, style, size_pt) > limit_mm:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _unparted(words: list[str]) -> list[str]:
    """Words joined with their neighbours where no line may end."""
    joined: list[str] = []
    for word in words:
        short_before = joined and len(joined[-1].rsplit(" ", 1)[-1].strip("«»„“().,:;")) <= 2
        if joined and (short_before or word == "—"):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined
