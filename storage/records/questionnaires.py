"""Questionnaires and the runs of their export."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.delivered import deliver_sheets
from storage.records.questionnaire_tables import questionnaire, questionnaire_run
from storage.records.tables import sheet


@dataclass(frozen=True)
class QuestionnaireRow:
    """A questionnaire. ``answers``: field → text; ``accepted_at``: None until a person has checked them."""

    sheet_id: int
    supplier: str
    template: str
    account: str
    answers: Mapping[str, str]
    evidence: str
    accepted_by: str
    accepted_at: datetime | None
    run_id: int | None


@dataclass(frozen=True)
class QuestionnaireRunRow:
    """A run of their export. ``state``: writing, written, finished or taken_over."""

    id: int
    state: str
    path: str
    count: int
    created_at: datetime
    finished_at: datetime | None


class Questionnaires:
    """Keeps answers; callers of the runs hold ``Records.exclusive("questionnaires")``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_sheet(self, sheet_id: int) -> QuestionnaireRow | None:
        """The sheet's questionnaire."""
        query = sa.select(questionnaire).where(questionnaire.c.sheet_id == sheet_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else QuestionnaireRow(**row._mapping)

    def add(self, sheet_id: int, supplier: str, template: str, evidence: str) -> None:
        """A sheet was recognised as a questionnaire; nobody has checked it yet."""
        self._connection.execute(
            sa.insert(questionnaire).values(
                sheet_id=sheet_id,
                supplier=supplier,
                template=template,
                account="",
                answers={},
                evidence=evidence,
                accepted_by="",
            )
        )

    def accept(self, sheet_id: int, account: str, answers: Mapping[str, str], who: str, at: datetime) -> None:
        """A person has checked the answers."""
        self._connection.execute(
            sa.update(questionnaire)
            .where(questionnaire.c.sheet_id == sheet_id, questionnaire.c.run_id.is_(None))
            .values(account=account, answers=dict(answers), accepted_by=who, accepted_at=at)
        )

    def take_back(self, sheet_id: int) -> bool:
        """Nobody has checked the answers after all; False, and nothing changes, once they went out."""
        changed = self._connection.execute(
            sa.update(questionnaire)
            .where(questionnaire.c.sheet_id == sheet_id, questionnaire.c.run_id.is_(None))
            .values(account="", answers={}, accepted_by="", accepted_at=None)
        )
        return changed.rowcount == 1

    def newest_of(self, supplier: str, account: str, besides: int) -> QuestionnaireRow | None:
        """The account's last accepted questionnaire but that of sheet ``besides``."""
        query = (
            sa.select(questionnaire)
            .where(
                questionnaire.c.supplier == supplier,
                questionnaire.c.account == account,
                questionnaire.c.sheet_id != besides,
                questionnaire.c.accepted_at.isnot(None),
            )
            .order_by(questionnaire.c.accepted_at.desc(), questionnaire.c.sheet_id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else QuestionnaireRow(**row._mapping)

    def start(self, path: str, at: datetime) -> QuestionnaireRunRow:
        """A run in state ``writing`` with every accepted questionnaire that no run has yet."""
        added = sa.insert(questionnaire_run).values(state="writing", path=path, count=0, created_at=at)
        run_id = int(self._connection.execute(added.returning(questionnaire_run.c.id)).scalar_one())
        accepted = sa.select(sheet.c.id).where(sheet.c.state == SheetState.ACCEPTED.value)
        taken = self._connection.execute(
            sa.update(questionnaire)
            .where(
                questionnaire.c.run_id.is_(None),
                questionnaire.c.accepted_at.isnot(None),
                questionnaire.c.sheet_id.in_(accepted),
            )
            .values(run_id=run_id)
        )
        self._connection.execute(
            sa.update(questionnaire_run).where(questionnaire_run.c.id == run_id).values(count=taken.rowcount)
        )
        row = self.run(run_id)
        assert row is not None
        return row

    def run(self, run_id: int) -> QuestionnaireRunRow | None:
        """The run of that id."""
        query = sa.select(questionnaire_run).where(questionnaire_run.c.id == run_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else QuestionnaireRunRow(**row._mapping)

    def unfinished(self) -> list[QuestionnaireRunRow]:
        """Runs whose process died, oldest first."""
        query = sa.select(questionnaire_run).where(questionnaire_run.c.state.in_(["writing", "written"]))
        rows = self._connection.execute(query.order_by(questionnaire_run.c.id))
        return [QuestionnaireRunRow(**row._mapping) for row in rows]

    def set_state(self, run_id: int, before: Collection[str], after: str, at: datetime | None = None) -> bool:
        """Compare and set a run's state; ``at`` is when it was finished."""
        changed = self._connection.execute(
            sa.update(questionnaire_run)
            .where(questionnaire_run.c.id == run_id, questionnaire_run.c.state.in_(list(before)))
            .values(state=after, finished_at=at)
        )
        return changed.rowcount == 1

    def free(self, run_id: int) -> None:
        """Give a run's questionnaires back: its file never came into place."""
        self._connection.execute(
            sa.update(questionnaire).where(questionnaire.c.run_id == run_id).values(run_id=None)
        )

    def rows(self, run_id: int) -> Iterator[QuestionnaireRow]:
        """A run's questionnaires by sheet, streamed."""
        query = (
            sa.select(questionnaire)
            .where(questionnaire.c.run_id == run_id)
            .order_by(questionnaire.c.sheet_id)
        )
        for row in self._connection.execution_options(yield_per=1000).execute(query):
            yield QuestionnaireRow(**row._mapping)

    def deliver(self, run_id: int, at: datetime, who: str) -> int:
        """Make the accepted sheets of a run ``delivered``, each audited; returns how many."""
        carried = sa.select(questionnaire.c.sheet_id).where(questionnaire.c.run_id == run_id)
        return deliver_sheets(self._connection, carried, at, who, {"questionnaires": run_id})
