"""The tables of the staff, the customers' page, the stations' batches and the end of retention."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text

from storage.records.tables import metadata
from storage.records.types import Id, Json, UtcDateTime

staff = Table(
    "staff",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # null: never changed since
    Column("password_at", UtcDateTime),
    # a password that somebody else has seen is good for one log-in
    Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("left_at", UtcDateTime),
)

submission = Table(
    "submission",
    metadata,
    # a customer's photo with what was typed beside it
    Column("id", Id, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("supplier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # draft: the customer has not confirmed it; sent: it has its sheet; dropped: it was never confirmed
    Column("state", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("meter_serial", Text, nullable=False),
    # what was asked beside the account agrees with the register
    Column("identified", sa.Boolean, nullable=False),
    # hash of the session that began it: nobody else sees the photo
    Column("session", Text, nullable=False),
    Column("photo", Text, nullable=False),
    Column("read", Json),
    Column("entered", Json),
    Column("sheet_id", Id, ForeignKey("sheet.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Index(None, "state", "created_at"),
    Index(None, "sheet_id"),
)

batch_papers = Table(
    "batch_papers",
    metadata,
    Column("batch_id", Id, ForeignKey("batch.id"), primary_key=True, autoincrement=False),
    # made by the station, so that a lost answer does not open a second batch
    Column("key", Text, nullable=False, unique=True),
    Column("opened_by", Text, nullable=False),
    # open: files may still come; closed: they are all here; done: every sheet is in its state
    Column("state", Text, nullable=False),
    Column("bag", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("collector", Text, nullable=False),
    Column("emptied", Text, nullable=False),
    Column("declared", sa.Integer),
    Column("header_sheet", Id, ForeignKey("sheet.id")),
    Column("done_at", UtcDateTime),
    Index(None, "state"),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    # account "": everything of the supplier
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", UtcDateTime),
)

purge_act = Table(
    "purge_act",
    metadata,
    # append-only: what was destroyed when, without what it said
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", Json, nullable=False),
)
