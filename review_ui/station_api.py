"""The stations' calls: open a batch, send files in pieces that may be repeated, ask how far it is."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from domain.errors import InputError
from domain.reason_texts import reason_text
from review_ui.digitiser import Digitiser
from review_ui.staff import STATIONS, context_of, staff
from review_ui.uploads import Uploads, WrongOffset
from services import station
from services.results import BatchOrder, UserView
from services.station import BatchView, PapersEntry
from web.pages import visitor_of

router = APIRouter(prefix="/api/v1/station", tags=["station"])

Operator = Annotated[UserView, Depends(staff(*STATIONS))]
BatchId = Annotated[int, Path(ge=1, le=2**62)]
Token = Annotated[str, Path(pattern="^[0-9a-f]{16,64}$")]
Word = Annotated[str, Field(max_length=80)]
#: The largest number of bytes or slips that anybody means.
_MOST = 2**40


class PapersBody(BaseModel):
    """A batch's papers."""

    model_config = ConfigDict(extra="forbid")
    box: Word = ""
    seal: Word = ""
    collector: Word = ""
    emptied: Word = ""
    bag: Word = ""
    declared: Annotated[int, Field(ge=0, le=100_000)] | None = None

    def entry(self) -> PapersEntry:
        """As the services take it."""
        return PapersEntry(self.box, self.seal, self.collector, self.emptied, self.bag, self.declared)


class NewBatch(PapersBody):
    """A batch to open. ``key``: the station's own, so that asking twice opens one."""

    key: Annotated[str, Field(pattern="^[0-9A-Za-z]{8,64}$")]
    supplier: Word
    station: Annotated[str, Field(min_length=1, max_length=80)]
    collected: date


class NewFile(BaseModel):
    """A file whose bytes were uploaded under ``upload``. ``sha256``: checked where it is given."""

    model_config = ConfigDict(extra="forbid")
    upload: Annotated[str, Field(pattern="^[0-9a-f]{16,64}$")]
    name: Annotated[str, Field(min_length=1, max_length=400)]
    size: Annotated[int, Field(ge=0, le=_MOST)]
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


def uploads_of(request: Request) -> Uploads:
    """The app's uploads."""
    uploads: Uploads = request.app.state.uploads
    return uploads


@router.post("/batches")
def open_batch(request: Request, user: Operator, body: NewBatch) -> JSONResponse:
    """Open a batch; the same key again answers with the same batch."""
    order = BatchOrder(body.supplier, "station", body.station, body.collected)
    batch = station.open_batch(context_of(request), user.name, body.key, order, body.entry())
    return JSONResponse({"batch": batch})


@router.get("/uploads/{token}")
def uploaded(request: Request, user: Operator, token: Token) -> JSONResponse:
    """How many bytes of an upload are here."""
    return JSONResponse({"offset": uploads_of(request).offset(user.name, token)})


@router.put("/uploads/{token}")
async def upload(
    request: Request, user: Operator, token: Token, offset: Annotated[int, Query(ge=0, le=_MOST)] = 0
) -> JSONResponse:
    """Add a piece; 409 with the right offset when it does not begin where the bytes end."""
    piece = await request.body()
    try:
        here = await asyncio.to_thread(uploads_of(request).append, user.name, token, offset, piece)
    except WrongOffset as wrong:
        return JSONResponse({"offset": wrong.offset}, 409)
    return JSONResponse({"offset": here})


@router.post("/batches/{batch_id}/files")
def hand_in(request: Request, user: Operator, batch_id: BatchId, body: NewFile) -> JSONResponse:
    """Take an uploaded file in. When this answers with a receipt the file is durable and may be deleted."""
    uploads = uploads_of(request)
    try:
        path = uploads.whole(user.name, body.upload, body.size, body.sha256)
    except WrongOffset as wrong:
        return JSONResponse({"offset": wrong.offset}, 409)
    try:
        receipt = station.hand_in(context_of(request), batch_id, path, body.name)
    except InputError as error:
        uploads.forget(user.name, body.upload)
        said = reason_text(error.reason, "en" if visitor_of(request).language.code == "en" else "ru")
        return JSONResponse({"error": error.reason.value, "message": said}, 422)
    uploads.forget(user.name, body.upload)
    _wake(request)
    return JSONResponse({"receipt": receipt.receipt_id, "sha256": receipt.sha256, "again": receipt.again})


@router.post("/batches/{batch_id}/papers")
def papers(request: Request, user: Operator, batch_id: BatchId, body: PapersBody) -> JSONResponse:
    """Fill the papers in, or correct them."""
    station.write_papers(context_of(request), user.name, batch_id, body.entry())
    return JSONResponse(progress_json(station.view(context_of(request), batch_id)))


@router.post("/batches/{batch_id}/close")
def close(request: Request, user: Operator, batch_id: BatchId) -> JSONResponse:
    """Say that all files are here."""
    station.close(context_of(request), batch_id)
    _wake(request)
    return JSONResponse(progress_json(station.view(context_of(request), batch_id)))


@router.get("/batches")
def batches(request: Request, user: Operator) -> JSONResponse:
    """The newest batches."""
    return JSONResponse([progress_json(view) for view in station.latest(context_of(request))])


@router.get("/batches/{batch_id}")
def progress(request: Request, user: Operator, batch_id: BatchId) -> JSONResponse:
    """How far a batch is."""
    return JSONResponse(progress_json(station.view(context_of(request), batch_id)))


def progress_json(view: BatchView) -> dict[str, Any]:
    """A batch for programs."""
    row = view.row
    return {
        "batch": row.batch.id,
        "station": row.batch.station,
        "collected": row.batch.collected.isoformat(),
        "state": row.papers.state,
        "bag": row.papers.bag,
        "declared": row.papers.declared,
        "missing": view.missing,
        "files": row.files,
        "sheets": row.sheets,
        "done": view.done,
        "by_state": row.by_state,
        "scan_again": [
            {"sheet": sheet.id, "file": sheet.file_name, "page": sheet.page, "reasons": list(sheet.reasons)}
            for sheet in view.again
        ],
    }


def _wake(request: Request) -> None:
    digitiser: Digitiser | None = request.app.state.digitiser
    if digitiser is not None:
        digitiser.wake()
