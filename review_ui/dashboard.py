"""The first dashboard: where all sheets are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from domain.reasons import Reason
from domain.sheet import SheetState
from review_ui import plots
from review_ui.staff import OVERSEERS, REVIEWERS, context_of, staff
from services import figures, status
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


#: Where each role begins.
_HOME = {
    "reviewer": "/review",
    "supervisor": "/dashboard",
    "station": "/station",
    "desk": "/desk",
    "admin": "/dashboard",
}


@router.get("/")
def start(request: Request, user: Annotated[UserView, Depends(staff())]) -> Response:
    """Everybody begins with their own work."""
    return RedirectResponse(_HOME.get(user.role, "/password"), 303)


@router.get("/dashboard")
def dashboard(request: Request, user: Annotated[UserView, Depends(staff(*REVIEWERS))]) -> Response:
    """Counts by state and by reason; for supervisors also how the work goes and what the machine keeps."""
    counts = status.status(context_of(request))
    known = {reason.value: reason for reason in Reason}
    by_reason = sorted(
        ((known[code], number) for code, number in counts.by_reason.items() if code in known),
        key=lambda item: -item[1],
    )
    found = plots.figures_of(request) if user.role in OVERSEERS else None
    shown: dict[str, object] = {"found": found}
    if found is not None:
        hours, busiest = plots.bars(found.hours)
        shown |= {"hours": hours, "busiest": busiest, "dots": plots.dots(found.curve), "ticks": plots.ticks()}
        shown |= {"width": plots.WIDTH, "height": plots.HEIGHT, "bound": figures.bound}
    return pages_of(request).page(
        request,
        "dashboard.html",
        user=user,
        **shown,
        total=counts.sheets,
        states=[(state.value, counts.by_state.get(state.value, 0)) for state in STATES],
        reasons=by_reason,
        most=max((number for _, number in by_reason), default=1),
        now=context_of(request).clock(),
    )
