"""The forms that are read here: how each looks, what is proven for it, and its blank to print."""

from __future__ import annotations

import io
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from PIL import Image
from starlette.responses import Response

from review_ui.staff import OVERSEERS, PRINTERS, context_of, staff
from services import designing, forms
from services.results import UserView
from templates.model import Template
from templates.printing import PrintOptions, picture, write_pdf
from web.pages import pages_of

router = APIRouter(prefix="/templates")

Printer = Annotated[UserView, Depends(staff(*PRINTERS))]
Key = Annotated[str, Path(max_length=80)]

#: Enough to see which form it is.
DPI = 60


class Thumbnails:
    """Pictures of forms, each drawn once."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = Lock()

    def get(self, template: Template) -> bytes:
        """PNG."""
        with self._lock:
            if template.key not in self._kept:
                out = io.BytesIO()
                _drawn(template).save(out, "PNG", optimize=True)
                self._kept[template.key] = out.getvalue()
            return self._kept[template.key]


def _drawn(template: Template) -> Image.Image:
    """A form as it is printed; one that somebody else prints as its picture shows it."""
    if template.reference is None:
        return picture(template, DPI).convert("L")
    with Image.open(template.reference) as image:
        size = (round(template.width_mm / 25.4 * DPI), round(template.height_mm / 25.4 * DPI))
        return image.convert("L").resize(size, Image.Resampling.LANCZOS)


@router.get("")
def blanks(request: Request, user: Printer, published: Annotated[str, Query(max_length=80)] = "") -> Response:
    """All forms; ``published``: the one that somebody has just taught."""
    return forms_page(request, user, published=published)


def forms_page(
    request: Request, user: UserView, *, problem: str = "", published: str = "", status: int = 200
) -> Response:
    """The page of all forms; ``problem``: why a form could not be begun to be taught."""
    ctx = context_of(request)
    teaches = user.role in OVERSEERS
    return pages_of(request).page(
        request,
        "templates.html",
        status,
        user=user,
        forms=forms.printed_forms(ctx),
        teaches=teaches,
        drafts=designing.drafts(ctx) if teaches else [],
        suppliers=[(name, rules.title) for name, rules in ctx.suppliers.items()],
        problem=problem,
        published=published if published in ctx.templates else "",
    )


@router.get("/{key}/picture.png")
def thumbnail(request: Request, user: Printer, key: Key) -> Response:
    """A form, small."""
    thumbnails: Thumbnails = request.app.state.thumbnails
    return Response(thumbnails.get(_form(request, key)), media_type="image/png")


@router.get("/{key}/blank.pdf")
def blank(request: Request, user: Printer, key: Key) -> Response:
    """The blank to print at its true size."""
    template = _form(request, key)
    out = io.BytesIO()
    write_pdf(template, out, PrintOptions())
    headers = {"Content-Disposition": f'attachment; filename="{template.name}-{template.version}.pdf"'}
    return Response(out.getvalue(), media_type="application/pdf", headers=headers)


def _form(request: Request, key: str) -> Template:
    found = next(
        (form.template for form in forms.printed_forms(context_of(request)) if form.template.key == key), None
    )
    if found is None:
        raise HTTPException(404)
    return found
