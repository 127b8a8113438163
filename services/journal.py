"""Reading the audit log."""

from __future__ import annotations

from services.context import Context
from storage.records import AuditRow
from storage.records.journal import Journal, JournalQuery

__all__ = ["AuditRow", "JournalQuery", "kinds", "search"]


def search(ctx: Context, query: JournalQuery, limit: int) -> list[AuditRow]:
    """The newest entries that fit."""
    with ctx.records.read() as tx:
        return Journal(tx.connection).search(query, limit)


def kinds(ctx: Context) -> list[str]:
    """Every kind of entry that there is."""
    with ctx.records.read() as tx:
        return Journal(tx.connection).kinds()
