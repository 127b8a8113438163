"""The review pages: questions to a supervisor, and characters checked in the grid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "question",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("asked_by", sa.Text(), nullable=False),
        Column("note", sa.Text(), nullable=False),
        Column("asked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_question_sheet_id"),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_question"),
    )
    op.create_table(
        "glyph_check",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("field", sa.Text(), nullable=False),
        Column("place", sa.Integer(), autoincrement=False, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("glyph", sa.Text(), nullable=False),
        Column("correct", sa.Boolean(), nullable=False),
        Column("who", sa.Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_glyph_check_sheet_id"),
        sa.PrimaryKeyConstraint("sheet_id", "field", "place", name="pk_glyph_check"),
    )


def downgrade() -> None:
    op.drop_table("glyph_check")
    op.drop_table("question")
