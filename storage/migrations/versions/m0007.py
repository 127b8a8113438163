"""What the register says of an account beside its meters: closed, served elsewhere, route and norm."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ("status", "status_since", "report_to", "monthly_norm", "estimated_months", "route")
ALIAS = "ix_account_supplier_alias"


def upgrade() -> None:
    op.add_column("account", Column("status", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", Column("status_since", sa.Date()))
    op.add_column("account", Column("report_to", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", Column("monthly_norm", sa.Float()))
    op.add_column("account", Column("estimated_months", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("account", Column("route", sa.Text(), nullable=False, server_default=""))
    named = sa.text("alias <> ''")
    op.create_index(ALIAS, "account", ["supplier", "alias"], sqlite_where=named, postgresql_where=named)


def downgrade() -> None:
    op.drop_index(ALIAS, "account")
    for column in COLUMNS:
        op.drop_column("account", column)
