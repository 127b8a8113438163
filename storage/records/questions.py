"""Sheets in review that a reviewer left to a supervisor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.review_tables import question
from storage.records.tables import sheet
from storage.records.upsert import insert


@dataclass(frozen=True)
class QuestionRow:
    """Who asked about a sheet, and what."""

    sheet_id: int
    supplier: str
    asked_by: str
    note: str
    asked_at: datetime


class Questions:
    """Asks and answers; a sheet has one question at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, row: QuestionRow) -> None:
        """Leave the sheet to a supervisor; a second question takes the first one's place."""
        values = vars(row)
        change = {name: value for name, value in values.items() if name != "sheet_id"}
        self._connection.execute(
            insert(self._connection, question)
            .values(values)
            .on_conflict_do_update(index_elements=["sheet_id"], set_=change)
        )

    def of_sheet(self, sheet_id: int) -> QuestionRow | None:
        """The sheet's open question."""
        row = self._connection.execute(
            sa.select(question).where(question.c.sheet_id == sheet_id)
        ).one_or_none()
        return None if row is None else QuestionRow(**row._mapping)

    def close(self, sheet_id: int) -> bool:
        """The sheet is judged, or its question taken back; False when there was none."""
        return (
            self._connection.execute(sa.delete(question).where(question.c.sheet_id == sheet_id)).rowcount == 1
        )

    def open(self, supplier: str | None = None) -> int:
        """Sheets in review that wait for a supervisor."""
        query = (
            sa.select(sa.func.count())
            .select_from(question)
            .join(sheet, sheet.c.id == question.c.sheet_id)
            .where(sheet.c.state == SheetState.REVIEW.value)
        )
        if supplier is not None:
            query = query.where(question.c.supplier == supplier)
        return int(self._connection.execute(query).scalar_one())
