"""What several processes of the pages share: attempts, log-outs, who looks at what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "attempt",
        Column("id", ID, nullable=False),
        Column("kind", sa.Text(), nullable=False),
        Column("key", sa.Text(), nullable=False),
        Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_kind_key_at", "attempt", ["kind", "key", "at"])
    op.create_index("ix_attempt_kind_at", "attempt", ["kind", "at"])
    op.create_table(
        "ended_session",
        Column("key", sa.Text(), nullable=False),
        Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ended_session"),
    )
    op.create_table(
        "looked_at",
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("field", sa.Text(), nullable=False),
        Column("place", sa.Integer(), autoincrement=False, nullable=False),
        Column("who", sa.Text(), nullable=False),
        Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("sheet_id", "field", "place", name="pk_looked_at"),
    )
    op.create_index("ix_looked_at_until", "looked_at", ["until"])
    op.create_table(
        "shown_on",
        Column("kind", sa.Text(), nullable=False),
        Column("who", sa.Text(), nullable=False),
        Column("sheet_id", ID, autoincrement=False, nullable=False),
        Column("token", sa.Text(), nullable=False),
        Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("kind", "who", "sheet_id", name="pk_shown_on"),
    )
    op.create_index("ix_shown_on_at", "shown_on", ["at"])


def downgrade() -> None:
    for table in ("shown_on", "looked_at", "ended_session", "attempt"):
        op.drop_table(table)
