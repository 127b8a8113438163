"""Marks of photos, by which the same photo is found again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "photo_mark",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("mark", sa.LargeBinary(), nullable=False),
        Column("look", sa.LargeBinary(), nullable=False),
        Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_photo_mark_sheet_id"),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_photo_mark"),
    )
    op.create_index("ix_photo_mark_supplier_at", "photo_mark", ["supplier", "at"])


def downgrade() -> None:
    op.drop_table("photo_mark")
