"""Questionnaires: what customers answered on paper, and the files that these answers went out in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "questionnaire_run",
        Column("id", ID, nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("path", sa.Text(), nullable=False),
        Column("count", sa.Integer(), nullable=False),
        Column("created_at", TIME, nullable=False),
        Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaire_run"),
    )
    op.create_table(
        "questionnaire",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("template", sa.Text(), nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("answers", JSON, nullable=False),
        Column("evidence", sa.Text(), nullable=False),
        Column("accepted_by", sa.Text(), nullable=False),
        Column("accepted_at", TIME),
        Column("run_id", ID),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_questionnaire"),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_questionnaire_sheet_id"),
        sa.ForeignKeyConstraint(["run_id"], ["questionnaire_run.id"], name="fk_questionnaire_run_id"),
    )
    op.create_index("ix_questionnaire_run_id", "questionnaire", ["run_id"])
    op.create_index("ix_questionnaire_supplier_account", "questionnaire", ["supplier", "account"])


def downgrade() -> None:
    for table in ("questionnaire", "questionnaire_run"):
        op.drop_table(table)
