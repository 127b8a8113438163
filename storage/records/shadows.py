"""Shadow models: what they read, and which model reads a supplier's batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.sheet import SheetState
from storage.records.audits import STATE
from storage.records.tables import audit, blind_audit, model_choice, shadow_reading, sheet
from storage.records.upsert import insert

_ACCEPTED = (SheetState.ACCEPTED.value, SheetState.DELIVERED.value)
_STREAM = 500


@dataclass(frozen=True)
class ModelChoice:
    """From ``at`` on, ``model`` reads the supplier's batches; ``weights``: its object's key, or ""."""

    id: int
    supplier: str
    model: str
    weights: str
    at: datetime
    who: str


@dataclass(frozen=True)
class ShadowSheet:
    """A sheet that both models read, and what people found.

    ``recognition`` is the deciding model's, ``shadow`` the other's. ``entered``: what a person entered;
    ``details``: of that verdict; None where no person judged. ``audit``: state of its blind audit, or None;
    ``truth``: what that found.
    """

    sheet_id: int
    supplier: str
    state: str
    recognition: Mapping[str, Any]
    shadow: Mapping[str, Any]
    score: float
    date_score: float | None
    held: bool
    reasons: str
    entered: Mapping[str, str] | None
    audit: str | None
    audit_kind: str | None
    truth: Mapping[str, str] | None
    details: Mapping[str, Any] | None

    @property
    def accepted_by_machine(self) -> bool:
        """Whether the model that decides accepted it alone."""
        return self.state in _ACCEPTED and self.entered is None


class Shadows:
    """Readings of models that decide nothing, and the history of those that do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, values: Mapping[str, Any]) -> None:
        """Keep what a shadow model read; the same sheet and model again change nothing."""
        self._connection.execute(
            insert(self._connection, shadow_reading)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["sheet_id", "model"])
        )

    def combinations(self) -> list[tuple[str, str, str]]:
        """Every (channel, template, shadow model) with readings."""
        columns = (sheet.c.channel, sheet.c.template, shadow_reading.c.model)
        query = sa.select(*columns).join(sheet, sheet.c.id == shadow_reading.c.sheet_id)
        rows = self._connection.execute(query.distinct().order_by(*columns))
        return [(row[0], row[1], row[2]) for row in rows]

    def sheets(self, key: tuple[str, str, str]) -> Iterator[ShadowSheet]:
        """Every sheet that the shadow model read, by id."""
        last = (
            sa.select(audit.c.sheet_id, sa.func.max(audit.c.id).label("id"))
            .where(audit.c.what == STATE, audit.c.state_before == SheetState.REVIEW.value)
            .group_by(audit.c.sheet_id)
            .subquery()
        )
        query = (
            sa.select(
                sheet.c.id.label("sheet_id"),
                sheet.c.supplier,
                sheet.c.state,
                sheet.c.recognition,
                shadow_reading.c.recognition.label("shadow"),
                shadow_reading.c.score,
                shadow_reading.c.date_score,
                shadow_reading.c.held,
                sheet.c.reasons,
                sheet.c.entered,
                blind_audit.c.state.label("audit"),
                blind_audit.c.kind.label("audit_kind"),
                blind_audit.c.truth,
                audit.c.details,
            )
            .join(sheet, sheet.c.id == shadow_reading.c.sheet_id)
            .outerjoin(blind_audit, blind_audit.c.sheet_id == sheet.c.id)
            .outerjoin(last, last.c.sheet_id == sheet.c.id)
            .outerjoin(audit, audit.c.id == last.c.id)
            .where(shadow_reading.c.model == key[2], sheet.c.channel == key[0], sheet.c.template == key[1])
            .order_by(sheet.c.id)
        )
        for row in self._connection.execute(query.execution_options(yield_per=_STREAM)):
            yield ShadowSheet(**row._mapping)

    def choose(self, supplier: str, model: str, weights: str, *, at: datetime, who: str) -> int:
        """From ``at`` on, ``model`` reads the supplier's batches; returns the row's id."""
        values = {"supplier": supplier, "model": model, "weights": weights, "at": at, "who": who}
        added = sa.insert(model_choice).values(**values).returning(model_choice.c.id)
        return int(self._connection.execute(added).scalar_one())

    def active(self, supplier: str, at: datetime | None = None) -> ModelChoice | None:
        """What reads the supplier's batches that began at ``at`` (now, without one); None: what ships."""
        query = sa.select(model_choice).where(model_choice.c.supplier == supplier)
        if at is not None:
            query = query.where(model_choice.c.at <= at)
        row = self._connection.execute(query.order_by(model_choice.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else ModelChoice(**row._mapping)

    def choices(self, supplier: str | None = None) -> list[ModelChoice]:
        """The history of switches, oldest first."""
        query = sa.select(model_choice).order_by(model_choice.c.id)
        if supplier is not None:
            query = query.where(model_choice.c.supplier == supplier)
        return [ModelChoice(**row._mapping) for row in self._connection.execute(query)]

    def channels(self, supplier: str) -> list[tuple[str, str]]:
        """Every (channel, template) in which slips of the supplier were read."""
        query = sa.select(sheet.c.channel, sheet.c.template).where(
            sheet.c.supplier == supplier, sheet.c.template.isnot(None), sheet.c.model.isnot(None)
        )
        rows = self._connection.execute(query.distinct().order_by(sheet.c.channel, sheet.c.template))
        return [(row[0], row[1]) for row in rows]
