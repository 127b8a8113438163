"""Questions whose answer is empty when the audit log is whole and tells of everything that it must."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState, may_follow
from storage.records.audits import STATE
from storage.records.tables import audit, batch, export_run, reading, receipt, sheet, source_file

#: Tables that are only added to, and the endings of the triggers that see to it, by database: migrations.
_APPEND_ONLY = ("audit", "thresholds", "model_choice", "purge_act")
_TRIGGERS = {"sqlite": ("no_update", "no_delete"), "postgresql": ("no_change",)}


def log_contradictions(connection: Connection) -> Iterator[str]:
    """One line for each way in which the log is not whole, or the records know what it does not tell."""
    yield from _unprotected(connection)
    if connection.dialect.name == "sqlite":
        for row in connection.execute(_missing_rows()):
            first, last = row.before + 1, row.id - 1
            yield f"the audit log misses row {first}" + (f" to {last}" if last > first else "")
    questions: tuple[tuple[str, sa.Select[tuple[int]]], ...] = (
        ("sheet {}: the audit log does not end with the state it is in", _last_differs()),
        ("sheet {}: the audit log has a gap", _gaps()),
        ("sheet {}: the audit log tells of a step that no sheet may take", _impossible_steps()),
        ("the audit log tells of sheet {}, which is not in the records", _of_no_sheet()),
        ("reading {}: the audit log does not tell of its acceptance", _untold_readings()),
        ("file {}: the audit log does not tell of every receipt", _untold_receipts()),
        ("file {} is destroyed, but the audit log does not tell of it", _untold_purges()),
        ("export run {} is finished, but the audit log does not tell of it", _untold_runs()),
    )
    for text, query in questions:
        for key in connection.execute(query).scalars():
            yield text.format(key)


def _unprotected(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    there = {name.lower() for name in connection.exec_driver_sql(query).scalars()}
    for table in _APPEND_ONLY:
        for ending in _TRIGGERS[connection.dialect.name]:
            if f"{table}_{ending}" not in there:
                yield f"table {table} may be changed: its trigger {table}_{ending} is gone"


def _missing_rows() -> sa.Select[tuple[int, int]]:
    """Neighbours between which rows are missing.

    SQLite counts without gaps, for a transaction rolled back takes its numbers back; PostgreSQL does not.
    """
    before = sa.func.lag(audit.c.id, 1, 0).over(order_by=audit.c.id)
    rows = sa.select(audit.c.id, before.label("before")).subquery()
    return sa.select(rows.c.before, rows.c.id).where(rows.c.id != rows.c.before + 1)


def _last_differs() -> sa.Select[tuple[int]]:
    last = (
        sa.select(audit.c.sheet_id, sa.func.max(audit.c.id).label("id"))
        .where(audit.c.what == STATE)
        .group_by(audit.c.sheet_id)
        .subquery()
    )
    ends = sa.select(last.c.sheet_id, audit.c.state_after).join(audit, audit.c.id == last.c.id).subquery()
    return (
        sa.select(sheet.c.id)
        .outerjoin(ends, ends.c.sheet_id == sheet.c.id)
        .where(ends.c.state_after.is_distinct_from(sheet.c.state))
    )


def _gaps() -> sa.Select[tuple[int]]:
    previous = sa.func.lag(audit.c.state_after).over(partition_by=audit.c.sheet_id, order_by=audit.c.id)
    steps = (
        sa.select(audit.c.sheet_id, audit.c.state_before, previous.label("previous"))
        .where(audit.c.what == STATE)
        .subquery()
    )
    broken = steps.c.state_before.is_distinct_from(steps.c.previous)
    return sa.select(steps.c.sheet_id).where(broken).distinct()


def _impossible_steps() -> sa.Select[tuple[int]]:
    steps = [
        sa.and_(audit.c.state_before == before.value, audit.c.state_after == after.value)
        for before in SheetState
        for after in SheetState
        if may_follow(before, after)
    ]
    first = sa.and_(audit.c.state_before.is_(None), audit.c.state_after == SheetState.PENDING.value)
    return sa.select(audit.c.sheet_id).where(audit.c.what == STATE, ~sa.or_(first, *steps)).distinct()


def _of_no_sheet() -> sa.Select[tuple[int]]:
    return (
        sa.select(audit.c.sheet_id)
        .outerjoin(sheet, sheet.c.id == audit.c.sheet_id)
        .where(audit.c.what == STATE, sheet.c.id.is_(None))
        .distinct()
    )


def _untold_readings() -> sa.Select[tuple[int]]:
    # The reading and the step that brought it are of one transaction, one moment and one hand.
    told = sa.exists().where(
        audit.c.sheet_id == reading.c.sheet_id,
        audit.c.what == STATE,
        audit.c.at == reading.c.accepted_at,
        audit.c.who == reading.c.accepted_by,
    )
    return sa.select(reading.c.id).where(~told)


def _untold_receipts() -> sa.Select[tuple[int]]:
    file_id = audit.c.details["file"].as_integer()
    told = (
        sa.select(file_id.label("file_id"), sa.func.count().label("n"))
        .where(audit.c.what == "file.received")
        .group_by(file_id)
        .subquery()
    )
    given = sa.select(receipt.c.file_id, sa.func.count().label("n")).group_by(receipt.c.file_id).subquery()
    # The desk did not tell of its receipts at first.
    early = sa.and_(told.c.n.is_(None), batch.c.channel == "desk")
    return (
        sa.select(given.c.file_id)
        .join(source_file, source_file.c.id == given.c.file_id)
        .join(batch, batch.c.id == source_file.c.batch_id)
        .outerjoin(told, told.c.file_id == given.c.file_id)
        .where(given.c.n.is_distinct_from(told.c.n), ~early)
    )


def _untold_purges() -> sa.Select[tuple[int]]:
    told = sa.select(audit.c.details["file"].as_integer()).where(audit.c.what == "file.purged")
    return sa.select(source_file.c.id).where(
        source_file.c.purged_at.isnot(None), source_file.c.id.notin_(told)
    )


def _untold_runs() -> sa.Select[tuple[int]]:
    told = sa.select(audit.c.details["run"].as_integer()).where(audit.c.what == "export.finished")
    return sa.select(export_run.c.id).where(export_run.c.state == "finished", export_run.c.id.notin_(told))
