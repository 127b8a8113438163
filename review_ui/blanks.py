"""The forms that are read here: how each looks, what is proven for it, and its blank to print."""

from __future__ import annotations

import io
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import Response

from review_ui.staff import PRINTERS, context_of, staff
from services import forms
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
                picture(template, DPI).convert("L").save(out, "PNG", optimize=True)
                self._kept[template.key] = out.getvalue()
            return self._kept[template.key]


@router.get("")
def blanks(request: Request, user: Printer) -> Response:
    """All forms."""
    return pages_of(request).page(
        request, "templates.html", user=user, forms=forms.printed_forms(context_of(request))
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
