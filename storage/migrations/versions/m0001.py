"""The records' first tables, and the triggers that keep the audit log append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

#: In the order in which they can be dropped.
TABLES = (
    "export_item",
    "reading",
    "sheet",
    "receipt",
    "source_file",
    "staff",
    "register_version",
    "export_run",
    "batch",
    "audit",
    "account",
)

APPEND_ONLY_SQLITE = """
CREATE TRIGGER audit_no_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
    """,
)


def upgrade() -> None:
    _account()
    _audit()
    _batch()
    _export_run()
    _register_version()
    _staff()
    _source_file()
    _receipt()
    _sheet()
    _reading()
    _export_item()
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(event=event))
    else:
        for statement in APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only() CASCADE")
    for table in TABLES:
        op.drop_table(table)


def _account() -> None:
    op.create_table(
        "account",
        Column("supplier", sa.Text(), nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("meter_serial", sa.Text(), nullable=False),
        Column("tariff", sa.Text(), nullable=False),
        Column("surname", sa.Text(), nullable=False),
        Column("address", sa.Text(), nullable=False),
        Column("digits", sa.Integer()),
        Column("decimals", sa.Integer(), nullable=False),
        Column("previous_reading", sa.Text()),
        Column("previous_date", sa.Date()),
        Column("previous_kind", sa.Text(), nullable=False),
        Column("monthly_average", sa.Float()),
        Column("ratio", sa.Float(), nullable=False),
        Column("phone", sa.Text(), nullable=False),
        Column("email", sa.Text(), nullable=False),
        Column("notify", sa.Text(), nullable=False),
        Column("alias", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "account", "meter_serial", "tariff", name="pk_account"),
        sqlite_with_rowid=False,
    )


def _audit() -> None:
    op.create_table(
        "audit",
        Column("id", ID, nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("who", sa.Text(), nullable=False),
        Column("what", sa.Text(), nullable=False),
        Column("supplier", sa.Text()),
        Column("sheet_id", ID),
        Column("state_before", sa.Text()),
        Column("state_after", sa.Text()),
        Column("details", JSON),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_sheet_id_id", "audit", ["sheet_id", "id"])
    op.create_index("ix_audit_what_id", "audit", ["what", "id"])


def _batch() -> None:
    op.create_table(
        "batch",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("station", sa.Text(), nullable=False),
        Column("collected", sa.Date(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )


def _export_run() -> None:
    op.create_table(
        "export_run",
        Column("id", ID, nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("path", sa.Text(), nullable=False),
        Column("readings", sa.Integer(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_export_run"),
    )
    op.create_index("ix_export_run_state", "export_run", ["state"])


def _register_version() -> None:
    op.create_table(
        "register_version",
        Column("supplier", sa.Text(), nullable=False),
        Column("version", sa.Integer(), nullable=False),
        Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("supplier", name="pk_register_version"),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        Column("name", sa.Text(), nullable=False),
        Column("role", sa.Text(), nullable=False),
        Column("password_hash", sa.Text(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_staff"),
    )


def _source_file() -> None:
    op.create_table(
        "source_file",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("sha256", sa.Text(), nullable=False),
        Column("name", sa.Text(), nullable=False),
        Column("size", sa.BigInteger(), nullable=False),
        Column("batch_id", ID, nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("pages", sa.Integer()),
        Column("received_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_source_file_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_source_file"),
        sa.UniqueConstraint("sha256", name="uq_source_file_sha256"),
    )
    op.create_index("ix_source_file_batch_id", "source_file", ["batch_id"])
    op.create_index("ix_source_file_state", "source_file", ["state"])


def _receipt() -> None:
    op.create_table(
        "receipt",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("file_id", ID, nullable=False),
        Column("batch_id", ID, nullable=False),
        Column("name", sa.Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_receipt_batch_id"),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.id"], name="fk_receipt_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
    )
    op.create_index("ix_receipt_batch_id", "receipt", ["batch_id"])
    op.create_index("ix_receipt_file_id", "receipt", ["file_id"])


def _sheet() -> None:
    op.create_table(
        "sheet",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("file_id", ID, nullable=False),
        Column("page", sa.Integer(), nullable=False),
        Column("slip", sa.Integer(), nullable=False),
        Column("batch_id", ID, nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("station", sa.Text(), nullable=False),
        Column("collected", sa.Date(), nullable=False),
        Column("received_at", MOMENT, nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("reasons", sa.Text(), nullable=False),
        Column("template", sa.Text()),
        Column("model", sa.Text()),
        Column("account", sa.Text()),
        Column("recognition", JSON),
        Column("entered", JSON),
        Column("pixel_hash", sa.Text()),
        Column("ink", sa.LargeBinary()),
        Column("duplicate_of", ID),
        Column("claimed_by", sa.Text()),
        Column("claimed_until", MOMENT),
        Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_sheet_batch_id"),
        sa.ForeignKeyConstraint(["duplicate_of"], ["sheet.id"], name="fk_sheet_duplicate_of"),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.id"], name="fk_sheet_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sheet"),
        sa.UniqueConstraint("file_id", "page", "slip", name="uq_sheet_file_id_page_slip"),
    )
    op.create_index("ix_sheet_batch_id", "sheet", ["batch_id"])
    op.create_index("ix_sheet_pixel_hash", "sheet", ["pixel_hash"])
    op.create_index("ix_sheet_state_id", "sheet", ["state", "id"])
    op.create_index("ix_sheet_state_reasons", "sheet", ["state", "reasons"])
    op.create_index("ix_sheet_supplier_account", "sheet", ["supplier", "account"])


def _reading() -> None:
    op.create_table(
        "reading",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("sheet_id", ID, nullable=False),
        Column("account", sa.Text(), nullable=False),
        Column("meter_serial", sa.Text(), nullable=False),
        Column("tariff", sa.Text(), nullable=False),
        Column("reading", sa.Text(), nullable=False),
        Column("reading_date", sa.Date(), nullable=False),
        Column("period", sa.Text(), nullable=False),
        Column("received_at", MOMENT, nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("accepted_by", sa.Text(), nullable=False),
        Column("accepted_at", MOMENT, nullable=False),
        Column("evidence", sa.Text(), nullable=False),
        Column("flags", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_reading_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.UniqueConstraint(
            "sheet_id", "meter_serial", "tariff", name="uq_reading_sheet_id_meter_serial_tariff"
        ),
    )
    op.create_index("ix_reading_supplier_account_period", "reading", ["supplier", "account", "period"])


def _export_item() -> None:
    op.create_table(
        "export_item",
        Column("reading_id", ID, autoincrement=False, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("run_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name="fk_export_item_reading_id"),
        sa.ForeignKeyConstraint(["run_id"], ["export_run.id"], name="fk_export_item_run_id"),
        sa.PrimaryKeyConstraint("reading_id", name="pk_export_item"),
    )
    op.create_index("ix_export_item_run_id", "export_item", ["run_id"])
