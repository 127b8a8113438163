"""Customers' photos, the papers of a batch, staff who leave or reset passwords, and the end of retention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

APPEND_ONLY_SQLITE = """
CREATE TRIGGER purge_act_no_{event} BEFORE {event} ON purge_act
BEGIN SELECT RAISE(ABORT, 'acts of destruction are append-only'); END
"""
APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION purge_act_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'acts of destruction are append-only'; END $$
    """,
    """
    CREATE TRIGGER purge_act_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON purge_act
    FOR EACH STATEMENT EXECUTE FUNCTION purge_act_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "submission",
        Column("id", ID, nullable=False),
        Column("reference", sa.Text(), nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("meter_serial", sa.Text(), nullable=False),
        Column("identified", sa.Boolean(), nullable=False),
        Column("session", sa.Text(), nullable=False),
        Column("photo", sa.Text(), nullable=False),
        Column("read", JSON),
        Column("entered", JSON),
        Column("sheet_id", ID),
        Column("created_at", MOMENT, nullable=False),
        Column("sent_at", MOMENT),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_submission_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.UniqueConstraint("reference", name="uq_submission_reference"),
    )
    op.create_index("ix_submission_state_created_at", "submission", ["state", "created_at"])
    op.create_index("ix_submission_sheet_id", "submission", ["sheet_id"])
    op.create_table(
        "batch_papers",
        Column("batch_id", ID, autoincrement=False, nullable=False),
        Column("key", sa.Text(), nullable=False),
        Column("opened_by", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("bag", sa.Text(), nullable=False),
        Column("box", sa.Text(), nullable=False),
        Column("seal", sa.Text(), nullable=False),
        Column("collector", sa.Text(), nullable=False),
        Column("emptied", sa.Text(), nullable=False),
        Column("declared", sa.Integer()),
        Column("header_sheet", ID),
        Column("done_at", MOMENT),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_batch_papers_batch_id"),
        sa.ForeignKeyConstraint(["header_sheet"], ["sheet.id"], name="fk_batch_papers_header_sheet"),
        sa.PrimaryKeyConstraint("batch_id", name="pk_batch_papers"),
        sa.UniqueConstraint("key", name="uq_batch_papers_key"),
    )
    op.create_index("ix_batch_papers_state", "batch_papers", ["state"])
    op.create_table(
        "legal_hold",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("why", sa.Text(), nullable=False),
        Column("placed_by", sa.Text(), nullable=False),
        Column("placed_at", MOMENT, nullable=False),
        Column("lifted_by", sa.Text()),
        Column("lifted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    op.create_table(
        "purge_act",
        Column("id", ID, nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("who", sa.Text(), nullable=False),
        Column("act", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purge_act"),
    )
    op.add_column("source_file", Column("purged_at", MOMENT))
    op.add_column("staff", Column("password_at", MOMENT))
    op.add_column("staff", Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("staff", Column("left_at", MOMENT))
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(event=event))
    else:
        for statement in APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION purge_act_append_only() CASCADE")
    for table in ("purge_act", "legal_hold", "batch_papers", "submission"):
        op.drop_table(table)
    for column in ("password_at", "must_change", "left_at"):
        op.drop_column("staff", column)
    op.drop_column("source_file", "purged_at")
