"""Questions whose answer is empty when the records agree with themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.reasons import Reason
from domain.sheet import SheetState
from storage.records.channel_tables import delivery, delivery_run, notice
from storage.records.engine import CACHE_KIB
from storage.records.outbox import ACKNOWLEDGED, DONE, READING, SENT
from storage.records.proofs_log import log_contradictions
from storage.records.questionnaire_tables import questionnaire, questionnaire_run
from storage.records.readings import CURRENT
from storage.records.sheets import WAITING_SIDE
from storage.records.tables import export_item, export_run, reading, receipt, sheet, source_file

_HAS_READING = (SheetState.ACCEPTED.value, SheetState.DELIVERED.value)


def contradictions(connection: Connection) -> Iterator[str]:
    """One line for each contradiction within the records and with the audit log.

    Each question looks at every row once: SQLite need not keep many pages for that.
    """
    if connection.dialect.name != "sqlite":
        yield from _contradictions(connection)
        return
    connection.exec_driver_sql("PRAGMA cache_size = -4096")
    try:
        yield from _contradictions(connection)
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {CACHE_KIB}")


def _contradictions(connection: Connection) -> Iterator[str]:
    yield from _damaged(connection)
    yield from log_contradictions(connection)
    for text, query in (
        ("sheet {} is in an unknown state", _unknown_states()),
        ("sheet {} is accepted or delivered without a reading", _accepted_without_reading()),
        ("sheet {} is a questionnaire: accepted, handed over and delivered do not agree", _answers_astray()),
        ("reading {} belongs to a sheet that is not accepted", _reading_of_unaccepted()),
        ("reading {}: its evidence is not its sheet", _wrong_evidence()),
        ("sheet {} has two readings for one meter and tariff", _twice_on_a_sheet()),
        ("reading {}: another one counts for the same meter, tariff and month", _twice_in_a_period()),
        ("sheet {} is a duplicate of nothing", _duplicate_of_nothing()),
        ("file {}: not every page has its sheet", _missing_pages()),
        ("sheet {} is a paper of two sides, but its back does not belong to it", _without_back()),
        ("sheet {} waits for its other side, but its file is read through", _waits_for_no_side()),
        ("file {} has no receipt: nobody handed it in", _without_receipt()),
        ("file {} is not counted, but a sheet of it is judged", _judged_uncounted()),
        ("sheet {} is pending, but its file is given up: no run will find it", _pending_unreadable()),
        (
            "sheet {} is delivered, but billing has not acknowledged a reading of it",
            _delivered_not_exported(),
        ),
        ("sheet {} is in a finished export, but not delivered", _exported_not_delivered()),
        ("export run {} does not carry as many readings as it says", _wrong_run_size()),
        ("reading {} went out both in an export and through the outbox", _out_twice()),
        ("delivery {} waits for an answer of a run that is done", _waits_for_nothing()),
        ("sheet {} has all its readings acknowledged, but is not delivered", _acknowledged_not_delivered()),
        ("notice {} says accepted, but billing has acknowledged nothing", _accepted_too_early()),
    ):
        for (key,) in connection.execute(query):
            yield text.format(key)


def waiting_since(connection: Connection, moment: datetime) -> Iterator[tuple[int, datetime]]:
    """Sheets that are pending, and since when, although nobody did anything for them since ``moment``.

    Whoever hands a file in again, and so goes on with it, leaves a receipt.
    """
    again = sa.exists().where(receipt.c.file_id == sheet.c.file_id, receipt.c.at >= moment)
    query = sa.select(sheet.c.id, sheet.c.updated_at).where(
        sheet.c.state == SheetState.PENDING.value, sheet.c.updated_at < moment, ~again
    )
    for row in connection.execute(query.order_by(sheet.c.id)):
        yield row.id, row.updated_at


def _damaged(connection: Connection) -> Iterator[str]:
    """What SQLite finds wrong with its file; PostgreSQL has checksums and tools of its own."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if said != "ok":
            yield f"the records' file is damaged ({said}); restore a backup"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} names a row of {parent} that there is none of"


def _unknown_states() -> sa.Select[tuple[int]]:
    return sa.select(sheet.c.id).where(sheet.c.state.notin_([state.value for state in SheetState]))


def _accepted_without_reading() -> sa.Select[tuple[int]]:
    return (
        sa.select(sheet.c.id)
        .outerjoin(reading, sa.and_(reading.c.sheet_id == sheet.c.id, CURRENT))
        .outerjoin(questionnaire, questionnaire.c.sheet_id == sheet.c.id)
        .where(
            sheet.c.state.in_(_HAS_READING),
            reading.c.id.is_(None),
            questionnaire.c.accepted_at.is_(None),
        )
    )


def _answers_astray() -> sa.Select[tuple[int]]:
    """Questionnaires whose sheet is in another state than they and their run say."""
    finished = sa.and_(questionnaire.c.run_id.isnot(None), questionnaire_run.c.state == "finished")
    return (
        sa.select(sheet.c.id)
        .join(questionnaire, questionnaire.c.sheet_id == sheet.c.id)
        .outerjoin(questionnaire_run, questionnaire_run.c.id == questionnaire.c.run_id)
        .where(
            sa.or_(
                sa.and_(questionnaire.c.accepted_at.isnot(None), sheet.c.state.notin_(_HAS_READING)),
                sa.and_(finished, sheet.c.state != SheetState.DELIVERED.value),
                sa.and_(
                    sheet.c.state == SheetState.DELIVERED.value,
                    sa.not_(sa.func.coalesce(finished, sa.false())),
                ),
            )
        )
    )


def _reading_of_unaccepted() -> sa.Select[tuple[int]]:
    return (
        sa.select(reading.c.id)
        .join(sheet, sheet.c.id == reading.c.sheet_id)
        .where(sheet.c.state.notin_(_HAS_READING), CURRENT)
    )


def _wrong_evidence() -> sa.Select[tuple[int]]:
    # As ``SheetRow.evidence``.
    page, slip = sa.cast(sheet.c.page, sa.Text), sa.cast(sheet.c.slip, sa.Text)
    evidence = source_file.c.sha256 + "#page=" + page + "&slip=" + slip
    return (
        sa.select(reading.c.id)
        .join(sheet, sheet.c.id == reading.c.sheet_id)
        .join(source_file, source_file.c.id == sheet.c.file_id)
        .where(reading.c.evidence != evidence)
    )


def _twice_on_a_sheet() -> sa.Select[tuple[int]]:
    return (
        sa.select(reading.c.sheet_id)
        .where(CURRENT)
        .group_by(reading.c.sheet_id, reading.c.meter_serial, reading.c.tariff)
        .having(sa.func.count() > 1)
    )


def _twice_in_a_period() -> sa.Select[tuple[int]]:
    whose = (
        reading.c.supplier,
        reading.c.account,
        reading.c.meter_serial,
        reading.c.tariff,
        reading.c.period,
    )
    # The later one of different sheets: two of one sheet have a line of their own.
    return (
        sa.select(sa.func.max(reading.c.id))
        .where(CURRENT)
        .group_by(*whose)
        .having(sa.func.count(reading.c.sheet_id.distinct()) > 1)
    )


def _without_receipt() -> sa.Select[tuple[int]]:
    return sa.select(source_file.c.id).where(
        source_file.c.id.notin_(sa.select(receipt.c.file_id).where(receipt.c.file_id.isnot(None)))
    )


def _judged_uncounted() -> sa.Select[tuple[int]]:
    return (
        sa.select(source_file.c.id)
        .join(sheet, sheet.c.file_id == source_file.c.id)
        .where(source_file.c.state == "received", sheet.c.state != SheetState.PENDING.value)
        .distinct()
    )


def _pending_unreadable() -> sa.Select[tuple[int]]:
    return (
        sa.select(sheet.c.id)
        .join(source_file, source_file.c.id == sheet.c.file_id)
        .where(source_file.c.state == "unreadable", sheet.c.state == SheetState.PENDING.value)
    )


def _duplicate_of_nothing() -> sa.Select[tuple[int]]:
    return sa.select(sheet.c.id).where(
        sheet.c.state == SheetState.DUPLICATE.value,
        sa.or_(sheet.c.duplicate_of.is_(None), sheet.c.duplicate_of == sheet.c.id),
    )


def _missing_pages() -> sa.Select[tuple[int]]:
    pages = (
        sa.select(sheet.c.file_id, sa.func.count(sheet.c.page.distinct()).label("pages"))
        .group_by(sheet.c.file_id)
        .subquery()
    )
    # Until its pages are counted, and when none can be had, one sheet stands for the file.
    expected = sa.case((source_file.c.state == "split", source_file.c.pages), else_=1)
    return (
        sa.select(source_file.c.id)
        .outerjoin(pages, pages.c.file_id == source_file.c.id)
        .where(pages.c.pages.is_distinct_from(expected))
    )


def _without_back() -> sa.Select[tuple[int]]:
    """Documents of two sides beside which no page is recorded as the back."""
    other = sheet.alias()
    back = sa.exists().where(
        other.c.file_id == sheet.c.file_id,
        sa.func.abs(other.c.page - sheet.c.page) == 1,
        other.c.state == SheetState.BLANK.value,
        other.c.reasons == Reason.BACK_OF_FORM.value,
    )
    # As ``templates.sides.joined``: both forms' keys stand in that of the whole.
    return sa.select(sheet.c.id).where(sheet.c.template.contains("+"), ~back)


def _waits_for_no_side() -> sa.Select[tuple[int]]:
    other = sheet.alias()
    unread = sa.exists().where(other.c.file_id == sheet.c.file_id, other.c.state == SheetState.PENDING.value)
    return sa.select(sheet.c.id).where(
        sheet.c.state == SheetState.REVIEW.value, sheet.c.claimed_by == WAITING_SIDE, ~unread
    )


def _handed_over() -> sa.Subquery:
    exported = (
        sa.select(export_item.c.reading_id)
        .join(export_run, export_run.c.id == export_item.c.run_id)
        .where(export_run.c.state == "finished")
    )
    acknowledged = sa.select(delivery.c.reading_id).where(
        delivery.c.kind == READING, delivery.c.state == ACKNOWLEDGED
    )
    return sa.union_all(exported, acknowledged).subquery()


def _delivered_not_exported() -> sa.Select[tuple[int]]:
    over = _handed_over()
    return (
        sa.select(sheet.c.id)
        .join(reading, sa.and_(reading.c.sheet_id == sheet.c.id, CURRENT))
        .outerjoin(over, over.c.reading_id == reading.c.id)
        .where(sheet.c.state == SheetState.DELIVERED.value, over.c.reading_id.is_(None))
        .distinct()
    )


def _exported_not_delivered() -> sa.Select[tuple[int]]:
    return (
        sa.select(sheet.c.id)
        .join(reading, sa.and_(reading.c.sheet_id == sheet.c.id, CURRENT))
        .join(export_item, export_item.c.reading_id == reading.c.id)
        .join(export_run, export_run.c.id == export_item.c.run_id)
        .where(export_run.c.state == "finished", sheet.c.state != SheetState.DELIVERED.value)
        .distinct()
    )


def _acknowledged_not_delivered() -> sa.Select[tuple[int]]:
    # A sheet with several readings is delivered with the last of them.
    missing = sa.func.sum(sa.case((delivery.c.state == ACKNOWLEDGED, 0), else_=1))
    return (
        sa.select(sheet.c.id)
        .join(reading, sa.and_(reading.c.sheet_id == sheet.c.id, CURRENT))
        .outerjoin(delivery, sa.and_(delivery.c.reading_id == reading.c.id, delivery.c.kind == READING))
        .where(sheet.c.state == SheetState.ACCEPTED.value)
        .group_by(sheet.c.id)
        .having(missing == 0)
    )


def _out_twice() -> sa.Select[tuple[int]]:
    return (
        sa.select(export_item.c.reading_id)
        .join(delivery, delivery.c.reading_id == export_item.c.reading_id)
        .where(delivery.c.kind == READING)
    )


def _waits_for_nothing() -> sa.Select[tuple[int]]:
    return (
        sa.select(delivery.c.id)
        .join(delivery_run, delivery_run.c.id == delivery.c.run_id)
        .where(delivery.c.state == SENT, delivery_run.c.state == DONE)
    )


def _accepted_too_early() -> sa.Select[tuple[int]]:
    over = (
        sa.select(reading.c.sheet_id)
        .join(delivery, delivery.c.reading_id == reading.c.id)
        .where(delivery.c.kind == READING, delivery.c.state == ACKNOWLEDGED)
    )
    return sa.select(notice.c.id).where(notice.c.kind == "accepted", notice.c.sheet_id.notin_(over))


def _wrong_run_size() -> sa.Select[tuple[int]]:
    return (
        sa.select(export_run.c.id)
        .outerjoin(export_item, export_item.c.run_id == export_run.c.id)
        .where(export_run.c.state == "finished")
        .group_by(export_run.c.id, export_run.c.readings)
        .having(sa.func.count(export_item.c.reading_id) != export_run.c.readings)
    )
