"""A channel's day file in one call."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from domain.reasons import Reason
from intake.api.access import Channel, context_of, today
from intake.api.answers import ReadingAnswer, answer_of
from intake.api.readings import FAILURES, Language
from services.day_file import DayFile, as_csv, read_day_file

router = APIRouter(tags=["batches"])


class RowAnswer(BaseModel):
    """What became of a row of the file."""

    line: int
    answer: ReadingAnswer | None = None
    problem: str = Field("", description="Why the row was not taken at all.")
    reason: Reason | None = None


class BatchAnswer(BaseModel):
    """What became of the file. ``outcomes`` counts the rows."""

    rows: int
    outcomes: dict[str, int]
    results: list[RowAnswer]


@router.post(
    "/batches",
    responses={**FAILURES, 200: {"content": {"text/csv": {}}}},
    summary="Hand in a channel's day file",
    openapi_extra={
        "requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}, "required": True}
    },
)
async def hand_in(
    request: Request,
    key: Channel,
    day: Annotated[date | None, Query(description="The day of the file; default today.")] = None,
    accept: Annotated[str, Header()] = "application/json",
    language: Language = "ru",
) -> BatchAnswer:
    """CSV in UTF-8 or CP1251 with a header: `account`, `reading`, and if wanted `tariff`, `meter_serial`,
    `name`, `contact`, `date`, `id` (or their Russian names); `;`, `,` or tabs.

    The same file again does nothing twice: a call that broke off is simply repeated. With `Accept: text/csv`
    the answer is a receipt with a line a row.
    """
    ctx = context_of(request)
    now = today(ctx)
    if day is not None and day > now:
        raise HTTPException(422, "day: it is later than today")
    file = DayFile(key.supplier, key.channel, key.name, day or now)
    rows = await run_in_threadpool(read_day_file, ctx, await request.body(), file)
    if "text/csv" in accept:
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8")  # type: ignore[return-value]
    outcomes: dict[str, int] = {}
    results = []
    for row in rows:
        name: Literal["not_taken"] | str = "not_taken" if row.answered is None else row.answered.outcome
        outcomes[name] = outcomes.get(name, 0) + 1
        answer = None if row.answered is None else answer_of(row.answered, language)
        results.append(RowAnswer(line=row.line, answer=answer, problem=row.problem, reason=row.reason))
    return BatchAnswer(rows=len(rows), outcomes=outcomes, results=results)
