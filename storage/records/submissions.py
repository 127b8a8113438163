"""What customers send through the public page: a photo, an account, and what they confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.office_tables import submission
from storage.records.upsert import insert

DRAFT, SENT, DROPPED = "draft", "sent", "dropped"


@dataclass(frozen=True)
class NewSubmission:
    """A photo that a customer has not confirmed yet.

    ``session``: hash of the browser session that began it. ``photo``: key of the picture among the objects.
    ``read``: what the reader said. ``identified``: what was asked beside the account is the register's.
    """

    reference: str
    supplier: str
    channel: str
    account: str
    meter_serial: str
    identified: bool
    session: str
    photo: str
    read: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class SubmissionRow(NewSubmission):
    """A recorded one. ``entered``: field → what the customer confirmed or wrote instead."""

    id: int = 0
    state: str = DRAFT
    entered: Mapping[str, str] | None = None
    sheet_id: int | None = None
    sent_at: datetime | None = None


class Submissions:
    """Adds submissions and finds them by their reference."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: NewSubmission) -> bool:
        """Record a draft; False when the reference is taken."""
        added = self._connection.execute(
            insert(self._connection, submission)
            .values(**vars(row), state=DRAFT)
            .on_conflict_do_nothing(index_elements=["reference"])
            .returning(submission.c.id)
        ).one_or_none()
        return added is not None

    def get(self, reference: str, *, lock: bool = False) -> SubmissionRow | None:
        """The submission of that reference; ``lock`` keeps other writers from it."""
        query = sa.select(submission).where(submission.c.reference == reference)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else SubmissionRow(**row._mapping)

    def of_sheet(self, sheet_id: int) -> SubmissionRow | None:
        """The submission that a sheet came from."""
        query = sa.select(submission).where(submission.c.sheet_id == sheet_id).order_by(submission.c.id)
        row = self._connection.execute(query.limit(1)).one_or_none()
        return None if row is None else SubmissionRow(**row._mapping)

    def of_sheets(self, sheet_ids: Sequence[int]) -> dict[int, SubmissionRow]:
        """Sheet → the submission that it came from, for those that came from one."""
        query = sa.select(submission).where(submission.c.sheet_id.in_(list(sheet_ids)))
        rows = self._connection.execute(query.order_by(submission.c.id.desc()))
        return {row.sheet_id: SubmissionRow(**row._mapping) for row in rows}

    def sent(self, submission_id: int, entered: Mapping[str, str], sheet_id: int, at: datetime) -> None:
        """The customer confirmed: the draft has its sheet."""
        self._connection.execute(
            sa.update(submission)
            .where(submission.c.id == submission_id)
            .values(state=SENT, entered=dict(entered), sheet_id=sheet_id, sent_at=at)
        )

    def since(self, supplier: str, account: str, moment: datetime) -> int:
        """How many photos came for an account since a moment, confirmed or not."""
        query = sa.select(sa.func.count()).where(
            submission.c.supplier == supplier,
            submission.c.account == account,
            submission.c.created_at >= moment,
        )
        return int(self._connection.execute(query).scalar_one())

    def drafts_before(self, moment: datetime, limit: int = 500) -> list[SubmissionRow]:
        """Drafts that were never confirmed, oldest first."""
        query = (
            sa.select(submission)
            .where(submission.c.state == DRAFT, submission.c.created_at < moment)
            .order_by(submission.c.id)
            .limit(limit)
        )
        return [SubmissionRow(**row._mapping) for row in self._connection.execute(query)]

    def photos(self, after: int, limit: int) -> list[tuple[int, str, str]]:
        """Id, reference and photo's key of the next drafts after the submission of id ``after``."""
        query = sa.select(submission.c.id, submission.c.reference, submission.c.photo).where(
            submission.c.state == DRAFT, submission.c.id > after
        )
        return [
            (r[0], r[1], r[2]) for r in self._connection.execute(query.order_by(submission.c.id).limit(limit))
        ]

    def photo_in_use(self, key: str, but: int) -> bool:
        """Whether another submission that is not dropped has the same picture."""
        query = sa.select(submission.c.id).where(
            submission.c.photo == key, submission.c.id != but, submission.c.state != DROPPED
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def forget(self, submission_ids: list[int]) -> None:
        """Take what is personal out of these; a draft among them is dropped."""
        mine = submission.c.id.in_(submission_ids)
        self._connection.execute(
            sa.update(submission).where(mine, submission.c.state == DRAFT).values(state=DROPPED)
        )
        self._connection.execute(
            sa.update(submission)
            .where(mine)
            .values(account="", meter_serial="", session="", read=None, entered=None)
        )
