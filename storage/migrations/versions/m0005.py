"""Every channel in and out: messages, notices, keys, the outbox to billing; readings that were taken back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

#: In the order in which they can be dropped.
TABLES = ("api_key", "notice", "message_file", "message", "delivery", "delivery_run")
OLD_KEY = ("sheet_id", "meter_serial", "tariff")
NEW_KEY = (*OLD_KEY, "revision")


def upgrade() -> None:
    _readings_with_revisions()
    op.create_index("ix_sheet_state_updated_at", "sheet", ["state", "updated_at"])
    _delivery()
    _message()
    _notice()
    _api()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_sheet_state_updated_at", "sheet")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(OLD_KEY, [])
        return
    op.drop_constraint(f"uq_reading_{'_'.join(NEW_KEY)}", "reading")
    op.create_unique_constraint(f"uq_reading_{'_'.join(OLD_KEY)}", "reading", list(OLD_KEY))
    for column in ("revision", "withdrawn_at", "withdrawn_why"):
        op.drop_column("reading", column)


def _readings_with_revisions() -> None:
    added: list[Column[Any]] = [
        Column("revision", sa.Integer(), nullable=False, server_default="1"),
        Column("withdrawn_at", MOMENT),
        Column("withdrawn_why", sa.Text(), nullable=False, server_default=""),
    ]
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(NEW_KEY, added)
        return
    for column in added:
        op.add_column("reading", column)
    op.drop_constraint(f"uq_reading_{'_'.join(OLD_KEY)}", "reading")
    op.create_unique_constraint(f"uq_reading_{'_'.join(NEW_KEY)}", "reading", list(NEW_KEY))


def _rebuild(key: tuple[str, ...], more: list[Column[Any]]) -> None:
    """SQLite cannot drop a constraint: a new table takes the old one's place and name.

    As its manual says (ALTER TABLE, "making other kinds of table schema changes"); the caller has switched
    foreign keys off.
    """
    texts = ("account", "meter_serial", "tariff", "reading")
    old: tuple[Column[Any], ...] = (
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("sheet_id", ID, nullable=False),
        *(Column(name, sa.Text(), nullable=False) for name in texts),
        Column("reading_date", sa.Date(), nullable=False),
        Column("period", sa.Text(), nullable=False),
        Column("received_at", MOMENT, nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("accepted_by", sa.Text(), nullable=False),
        Column("accepted_at", MOMENT, nullable=False),
        Column("evidence", sa.Text(), nullable=False),
        Column("flags", sa.Text(), nullable=False),
    )
    op.create_table(
        "reading_new",
        *old,
        *more,
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_reading_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.UniqueConstraint(*key, name=f"uq_reading_{'_'.join(key)}"),
    )
    names = ", ".join(column.name for column in old)
    op.execute(f"INSERT INTO reading_new ({names}) SELECT {names} FROM reading")  # noqa: S608 - own names
    op.drop_table("reading")
    op.rename_table("reading_new", "reading")
    op.create_index("ix_reading_supplier_account_period", "reading", ["supplier", "account", "period"])


def _delivery() -> None:
    op.create_table(
        "delivery_run",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("target", sa.Text(), nullable=False),
        Column("place", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("rows", sa.Integer(), nullable=False),
        Column("attempts", sa.Integer(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("next_at", MOMENT, nullable=False),
        Column("sent_at", MOMENT),
        Column("finished_at", MOMENT),
        Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_run"),
    )
    op.create_index("ix_delivery_run_state_next_at", "delivery_run", ["state", "next_at"])
    op.create_table(
        "delivery",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("reading_id", ID, nullable=False),
        Column("kind", sa.Text(), nullable=False),
        Column("key", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("run_id", ID),
        Column("created_at", MOMENT, nullable=False),
        Column("answered_at", MOMENT),
        Column("answers", sa.Integer(), nullable=False),
        Column("receipt", sa.Text(), nullable=False),
        Column("code", sa.Text(), nullable=False),
        Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name="fk_delivery_reading_id"),
        sa.ForeignKeyConstraint(["run_id"], ["delivery_run.id"], name="fk_delivery_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("reading_id", "kind", name="uq_delivery_reading_id_kind"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
    )
    op.create_index("ix_delivery_run_id", "delivery", ["run_id"])
    op.create_index("ix_delivery_state_supplier_id", "delivery", ["state", "supplier", "id"])


def _message() -> None:
    op.create_table(
        "message",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("source", sa.Text(), nullable=False),
        Column("external_id", sa.Text(), nullable=False),
        Column("reference", sa.Text(), nullable=False),
        Column("sender", sa.Text(), nullable=False),
        Column("language", sa.Text(), nullable=False),
        Column("text", sa.Text(), nullable=False),
        Column("received_at", MOMENT, nullable=False),
        Column("outcome", sa.Text(), nullable=False),
        Column("reasons", sa.Text(), nullable=False),
        Column("sheet_id", ID),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_message_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint(
            "supplier",
            "channel",
            "source",
            "external_id",
            name="uq_message_supplier_channel_source_external_id",
        ),
        sa.UniqueConstraint("reference", name="uq_message_reference"),
    )
    op.create_index("ix_message_sheet_id", "message", ["sheet_id"])
    op.create_table(
        "message_file",
        Column("message_id", ID, autoincrement=False, nullable=False),
        Column("file_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_file_message_id"),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.id"], name="fk_message_file_file_id"),
        sa.PrimaryKeyConstraint("message_id", "file_id", name="pk_message_file"),
    )
    op.create_index("ix_message_file_file_id", "message_file", ["file_id"])


def _notice() -> None:
    op.create_table(
        "notice",
        Column("id", ID, nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("key", sa.Text(), nullable=False),
        Column("kind", sa.Text(), nullable=False),
        Column("sheet_id", ID),
        Column("message_id", ID),
        Column("channel", sa.Text(), nullable=False),
        Column("address", sa.Text(), nullable=False),
        Column("language", sa.Text(), nullable=False),
        Column("subject", sa.Text(), nullable=False),
        Column("body", sa.Text(), nullable=False),
        Column("state", sa.Text(), nullable=False),
        Column("attempts", sa.Integer(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("next_at", MOMENT, nullable=False),
        Column("sent_at", MOMENT),
        Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="fk_notice_sheet_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_notice_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("key", name="uq_notice_key"),
    )
    op.create_index("ix_notice_sheet_id", "notice", ["sheet_id"])
    op.create_index("ix_notice_state_next_at", "notice", ["state", "next_at"])


def _api() -> None:
    op.create_table(
        "api_key",
        Column("id", ID, nullable=False),
        Column("name", sa.Text(), nullable=False),
        Column("supplier", sa.Text(), nullable=False),
        Column("channel", sa.Text(), nullable=False),
        Column("hash", sa.Text(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("name", name="uq_api_key_name"),
        sa.UniqueConstraint("hash", name="uq_api_key_hash"),
    )
