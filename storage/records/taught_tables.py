"""The tables of forms that were taught on the pages: drafts that are being drawn, and what was published."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from storage.records.tables import metadata
from storage.records.types import Id, Json, UtcDateTime

template_draft = Table(
    "template_draft",
    metadata,
    Column("id", Id, primary_key=True),
    Column("supplier", Text, nullable=False),
    # open: somebody draws it; published; dropped: its picture was destroyed
    Column("state", Text, nullable=False),
    # object of the page's upright picture (PNG)
    Column("picture", Text, nullable=False),
    Column("source", Text, nullable=False),
    # what was drawn and named, as services.designer writes it
    Column("content", Json, nullable=False),
    # counts up with every change, so that nobody writes over a colleague's
    Column("revision", sa.Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "state", "id"),
)

taught_template = Table(
    "taught_template",
    metadata,
    # a published version is never changed or deleted: sheets were read with it
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("supplier", Text, nullable=False),
    # objects: the YAML, and the picture of the empty form that it names
    Column("yaml", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("reference_name", Text, nullable=False),
    Column("draft_id", Id, ForeignKey("template_draft.id")),
    Column("published_by", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    # null: new sheets are read with it
    Column("withdrawn_by", Text),
    Column("withdrawn_at", UtcDateTime),
    UniqueConstraint("name", "version"),
)
