"""The desk: by account, everything that came and what became of it; readings told by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from domain.gate import OVERRULABLE
from review_ui.pictures import Pictures
from review_ui.staff import DESK, context_of, staff
from services import desk
from services.results import AccountView, ReviewAnswer, UserView
from web.pages import pages_of

router = APIRouter(prefix="/desk")

Clerk = Annotated[UserView, Depends(staff(*DESK))]
Number = Annotated[str, Query(max_length=40)]
Short = Annotated[str, Form(max_length=40)]


@dataclass(frozen=True)
class Told:
    """What a customer said; ``sure``: the clerk has asked again about what the gate doubts."""

    values: dict[str, str]
    sure: bool


def told(
    reading: Short = "",
    reading_t2: Short = "",
    reading_t3: Short = "",
    meter_serial: Short = "",
    sure: Annotated[bool, Form()] = False,
) -> Told:
    """The form's fields."""
    values = {"reading": reading, "reading_t2": reading_t2, "reading_t3": reading_t3}
    return Told({**values, "meter_serial": meter_serial}, sure)


@router.get("")
def look(
    request: Request,
    user: Clerk,
    account: Number = "",
    supplier: Annotated[str, Query(max_length=80)] = "krasnoyarskenergosbyt",
    done: bool = False,
) -> Response:
    """The search, and what it found."""
    case = desk.find(context_of(request), user.name, supplier, account, _today(request)) if account else None
    return _page(request, user, supplier, account, case=case, done=done)


@router.post("/readings")
def key_in(
    request: Request,
    user: Clerk,
    told: Annotated[Told, Depends(told)],
    supplier: Annotated[str, Form(max_length=80)] = "",
    account: Short = "",
) -> Response:
    """A reading told by telephone: recorded when the gate accepts it, else shown again with the reason."""
    ctx = context_of(request)
    case = desk.find(ctx, user.name, supplier, account, _today(request))
    if case is None:
        raise HTTPException(404)
    answer = desk.key_in(
        ctx,
        user.name,
        case.supplier,
        case.account,
        told.values,
        day=_today(request),
        confirmed=OVERRULABLE if told.sure else (),
    )
    if answer.outcome in ("accepted", "duplicate"):
        query = urlencode({"supplier": case.supplier, "account": case.account, "done": "true"})
        return RedirectResponse(f"/desk?{query}", 303)
    return _page(request, user, case.supplier, case.account, case=case, answer=answer, told=told, status=422)


@router.get("/sheets/{sheet_id}/picture")
def picture(request: Request, user: Clerk, sheet_id: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """The slip or photo of a sheet that names an account."""
    if not desk.is_of_account(context_of(request), sheet_id):
        raise HTTPException(404)
    pictures: Pictures = request.app.state.pictures
    return Response(pictures.get(sheet_id).jpeg, media_type="image/jpeg")


def _today(request: Request) -> date:
    return context_of(request).clock().astimezone().date()


def _page(
    request: Request,
    user: UserView,
    supplier: str,
    number: str,
    *,
    case: desk.AccountCase | None,
    answer: ReviewAnswer | None = None,
    told: Told | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    suppliers = [(name, rules.title) for name, rules in context_of(request).suppliers.items()]
    return pages_of(request).page(
        request,
        "desk.html",
        status,
        user=user,
        suppliers=suppliers,
        supplier=supplier,
        number=number,
        case=case,
        answer=answer,
        told=told or Told({}, sure=False),
        done=done,
        tariffs=[] if case is None or case.view is None else _tariffs(case.view),
    )


def _tariffs(view: AccountView) -> list[tuple[str, str]]:
    """(field, tariff) of what the account's meters show; one field where there is one tariff."""
    known = sorted({meter.tariff or "T1" for meter in view.meters})
    names = {"T1": "reading", "T2": "reading_t2", "T3": "reading_t3"}
    return [(names[tariff], tariff if len(known) > 1 else "") for tariff in known if tariff in names]
