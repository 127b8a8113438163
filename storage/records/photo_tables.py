"""The table of photos' marks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text

from storage.records.tables import metadata
from storage.records.types import Id, UtcDateTime

photo_mark = Table(
    "photo_mark",
    metadata,
    # what finds the same photo again; gone when the photo is destroyed
    Column("sheet_id", Id, ForeignKey("sheet.id"), primary_key=True, autoincrement=False),
    Column("supplier", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("mark", sa.LargeBinary, nullable=False),
    Column("look", sa.LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "supplier", "at"),
)
