"""Tables that several processes of the pages share: what was tried how often, log-outs, who looks at what."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table, Text

from storage.records.tables import metadata
from storage.records.types import Id, UtcDateTime

attempt = Table(
    "attempt",
    metadata,
    # something that is limited: a log-in, a photo, a wrong account; ``key`` is a hash
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "kind", "key", "at"),
    Index(None, "kind", "at"),
)

ended_session = Table(
    "ended_session",
    metadata,
    # a log-out, until its cookie would have ended anyway
    Column("key", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

looked_at = Table(
    "looked_at",
    metadata,
    # a character of the grid that somebody has on the screen
    Column("sheet_id", Id, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("place", sa.Integer, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "until"),
)

shown_on = Table(
    "shown_on",
    metadata,
    # the page that showed a reviewer's slip last; ``kind``: review or second
    Column("kind", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("sheet_id", Id, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)
