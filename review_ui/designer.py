"""Teaching a form: from a scan of the empty sheet to a published template, drawn by mouse or keyboard."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, HTTPException, Path, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.errors import InputError, TemplateError, UsageError
from domain.reason_texts import reason_text
from domain.reasons import Reason
from review_ui import blanks
from review_ui.designer_wire import Part, Revision, Save, drawn, problem_json, tried_json
from review_ui.designer_words import ADVICE, KIND_WORDS, NAME_WORDS, RESEMBLES, kinds_by_name
from review_ui.staff import OVERSEERS, context_of, staff
from services import designing, publishing, resembling, taught
from services.context import Context
from services.draft import to_json
from services.results import UserView
from services.trying import Tried, Workshop
from templates.model import Box
from web.languages import Translate
from web.pages import pages_of, visitor_of

router = APIRouter(prefix="/templates")

Overseer = Annotated[UserView, Depends(staff(*OVERSEERS))]
DraftId = Annotated[int, Path(ge=1, le=2**62)]
Key = Annotated[str, Path(max_length=80)]
Short = Annotated[str, Form(max_length=80)]

#: Filled examples in one go.
MOST_EXAMPLES = 12


@dataclass(frozen=True)
class Order:
    """Whose form a scan shows, on what paper, and on which of its pages."""

    supplier: str
    size: str
    page: int


def order(supplier: Short = "", size: Short = "", page: Annotated[int, Form(ge=1, le=9999)] = 1) -> Order:
    """From the page's form."""
    return Order(supplier, size, page)


@router.post("/drafts")
async def begin(
    request: Request,
    user: Overseer,
    what: Annotated[Order, Depends(order)],
    scan: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Begin with a scan or PDF of the form; back to the forms with a sentence when it cannot be read."""
    data = b"" if scan is None else await scan.read(designing.MOST_BYTES + 1)
    name = "" if scan is None else PurePath(scan.filename or "").name
    return await run_in_threadpool(_began, request, user, what, name, data)


def _began(request: Request, user: UserView, what: Order, name: str, data: bytes) -> Response:
    visitor = visitor_of(request)
    gettext = visitor.language.gettext
    try:
        if not data and name:
            raise InputError(Reason.EMPTY_FILE)
        if not data:
            raise UsageError(gettext("Choose a file: a scan or PDF of the empty form."))
        if len(data) > designing.MOST_BYTES:
            raise UsageError(gettext("The file has more than 32 MB: scan the form at 300 dpi, in grey."))
        made = designing.begin(
            context_of(request),
            user.name,
            what.supplier,
            data,
            name or "scan",
            size=what.size,
            page=what.page,
        )
    except InputError as error:
        said = reason_text(error.reason, "en" if visitor.language.code == "en" else "ru")
        return blanks.forms_page(request, user, problem=said, status=422)
    except UsageError as error:
        return blanks.forms_page(request, user, problem=str(error), status=422)
    return RedirectResponse(f"/templates/drafts/{made}", 303)


@router.get("/drafts/{draft_id}")
def draw(request: Request, user: Overseer, draft_id: DraftId) -> Response:
    """The page to draw on."""
    ctx = context_of(request)
    known = designing.draft(ctx, draft_id)
    gettext = visitor_of(request).language.gettext
    return pages_of(request).page(
        request,
        "designer.html",
        user=user,
        draft=known,
        supplier=ctx.suppliers[known.row.supplier].title,
        state=_state(request, known, user),
        names={name: gettext(text) for name, text in NAME_WORDS.items()},
        kinds={kind: gettext(text) for kind, text in KIND_WORDS.items()},
        allowed=kinds_by_name(),
    )


@router.get("/drafts/{draft_id}/picture.png")
def picture(request: Request, user: Overseer, draft_id: DraftId) -> Response:
    """The form's picture."""
    ctx = context_of(request)
    return Response(ctx.objects.get(designing.draft(ctx, draft_id).row.picture), media_type="image/png")


@router.put("/drafts/{draft_id}")
def save(request: Request, user: Overseer, draft_id: DraftId, body: Save) -> JSONResponse:
    """Keep what was drawn; answers with what is wrong with it."""
    ctx = context_of(request)
    designing.save(ctx, draft_id, body.revision, drawn(body.form), user.name)
    return JSONResponse(_state(request, designing.draft(ctx, draft_id), user))


@router.post("/drafts/{draft_id}/rework")
def rework(request: Request, user: Overseer, draft_id: DraftId, body: Part) -> JSONResponse:
    """Turn the picture, or keep a part of it."""
    ctx = context_of(request)
    cut = None if body.cut is None else Box(*body.cut)
    try:
        designing.rework(
            ctx, draft_id, body.revision, user.name, quarters=body.quarters, cut=cut, filled=body.filled
        )
    except UsageError:
        gettext = visitor_of(request).language.gettext
        return JSONResponse({"message": gettext("A form is at least 60 mm wide and high.")}, 422)
    return JSONResponse(_state(request, designing.draft(ctx, draft_id), user))


@router.post("/drafts/{draft_id}/try")
async def try_examples(
    request: Request,
    user: Overseer,
    draft_id: DraftId,
    examples: Annotated[list[UploadFile], File()],
) -> JSONResponse:
    """Read filled examples with the draft as it is; nothing of them is kept."""
    files = []
    for each in examples[:MOST_EXAMPLES]:
        files.append((PurePath(each.filename or "scan").name, await each.read(designing.MOST_BYTES + 1)))
    return await run_in_threadpool(_try_all, request, user, draft_id, files)


def _try_all(request: Request, user: UserView, draft_id: int, files: list[tuple[str, bytes]]) -> JSONResponse:
    ctx = context_of(request)
    language = visitor_of(request).language
    known = designing.draft(ctx, draft_id)
    shop = workshop_of(request)
    found: list[dict[str, Any]] = []
    for name, data in files:
        try:
            tried = shop.read(ctx, known, user.name, name, data[: designing.MOST_BYTES])
        except InputError as error:
            tried = [Tried(name, 1, None, error.reason, None, upright=False)]
        if not isinstance(tried, list):
            return JSONResponse({"problem": problem_json(tried), "tried": []}, 422)
        found += [tried_json(each, known.form, draft_id, language.code) for each in tried]
    return JSONResponse({"problem": None, "tried": found})


@router.get("/drafts/{draft_id}/tried/{number}.jpg")
def tried_picture(
    request: Request, user: Overseer, draft_id: DraftId, number: Annotated[int, Path(ge=1, le=2**62)]
) -> Response:
    """An example as it was found, upright."""
    jpeg = workshop_of(request).picture(draft_id, number)
    if jpeg is None:
        raise HTTPException(404)
    return Response(jpeg, media_type="image/jpeg")


@router.post("/drafts/{draft_id}/publish")
def publish(request: Request, user: Overseer, draft_id: DraftId, body: Revision) -> JSONResponse:
    """Publish the draft as the form's next version."""
    ctx = context_of(request)
    try:
        key = publishing.publish(ctx, draft_id, body.revision, user.name)
    except TemplateError:
        return JSONResponse(_state(request, designing.draft(ctx, draft_id), user), 422)
    workshop_of(request).forget(draft_id)
    return JSONResponse({"key": key, "page": f"/templates?published={key}"})


@router.post("/drafts/{draft_id}/drop")
def drop(request: Request, user: Overseer, draft_id: DraftId) -> Response:
    """Give the draft up."""
    designing.drop(context_of(request), draft_id, user.name)
    workshop_of(request).forget(draft_id)
    return RedirectResponse("/templates", 303)


@router.get("/drafts/{draft_id}/form.zip")
def draft_files(request: Request, user: Overseer, draft_id: DraftId) -> Response:
    """The draft's YAML and picture, as they would be published."""
    ctx = context_of(request)
    known = designing.draft(ctx, draft_id)
    with publishing.written(ctx, known, user.name) as files:
        return _zip(files.path.stem, {files.path.name: files.yaml.encode(), files.reference: files.picture})


@router.get("/taught/{key}/form.zip")
def taught_files(request: Request, user: Overseer, key: Key) -> Response:
    """A published form's YAML and picture."""
    return _zip(key, taught.files(context_of(request), key))


@router.post("/taught/{key}/draft")
def teach_again(request: Request, user: Overseer, key: Key) -> Response:
    """Begin a new version from a published one."""
    return RedirectResponse(
        f"/templates/drafts/{publishing.teach_again(context_of(request), key, user.name)}", 303
    )


@router.post("/taught/{key}/withdraw")
def withdraw(request: Request, user: Overseer, key: Key) -> Response:
    """Read no new sheets with a version."""
    taught.withdraw(context_of(request), key, user.name)
    return RedirectResponse("/templates", 303)


@router.post("/taught/{key}/restore")
def restore(request: Request, user: Overseer, key: Key) -> Response:
    """Read new sheets with a version again."""
    taught.withdraw(context_of(request), key, user.name, again=True)
    return RedirectResponse("/templates", 303)


def workshop_of(request: Request) -> Workshop:
    """Where drafts are tried; made when the first one is."""
    state = request.app.state
    if getattr(state, "workshop", None) is None:
        state.workshop = Workshop()
    workshop: Workshop = state.workshop
    return workshop


def _state(request: Request, known: designing.Draft, user: UserView) -> dict[str, Any]:
    """A draft for the page's script: what is drawn, and what is wrong with it."""
    ctx = context_of(request)
    gettext: Translate = visitor_of(request).language.gettext
    with publishing.written(ctx, known, user.name) as files:
        problem = files.problem
    return {
        "id": known.row.id,
        "revision": known.row.revision,
        "form": to_json(known.form),
        "picture": f"/templates/drafts/{known.row.id}/picture.png?{known.row.picture[:12]}",
        "version": publishing.next_version(ctx, known.form.name),
        "problem": problem_json(problem),
        "advice": _advice(ctx, known, gettext),
    }


def _advice(ctx: Context, known: designing.Draft, gettext: Translate) -> list[str]:
    said = [gettext(ADVICE[code]) for code in publishing.advice(ctx, known)]
    other = resembling.form_in_use(ctx, known)
    return [gettext(RESEMBLES).format(form=other), *said] if other else said


def _zip(name: str, files: dict[str, bytes]) -> Response:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file_name, data in files.items():
            archive.writestr(file_name, data)
    safe = re.sub(r"[^a-z0-9@-]", "", name) or "form"
    headers = {"Content-Disposition": f'attachment; filename="{safe}.zip"'}
    return Response(out.getvalue(), media_type="application/zip", headers=headers)
