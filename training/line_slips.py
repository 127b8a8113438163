"""Forms without cells, filled by recorded writers and scanned, with what they truly say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import cv2
import numpy as np

from simulate.fill import Writer, fill
from simulate.paper import Grey, blank, personal, written
from simulate.strokes import lay, vary
from templates.model import Box, Template
from training.slips import PicturedHand, RecordedHand, Truth, damaged, said, somebody, through_scanner

#: How people write a date without cells; pictured writers have no dots and leave a gap.
DATES = ("%d.%m.%Y", "%d.%m.%y", "%d %m %Y", "%d/%m/%y", "%d-%m-%Y")
_GAPS = ("%d %m %Y", "%d %m %y")
#: The scanner's worst: forms without markers are copied and scanned like any other.
_SKEW_DEG, _JPEG = 3.0, 75


def simulated(
    template: Template,
    accounts: list[str],
    hands: Sequence[RecordedHand | PicturedHand],
    seed: int,
    day: date = date(2026, 11, 25),
) -> Iterator[tuple[Grey, int, Truth]]:
    """Endless scanned forms: grey uint8 H×W, dpi, truth. Item ``i`` depends on ``seed + i`` alone."""
    index = seed
    while True:
        yield one(template, accounts, hands, np.random.default_rng(index), day)
        index += 1


def one(
    template: Template,
    accounts: list[str],
    hands: Sequence[RecordedHand | PicturedHand],
    rng: np.random.Generator,
    day: date,
) -> tuple[Grey, int, Truth]:
    """One scanned form; an account that its supplier prints is printed, all else is written."""
    hand, writer = somebody(hands, rng)
    account, reading, when = said(accounts, rng, day)
    dates = _GAPS if isinstance(hand, PicturedHand) else DATES
    figures = {
        "account": account,
        "reading": reading,
        "date": when.strftime(dates[int(rng.integers(len(dates)))]),
    }
    lines = {name: text for name, text in figures.items() if template.field(name).kind in _ON_A_LINE}
    rest = {"address": "ул. Мира 12 кв 7", "signature": "x"}
    rest = {field.name: rest[field.name] for field in template.fields if field.name in rest}
    dpi = int(rng.choice((200, 300)))
    printed = personal(template, account, dpi) if template.field("account").kind == "typed" else None
    page = blank(template, dpi) if printed is None else printed
    if isinstance(hand, RecordedHand):
        page = written(fill(template, {**lines, **rest}, writer, rng), page, dpi, rng)
    else:
        page = written(fill(template, rest, writer, rng), page, dpi, rng)
        level = float(rng.uniform(0.3, 0.55))
        for name, text in lines.items():
            _write_pictures(page, template.field(name).box, text, hand, writer, dpi, rng, level=level)
    page = damaged(page, template, dpi, rng)
    truth = Truth(account, reading, when.isoformat(), {}, hand.name)
    return through_scanner(page, rng, _SKEW_DEG, _JPEG), dpi, truth


_ON_A_LINE = ("digits_line", "date_line")


def _write_pictures(
    page: Grey,
    box: Box,
    text: str,
    hand: PicturedHand,
    writer: Writer,
    dpi: int,
    rng: np.random.Generator,
    *,
    level: float,
) -> None:
    """A writer's pictured digits side by side on a rule, as ``simulate.fill`` lays strokes, in place."""
    scale = dpi / 25.4
    em = min(box.h_mm * writer.size * float(np.exp(rng.normal(0.0, 0.08))), 0.86 * box.h_mm) * scale
    pen = vary(writer.pen, rng, 0.5)
    gap = float(rng.uniform(0.08, 0.25)) * em
    glyphs = [None if c == " " else hand.ink(int(c), em, pen, rng, level) for c in text]
    widths = [0.35 * em if ink is None else ink.shape[1] + gap for ink in glyphs]
    shrink = min(1.0, 0.94 * box.w_mm * scale / sum(widths))
    x = (box.x_mm + min(max(1.0, float(rng.normal(3.0, 1.5))), 0.05 * box.w_mm + 1.0)) * scale
    top = box.y_mm * scale + (box.h_mm * scale - em * shrink) * float(
        np.clip(rng.normal(0.55, 0.12), 0.1, 0.95)
    )
    for glyph, width in zip(glyphs, widths, strict=True):
        if glyph is not None:
            ink = cv2.resize(glyph, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            lay(
                page,
                np.asarray(ink, np.float32),
                round(x),
                round(top + float(rng.normal(0.0, 0.03)) * em),
                pen.shade,
            )
        x += width * shrink
