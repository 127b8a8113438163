"""The tables of questionnaires: what customers answered on paper, and the files it went out in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text

from storage.records.tables import metadata
from storage.records.types import Id, Json, UtcDateTime

questionnaire_run = Table(
    "questionnaire_run",
    metadata,
    Column("id", Id, primary_key=True),
    # writing, written, finished or taken_over, as an export run's
    Column("state", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("count", sa.Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

questionnaire = Table(
    "questionnaire",
    metadata,
    # a sheet that is a questionnaire, from when it was recognised on
    Column("sheet_id", Id, ForeignKey("sheet.id"), primary_key=True, autoincrement=False),
    Column("supplier", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("account", Text, nullable=False),
    # field → text, as a person has checked it; empty until then, and when its term has ended
    Column("answers", Json, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("accepted_at", UtcDateTime),
    # the file it went out in: each goes out once
    Column("run_id", Id, ForeignKey("questionnaire_run.id")),
    Index(None, "run_id"),
    Index(None, "supplier", "account"),
)
