"""Make the two sides of a paper one document: the front's sheet carries what both say, and is judged as one.

It happens in the transaction that commits the last page of a file. Chunks of one supplier are committed one
after the other (``judging.sheets_lock``), on whatever machine they were read, so exactly one of them finds
every page read. Until then each side is a sheet in review that is kept from people for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from domain.reasons import Reason
from domain.sheet import SheetState
from domain.sides import Doubt, Face, Page, other_sides
from ocr.results import FieldResult, SlipReading
from services import backs, recognition, settling, taught
from services.context import Context
from services.results import SheetOutcome
from storage.records import SheetFace, SheetRow, Transaction
from templates.model import Template
from templates.sides import backs_with_fields, joined


def conclude(ctx: Context, tx: Transaction, file_id: int, *, at: datetime, who: str) -> list[SheetOutcome]:
    """Join and judge the pages of a file that wait for their other side, once all of it has been read.

    The caller holds the lock of the supplier's sheets. Returns what became of them; nothing happens while a
    page is pending. What a person was asked about meanwhile is left alone.
    """
    if not tx.sheets.any_with(file_id, SheetState.REVIEW, Reason.OTHER_SIDE_AWAITED):
        return []
    faces = tx.sheets.faces(file_id)
    waiting = [face.id for face in faces if _awaits(face)]
    if any(face.state is SheetState.PENDING for face in faces):
        return []
    rows = {row.id: row for row in tx.sheets.get(waiting, lock=True)}
    # What changed before the rows were locked, and what a supervisor was asked about, is a person's.
    rows = {
        i: row
        for i, row in rows.items()
        if _awaits(row) and tx.questions.of_sheet(i) is None and (row.template or "") in ctx.templates
    }
    return _File(ctx, tx, faces, rows, at=at, who=who).concluded()


def _awaits(sheet: SheetFace | SheetRow) -> bool:
    return sheet.state is SheetState.REVIEW and Reason.OTHER_SIDE_AWAITED in sheet.reasons


class _File:
    """A file whose pages have all been read. ``rows``: its sheets that wait."""

    def __init__(
        self,
        ctx: Context,
        tx: Transaction,
        faces: Sequence[SheetFace],
        rows: dict[int, SheetRow],
        *,
        at: datetime,
        who: str,
    ) -> None:
        self._ctx, self._tx, self._rows, self._at, self._who = ctx, tx, rows, at, who
        #: Page by page; a page with several slips has no sides.
        pages = [list(some) for _, some in groupby(faces, key=lambda face: face.page)]
        self._faces = [some[0] if len(some) == 1 else None for some in pages]
        self._others = other_sides([self._page(face) for face in self._faces])
        self._at_page = {face.id: at_page for at_page, face in enumerate(self._faces) if face is not None}

    def concluded(self) -> list[SheetOutcome]:
        """Every waiting sheet is moved on: fronts with their backs, then the backs that are left."""
        done: list[SheetOutcome] = []
        for row in self._rows.values():
            form = self._form(row)
            if not form.back_of:
                done += self._front(row, form)
        ended = {each.sheet_id for each in done}
        for row in self._rows.values():
            if row.id not in ended:
                done.append(self._back(row, self._form(row)))
        return done

    def _front(self, row: SheetRow, form: Template) -> list[SheetOutcome]:
        slip, other = _slip(row), self._other(row.id)
        if isinstance(other, SheetFace) and other.id in self._rows:
            back = self._rows[other.id]
            back_form, back_slip = self._form(back), _slip(back)
            if _adds(back_form, back_slip):
                whole = join(slip, back_slip, (form, back_form))
                ended = self._judge(
                    row, whole, joined(form, back_form), **recognition.with_other_side(back_slip, back.page)
                )
            else:
                ended = self._judge(row, slip, form)
            return [ended, self._move(back, SheetState.BLANK, (Reason.BACK_OF_FORM,))]
        doubts: tuple[Reason, ...] = ()
        if other is Doubt.UNSURE:
            doubts = (Reason.SIDES_UNSURE,)
        elif self._lacks_back(form, other):
            doubts = (Reason.FRONT_WITHOUT_BACK,)
        return [self._judge(row, replace(slip, reasons=(*slip.reasons, *doubts)), form)]

    def _lacks_back(self, form: Template, other: SheetFace | Doubt) -> bool:
        """Whether a front cannot do without the back that it has not."""
        if isinstance(other, SheetFace) and not other.template:
            # What may be its back could not be read.
            return True
        known = backs_with_fields(taught.loaded(self._ctx), form)
        return any(field.required for back in known for field in back.fields)

    def _back(self, row: SheetRow, form: Template) -> SheetOutcome:
        """A back whose front does not wait: it is a duplicate, was judged by a person, or is not there."""
        slip, other = _slip(row), self._other(row.id)
        if isinstance(other, SheetFace) and other.state is SheetState.DUPLICATE:
            return self._move(row, SheetState.DUPLICATE, (Reason.DUPLICATE,), duplicate_of=other.duplicate_of)
        nothing = not form.fields or Reason.EMPTY in slip.reasons
        front_there = isinstance(other, SheetFace) and bool(other.template)
        if nothing and (front_there or backs.beside_its_front(self._tx, row, form)):
            return self._move(row, SheetState.BLANK, (Reason.BACK_OF_FORM,))
        if front_there:
            reason = Reason.BACK_OF_FORM
        elif other is Doubt.UNSURE:
            reason = Reason.SIDES_UNSURE
        else:
            reason = Reason.BACK_WITHOUT_FRONT
        return self._move(row, SheetState.REVIEW, (reason, *slip.reasons))

    def _judge(self, row: SheetRow, slip: SlipReading, form: Template, **kept: Any) -> SheetOutcome:
        state, reasons = settling.conclude(
            self._ctx, self._tx, row, slip, form, at=self._at, who=self._who, kept=kept
        )
        return _outcome(row, state, reasons)

    def _move(
        self, row: SheetRow, state: SheetState, reasons: tuple[Reason, ...], **columns: Any
    ) -> SheetOutcome:
        self._tx.sheets.move(row, state, reasons, at=self._at, who=self._who, **columns)
        return _outcome(row, state, reasons)

    def _form(self, row: SheetRow) -> Template:
        return self._ctx.templates[row.template or ""]

    def _other(self, sheet_id: int) -> SheetFace | Doubt:
        if sheet_id not in self._at_page:
            return Doubt.ALONE
        other = self._others[self._at_page[sheet_id]]
        face = None if isinstance(other, Doubt) else self._faces[other]
        return face if face is not None else Doubt.ALONE if not isinstance(other, Doubt) else other

    def _page(self, face: SheetFace | None) -> Page:
        if face is None:
            return Page(Face.OTHER)
        if not face.template:
            torn = face.state in {SheetState.REVIEW, SheetState.UNREADABLE}
            return Page(Face.UNKNOWN if torn else Face.OTHER)
        form = self._ctx.templates.get(face.template)
        if form is not None and form.back_of:
            return Page(Face.BACK, form.back_of)
        # Also one that was read, joined or judged before.
        name = face.template.partition("@")[0]
        known = any(each.back_of == name for each in taught.loaded(self._ctx))
        return Page(Face.FRONT, name) if known else Page(Face.OTHER)


def join(front: SlipReading, back: SlipReading, forms: tuple[Template, Template]) -> SlipReading:
    """What both sides say, as one slip. A field of both is the front's; that they differ is a doubt.

    ``forms``: of the front and of the back.
    """
    on_front = {field.name for field in forms[0].fields}
    fields, contradict = dict(front.fields), False
    for field in forms[1].fields:
        result = back.fields.get(field.name, FieldResult())
        if field.name not in on_front:
            fields[field.name] = result
        elif _said(result) or field.required:
            contradict = contradict or _said(result) != _said(front.fields.get(field.name, FieldResult()))
    empty = Reason.EMPTY in front.reasons and Reason.EMPTY in back.reasons
    said = [reason for reason in (*front.reasons, *back.reasons) if empty or reason is not Reason.EMPTY]
    reasons = dict.fromkeys((*said, *((Reason.SIDES_CONTRADICT,) if contradict else ())))
    model = "+".join(dict.fromkeys(part for each in (front, back) for part in each.model.split("+") if part))
    return replace(
        front,
        fields=fields,
        reasons=tuple(reasons),
        model=model,
        seconds=front.seconds + back.seconds,
        shadow=None,
    )


def _adds(form: Template, slip: SlipReading) -> bool:
    """Whether a back has something to say: ink, or a field that must not be empty."""
    if Reason.EMPTY not in slip.reasons:
        return bool(form.fields)
    return any(field.required for field in form.fields)


def _said(result: FieldResult) -> str:
    if result.present is not None:
        return "yes" if result.present else ""
    return result.value or ""


def _slip(row: SheetRow) -> SlipReading:
    assert row.recognition is not None
    slip = recognition.from_json(row.recognition)
    return replace(slip, reasons=tuple(r for r in slip.reasons if r is not Reason.OTHER_SIDE_AWAITED))


def _outcome(row: SheetRow, state: SheetState, reasons: tuple[Reason, ...]) -> SheetOutcome:
    return SheetOutcome(row.id, row.file_name, row.page, row.slip, state, reasons)
