"""The unit of work: one transaction, with what may be done inside it grouped by subject."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from domain.errors import StorageError
from storage.records import locks
from storage.records.api_keys import ApiKeys
from storage.records.archives import Archives
from storage.records.audits import Audits
from storage.records.blind import Blind
from storage.records.engine import WRITING, open_engine
from storage.records.exports import Exports
from storage.records.files import Files
from storage.records.findings import FindingsOf
from storage.records.glyphs import Glyphs
from storage.records.holds import Holds
from storage.records.messages import Messages
from storage.records.migrate import migrate
from storage.records.month_ends import MonthEnds
from storage.records.named import Named
from storage.records.notices import Notices
from storage.records.outbox import Outbox
from storage.records.outbox_counts import OutboxCounts
from storage.records.papers import Papers
from storage.records.photo_marks import PhotoMarks
from storage.records.proven import Proven
from storage.records.questionnaires import Questionnaires
from storage.records.questions import Questions
from storage.records.queue import Queue
from storage.records.readings import Readings
from storage.records.registers import Registers
from storage.records.settings import RecordsSettings
from storage.records.shadows import Shadows
from storage.records.sheets import Sheets
from storage.records.staff import Staff
from storage.records.submissions import Submissions
from storage.records.taught import Taught
from storage.records.visits import Visits
from storage.records.vitals import Vitals
from storage.records.waiting import Waiting


class Transaction:
    """What can be done inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.audits = Audits(connection)
        self.files = Files(connection)
        self.papers = Papers(connection)
        self.submissions = Submissions(connection)
        self.photo_marks = PhotoMarks(connection)
        self.holds = Holds(connection)
        self.sheets = Sheets(connection, self.audits)
        self.waiting = Waiting(connection)
        self.queue = Queue(connection)
        self.questions = Questions(connection)
        self.questionnaires = Questionnaires(connection)
        self.glyphs = Glyphs(connection)
        self.readings = Readings(connection)
        self.registers = Registers(connection)
        self.month_ends = MonthEnds(connection)
        self.exports = Exports(connection)
        self.staff = Staff(connection)
        self.proven = Proven(connection)
        self.blind = Blind(connection)
        self.findings = FindingsOf(connection)
        self.archives = Archives(connection)
        self.shadows = Shadows(connection)
        self.outbox = Outbox(connection)
        self.outbox_counts = OutboxCounts(connection)
        self.messages = Messages(connection)
        self.notices = Notices(connection)
        self.api_keys = ApiKeys(connection)
        self.visits = Visits(connection)
        self.vitals = Vitals(connection)
        self.taught = Taught(connection)
        self.named = Named(connection)

    def lock(self, name: str) -> None:
        """Exclude other writing transactions that lock the same name, until this one ends."""
        locks.lock_in_transaction(self.connection, name)


class Records:
    """The records of one installation; safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, settings: RecordsSettings) -> Self:
        """Connect, and bring the database to the newest tables first; raises ``StorageError``."""
        engine = open_engine(settings)
        with _clear_errors():
            migrate(engine)
        return cls(engine)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end, rolled back on any exception."""
        with _clear_errors():
            connection = self.engine.connect().execution_options(**{WRITING: True})
            with connection, connection.begin():
                yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that sees one moment's state throughout and cannot write."""
        with _clear_errors():
            connection = self.engine.connect()
            if self.engine.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection, connection.begin() as transaction:
                yield Transaction(connection)
                transaction.rollback()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Only one process at a time is inside; see ``locks.exclusive``."""
        with _clear_errors(), locks.exclusive(self.engine, name):
            yield

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn what the driver says of an unreachable or full database into one line."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StorageError("all connections to the records are busy; try again") from error
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError, sa.exc.NotSupportedError):
        # Ours: a bug, or somebody's hand in the tables.
        raise
    except sa.exc.DBAPIError as error:
        # Of any class: psycopg calls a primary that became a standby an internal error, sqlite3 a damaged
        # file a plain one.
        said = " ".join(str(error.orig).split())[:200]
        raise StorageError(
            f"the records cannot be used ({said}); check METERDROP_DATABASE_URL and the disk"
        ) from error
