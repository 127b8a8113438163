"""Characters that the machine read alike, for people who compare them, and what they said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.blind import DONE
from storage.records.review_tables import glyph_check
from storage.records.tables import blind_audit, sheet
from storage.records.upsert import insert


@dataclass(frozen=True)
class GlyphCheck:
    """What somebody said of one character: ``place`` counts the field's cells from 0."""

    sheet_id: int
    field: str
    place: int
    supplier: str
    glyph: str
    correct: bool
    who: str
    at: datetime


@dataclass(frozen=True)
class GlyphSheet:
    """A sheet whose characters can still be compared before billing gets them."""

    id: int
    state: str
    template: str
    recognition: Mapping[str, Any]


class Glyphs:
    """Sheets to compare, and the checks made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sheets(self, after: int, limit: int, supplier: str | None = None) -> list[GlyphSheet]:
        """The next sheets by id.

        Those accepted by the machine that billing has not got, and those in review; none that is to be read
        blindly, for this shows what the machine read.
        """
        blind = sa.exists().where(blind_audit.c.sheet_id == sheet.c.id, blind_audit.c.state != DONE)
        query = (
            sa.select(sheet.c.id, sheet.c.state, sheet.c.template, sheet.c.recognition)
            .where(
                sheet.c.id > after,
                sheet.c.state.in_([SheetState.ACCEPTED.value, SheetState.REVIEW.value]),
                sheet.c.entered.is_(None),
                sheet.c.template.isnot(None),
                sheet.c.recognition.isnot(None),
                ~blind,
            )
            .order_by(sheet.c.id)
            .limit(limit)
        )
        if supplier is not None:
            query = query.where(sheet.c.supplier == supplier)
        return [GlyphSheet(**row._mapping) for row in self._connection.execute(query)]

    def checked(self, sheet_ids: Sequence[int]) -> dict[tuple[int, str, int], bool]:
        """(sheet, field, place) → whether it was found right, for every character checked."""
        columns = (
            glyph_check.c.sheet_id,
            glyph_check.c.field,
            glyph_check.c.place,
            glyph_check.c.correct,
        )
        query = sa.select(*columns).where(glyph_check.c.sheet_id.in_(sheet_ids))
        return {(row[0], row[1], row[2]): row[3] for row in self._connection.execute(query)}

    def add(self, checks: Iterable[GlyphCheck]) -> None:
        """Record checks; a later word about a character replaces the earlier one."""
        for check in checks:
            change = {"correct": check.correct, "who": check.who, "at": check.at, "glyph": check.glyph}
            self._connection.execute(
                insert(self._connection, glyph_check)
                .values(vars(check))
                .on_conflict_do_update(index_elements=["sheet_id", "field", "place"], set_=change)
            )
