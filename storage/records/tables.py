"""The tables.

Every record carries its supplier; migrations in ``storage/migrations`` bring a database here.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from storage.records.types import Id, Json, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("collected", sa.Date, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

source_file = Table(
    "source_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("size", sa.BigInteger, nullable=False),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    # received: pages not yet counted; split: a sheet a page; unreadable: no page can be had
    Column("state", Text, nullable=False),
    Column("pages", sa.Integer),
    Column("received_at", UtcDateTime, nullable=False),
    # the original was destroyed at the end of its term
    Column("purged_at", UtcDateTime),
    Index(None, "state"),
    Index(None, "batch_id"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("file_id", Id, ForeignKey("source_file.id"), nullable=False),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "batch_id"),
    Index(None, "file_id"),
)

sheet = Table(
    "sheet",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("file_id", Id, ForeignKey("source_file.id"), nullable=False),
    Column("page", sa.Integer, nullable=False),
    Column("slip", sa.Integer, nullable=False),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("collected", sa.Date, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    # comma-separated codes: equal reasons are equal text, so one GROUP BY counts them
    Column("reasons", Text, nullable=False, default=""),
    Column("template", Text),
    Column("model", Text),
    Column("account", Text),
    Column("recognition", Json),
    Column("entered", Json),
    Column("pixel_hash", Text),
    Column("ink", sa.LargeBinary),
    Column("duplicate_of", Id, ForeignKey("sheet.id")),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("file_id", "page", "slip"),
    Index(None, "state", "reasons"),
    Index(None, "state", "id"),
    Index(None, "state", "updated_at"),
    Index(None, "batch_id"),
    Index(None, "supplier", "account"),
    Index(None, "supplier", "channel", "template", "state"),
    Index(None, "pixel_hash"),
)

reading = Table(
    "reading",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("sheet_id", Id, ForeignKey("sheet.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("meter_serial", Text, nullable=False),
    Column("tariff", Text, nullable=False),
    # text: the register's digit count with leading zeros
    Column("reading", Text, nullable=False),
    Column("reading_date", sa.Date, nullable=False),
    Column("period", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("flags", Text, nullable=False, default=""),
    # a reading that was taken back stays; the sheet's next one has the next revision
    Column("revision", sa.Integer, nullable=False, server_default="1"),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_why", Text, nullable=False, server_default=""),
    UniqueConstraint("sheet_id", "meter_serial", "tariff", "revision"),
    Index(None, "supplier", "account", "period"),
)

export_run = Table(
    "export_run",
    metadata,
    Column("id", Id, primary_key=True),
    # writing: the file is not in place; written: it is about to be; finished: handed over;
    # taken_over: it never was, and a later run has its readings
    Column("state", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("readings", sa.Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index(None, "state"),
)

export_item = Table(
    "export_item",
    metadata,
    # the primary key is what makes a reading go out once
    Column("reading_id", Id, ForeignKey("reading.id"), primary_key=True, autoincrement=False),
    Column("supplier", Text, nullable=False),
    Column("run_id", Id, ForeignKey("export_run.id"), nullable=False),
    Index(None, "run_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("supplier", Text),
    Column("sheet_id", Id),
    Column("state_before", Text),
    Column("state_after", Text),
    Column("details", Json),
    Index(None, "sheet_id", "id"),
    Index(None, "what", "id"),
)

account = Table(
    "account",
    metadata,
    Column("supplier", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("meter_serial", Text, primary_key=True),
    Column("tariff", Text, primary_key=True),
    Column("surname", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("digits", sa.Integer),
    Column("decimals", sa.Integer, nullable=False),
    Column("previous_reading", Text),
    Column("previous_date", sa.Date),
    Column("previous_kind", Text, nullable=False),
    Column("monthly_average", sa.Float),
    Column("ratio", sa.Float, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("notify", Text, nullable=False),
    # another number by which customers know the account
    Column("alias", Text, nullable=False),
    # "", closed, managed, remote, or replaced (this meter), from status_since on
    Column("status", Text, nullable=False, server_default=""),
    Column("status_since", sa.Date),
    Column("report_to", Text, nullable=False, server_default=""),
    # kWh a month by the norm; null: the supplier's setting, or billing knows it
    Column("monthly_norm", sa.Float),
    # months in a row already billed by an estimate when the register was made
    Column("estimated_months", sa.Integer, nullable=False, server_default="0"),
    # the controller's round that passes here
    Column("route", Text, nullable=False, server_default=""),
    Index(
        None,
        "supplier",
        "alias",
        sqlite_where=sa.text("alias <> ''"),
        postgresql_where=sa.text("alias <> ''"),
    ),
    sqlite_with_rowid=False,
)

register_version = Table(
    "register_version",
    metadata,
    Column("supplier", Text, primary_key=True),
    Column("version", sa.Integer, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)

thresholds = Table(
    "thresholds",
    metadata,
    # append-only, like the audit log: what counted when can always be told
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("model", Text, nullable=False),
    # field → lowest confidence; null: never accepted by the machine alone
    Column("lowest", Json, nullable=False),
    Column("target", sa.Float, nullable=False),
    Column("delta", sa.Float, nullable=False),
    Column("n", sa.Integer, nullable=False),
    Column("accepted", sa.Integer, nullable=False),
    Column("wrong", sa.Integer, nullable=False),
    Column("wrong_registered", sa.Integer),
    Column("bound", sa.Float, nullable=False),
    Column("bound_registered", sa.Float),
    Column("date", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("provisional", sa.Boolean, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("note", Text, nullable=False, default=""),
    # nothing is accepted by the machine alone until a later row says so
    Column("withdrawn", sa.Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Index(None, "channel", "template", "model", "id"),
)

blind_audit = Table(
    "blind_audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("sheet_id", Id, ForeignKey("sheet.id"), nullable=False, unique=True),
    # machine: accepted by the machine alone; reviewed: accepted by a person
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False, default=""),
    Column("model", Text, nullable=False, default=""),
    Column("month", Text, nullable=False),
    # probability with which this sheet was drawn, and the threshold then in force
    Column("share", sa.Float, nullable=False),
    Column("floor", sa.Float),
    Column("first_by", Text, nullable=False),
    Column("first", Json, nullable=False),
    # open: nobody has answered; disputed: the second answer differs; done
    Column("state", Text, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Column("second_by", Text),
    Column("second", Json),
    Column("second_at", UtcDateTime),
    Column("third_by", Text),
    Column("third", Json),
    Column("third_at", UtcDateTime),
    # the final truth; null while it is open, and for ever when nobody could read the slip
    Column("truth", Json),
    Column("differs", Text, nullable=False, default=""),
    Column("wrong", sa.Boolean),
    Column("wrong_registered", sa.Boolean),
    Index(None, "state", "id"),
    Index(None, "month", "channel"),
)

archive_run = Table(
    "archive_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("rows", sa.Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("manifest", "supplier", "channel", "model"),
)

archive_reading = Table(
    "archive_reading",
    metadata,
    # results alone: neither the scan nor what is written on it
    Column("run_id", Id, ForeignKey("archive_run.id"), primary_key=True, autoincrement=False),
    Column("line", sa.Integer, primary_key=True, autoincrement=False),
    Column("template", Text, nullable=False, default=""),
    Column("model", Text, nullable=False, default=""),
    # read, not_read (no form, unreadable, no such slip) or no_file
    Column("outcome", Text, nullable=False),
    # something else than a confidence keeps the machine from accepting it
    Column("held", sa.Boolean, nullable=False),
    Column("score", sa.Float),
    Column("date_score", sa.Float),
    # the two keyings differ: no truth
    Column("disputed", sa.Boolean, nullable=False),
    Column("wrong", sa.Boolean),
    Column("wrong_registered", sa.Boolean),
    Column("date_wrong", sa.Boolean),
)

shadow_reading = Table(
    "shadow_reading",
    metadata,
    # what a model that decides nothing read on the same cells
    Column("sheet_id", Id, ForeignKey("sheet.id"), primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("recognition", Json, nullable=False),
    # as the thresholds would see it; held: not acceptable at any
    Column("score", sa.Float, nullable=False),
    Column("date_score", sa.Float),
    Column("held", sa.Boolean, nullable=False),
    Index(None, "model"),
)

model_choice = Table(
    "model_choice",
    metadata,
    # append-only: which weights read a supplier's batches from when on
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("model", Text, nullable=False),
    # key of the weights among the objects; empty: those that ship with the program
    Column("weights", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Index(None, "supplier", "id"),
)
