"""Sending a reading: the account and a photo, then what was read on it to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Path, Request, UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.errors import ConflictError, InputError, UsageError
from domain.photo_advice import photo_advice
from domain.reasons import Reason
from intake.limits import check, limits_of, take
from intake.settings import PublicSettings
from services import portal, submit
from services.cleaning import clean_photo
from services.context import Context
from services.photos import PhotoReader
from services.portal import NotAccepted, Offer, PhotoOrder, spelled
from services.text import clean
from web.failures import wants_json
from web.languages import Translate
from web.pages import pages_of, visitor_of

router = APIRouter()

Reference = Annotated[str, Path(max_length=40)]
Short = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Problem:
    """Why a form comes back: the field that it is about, and a sentence for the customer."""

    field: str
    text: str


@dataclass(frozen=True)
class Typed:
    """What a customer typed beside the photo."""

    account: str
    meter_serial: str
    surname: str


def typed(account: Short = "", meter_serial: Short = "", surname: Short = "") -> Typed:
    """The typed fields without blanks and what cannot be shown."""
    return Typed("".join(clean(account).split())[:40], clean(meter_serial)[:40], clean(surname)[:80])


def context_of(request: Request) -> Context:
    """The services' context."""
    ctx: Context = request.app.state.context
    return ctx


def today(ctx: Context) -> date:
    """The day by this machine's own time zone, which is the supplier's."""
    return ctx.clock().astimezone().date()


@router.get("/")
def start(request: Request, supplier: str = "") -> Response:
    """The form, or a choice of suppliers where there are several."""
    ctx = context_of(request)
    offered = portal.offers(ctx, today(ctx))
    chosen = _chosen(offered, supplier)
    if chosen is None:
        return pages_of(request).page(request, "suppliers.html", offers=offered)
    return _form(request, chosen, several=len(offered) > 1)


@router.post("/send")
def send(
    request: Request,
    typed: Annotated[Typed, Depends(typed)],
    supplier: Short = "",
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take account and photo; shows what was read. Nothing counts as received yet."""
    ctx, limits = context_of(request), limits_of(request)
    offered = portal.offers(ctx, today(ctx))
    offer = _chosen(offered, supplier)
    if offer is None:
        return RedirectResponse("/", 303)
    order = PhotoOrder(
        offer.name, typed.account, typed.meter_serial, typed.surname, visitor_of(request).session.key
    )
    address, gettext = visitor_of(request).address, visitor_of(request).language.gettext
    check(limits.photos, request)
    theirs = f"{address} {order.supplier} {order.account}"
    # Counted as wrong before it is looked at: guesses made at the same time are counted, too.
    take(limits.wrong_accounts, request)
    try:
        portal.check_order(ctx, order, today(ctx))
        limits.wrong_accounts.give_back(address)
        limits.photos.hit(address)
        if limits.one_account.take(theirs):
            raise NotAccepted("often")
        cleaned = clean_photo(photo.file.read() if photo is not None else b"")
        reader: PhotoReader | None = request.app.state.photo_reader
        draft = submit.begin(ctx, order, cleaned, reader, day=today(ctx))
    except NotAccepted as answer:
        problem = Problem("account", _refusal(answer.problem, offer, gettext))
    except InputError as error:
        limits.one_account.give_back(theirs)
        problem = Problem("photo", _photo_problem(request, error.reason))
    else:
        return _on(request, f"/confirm/{draft.reference}")
    if wants_json(request):
        return JSONResponse({"field": problem.field, "problem": problem.text}, 422)
    values = {
        "account": order.account[:20],
        "meter_serial": order.meter_serial[:40],
        "surname": order.surname,
    }
    return _form(request, offer, several=len(offered) > 1, problem=problem, values=values, status=422)


@router.get("/confirm/{reference}")
def confirmation(request: Request, reference: Reference) -> Response:
    """What was read, to be confirmed or corrected."""
    draft = submit.draft(context_of(request), reference, visitor_of(request).session.key)
    if draft is None:
        return RedirectResponse(f"/status/{portal.canonical(reference)}", 303)
    return _confirm_page(request, draft)


@router.get("/confirm/{reference}/photo")
def photo(request: Request, reference: Reference) -> Response:
    """The photo, for the browser that sent it."""
    jpeg = submit.photo_of(context_of(request), reference, visitor_of(request).session.key)
    return Response(jpeg, media_type="image/jpeg")


@router.post("/confirm/{reference}")
def confirm(
    request: Request,
    reference: Reference,
    reading: Short = "",
    reading_t2: Short = "",
    reading_t3: Short = "",
) -> Response:
    """Receive the reading; when this answers, photo and reading are durable."""
    ctx, session = context_of(request), visitor_of(request).session.key
    settings: PublicSettings = request.app.state.public_settings
    entered = {"reading": reading, "reading_t2": reading_t2, "reading_t3": reading_t3}
    try:
        sent = submit.confirm(
            ctx, reference, session, entered, day=today(ctx), most_a_day=settings.photos_account
        )
    except UsageError:
        draft = submit.draft(ctx, reference, session)
        if draft is None:
            raise
        text = visitor_of(request).language.gettext("Write the digits before the comma, such as 05630.")
        return _confirm_page(request, draft, problem=text, values=entered, status=422)
    except ConflictError:
        return RedirectResponse("/", 303)
    return RedirectResponse(f"/status/{sent.reference}", 303)


def _chosen(offered: list[Offer], name: str) -> Offer | None:
    if len(offered) == 1:
        return offered[0]
    return next((each for each in offered if each.name == name), None)


def _form(
    request: Request,
    offer: Offer,
    *,
    several: bool,
    problem: Problem | None = None,
    values: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return pages_of(request).page(
        request, "send.html", status, offer=offer, several=several, problem=problem, values=values or {}
    )


def _confirm_page(
    request: Request,
    draft: submit.DraftView,
    *,
    problem: str = "",
    values: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    code = "en" if visitor_of(request).language.code == "en" else "ru"
    advice = [photo_advice(reason, "en" if code == "en" else "ru") for reason in draft.read.reasons]
    entered = values or {"reading": draft.read.value, "reading_t2": "", "reading_t3": ""}
    return pages_of(request).page(
        request,
        "confirm.html",
        status,
        draft=draft,
        advice=advice,
        problem=problem,
        entered=entered,
        spelled=spelled(draft.reference),
    )


def _on(request: Request, path: str) -> Response:
    """To the next page: by an answer that a script can follow, or a redirect."""
    return JSONResponse({"to": path}) if wants_json(request) else RedirectResponse(path, 303)


def _refusal(problem: str, offer: Offer, gettext: Translate) -> str:
    if problem == "often":
        return gettext(
            "Several photos were sent for this account today. Try again tomorrow or use another way."
        )
    if problem == "not_yours" and "surname" in offer.asks:
        return gettext("Account and name do not belong together. Copy them from the receipt.")
    if problem == "not_yours":
        return gettext("Account and meter number do not belong together. Copy them from receipt and meter.")
    return gettext("There is no such account. Copy it from the receipt.")


def _photo_problem(request: Request, reason: Reason) -> str:
    language = visitor_of(request).language
    if reason is Reason.EMPTY_FILE:
        return language.gettext("Take a photo of the meter first.")
    return photo_advice(reason, "en" if language.code == "en" else "ru")
