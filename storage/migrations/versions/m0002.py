"""The bound in operation: thresholds with their proofs, blind audits, calibration from an archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

APPEND_ONLY_SQLITE = """
CREATE TRIGGER thresholds_no_{event} BEFORE {event} ON thresholds
BEGIN SELECT RAISE(ABORT, 'the history of thresholds is append-only'); END
"""
APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION thresholds_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the history of thresholds is append-only'; END $$
    """,
    """
    CREATE TRIGGER thresholds_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON thresholds
    FOR EACH STATEMENT EXECUTE FUNCTION thresholds_append_only()
    """,
)


def upgrade() -> None:
    _thresholds()
    _blind_audit()
    _archive()
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(event=event))
    else:
        for statement in APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION thresholds_append_only() CASCADE")
    for table in ("archive_reading", "archive_run", "blind_audit", "thresholds"):
        op.drop_table(table)


def _thresholds() -> None:
    op.create_table(
        "thresholds",
        Column("id", ID, nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("template", sa.Text(), nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("lowest", JSON, nullable=False),
        Column("target", sa.Float(), nullable=False),
        Column("delta", sa.Float(), nullable=False),
        Column("n", sa.Integer(), nullable=False),
        Column("accepted", sa.Integer(), nullable=False),
        Column("wrong", sa.Integer(), nullable=False),
        Column("wrong_registered", sa.Integer()),
        Column("bound", sa.Float(), nullable=False),
        Column("bound_registered", sa.Float()),
        Column("date", sa.Text(), nullable=False),
        Column("data", sa.Text(), nullable=False),
        Column("provisional", sa.Boolean(), nullable=False),
        Column("evidence", sa.Text(), nullable=False),
        Column("note", sa.Text(), nullable=False),
        Column("withdrawn", sa.Boolean(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_thresholds"),
    )
    columns = ["channel", "template", "model", "id"]
    op.create_index("ix_thresholds_channel_template_model_id", "thresholds", columns)


def _blind_audit() -> None:
    op.create_table(
        "blind_audit",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("sheet_id", ID, nullable=False),
        Column("kind", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("template", sa.Text(), nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("month", sa.Text(), nullable=False),
        Column("share", sa.Float(), nullable=False),
        Column("floor", sa.Float()),
        Column("first_by", sa.Text(), nullable=False),
        Column("first", JSON, nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("drawn_at", MOMENT, nullable=False),
        Column("claimed_by", sa.Text()),
        Column("claimed_until", MOMENT),
        Column("second_by", sa.Text()),
        Column("second", JSON),
        Column("second_at", MOMENT),
        Column("third_by", sa.Text()),
        Column("third", JSON),
        Column("third_at", MOMENT),
        Column("truth", JSON),
        Column("differs", sa.Text(), nullable=False),
        Column("wrong", sa.Boolean()),
        Column("wrong_registered", sa.Boolean()),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_blind_audit_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_blind_audit"),
        sa.UniqueConstraint("sheet_id", name="uq_blind_audit_sheet_id"),
    )
    op.create_index("ix_blind_audit_state_id", "blind_audit", ["state", "id"])
    op.create_index("ix_blind_audit_month_channel", "blind_audit", ["month", "channel"])


def _archive() -> None:
    op.create_table(
        "archive_run",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("manifest", sa.Text(), nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("rows", sa.Integer(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_archive_run"),
        sa.UniqueConstraint(
            "manifest", "supplier", "channel", "model", name="uq_archive_run_manifest_supplier_channel_model"
        ),
    )
    op.create_table(
        "archive_reading",
        Column("run_id", ID, autoincrement=False, nullable=False),
        Column("line", sa.Integer(), autoincrement=False, nullable=False),
        Column("template", sa.Text(), nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("outcome", sa.Text(), nullable=False),
        Column("held", sa.Boolean(), nullable=False),
        Column("score", sa.Float()),
        Column("date_score", sa.Float()),
        Column("disputed", sa.Boolean(), nullable=False),
        Column("wrong", sa.Boolean()),
        Column("wrong_registered", sa.Boolean()),
        Column("date_wrong", sa.Boolean()),
        sa.ForeignKeyConstraint(["run_id"], ["archive_run.id"], name="fk_archive_reading_run_id"),
        sa.PrimaryKeyConstraint("run_id", "line", name="pk_archive_reading"),
    )
