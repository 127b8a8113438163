"""What people found about the machine's answers: the raw material of recalibration and of reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.audits import STATE
from storage.records.blind import DISPUTED, DONE, MACHINE
from storage.records.tables import audit, blind_audit, reading, sheet

_STREAM = 500


@dataclass(frozen=True)
class Period:
    """From ``since`` up to but without ``until``; None: no end on that side."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
        """Whether ``moment`` lies in it."""
        ends = [] if self.until is None else [moment < self.until]
        begins = [] if self.since is None else [moment >= self.since]
        return sa.and_(sa.true(), *begins, *ends)


@dataclass(frozen=True)
class AuditedSheet:
    """A machine-accepted sheet that was audited; ``wrong`` None: two answers differ, nobody decided yet."""

    sheet_id: int
    recognition: Mapping[str, Any]
    floor: float | None
    wrong: bool | None
    wrong_registered: bool | None


@dataclass(frozen=True)
class ReviewedSheet:
    """A sheet that a person judged, and what the machine's reasons were.

    ``entered`` None: it was rejected. ``truth``: from a blind audit of the reviewer, where there was one.
    """

    sheet_id: int
    supplier: str
    recognition: Mapping[str, Any]
    state: str
    entered: Mapping[str, str] | None
    details: Mapping[str, Any]
    truth: Mapping[str, str] | None


class FindingsOf:
    """Questions about one (channel, template, model)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keys(self, period: Period) -> list[tuple[str, str, str]]:
        """Every (channel, template, model) that read a sheet in the period."""
        columns = (sheet.c.channel, sheet.c.template, sheet.c.model)
        query = sa.select(*columns).where(
            sheet.c.template.isnot(None), sheet.c.model.isnot(None), period.holds(sheet.c.received_at)
        )
        rows = self._connection.execute(query.distinct().order_by(*columns))
        return [(row[0], row[1], row[2]) for row in rows]

    def audited(self, key: tuple[str, str, str], period: Period) -> Iterator[AuditedSheet]:
        """Audits of what the machine accepted, drawn in the period, that have an answer."""
        c = blind_audit.c
        query = (
            sa.select(c.sheet_id, sheet.c.recognition, c.floor, c.wrong, c.wrong_registered)
            .join(sheet, sheet.c.id == c.sheet_id)
            .where(
                c.kind == MACHINE,
                c.state.in_([DISPUTED, DONE]),
                _is(key),
                period.holds(c.drawn_at),
            )
            .order_by(c.id)
        )
        for row in self._stream(query):
            yield AuditedSheet(**row._mapping)

    def reviewed(self, key: tuple[str, str, str], period: Period) -> Iterator[ReviewedSheet]:
        """Sheets that a person judged in the period, from the audit log: the reasons stand only there.

        A verdict that was taken back is none.
        """
        later = audit.alias()
        taken_back = sa.exists().where(
            later.c.sheet_id == audit.c.sheet_id,
            later.c.id > audit.c.id,
            later.c.what == STATE,
            later.c.state_after == SheetState.REVIEW.value,
        )
        query = (
            sa.select(
                sheet.c.id.label("sheet_id"),
                sheet.c.supplier,
                sheet.c.recognition,
                audit.c.state_after.label("state"),
                sheet.c.entered,
                audit.c.details,
                blind_audit.c.truth,
            )
            .join(sheet, sheet.c.id == audit.c.sheet_id)
            .outerjoin(
                blind_audit, sa.and_(blind_audit.c.sheet_id == sheet.c.id, blind_audit.c.state == DONE)
            )
            .where(
                audit.c.what == STATE,
                audit.c.state_before == SheetState.REVIEW.value,
                ~taken_back,
                _is(key),
                period.holds(audit.c.at),
            )
            .order_by(audit.c.id)
        )
        for row in self._stream(query):
            yield ReviewedSheet(**row._mapping)

    def waiting(self, key: tuple[str, str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Reasons (as one text) and recognition of the sheets that wait for review."""
        query: sa.Select[Any] = sa.select(sheet.c.reasons, sheet.c.recognition).where(
            sheet.c.state == SheetState.REVIEW.value, _is(key)
        )
        for row in self._stream(query):
            yield row.reasons, row.recognition

    def accepted_by_machine(self, key: tuple[str, str, str], period: Period) -> int:
        """Sheets that the machine alone accepted in the period."""
        query = (
            sa.select(sa.func.count(reading.c.sheet_id.distinct()))
            .join(sheet, sheet.c.id == reading.c.sheet_id)
            .where(sheet.c.entered.is_(None), _is(key), period.holds(reading.c.accepted_at))
        )
        return int(self._connection.execute(query).scalar_one())

    def readers(self, place: tuple[str, str], month: str) -> list[tuple[str, str]]:
        """Every (template, model) that read a sheet of the (supplier, channel) in a billing month."""
        first, after = days_of(month)
        query = sa.select(sheet.c.template, sheet.c.model).where(
            sheet.c.supplier == place[0],
            sheet.c.channel == place[1],
            sheet.c.collected >= first,
            sheet.c.collected < after,
            sheet.c.template.isnot(None),
            sheet.c.model.isnot(None),
        )
        rows = self._connection.execute(query.distinct().order_by(sheet.c.template, sheet.c.model))
        return [(row[0], row[1]) for row in rows]

    def month(self, month: str) -> list[tuple[str, str, str, bool, int]]:
        """(supplier, channel, state, whether a person entered it, sheets) of a billing month."""
        first, after = days_of(month)
        by_person = sheet.c.entered.isnot(None)
        columns = (sheet.c.supplier, sheet.c.channel, sheet.c.state, by_person)
        query = (
            sa.select(*columns, sa.func.count())
            .where(sheet.c.collected >= first, sheet.c.collected < after)
            .group_by(*columns)
            .order_by(sheet.c.supplier, sheet.c.channel, sheet.c.state)
        )
        return [(r[0], r[1], r[2], bool(r[3]), r[4]) for r in self._connection.execute(query)]

    def _stream(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        yield from self._connection.execute(query.execution_options(yield_per=_STREAM))


def _is(key: tuple[str, str, str]) -> sa.ColumnElement[bool]:
    return sa.and_(sheet.c.channel == key[0], sheet.c.template == key[1], sheet.c.model == key[2])


def days_of(month: str) -> tuple[date, date]:
    """The first day of a month YYYY-MM and of the next one."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)
