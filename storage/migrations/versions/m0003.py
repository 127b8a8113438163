"""Shadow models: what they read beside the one that decides, and which model reads from when on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

APPEND_ONLY_SQLITE = """
CREATE TRIGGER model_choice_no_{event} BEFORE {event} ON model_choice
BEGIN SELECT RAISE(ABORT, 'the history of models is append-only'); END
"""
APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION model_choice_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the history of models is append-only'; END $$
    """,
    """
    CREATE TRIGGER model_choice_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON model_choice
    FOR EACH STATEMENT EXECUTE FUNCTION model_choice_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "shadow_reading",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("recognition", JSON, nullable=False),
        Column("score", sa.Float(), nullable=False),
        Column("date_score", sa.Float()),
        Column("held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_shadow_reading_sheet_id"),
        sa.PrimaryKeyConstraint("sheet_id", "model", name="pk_shadow_reading"),
    )
    op.create_index("ix_shadow_reading_model", "shadow_reading", ["model"])
    op.create_table(
        "model_choice",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("model", sa.Text(), nullable=False),
        Column("weights", sa.Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_choice"),
    )
    op.create_index("ix_model_choice_supplier_id", "model_choice", ["supplier", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(event=event))
    else:
        for statement in APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION model_choice_append_only() CASCADE")
    for table in ("model_choice", "shadow_reading"):
        op.drop_table(table)
