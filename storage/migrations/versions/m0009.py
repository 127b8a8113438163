"""Forms that were taught on the pages: drafts and published versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "template_draft",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("picture", sa.Text(), nullable=False),
        Column("source", sa.Text(), nullable=False),
        Column("content", JSON, nullable=False),
        Column("revision", sa.Integer(), nullable=False),
        Column("created_by", sa.Text(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("updated_by", sa.Text(), nullable=False),
        Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_template_draft"),
    )
    op.create_index("ix_template_draft_state_id", "template_draft", ["state", "id"])
    op.create_table(
        "taught_template",
        Column("id", ID, nullable=False),
        Column("name", sa.Text(), nullable=False),
        Column("version", sa.Integer(), nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("yaml", sa.Text(), nullable=False),
        Column("reference", sa.Text(), nullable=False),
        Column("reference_name", sa.Text(), nullable=False),
        Column("draft_id", ID),
        Column("published_by", sa.Text(), nullable=False),
        Column("published_at", MOMENT, nullable=False),
        Column("withdrawn_by", sa.Text()),
        Column("withdrawn_at", MOMENT),
        sa.ForeignKeyConstraint(["draft_id"], ["template_draft.id"], name="fk_taught_template_draft_id"),
        sa.PrimaryKeyConstraint("id", name="pk_taught_template"),
        sa.UniqueConstraint("name", "version", name="uq_taught_template_name_version"),
    )


def downgrade() -> None:
    op.drop_table("taught_template")
    op.drop_table("template_draft")
