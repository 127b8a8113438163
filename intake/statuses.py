"""Under its reference everybody who has it finds the answer, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.notices import customer_text
from domain.reason_texts import Language
from domain.reasons import Reason
from intake.limits import check, limits_of
from intake.sending import Reference, context_of
from services import portal, standing, submit
from services.context import Context
from services.portal import spelled
from web.failures import wants_json
from web.pages import pages_of, visitor_of

router = APIRouter()

#: What a message's outcome is called here.
_OUTCOMES: dict[standing.Outcome, str] = {
    "received": "received",
    "duplicate": "received",
    "accepted": "accepted",
    "not_accepted": "refused",
    "not_understood": "not_understood",
}


@dataclass(frozen=True)
class Standing:
    """What the page shows. ``photo``: it came through this page; else as a message or by a partner."""

    reference: str
    outcome: str
    reasons: tuple[Reason, ...]
    created_at: datetime
    changed_at: datetime
    supplier: str
    photo: bool


@router.get("/status")
def find(request: Request, reference: Annotated[str, Query(max_length=40)] = "") -> Response:
    """To the page of a reference that somebody typed."""
    found = portal.canonical(reference)
    return RedirectResponse(f"/status/{found}" if found else "/", 303)


@router.get("/status/{reference}")
def status(request: Request, reference: Reference) -> Response:
    """How the reading stands."""
    return _answer(request, reference)


@router.get("/api/v1/status/{reference}")
def status_for_programs(request: Request, reference: Reference) -> JSONResponse:
    """The same as JSON: reference, outcome, reasons, times.

    Outcomes: draft, checking, received, accepted (by billing), refused, not_understood.
    """
    view = _view(request, reference)
    if view is None:
        return JSONResponse({"error": "404", "message": "no such reference"}, 404)
    language: Language = "en" if visitor_of(request).language.code == "en" else "ru"
    return JSONResponse(
        {
            "reference": view.reference,
            "outcome": view.outcome,
            "reasons": [
                {"code": reason.value, "text": customer_text(reason, language)} for reason in view.reasons
            ],
            "received_at": view.created_at.isoformat(),
            "changed_at": view.changed_at.isoformat(),
        }
    )


def _answer(request: Request, reference: str) -> Response:
    if wants_json(request):
        return status_for_programs(request, reference)
    view = _view(request, reference)
    if view is None:
        return pages_of(request).page(request, "unknown.html", 404, reference=reference[:40])
    ctx = context_of(request)
    language: Language = "en" if visitor_of(request).language.code == "en" else "ru"
    rules = ctx.suppliers.get(view.supplier)
    mine = submit.draft(ctx, reference, visitor_of(request).session.key) is not None
    return pages_of(request).page(
        request,
        "status.html",
        view=view,
        spelled=spelled(view.reference),
        supplier=rules.title if rules is not None else "",
        mine=mine,
        said=[customer_text(each, language) for each in view.reasons],
        hint=_hint(ctx, view),
        received=view.created_at.astimezone(),
    )


def _hint(ctx: Context, view: Standing) -> str:
    """How a message to the supplier is written."""
    rules = ctx.suppliers.get(view.supplier)
    return "" if rules is None else rules.at(view.created_at.date()).texts.get("how_to_send", "")


def _view(request: Request, reference: str) -> Standing | None:
    """A photo's or a message's; a reference that there is none of counts against its asker."""
    limits, ctx = limits_of(request), context_of(request)
    check(limits.lookups, request)
    photo = submit.status_of(ctx, reference)
    if photo is not None:
        return Standing(
            photo.reference,
            photo.outcome,
            photo.reasons,
            photo.created_at,
            photo.changed_at,
            photo.supplier,
            photo=True,
        )
    message = standing.page_of(ctx, reference)
    if message is None:
        limits.lookups.hit(visitor_of(request).address)
        return None
    outcome = "checking" if message.checking else _OUTCOMES[message.outcome]
    return Standing(
        message.reference,
        outcome,
        message.reasons,
        message.created_at,
        message.changed_at,
        message.supplier,
        photo=False,
    )
