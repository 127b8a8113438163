"""Thresholds that operation has proven or withdrawn: a history to which rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.proof import ProvenThreshold
from storage.records.tables import thresholds

_PROOF = tuple(field.name for field in fields(ProvenThreshold))

#: Built once: every sheet that is judged asks it.
_IN_FORCE = (
    sa.select(thresholds)
    .where(
        thresholds.c.channel == sa.bindparam("channel"),
        thresholds.c.template == sa.bindparam("template"),
        thresholds.c.model == sa.bindparam("model"),
        sa.or_(thresholds.c.withdrawn, thresholds.c.target <= sa.bindparam("most_risk")),
    )
    .order_by(thresholds.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class ThresholdRow:
    """A row of the history: the proof, when and by whom it was put in force.

    ``withdrawn``: from here on nothing is accepted by the machine alone, until a later row says so.
    """

    id: int
    proof: ProvenThreshold
    withdrawn: bool
    at: datetime
    who: str


class Proven:
    """The history of thresholds; the newest valid row of a combination counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, proof: ProvenThreshold, at: datetime, who: str, *, withdrawn: bool = False) -> int:
        """Put ``proof`` in force; returns the row's id."""
        values = {name: getattr(proof, name) for name in _PROOF} | {
            "lowest": dict(proof.lowest),
            "evidence": proof.evidence.value,
            "withdrawn": withdrawn,
            "at": at,
            "who": who,
        }
        added = sa.insert(thresholds).values(**values).returning(thresholds.c.id)
        return int(self._connection.execute(added).scalar_one())

    def in_force(
        self, channel: str, template: str, model: str, most_risk: float = 1.0
    ) -> ThresholdRow | None:
        """The newest valid row; None when operation has said nothing about the combination.

        A row is valid when its target is at most ``most_risk``; a withdrawal always is.
        """
        asked = {"channel": channel, "template": template, "model": model, "most_risk": most_risk}
        row = self._connection.execute(_IN_FORCE, asked).first()
        return None if row is None else _row(row._mapping)

    def history(self, channel: str, template: str, model: str) -> list[ThresholdRow]:
        """All rows of a combination, oldest first."""
        return self._rows(_of(channel, template, model).order_by(thresholds.c.id))

    def keys(self) -> list[tuple[str, str, str]]:
        """Every (channel, template, model) that has a row."""
        columns = (thresholds.c.channel, thresholds.c.template, thresholds.c.model)
        query = sa.select(*columns).distinct().order_by(*columns)
        return [(row[0], row[1], row[2]) for row in self._connection.execute(query)]

    def _rows(self, query: sa.Select[Any]) -> list[ThresholdRow]:
        return [_row(row._mapping) for row in self._connection.execute(query)]


def _of(channel: str, template: str, model: str) -> sa.Select[Any]:
    return sa.select(thresholds).where(
        thresholds.c.channel == channel, thresholds.c.template == template, thresholds.c.model == model
    )


def _row(values: Any) -> ThresholdRow:
    proof = ProvenThreshold(**{name: values[name] for name in _PROOF})
    return ThresholdRow(values["id"], proof, values["withdrawn"], values["at"], values["who"])
