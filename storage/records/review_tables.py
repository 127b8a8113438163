"""The tables of the review pages: questions to a supervisor, and characters checked in the grid."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, Text

from storage.records.tables import metadata
from storage.records.types import Id, UtcDateTime

question = Table(
    "question",
    metadata,
    # a sheet in review that a reviewer left to a supervisor; gone when it is judged, the audit log keeps it
    Column("sheet_id", Id, ForeignKey("sheet.id"), primary_key=True, autoincrement=False),
    Column("supplier", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

glyph_check = Table(
    "glyph_check",
    metadata,
    # a character that a person compared with others read as the same
    Column("sheet_id", Id, ForeignKey("sheet.id"), primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("place", sa.Integer, primary_key=True, autoincrement=False),
    Column("supplier", Text, nullable=False),
    Column("glyph", Text, nullable=False),
    Column("correct", sa.Boolean, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
