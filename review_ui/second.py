"""Blind second reading: another person keys what the paper says, without seeing the first answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import LeaseLostError, UsageError
from review_ui.pictures import Pictures
from review_ui.review import PageToken, Value
from review_ui.settings import ReviewSettings
from review_ui.sheet_view import Answers, Laid, answers_side_by_side, lay_fields
from review_ui.staff import REVIEWERS, context_of, staff
from services import blind, visits
from services.results import ReviewField, UserView
from web.pages import pages_of, visitor_of

router = APIRouter(prefix="/second")

Reviewer = Annotated[UserView, Depends(staff(*REVIEWERS))]
#: See ``review_ui.review``.
SHOWN = "second"
AuditId = Annotated[int, Path(ge=1, le=2**62)]

#: What is compared; whether somebody signed is no reading.
_COMPARED = frozenset({"account", "reading", "date", "meter_serial"})


class Ahead(BaseModel):
    """The audits that the page has already."""

    model_config = ConfigDict(extra="forbid")
    skip: list[Annotated[int, Field(ge=1, le=2**62)]] = Field(default=[], max_length=10)


class Answer(BaseModel):
    """What was read, field name → text; None: the slip cannot be read."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, Value] | None = Field(max_length=40)


class Account(BaseModel):
    """An account that was read."""

    model_config = ConfigDict(extra="forbid")
    account: Value


@router.get("")
def next_audit(request: Request, user: Reviewer) -> Response:
    """To the next audit, or a page that says there is none."""
    ctx = context_of(request)
    task = blind.claim_next(ctx, user.name)
    if task is None:
        waiting = blind.waiting(ctx)
        return pages_of(request).page(request, "second_empty.html", user=user, waiting=waiting)
    return RedirectResponse(f"/second/{task.audit_id}", 303)


@router.get("/{audit_id}")
def audit(request: Request, user: Reviewer, audit_id: AuditId) -> Response:
    """The page of one audit, claimed for this person."""
    ctx = context_of(request)
    try:
        task = blind.claim(ctx, user.name, audit_id)
    except LeaseLostError:
        return pages_of(request).page(request, "second_taken.html", 409, user=user)
    settings: ReviewSettings = request.app.state.review_settings
    return pages_of(request).page(
        request,
        "second.html",
        user=user,
        lease_seconds=ctx.settings.lease_seconds,
        idle_seconds=settings.idle_seconds,
        **_values(request, user, task),
    )


@router.post("/next")
def next_ahead(request: Request, user: Reviewer, body: Ahead) -> Response:
    """The next audit as a fragment for the page to keep ready; 204 when there is none."""
    task = blind.claim_next(context_of(request), user.name, skip=body.skip)
    if task is None:
        return Response(status_code=204)
    values = _values(request, user, task)
    return HTMLResponse(pages_of(request).fragment(visitor_of(request), "second_sheet.html", **values))


@router.get("/{audit_id}/picture")
def picture(request: Request, user: Reviewer, audit_id: AuditId) -> Response:
    """The slip upright, as JPEG, for whoever holds the audit."""
    sheet_id = blind.sheet_of(context_of(request), user.name, audit_id)
    return Response(_pictures(request).get(sheet_id).jpeg, media_type="image/jpeg")


@router.post("/{audit_id}/account")
def account(request: Request, user: Reviewer, audit_id: AuditId, body: Account) -> Response:
    """Whom the register knows under an account, as a fragment."""
    found = blind.registered(context_of(request), user.name, audit_id, body.account)
    shown = {"account": found, "named": bool(body.account.strip())}
    return HTMLResponse(pages_of(request).fragment(visitor_of(request), "register.html", **shown))


@router.post("/{audit_id}/submit")
def submit(request: Request, user: Reviewer, audit_id: AuditId, body: Answer) -> JSONResponse:
    """Record what was read. Whether it agrees is not told: the next slip must be read as freely."""
    try:
        blind.submit(context_of(request), user.name, audit_id, body.values)
    except UsageError:
        raise HTTPException(422) from None
    return JSONResponse({"outcome": "recorded"})


@router.post("/{audit_id}/renew")
def renew(request: Request, user: Reviewer, audit_id: AuditId) -> JSONResponse:
    """Hold the audit for another lease."""
    return JSONResponse(
        {"until": blind.claim(context_of(request), user.name, audit_id).held_until.isoformat()}
    )


@router.post("/{audit_id}/release")
def release(request: Request, user: Reviewer, audit_id: AuditId, body: PageToken) -> Response:
    """Put the audit back, unless a newer page of the same person shows it."""
    ctx = context_of(request)
    if visits.is_shown_last(ctx, SHOWN, user.name, audit_id, body.token):
        blind.release(ctx, user.name, audit_id)
    return Response(status_code=204)


def _values(request: Request, user: UserView, task: blind.AuditTask) -> dict[str, Any]:
    """What ``second_sheet.html`` shows."""
    settings: ReviewSettings = request.app.state.review_settings
    digits = context_of(request).suppliers[task.supplier].account.digits_max
    fields = [_plain(field) for field in task.fields if field.role in _COMPARED]
    slip = _pictures(request).get(task.sheet_id)
    views = lay_fields(fields, slip, settings.weak_below, digits)
    view = Laid(f"s{task.audit_id}", f"/second/{task.audit_id}/picture", slip, views)
    both: Answers | None = answers_side_by_side(view, task.answers) if task.stage == "third" else None
    return {
        "task": task,
        "view": view,
        "both": both,
        "token": visits.show(context_of(request), SHOWN, user.name, task.audit_id),
    }


def _plain(field: ReviewField) -> ReviewField:
    """Nothing is doubtful where nothing is known."""
    return ReviewField(**{**vars(field), "weak": False, "reasons": ()})


def _pictures(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.pictures
    return pictures
