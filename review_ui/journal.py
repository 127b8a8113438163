"""The audit log with search: who did what, when, to which sheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from review_ui.staff import OVERSEERS, context_of, staff
from services import journal
from services.journal import AuditRow, JournalQuery
from services.results import UserView
from web.pages import pages_of

router = APIRouter()

Overseer = Annotated[UserView, Depends(staff(*OVERSEERS))]
Word = Annotated[str, Query(max_length=100)]

#: Entries on a page, and in a CSV.
PAGE, MOST_CSV = 100, 20_000


def asked(  # noqa: PLR0917 - one parameter a search field
    who: Word = "",
    what: Word = "",
    word: Word = "",
    sheet: Annotated[str, Query(pattern="^[0-9]{0,18}$")] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[str, Query(pattern="^[0-9]{0,18}$")] = "",
) -> JournalQuery:
    """The search as the address has it; an impossible day is no day."""
    first, last = _day(since), _day(until)
    return JournalQuery(
        who=_shown(who),
        what=_shown(what),
        word=_shown(word),
        sheet_id=int(sheet) if sheet else None,
        since=_midnight(first),
        until=_midnight(last + timedelta(days=1)) if last is not None and last < date.max else None,
        before_id=int(before) if before else None,
    )


Asked = Annotated[JournalQuery, Depends(asked)]


@router.get("/audit")
def page(request: Request, user: Overseer, query: Asked) -> Response:
    """The newest entries that fit."""
    rows = journal.search(context_of(request), query, PAGE + 1)
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    kept = {name: value for name, value in request.query_params.items() if name != "before" and value}
    return pages_of(request).page(
        request,
        "audit.html",
        user=user,
        rows=[(row, _details(row)) for row in rows[:PAGE]],
        kinds=journal.kinds(context_of(request)),
        asked={
            name: request.query_params.get(name, "")
            for name in ("who", "what", "word", "sheet", "since", "until")
        },
        older=None if older is None else "/audit?" + urlencode({**kept, "before": older}),
        csv="/audit.csv?" + urlencode(kept),
    )


@router.get("/audit.csv")
def as_csv(request: Request, user: Overseer, query: Asked) -> Response:
    """The same as a table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "at", "who", "what", "supplier", "sheet", "before", "after", "details"])
    for row in journal.search(context_of(request), replace(query, before_id=None), MOST_CSV):
        cells = [
            row.who,
            row.what,
            row.supplier,
            row.sheet_id,
            row.state_before,
            row.state_after,
            _details(row),
        ]
        writer.writerow([row.id, row.at.isoformat(), *map(_harmless, cells)])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def _details(row: AuditRow) -> str:
    return "" if not row.details else json.dumps(row.details, ensure_ascii=False)


def _shown(text: str) -> str:
    return "".join(symbol for symbol in text if symbol.isprintable()).strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
