"""The table of how fast what machine reads."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Table, Text

from storage.records.tables import metadata
from storage.records.types import UtcDateTime

reading_pace = Table(
    "reading_pace",
    metadata,
    # a machine's pages by how long each took to read: a histogram that only grows
    Column("worker", Text, primary_key=True),
    # seconds up to which a page counts here; the last one stands for all above
    Column("upto", sa.Float, primary_key=True),
    Column("pages", sa.BigInteger, nullable=False),
    Column("seconds", sa.Float, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
