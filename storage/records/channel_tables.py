"""The tables of the channels in and out: messages, notices, API keys and the outbox to billing."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from storage.records.tables import metadata
from storage.records.types import Id, UtcDateTime

delivery_run = Table(
    "delivery_run",
    metadata,
    # one call, file or insertion that hands readings to a billing system
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    # http, file, exchange or table
    Column("target", Text, nullable=False),
    Column("place", Text, nullable=False),
    # open: formed, and handed over again until it is sure that billing has it;
    # sent: billing has it and its answers are awaited; done: every row is answered
    Column("state", Text, nullable=False),
    Column("rows", sa.Integer, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("error", Text, nullable=False),
    Index(None, "state", "next_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("reading_id", Id, ForeignKey("reading.id"), nullable=False),
    # reading, or reversal of one that billing had acknowledged
    Column("kind", Text, nullable=False),
    # what billing tells rows apart by, however often it gets one
    Column("key", Text, nullable=False, unique=True),
    # queued, sent (in a run), acknowledged, refused, cancelled (taken back before it went out)
    Column("state", Text, nullable=False),
    Column("run_id", Id, ForeignKey("delivery_run.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    # how often billing answered; only the first answer counts
    Column("answers", sa.Integer, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("words", Text, nullable=False),
    # the second key is what makes a reading go out once
    UniqueConstraint("reading_id", "kind"),
    Index(None, "state", "supplier", "id"),
    Index(None, "run_id"),
)

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # who handed it over (an API key's name, a mailbox) and its own name for it
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    # what the sender may ask about it by
    Column("reference", Text, nullable=False, unique=True),
    Column("sender", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # reading, not_understood, pictures or ignored
    Column("outcome", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("sheet_id", Id, ForeignKey("sheet.id")),
    UniqueConstraint("supplier", "channel", "source", "external_id"),
    Index(None, "sheet_id"),
)

message_file = Table(
    "message_file",
    metadata,
    # the files that came with a message
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("file_id", Id, ForeignKey("source_file.id"), primary_key=True, autoincrement=False),
    Index(None, "file_id"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    # what makes a notice go out once
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("sheet_id", Id, ForeignKey("sheet.id")),
    Column("message_id", Id, ForeignKey("message.id")),
    # sms, email or receipt (a line of the customer's next one)
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    # queued, sending, sent, doubtful (nobody knows whether it went out), failed
    Column("state", Text, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("error", Text, nullable=False),
    Index(None, "state", "next_at"),
    Index(None, "sheet_id"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("supplier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # SHA-256 of the key: the key itself is random and known to its holder alone
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
