"""Forms that were taught on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.records.taught_tables import taught_template, template_draft

OPEN, PUBLISHED, DROPPED = "open", "published", "dropped"


@dataclass(frozen=True)
class DraftRow:
    """A form that is being drawn. ``picture``: key of its page's picture; ``content``: see the table."""

    id: int
    supplier: str
    state: str
    picture: str
    source: str
    content: Mapping[str, Any]
    revision: int
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True)
class NewTaught:
    """A version to publish; ``yaml`` and ``reference`` are keys of objects."""

    name: str
    version: int
    supplier: str
    yaml: str
    reference: str
    reference_name: str
    draft_id: int | None
    published_by: str
    published_at: datetime


@dataclass(frozen=True)
class TaughtRow(NewTaught):
    """A published version; withdrawn: new sheets are not read with it."""

    id: int
    withdrawn_by: str | None
    withdrawn_at: datetime | None

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"


class Taught:
    """Keeps drafts and what was published of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(
        self, supplier: str, picture: str, source: str, content: Mapping[str, Any], *, at: datetime, who: str
    ) -> int:
        """Record a new draft; returns its number."""
        values = {
            "supplier": supplier,
            "state": OPEN,
            "picture": picture,
            "source": source,
            "content": dict(content),
            "revision": 1,
            "created_by": who,
            "created_at": at,
            "updated_by": who,
            "updated_at": at,
        }
        made = self._connection.execute(
            sa.insert(template_draft).values(**values).returning(template_draft.c.id)
        )
        return int(made.scalar_one())

    def draft(self, draft_id: int) -> DraftRow | None:
        """One draft."""
        query = sa.select(template_draft).where(template_draft.c.id == draft_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else DraftRow(**row._mapping)

    def drafts(self) -> list[DraftRow]:
        """The open ones, the newest first."""
        query = sa.select(template_draft).where(template_draft.c.state == OPEN)
        rows = self._connection.execute(query.order_by(template_draft.c.id.desc()))
        return [DraftRow(**row._mapping) for row in rows]

    def change(self, draft_id: int, revision: int, *, at: datetime, who: str, **values: Any) -> bool:
        """Set columns of an open draft; False when somebody has changed it since ``revision``."""
        changed = self._connection.execute(
            sa.update(template_draft)
            .where(
                template_draft.c.id == draft_id,
                template_draft.c.revision == revision,
                template_draft.c.state == OPEN,
            )
            .values(revision=revision + 1, updated_by=who, updated_at=at, **values)
        )
        return changed.rowcount == 1

    def uses(self, picture: str) -> bool:
        """Whether an open draft or a published form has this object."""
        draft = sa.select(template_draft.c.id).where(
            template_draft.c.picture == picture, template_draft.c.state == OPEN
        )
        taught = sa.select(taught_template.c.id).where(taught_template.c.reference == picture)
        return any(self._connection.execute(query.limit(1)).first() for query in (draft, taught))

    def publish(self, row: NewTaught) -> int:
        """Record a version; returns its number among all."""
        made = self._connection.execute(
            sa.insert(taught_template).values(**vars(row)).returning(taught_template.c.id)
        )
        return int(made.scalar_one())

    def withdraw(self, name: str, version: int, *, at: datetime | None, who: str | None) -> bool:
        """Read no new sheets with a version; ``at`` and ``who`` None: read with it again."""
        changed = self._connection.execute(
            sa.update(taught_template)
            .where(taught_template.c.name == name, taught_template.c.version == version)
            .values(withdrawn_at=at, withdrawn_by=who)
        )
        return changed.rowcount == 1

    def published(self) -> list[TaughtRow]:
        """Every version, in the order of publishing."""
        rows = self._connection.execute(sa.select(taught_template).order_by(taught_template.c.id))
        return [TaughtRow(**row._mapping) for row in rows]
