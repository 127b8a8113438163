"""Under its reference everybody who has it finds the answer, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.reason_texts import reason_text
from intake.limits import check, limits_of
from intake.sending import Reference, context_of
from services import portal, submit
from services.portal import spelled
from web.failures import wants_json
from web.pages import pages_of, visitor_of

router = APIRouter()


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
    """The same as JSON: reference, outcome (draft, checking, accepted, refused), reasons, times."""
    view = _view(request, reference)
    if view is None:
        return JSONResponse({"error": "404", "message": "no such reference"}, 404)
    language = "en" if visitor_of(request).language.code == "en" else "ru"
    return JSONResponse(
        {
            "reference": view.reference,
            "outcome": view.outcome,
            "reasons": [
                {"code": reason.value, "text": reason_text(reason, "en" if language == "en" else "ru")}
                for reason in view.reasons
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
    rules = ctx.suppliers.get(view.supplier)
    mine = submit.draft(ctx, reference, visitor_of(request).session.key) is not None
    return pages_of(request).page(
        request,
        "status.html",
        view=view,
        spelled=spelled(view.reference),
        supplier=rules.title if rules is not None else "",
        mine=mine,
        received=view.created_at.astimezone(),
    )


def _view(request: Request, reference: str) -> submit.SubmissionView | None:
    limits = limits_of(request)
    check(limits.lookups, request)
    view = submit.status_of(context_of(request), reference)
    if view is None or view.reference != portal.canonical(reference):
        limits.lookups.hit(visitor_of(request).address)
        return None
    return view
