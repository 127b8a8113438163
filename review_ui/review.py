"""The review page: a slip at a time, judged by keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import LeaseLostError
from domain.reasons import Reason
from review_ui.pictures import Pictures
from review_ui.settings import ReviewSettings
from review_ui.sheet_view import REJECT_REASONS, SheetView, answer_lines, field_to_mend, uses, view_sheet
from review_ui.staff import REVIEWERS, context_of, staff
from services import asking, review, undo, visits
from services.results import Effort, ReviewAnswer, ReviewSheet, UserView
from web.pages import pages_of, visitor_of

router = APIRouter(prefix="/review")

Reviewer = Annotated[UserView, Depends(staff(*REVIEWERS))]
#: Kind of pages that are remembered as the last to show a slip. When one is loaded again, the browser asks
#: for the new page first and lets the old one say good-bye afterwards: that must not take the slip from it.
SHOWN = "review"
SheetId = Annotated[int, Path(ge=1, le=2**62)]
Value = Annotated[str, Field(max_length=200)]


class Spent(BaseModel):
    """What a verdict took, as the page measured it."""

    model_config = ConfigDict(extra="forbid")
    seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
    keys: Annotated[int, Field(ge=0, le=100_000)]

    @property
    def effort(self) -> Effort:
        """For the record."""
        return Effort(round(self.seconds, 2), self.keys)


class Values(BaseModel):
    """What the page has in its fields: field name → text."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, Value] = Field(max_length=40)
    confirmed: list[Reason] = Field(default=[], max_length=20)
    spent: Spent | None = None


class Rejection(BaseModel):
    """Why a slip is rejected."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason
    note: Annotated[str, Field(max_length=500)] = ""
    spent: Spent | None = None


class Question(BaseModel):
    """What a supervisor is asked."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(max_length=500)] = ""
    spent: Spent | None = None


class Ahead(BaseModel):
    """The slips that the page has already."""

    model_config = ConfigDict(extra="forbid")
    skip: list[Annotated[int, Field(ge=1, le=2**62)]] = Field(default=[], max_length=10)


class PageToken(BaseModel):
    """Which page lets go of a slip."""

    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, Field(max_length=100)]


@router.get("")
def next_slip(request: Request, user: Reviewer) -> Response:
    """To the next slip, or a page that waits for one."""
    sheet = review.claim_next(context_of(request), user.name)
    if sheet is None:
        left = asking.waiting(context_of(request))
        return pages_of(request).page(request, "empty.html", user=user, waiting_for_supervisor=left)
    return RedirectResponse(f"/review/{sheet.sheet_id}", 303)


@router.get("/{sheet_id}")
def slip(request: Request, user: Reviewer, sheet_id: SheetId) -> Response:
    """The page of one slip, claimed for this reviewer."""
    ctx = context_of(request)
    try:
        sheet = review.claim(ctx, user.name, sheet_id)
    except LeaseLostError:
        return pages_of(request).page(request, "taken.html", 409, user=user)
    settings: ReviewSettings = request.app.state.review_settings
    return pages_of(request).page(
        request,
        "review.html",
        user=user,
        lease_seconds=ctx.settings.lease_seconds,
        idle_seconds=settings.idle_seconds,
        reject_reasons=REJECT_REASONS,
        waiting=review.queue_length(ctx),
        **_slip_values(request, user, sheet),
    )


@router.post("/next")
def next_ahead(request: Request, user: Reviewer, body: Ahead) -> Response:
    """The next slip as a fragment for the page to keep ready; 204 when there is none."""
    ctx = context_of(request)
    sheet = review.claim_next(ctx, user.name, skip=body.skip)
    if sheet is None:
        return Response(status_code=204)
    values = _slip_values(request, user, sheet)
    html = pages_of(request).fragment(visitor_of(request), "sheet.html", **values)
    return HTMLResponse(html, headers={"X-Waiting": str(review.queue_length(ctx))})


@router.get("/{sheet_id}/picture")
def picture(request: Request, user: Reviewer, sheet_id: SheetId) -> Response:
    """The slip upright, as JPEG."""
    return Response(_pictures(request).get(sheet_id).jpeg, media_type="image/jpeg")


@router.post("/{sheet_id}/preview")
def preview(request: Request, user: Reviewer, sheet_id: SheetId, body: Values) -> JSONResponse:
    """What the gate says of these values; nothing is stored."""
    ctx = context_of(request)
    answer = review.preview(ctx, sheet_id, body.values)
    return _answer(request, review.claim(ctx, user.name, sheet_id), body, answer)


@router.post("/{sheet_id}/accept")
def accept(request: Request, user: Reviewer, sheet_id: SheetId, body: Values) -> JSONResponse:
    """Accept the slip with these values if the gate lets them pass."""
    ctx = context_of(request)
    answer = review.accept(ctx, user.name, sheet_id, body.values, body.confirmed, effort=_effort(body.spent))
    if answer.outcome in ("accepted", "duplicate"):
        return JSONResponse({"outcome": answer.outcome})
    return _answer(request, review.claim(ctx, user.name, sheet_id), body, answer)


@router.post("/{sheet_id}/reject")
def reject(request: Request, user: Reviewer, sheet_id: SheetId, body: Rejection) -> JSONResponse:
    """Reject the slip for one of the reasons that the page offers."""
    if body.reason not in REJECT_REASONS:
        raise HTTPException(422)
    ctx, effort = context_of(request), _effort(body.spent)
    review.reject(ctx, user.name, sheet_id, body.reason, body.note, effort=effort)
    return JSONResponse({"outcome": "rejected"})


@router.post("/{sheet_id}/ask")
def ask(request: Request, user: Reviewer, sheet_id: SheetId, body: Question) -> JSONResponse:
    """Leave the slip to a supervisor."""
    asking.ask(context_of(request), user.name, sheet_id, body.note, _effort(body.spent))
    return JSONResponse({"outcome": "asked"})


@router.post("/{sheet_id}/undo")
def take_back(request: Request, user: Reviewer, sheet_id: SheetId) -> JSONResponse:
    """Take the verdict on the slip back; it is this reviewer's again."""
    try:
        undo.undo(context_of(request), user.name, sheet_id)
    except (undo.TooLateError, LeaseLostError):
        return JSONResponse({"outcome": "too_late"})
    return JSONResponse({"outcome": "undone"})


@router.post("/{sheet_id}/renew")
def renew(request: Request, user: Reviewer, sheet_id: SheetId) -> JSONResponse:
    """Hold the slip for another lease."""
    return JSONResponse({"until": review.renew(context_of(request), user.name, sheet_id).isoformat()})


@router.post("/{sheet_id}/release")
def release(request: Request, user: Reviewer, sheet_id: SheetId, body: PageToken) -> Response:
    """Put the slip back, unless a newer page of the same reviewer shows it."""
    ctx = context_of(request)
    if visits.is_shown_last(ctx, SHOWN, user.name, sheet_id, body.token):
        review.release(ctx, user.name, sheet_id)
    return Response(status_code=204)


def _slip_values(request: Request, user: UserView, sheet: ReviewSheet) -> dict[str, Any]:
    """What ``sheet.html`` shows."""
    view = _view(request, sheet)
    values = view.values
    answer = review.preview(context_of(request), sheet.sheet_id, values)
    token = visits.show(context_of(request), SHOWN, user.name, sheet.sheet_id)
    can_ask = asking.can_ask(context_of(request), user.name)
    shown = {"view": view, "sheet": sheet, "token": token, "can_ask": can_ask}
    return {**shown, **_answer_values(view, answer, values)}


def _answer_values(view: SheetView, answer: ReviewAnswer, values: dict[str, str]) -> dict[str, Any]:
    return {
        "answer": answer,
        "lines": answer_lines(answer),
        "account": answer.account,
        "named": any(values.get(each.field.name) for each in view.role("account")),
        "uses": uses(answer.account, view, values),
    }


def _answer(request: Request, sheet: ReviewSheet, body: Values, answer: ReviewAnswer) -> JSONResponse:
    """The gate's answer for the script: codes for it, ready fragments for the page."""
    pages, visitor = pages_of(request), visitor_of(request)
    view = _view(request, sheet)
    shown = {"view": view, **_answer_values(view, answer, body.values)}
    return JSONResponse(
        {
            "outcome": answer.outcome,
            "reasons": [reason.value for reason in answer.reasons],
            "mend": field_to_mend(view, answer),
            "tariffs": [use.meter.tariff for use in shown["uses"] if use.meter.tariff],
            "gate": pages.fragment(visitor, "gate.html", **shown),
            "register": pages.fragment(visitor, "register.html", **shown),
            "usage": pages.fragment(visitor, "usage.html", **shown),
        }
    )


def _effort(spent: Spent | None) -> Effort | None:
    return None if spent is None else spent.effort


def _view(request: Request, sheet: ReviewSheet) -> SheetView:
    settings: ReviewSettings = request.app.state.review_settings
    digits = context_of(request).suppliers[sheet.supplier].account.digits_max
    return view_sheet(sheet, _pictures(request).get(sheet.sheet_id), settings.weak_below, digits)


def _pictures(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.pictures
    return pictures
