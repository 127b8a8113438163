"""The grid: everything that the machine read as one digit, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, Response

from domain.errors import UsageError
from review_ui.cells import Cells
from review_ui.settings import ReviewSettings
from review_ui.staff import REVIEWERS, context_of, staff
from services import grid, visits
from services.results import UserView
from web.pages import pages_of, visitor_of

router = APIRouter(prefix="/grid")

Reviewer = Annotated[UserView, Depends(staff(*REVIEWERS))]
SheetId = Annotated[int, Field(ge=1, le=2**62)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Digit = Annotated[str, Field(pattern=r"^[0-9]$")]
Place = tuple[SheetId, Name, Annotated[int, Field(ge=0, le=100)]]

#: Characters on one page: a screen of a desk.
ON_A_PAGE = 84


class Onward(BaseModel):
    """Which page comes next."""

    model_config = ConfigDict(extra="forbid")
    glyph: Digit
    after: Annotated[int, Field(ge=0, le=2**62)] = 0


class Compared(BaseModel):
    """A page that somebody has looked through."""

    model_config = ConfigDict(extra="forbid")
    glyph: Digit
    seen: list[Place] = Field(min_length=1, max_length=500)
    picked: list[Place] = Field(default=[], max_length=500)


@router.get("")
def start(request: Request, user: Reviewer, glyph: str = "") -> Response:
    """The first page of a digit; of 7 unless asked otherwise."""
    glyph = glyph if glyph in grid.GLYPHS else "7"
    values = _values(request, user, glyph, 0)
    return pages_of(request).page(request, "grid.html", user=user, digits=grid.GLYPHS, **values)


@router.post("/next")
def onward(request: Request, user: Reviewer, body: Onward) -> Response:
    """A further page, as a fragment to keep ready."""
    values = _values(request, user, body.glyph, body.after)
    return HTMLResponse(pages_of(request).fragment(visitor_of(request), "glyphs.html", **values))


@router.post("/settle")
def settle(request: Request, user: Reviewer, body: Compared) -> JSONResponse:
    """Confirm what was seen but for what was picked out."""
    if not set(body.picked) <= set(body.seen):
        raise HTTPException(422)
    try:
        result = grid.settle(context_of(request), user.name, body.glyph, body.seen, set(body.picked))
    except UsageError:
        raise HTTPException(422) from None
    said = pages_of(request).fragment(visitor_of(request), "grid_said.html", result=result)
    return JSONResponse(
        {
            "confirmed": result.confirmed,
            "sent_to_review": list(result.sent_to_review),
            "marked": list(result.marked),
            "too_late": list(result.too_late),
            "said": " ".join(said.split()),
        }
    )


@router.get("/cell/{sheet_id}/{field}/{place}")
def cell(
    request: Request,
    user: Reviewer,
    sheet_id: Annotated[int, Path(ge=1, le=2**62)],
    field: str,
    place: Annotated[int, Path(ge=0, le=100)],
) -> Response:
    """One character's picture, as JPEG."""
    jpeg = _cells(request).get(sheet_id).cells.get((field, place))
    if jpeg is None:
        raise HTTPException(404)
    return Response(jpeg, media_type="image/jpeg")


@router.get("/row/{sheet_id}/{field}/{place}")
def row(
    request: Request,
    user: Reviewer,
    sheet_id: Annotated[int, Path(ge=1, le=2**62)],
    field: str,
    place: Annotated[int, Path(ge=0, le=100)],
) -> Response:
    """The row that a character stands in, with a bar under it, as JPEG."""
    found = _cells(request).get(sheet_id).rows.get(field)
    if found is None or place >= len(found.cells):
        raise HTTPException(404)
    return Response(found.marked(place), media_type="image/jpeg")


def _values(request: Request, user: UserView, glyph: str, after: int) -> dict[str, Any]:
    ctx = context_of(request)
    settings: ReviewSettings = request.app.state.review_settings
    others = visits.others_look_at(ctx, user.name)
    page = grid.next_page(ctx, glyph, limit=ON_A_PAGE, after=after, skip=others)
    mine = visits.lend(ctx, user.name, [each.key for each in page.glyphs])
    page = replace(page, glyphs=tuple(each for each in page.glyphs if each.key in mine))
    return {"glyph": glyph, "page": page, "weak_below": settings.weak_below}


def _cells(request: Request) -> Cells:
    cells: Cells = request.app.state.cells
    return cells
