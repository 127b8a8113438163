"""The station's pages: hand a box's scans in, watch them being read, see what to scan again."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from review_ui.pictures import Pictures
from review_ui.staff import STATIONS, context_of, staff
from services import station
from services.results import UserView
from services.station import BatchView, PapersEntry
from web.pages import pages_of, visitor_of

router = APIRouter(prefix="/station")

Operator = Annotated[UserView, Depends(staff(*STATIONS))]
BatchId = Annotated[int, Path(ge=1, le=2**62)]
Word = Annotated[str, Form(max_length=80)]

#: Longest side of a thumbnail, in pixels.
THUMBNAIL = 420


def papers_entry(
    box: Word = "",
    seal: Word = "",
    collector: Word = "",
    emptied: Word = "",
    declared: Annotated[str, Form(pattern="^[0-9]{0,5}$")] = "",
) -> PapersEntry:
    """The papers as a form sends them."""
    return PapersEntry(box, seal, collector, emptied, "", int(declared) if declared else None)


@router.get("")
def start(request: Request, user: Operator) -> Response:
    """A new batch, and the newest ones."""
    ctx = context_of(request)
    today = ctx.clock().astimezone().date()
    takes = [
        (name, rules.title) for name, rules in ctx.suppliers.items() if rules.at(today).window("station")
    ]
    return pages_of(request).page(
        request, "station.html", user=user, batches=station.latest(ctx), suppliers=takes, today=today
    )


@router.get("/{batch_id}")
def batch(request: Request, user: Operator, batch_id: BatchId) -> Response:
    """One batch."""
    view = station.view(context_of(request), batch_id)
    return pages_of(request).page(request, "batch.html", user=user, **_values(view))


@router.get("/{batch_id}/progress")
def progress(request: Request, user: Operator, batch_id: BatchId) -> Response:
    """The changing part of a batch's page; a script asks for it while sheets are being read."""
    view = station.view(context_of(request), batch_id)
    html = pages_of(request).fragment(visitor_of(request), "batch_progress.html", **_values(view))
    return HTMLResponse(html, headers={"X-Batch-State": view.row.papers.state})


@router.post("/{batch_id}/papers")
def papers(
    request: Request,
    user: Operator,
    batch_id: BatchId,
    entry: Annotated[PapersEntry, Depends(papers_entry)],
) -> Response:
    """Correct the papers."""
    station.write_papers(context_of(request), user.name, batch_id, entry)
    return RedirectResponse(f"/station/{batch_id}", 303)


@router.get("/sheets/{sheet_id}/thumbnail")
def thumbnail(request: Request, user: Operator, sheet_id: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """A sheet, small: enough to find its paper in the pile."""
    if not station.is_of_station(context_of(request), sheet_id):
        raise HTTPException(404)
    pictures: Pictures = request.app.state.pictures
    jpeg = np.frombuffer(pictures.get(sheet_id).jpeg, np.uint8)
    grey = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise HTTPException(404)
    factor = min(1.0, THUMBNAIL / max(grey.shape))
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    jpeg_small = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
    return Response(jpeg_small, media_type="image/jpeg")


def _values(view: BatchView) -> dict[str, object]:
    return {"view": view, "sheets": view.sheets, "more": view.row.sheets - len(view.sheets)}
