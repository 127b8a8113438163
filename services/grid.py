"""Compare characters that the machine read alike: one that is something else stands out among hundreds.

A person confirms a page of them and picks the wrong ones out. Nothing is corrected here: a slip that the
machine accepted and billing has not got returns to review, one in review is marked where to look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.errors import UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import judging, places, undo
from services.context import Context
from storage.records import GlyphCheck, GlyphSheet, SheetRow, Transaction
from templates.sides import form_of

GLYPHS = tuple("0123456789")
#: What billing gets; a date does not change what is billed.
_ROLES = frozenset({"account", "reading", "meter_serial"})
#: Sheets looked through for one page, and at a time.
_MOST_SHEETS, _AT_ONCE = 2000, 50

Place = tuple[int, str, int]
Verdict = Literal["confirmed", "sent_to_review", "marked", "too_late"]


@dataclass(frozen=True)
class Glyph:
    """One character.

    ``place`` counts the cells of ``field`` from 0; ``accepted``: the machine accepted the slip.
    """

    sheet_id: int
    field: str
    role: str
    tariff: str | None
    place: int
    confidence: float
    accepted: bool

    @property
    def key(self) -> Place:
        """What names it."""
        return self.sheet_id, self.field, self.place


@dataclass(frozen=True)
class GlyphPage:
    """Characters to compare, the least sure first; ``after``: where the next page goes on."""

    glyphs: tuple[Glyph, ...]
    after: int
    more: bool


@dataclass(frozen=True)
class GridResult:
    """How many characters were confirmed, and the slips of those that were picked out.

    ``sent_to_review``: they were accepted. ``marked``: they are in review. ``too_late``: billing has them, or
    a person has judged them; the audit log names them.
    """

    confirmed: int = 0
    sent_to_review: tuple[int, ...] = ()
    marked: tuple[int, ...] = ()
    too_late: tuple[int, ...] = ()


def next_page(
    ctx: Context,
    glyph: str,
    *,
    limit: int,
    after: int = 0,
    supplier: str | None = None,
    skip: Collection[Place] = (),
) -> GlyphPage:
    """Up to ``limit`` characters read as ``glyph`` that nobody has compared, of sheets behind ``after``.

    The first sheet's characters all come, even beyond ``limit``. ``skip``: what others are looking at.
    Raises ``UsageError`` for what is no digit.
    """
    if glyph not in GLYPHS:
        raise UsageError(f"{glyph!r} is no digit")
    found: list[Glyph] = []
    seen = 0
    with ctx.records.read() as tx:
        while seen < _MOST_SHEETS:
            sheets = tx.glyphs.sheets(after, _AT_ONCE, supplier)
            checked = tx.glyphs.checked([sheet.id for sheet in sheets])
            for sheet in sheets:
                here = [g for g in _read_as(ctx, sheet, glyph) if g.key not in checked and g.key not in skip]
                if found and len(found) + len(here) > limit:
                    return _page(found, after, more=True)
                found += here
                after = sheet.id
            seen += len(sheets)
            if len(sheets) < _AT_ONCE:
                return _page(found, after, more=False)
    return _page(found, after, more=True)


def settle(
    ctx: Context, user: str, glyph: str, seen: Sequence[Place], picked: Collection[Place]
) -> GridResult:
    """``user`` has looked at the characters ``seen``: those ``picked`` are not ``glyph``, all others are.

    Raises ``UsageError`` for a character that the machine did not read as ``glyph``.
    """
    at, verdicts = ctx.clock(), dict[Place, Verdict]()
    with ctx.records.begin() as tx:
        rows = {row.id: row for row in tx.sheets.get(sorted({key[0] for key in seen}))}
        for supplier in sorted({row.supplier for row in rows.values()}):
            tx.lock(judging.sheets_lock(supplier))
        rows = {row.id: row for row in tx.sheets.get(sorted(rows), lock=True)}
        for sheet_id in sorted({key[0] for key in seen}):
            keys = [key for key in seen if key[0] == sheet_id]
            _must_be_there(ctx, rows.get(sheet_id), keys, glyph)
            wrong = [key for key in keys if key in picked]
            verdicts |= dict.fromkeys(keys, "confirmed")
            if wrong:
                verdicts |= dict.fromkeys(wrong, _pick_out(ctx, tx, rows[sheet_id], wrong, glyph, user=user))
        tx.glyphs.add(
            GlyphCheck(*key, rows[key[0]].supplier, glyph, verdict == "confirmed", user, at)
            for key, verdict in verdicts.items()
        )
        for key, verdict in verdicts.items():
            details = {"glyph": glyph, "field": key[1], "place": key[2]}
            supplier = rows[key[0]].supplier
            what = f"grid.{verdict}"
            tx.audits.add(at, user, what, supplier=supplier, sheet_id=key[0], details=details)
    return GridResult(
        sum(verdict == "confirmed" for verdict in verdicts.values()),
        *(_sheets(verdicts, each) for each in ("sent_to_review", "marked", "too_late")),
    )


def _pick_out(
    ctx: Context, tx: Transaction, row: SheetRow, wrong: Sequence[Place], glyph: str, *, user: str
) -> Verdict:
    if row.state is SheetState.REVIEW:
        return "marked"
    if row.state is not SheetState.ACCEPTED or row.entered is not None:
        return "too_late"
    if not undo.withdraw_readings(ctx, tx, row, "picked_out"):
        return "too_late"
    details = {"glyph": glyph, "places": [[field, place] for _, field, place in wrong]}
    # A blind audit of it stays drawn: it is about what the machine accepted.
    tx.sheets.move(row, SheetState.REVIEW, (Reason.PICKED_OUT,), at=ctx.clock(), who=user, details=details)
    return "sent_to_review"


def _must_be_there(ctx: Context, row: SheetRow | None, keys: Sequence[Place], glyph: str) -> None:
    known: set[Place] = set()
    if row is not None and row.recognition is not None:
        sheet = GlyphSheet(row.id, row.state.value, row.template or "", row.recognition)
        known = {each.key for each in _read_as(ctx, sheet, glyph)}
    for key in keys:
        if key not in known:
            raise UsageError(f"sheet {key[0]} has no {glyph!r} in place {key[2]} of {key[1]!r}")


def _read_as(ctx: Context, sheet: GlyphSheet, glyph: str) -> Iterator[Glyph]:
    """The characters of the sheet's values that are ``glyph``."""
    template = form_of(ctx.templates, sheet.template)
    if template is None:
        return
    fields: Mapping[str, Any] = sheet.recognition.get("fields", {})
    for form in template.fields:
        name, cells = form.name, len(form.cells)
        if form.role not in _ROLES or not cells:
            continue
        result = fields.get(name) or {}
        characters: list[tuple[str, float]] = [(c[0], c[1]) for c in result.get("characters", ())]
        if not result.get("value") or len(characters) != cells:
            continue
        values = places.by_place(result["value"], [char for char, _ in characters], cells)
        for place, value in enumerate(values):
            if value == glyph:
                accepted = sheet.state == SheetState.ACCEPTED.value
                sure = characters[place][1]
                yield Glyph(sheet.id, name, form.role, form.tariff, place, sure, accepted)


def _page(found: list[Glyph], after: int, *, more: bool) -> GlyphPage:
    return GlyphPage(tuple(sorted(found, key=lambda glyph: glyph.confidence)), after, more)


def _sheets(verdicts: Mapping[Place, Verdict], verdict: Verdict) -> tuple[int, ...]:
    return tuple(sorted({key[0] for key, each in verdicts.items() if each == verdict}))
