"""Teaching a form: from a scan of the empty sheet to a draft whose places to write are found; keeping it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors import ConflictError, UsageError
from ocr.layout import DPI, find_places, name_places, sticking_out, straighten, turned
from ocr.load import load_page
from services.context import Context
from services.draft import DraftField, DraftForm, from_json, proposed, to_json
from services.text import printable
from storage.records import Transaction
from storage.records.taught import DROPPED, OPEN, DraftRow
from templates.model import Box

Grey = NDArray[np.uint8]

#: Bytes of a scan that is handed in: a sheet in colour at 600 dpi has less.
MOST_BYTES = 32 << 20
#: … and of everything that one form of a page sends: several filled examples.
MOST_UPLOAD = 3 * MOST_BYTES
#: Paper (mm) that a scan's size is taken for when it differs by less than ``_NEAR``.
SIZES = {"a4": (210.0, 297.0), "a5": (148.0, 210.0), "a6": (105.0, 148.0), "third": (210.0, 99.0)}
_NEAR = 0.02
#: What the loader takes for a page (mm).
_PAGE_MM = (60.0, 500.0)


@dataclass(frozen=True)
class Draft:
    """A draft as it is kept."""

    row: DraftRow
    form: DraftForm


def begin(
    ctx: Context, who: str, supplier: str, data: bytes, file_name: str, *, size: str = "", page: int = 1
) -> int:
    """A new draft from a scan or PDF of the form; returns its number.

    ``size``: a key of ``SIZES``, or "" for what the file says. Raises ``InputError`` for a file that cannot
    be opened, ``UsageError`` for a supplier or size that is not known.
    """
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    if size and size not in SIZES:
        raise UsageError(f"there is no size {size!r}; choose one of {', '.join(SIZES)}")
    image = load_page(data, file_name, page)
    width, height = _size(image.grey.shape, image.dpi, size)
    grey, _ = straighten(image.grey, width, height)
    return record(ctx, who, grey, layout_of(grey, width, height), supplier=supplier, source=file_name)


def record(ctx: Context, who: str, grey: Grey, form: DraftForm, *, supplier: str, source: str) -> int:
    """Keep a new draft; returns its number."""
    at, key = ctx.clock(), ctx.objects.put(png_of(grey))
    with ctx.records.begin() as tx:
        made = tx.taught.begin(supplier, key, printable(source), to_json(form), at=at, who=who)
        details = {"draft": made, "source": printable(source)}
        tx.audits.add(at, who, "template.drafted", supplier=supplier, details=details)
    return made


def drafts(ctx: Context) -> list[Draft]:
    """The open drafts, the newest first."""
    with ctx.records.read() as tx:
        return [Draft(row, from_json(row.content)) for row in tx.taught.drafts()]


def draft(ctx: Context, draft_id: int) -> Draft:
    """An open draft; raises ``UsageError`` when there is none."""
    with ctx.records.read() as tx:
        row = tx.taught.draft(draft_id)
    if row is None or row.state != OPEN:
        raise UsageError(f"there is no open draft {draft_id}")
    return Draft(row, from_json(row.content))


def save(ctx: Context, draft_id: int, revision: int, form: DraftForm, who: str) -> int:
    """Keep what was drawn; returns the new revision. Raises ``ConflictError`` when somebody was faster."""
    with ctx.records.begin() as tx:
        _change(ctx, tx, draft_id, revision, who, content=to_json(form))
    return revision + 1


def rework(
    ctx: Context,
    draft_id: int,
    revision: int,
    who: str,
    *,
    quarters: int = 0,
    cut: Box | None = None,
    filled: bool | None = None,
) -> None:
    """Turn the picture clockwise by quarters, or keep a part of it; then look for places anew.

    ``filled``: whether it shows a filled sheet, where that is told now: boxes with writing are places then,
    and what was found by stems of figures as if they were lines is dropped. Fields that lie on the part stay,
    turning drops them. Raises as ``save``.
    """
    known = draft(ctx, draft_id)
    grey = picture_of(ctx.objects.get(known.row.picture))
    width, height = known.form.width, known.form.height
    filled = known.form.filled if filled is None else filled
    told = filled != known.form.filled and cut is None and quarters % 4 == 0
    before = _edges_of_places(_sized(grey, width, height), filled=known.form.filled) if told else set()
    kept = known.form.fields if quarters % 4 == 0 else ()
    if cut is not None:
        grey, cut = _part(grey, cut, width, height)
        width, height = cut.w_mm, cut.h_mm
        inside = [f for f in kept if _holds(cut, f)]
        kept = tuple(replace(f, x=round(f.x - cut.x_mm, 2), y=round(f.y - cut.y_mm, 2)) for f in inside)
    if quarters % 4:
        grey = turned(grey, quarters)
        width, height = (height, width) if quarters % 2 else (width, height)
    grey = _sized(grey, width, height)
    found = layout_of(grey, width, height, filled=filled)
    before -= {_edges(field) for field in (*found.fields, *found.places)}
    kept = tuple(field for field in kept if _edges(field) not in before)
    new = found.fields if told or not kept else ()
    fields = (*kept, *(f for f in new if not any(_covers(k, f) or k.name == f.name for k in kept)))
    places = [p for p in (*found.places, *found.fields) if not any(_covers(f, p) for f in fields)]
    form = replace(known.form, filled=filled, fields=fields, places=tuple(places))
    form = replace(form, width=found.width, height=found.height)
    key = ctx.objects.put(png_of(grey))
    with ctx.records.begin() as tx:
        _change(ctx, tx, draft_id, revision, who, content=to_json(form), picture=key)
    forget_picture(ctx, known.row.picture)


def drop(ctx: Context, draft_id: int, who: str) -> None:
    """Give a draft up and destroy its picture; raises ``UsageError`` when there is none."""
    known = draft(ctx, draft_id)
    with ctx.records.begin() as tx:
        _change(ctx, tx, draft_id, known.row.revision, who, state=DROPPED)
        details = {"draft": draft_id, "title": known.form.title}
        tx.audits.add(ctx.clock(), who, "template.dropped", supplier=known.row.supplier, details=details)
    forget_picture(ctx, known.row.picture)


def forget_picture(ctx: Context, key: str) -> None:
    """Destroy a picture that no draft and no form has any more: it may show a filled sheet."""
    with ctx.records.read() as tx:
        used = tx.taught.uses(key)
    if not used:
        ctx.objects.delete(key)


def picture_of(png: bytes) -> Grey:
    """The picture of a draft or taught form, uint8 H×W."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("L"), np.uint8)


def png_of(grey: Grey) -> bytes:
    """As ``picture_of`` reads it; says its resolution."""
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _change(ctx: Context, tx: Transaction, draft_id: int, revision: int, who: str, **values: object) -> None:
    if not tx.taught.change(draft_id, revision, at=ctx.clock(), who=who, **values):
        raise ConflictError(f"draft {draft_id} was changed by somebody else, or is no longer open")


def layout_of(grey: Grey, width: float, height: float, *, filled: bool = False) -> DraftForm:
    """What is found on the picture; places whose print says what they are become fields at once."""
    places = find_places(grey, DPI, filled=filled)
    found = [proposed(named) for named in name_places(grey, DPI, places)]
    return DraftForm(
        title="",
        name="",
        width=round(width, 1),
        height=round(height, 1),
        filled=filled,
        fields=tuple(field for field in found if field.name),
        places=tuple(field for field in found if not field.name),
    )


def _edges_of_places(grey: Grey, *, filled: bool) -> set[tuple[float, ...]]:
    """The edges of all places that are found by themselves."""
    boxes = (place.box for place in find_places(grey, DPI, filled=filled))
    return {tuple(round(v, 2) for v in (b.x_mm, b.y_mm, b.w_mm, b.h_mm)) for b in boxes}


def _edges(field: DraftField) -> tuple[float, ...]:
    return field.x, field.y, field.w, field.h


def _size(shape: Sequence[int], dpi: float | None, size: str) -> tuple[float, float]:
    """The sheet's width and height in millimetres."""
    tall = shape[0] >= shape[1]
    if size:
        short, long = sorted(SIZES[size])
        return (short, long) if tall else (long, short)
    if dpi is not None:
        width, height = (side / dpi * 25.4 for side in (shape[1], shape[0]))
        if all(_PAGE_MM[0] <= side <= _PAGE_MM[1] for side in (width, height)):
            return _usual(width, height)
    # Nothing is known: an office's sheet, or a slip as wide as one.
    long, short = max(shape[:2]), min(shape[:2])
    if long / short > 1.6:
        return (210.0 * short / long, 210.0) if tall else (210.0, 210.0 * short / long)
    return (297.0 * short / long, 297.0) if tall else (297.0, 297.0 * short / long)


def _usual(width: float, height: float) -> tuple[float, float]:
    for one, other in SIZES.values():
        for w, h in ((one, other), (other, one)):
            if abs(width / w - 1) < _NEAR and abs(height / h - 1) < _NEAR:
                return w, h
    return width, height


def _sized(grey: Grey, width: float, height: float) -> Grey:
    """The picture at ``DPI`` for a page of this size, which a person may have put right."""
    size = (round(width / 25.4 * DPI), round(height / 25.4 * DPI))
    if size == (grey.shape[1], grey.shape[0]):
        return grey
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _part(grey: Grey, cut: Box, width: float, height: float) -> tuple[Grey, Box]:
    """A part of the page, and the same to whole pixels; raises ``UsageError`` when it is too small."""
    across, down = grey.shape[1] / width, grey.shape[0] / height
    x0, x1 = (min(grey.shape[1], max(0, round(v * across))) for v in (cut.x_mm, cut.right_mm))
    y0, y1 = (min(grey.shape[0], max(0, round(v * down))) for v in (cut.y_mm, cut.bottom_mm))
    exact = Box(x0 / across, y0 / down, (x1 - x0) / across, (y1 - y0) / down)
    if min(exact.w_mm, exact.h_mm) < _PAGE_MM[0]:
        raise UsageError(f"a form is at least {_PAGE_MM[0]:g} mm wide and high; mark a larger part")
    return np.ascontiguousarray(grey[y0:y1, x0:x1]), exact


def emptied(grey: Grey, form: DraftForm) -> Grey:
    """The picture with the insides of all fields white: what somebody wrote there is no part of the form.

    Nor is what sticks out of them: a tail that stays would be looked for on every other sheet.
    """
    across, down = grey.shape[1] / form.width, grey.shape[0] / form.height
    paper = int(np.percentile(grey, 80))
    places = [Box(f.x, f.y, f.w, f.h) for f in form.fields]
    clean = np.where(sticking_out(grey, DPI, places), np.uint8(paper), grey).astype(np.uint8)
    for field in form.fields:
        for x, w in _boxes(field):
            low = field.h - (0.9 if field.border == "rule" else 0.6)
            corner = (round((x + 0.6) * across), round((field.y + 0.6) * down))
            other = (round((x + w - 0.6) * across), round((field.y + low) * down))
            if other[0] > corner[0] and other[1] > corner[1]:
                cv2.rectangle(clean, corner, other, paper, -1)
    return clean


def _boxes(field: DraftField) -> list[tuple[float, float]]:
    """Left edge and width of each cell, or of the one box."""
    width = field.cell_w
    if not width:
        return [(field.x, field.w)]
    if field.starts:
        return [(field.x + start, width) for start in field.starts]
    boxes, x = [], field.x
    for count in (2, 2, 4) if field.kind == "date" else field.groups or (1,):
        boxes += [(x + n * width, width) for n in range(count)]
        x += count * width + field.gap
    return boxes


def _holds(box: Box, field: DraftField) -> bool:
    return (
        field.x >= box.x_mm
        and field.y >= box.y_mm
        and field.x + field.w <= box.right_mm
        and field.y + field.h <= box.bottom_mm
    )


def _covers(field: DraftField, other: DraftField) -> bool:
    return Box(field.x, field.y, field.w, field.h).overlaps(Box(other.x, other.y, other.w, other.h))
