"""Everything that came for one account: sheets, readings, photos, for the desk that answers its customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.channel_tables import message
from storage.records.office_tables import batch_papers, submission
from storage.records.readings import ReadingRow
from storage.records.sheets import SheetRow, to_row
from storage.records.tables import reading, sheet, source_file


@dataclass(frozen=True)
class CaseRow:
    """A sheet of an account with its readings, those taken back too.

    ``reference``: of a customer's photo or message; ``bag``: the archive bag that a station's paper lies in;
    ``typed``: the fields that the customer typed beside a photo; ``text``: of a message, as it came.
    """

    sheet: SheetRow
    readings: tuple[ReadingRow, ...]
    reference: str
    bag: str = ""
    typed: Mapping[str, Any] | None = None
    text: str = ""


class Accounts:
    """Asks by account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cases(self, supplier: str, account: str, limit: int = 60) -> list[CaseRow]:
        """The account's sheets, newest first."""
        query = (
            sa.select(sheet, source_file.c.sha256, source_file.c.name.label("file_name"))
            .join(source_file, source_file.c.id == sheet.c.file_id)
            .where(sheet.c.supplier == supplier, sheet.c.account == account)
            .order_by(sheet.c.received_at.desc(), sheet.c.id.desc())
            .limit(limit)
        )
        rows = [to_row(row) for row in self._connection.execute(query)]
        ids = [row.id for row in rows]
        readings: dict[int, list[ReadingRow]] = defaultdict(list)
        query = sa.select(reading).where(reading.c.sheet_id.in_(ids)).order_by(reading.c.tariff, reading.c.id)
        for each in self._connection.execute(query):
            readings[each.sheet_id].append(ReadingRow(**each._mapping))
        photo = sa.select(submission.c.sheet_id, submission.c.reference, submission.c.entered)
        photos = {
            each.sheet_id: each
            for each in self._connection.execute(photo.where(submission.c.sheet_id.in_(ids)))
        }
        typed = sa.select(message.c.sheet_id, message.c.reference, message.c.text)
        texts = {
            each.sheet_id: each for each in self._connection.execute(typed.where(message.c.sheet_id.in_(ids)))
        }
        references = {sheet_id: each.reference for sheet_id, each in (*texts.items(), *photos.items())}
        kept = sa.select(batch_papers.c.batch_id, batch_papers.c.bag).where(
            batch_papers.c.batch_id.in_({row.batch_id for row in rows})
        )
        bags = {each.batch_id: each.bag for each in self._connection.execute(kept)}
        return [
            CaseRow(
                row,
                tuple(readings[row.id]),
                references.get(row.id, ""),
                bags.get(row.batch_id, ""),
                photos[row.id].entered if row.id in photos else None,
                texts[row.id].text if row.id in texts else "",
            )
            for row in rows
        ]

    def of_reference(self, reference: str) -> tuple[str, str] | None:
        """Supplier and account of a customer's reference, of a photo or a message."""
        photo = sa.select(submission.c.supplier, submission.c.account).where(
            submission.c.reference == reference
        )
        typed = (
            sa.select(sheet.c.supplier, sheet.c.account)
            .join(message, message.c.sheet_id == sheet.c.id)
            .where(message.c.reference == reference, sheet.c.account.isnot(None))
        )
        row = self._connection.execute(photo).first() or self._connection.execute(typed).first()
        return None if row is None else (row.supplier, row.account)

    def references(self, limit: int) -> list[str]:
        """The newest customers' references that have a sheet."""
        query = sa.select(submission.c.reference).where(submission.c.sheet_id.isnot(None))
        return list(self._connection.execute(query.order_by(submission.c.id.desc()).limit(limit)).scalars())
