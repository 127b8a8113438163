"""Marks of customers' photos, by which a photo that was sent before is found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.photo_tables import photo_mark
from storage.records.upsert import insert


@dataclass(frozen=True)
class NewMark:
    """A photo's mark and look (``ocr.meters.likeness``)."""

    sheet_id: int
    supplier: str
    account: str
    mark: bytes
    look: bytes
    at: datetime


class PhotoMarks:
    """Adds marks and finds them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: NewMark) -> None:
        """Record a photo's mark; the first one of a sheet stays."""
        self._connection.execute(
            insert(self._connection, photo_mark)
            .values(**vars(row))
            .on_conflict_do_nothing(index_elements=["sheet_id"])
        )

    def since(self, supplier: str, moment: datetime, but: int) -> tuple[list[int], list[bytes]]:
        """Sheets of a supplier's photos since a moment with their marks, the newest first."""
        query = (
            sa.select(photo_mark.c.sheet_id, photo_mark.c.mark)
            .where(photo_mark.c.supplier == supplier, photo_mark.c.at >= moment, photo_mark.c.sheet_id != but)
            .order_by(photo_mark.c.sheet_id.desc())
        )
        rows = self._connection.execute(query).all()
        return [row.sheet_id for row in rows], [row.mark for row in rows]

    def looks(self, sheet_ids: Sequence[int]) -> dict[int, bytes]:
        """Sheet → look."""
        query = sa.select(photo_mark.c.sheet_id, photo_mark.c.look).where(
            photo_mark.c.sheet_id.in_(list(sheet_ids))
        )
        return {row.sheet_id: row.look for row in self._connection.execute(query)}

    def forget(self, sheet_ids: Sequence[int]) -> None:
        """Take the marks of these sheets away: their photos were destroyed."""
        self._connection.execute(sa.delete(photo_mark).where(photo_mark.c.sheet_id.in_(list(sheet_ids))))
