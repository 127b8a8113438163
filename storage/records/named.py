"""Which objects the records name; whatever stores one of a new kind is added here."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.office_tables import submission
from storage.records.submissions import DRAFT
from storage.records.tables import audit, model_choice, source_file
from storage.records.taught import DROPPED
from storage.records.taught_tables import taught_template, template_draft

#: Kinds of rows of the audit log that name objects, and under which keys of their details.
IN_LOG = {"evidence.made": ("page", "facts"), "delivery.receipt": ("object",)}
#: Columns with an object's key, and when the row still stands for the object: what was destroyed is named by
#: its hash for ever.
COLUMNS: tuple[tuple[sa.Column[str], sa.ColumnElement[bool]], ...] = (
    (source_file.c.sha256, source_file.c.purged_at.is_(None)),
    # A submission that was sent has its file.
    (submission.c.photo, submission.c.state == DRAFT),
    (template_draft.c.picture, template_draft.c.state != DROPPED),
    (taught_template.c.yaml, sa.true()),
    (taught_template.c.reference, sa.true()),
    (model_choice.c.weights, sa.true()),
)


class Named:
    """Answers for some keys at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` (some hundred at most) that a table names."""
        found: set[str] = set()
        for column, stands in COLUMNS:
            query = sa.select(column).where(column.in_(list(keys)), stands)
            found |= set(self._connection.execute(query).scalars())
        return found

    def destroyed(self, keys: Collection[str]) -> list[tuple[int, str]]:
        """Files whose original is one of ``keys`` (some hundred at most) and was destroyed: id and key."""
        columns = (source_file.c.id, source_file.c.sha256)
        query = sa.select(*columns).where(
            source_file.c.sha256.in_(list(keys)), source_file.c.purged_at.isnot(None)
        )
        return [(row.id, row.sha256) for row in self._connection.execute(query.order_by(source_file.c.id))]

    def in_log(self) -> set[str]:
        """All keys that the audit log names: pages of evidence, and what billing has answered."""
        found: set[str] = set()
        query = sa.select(audit.c.what, audit.c.details).where(audit.c.what.in_(list(IN_LOG)))
        for what, details in self._connection.execute(query):
            found |= {str((details or {}).get(name)) for name in IN_LOG[what]}
        return found
