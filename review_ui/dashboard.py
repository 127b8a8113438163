"""The first dashboard: where all sheets are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from domain.reasons import Reason
from domain.sheet import SheetState
from review_ui.staff import REVIEWERS, context_of, staff
from services import status
from services.results import UserView
from web.pages import pages_of

router = APIRouter()

#: The states in the order of a sheet's way.
STATES = (
    SheetState.PENDING,
    SheetState.REVIEW,
    SheetState.ACCEPTED,
    SheetState.DELIVERED,
    SheetState.REJECTED,
    SheetState.DUPLICATE,
    SheetState.BLANK,
    SheetState.UNREADABLE,
)


@router.get("/")
def start(request: Request, user: Annotated[UserView, Depends(staff())]) -> Response:
    """Reviewers begin with the next slip."""
    return RedirectResponse("/review" if user.role in REVIEWERS else "/dashboard", 303)


@router.get("/dashboard")
def dashboard(request: Request, user: Annotated[UserView, Depends(staff(*REVIEWERS))]) -> Response:
    """Counts by state and by reason."""
    counts = status.status(context_of(request))
    known = {reason.value: reason for reason in Reason}
    by_reason = sorted(
        ((known[code], number) for code, number in counts.by_reason.items() if code in known),
        key=lambda item: -item[1],
    )
    return pages_of(request).page(
        request,
        "dashboard.html",
        user=user,
        total=counts.sheets,
        states=[(state.value, counts.by_state.get(state.value, 0)) for state in STATES],
        reasons=by_reason,
        most=max((number for _, number in by_reason), default=1),
        now=context_of(request).clock(),
    )
