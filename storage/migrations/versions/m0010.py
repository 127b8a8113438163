"""How fast which machine reads; sheets counted by channel and form without reading what was recognised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_pace",
        Column("worker", sa.Text(), nullable=False),
        Column("upto", sa.Float(), nullable=False),
        Column("pages", sa.BigInteger(), nullable=False),
        Column("seconds", sa.Float(), nullable=False),
        Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", "upto", name="pk_reading_pace"),
    )
    op.create_index(
        "ix_sheet_supplier_channel_template_state", "sheet", ["supplier", "channel", "template", "state"]
    )


def downgrade() -> None:
    op.drop_index("ix_sheet_supplier_channel_template_state", "sheet")
    op.drop_table("reading_pace")
