"""Reading filled examples with a form that is not published: what was found where; nothing is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from domain.errors import InputError
from domain.reasons import Reason
from ocr.forms import rectify
from ocr.load import load_page
from ocr.results import SlipReading
from services.context import LOCAL, Context, PageRead, PageRef
from services.designing import Draft, Grey
from services.digitise import refresh_register
from services.publishing import Problem, write
from services.scratch import Scratch
from templates.model import Template

#: Pages of one example that are read, and the resolution of what is shown of them.
MOST_PAGES = 6
_DPI, _LONGEST = 110, 1400
_KEPT = 48


@dataclass(frozen=True)
class Tried:
    """A slip of an example. ``picture``: number of its picture; ``upright``: it was found and lies straight.

    ``reason``: why the whole page could not be read.
    """

    file: str
    page: int
    slip: SlipReading | None
    reason: Reason | None
    picture: int | None
    upright: bool


class Workshop:
    """Where drafts are tried: files of the newest draft, and the last pictures shown."""

    def __init__(self) -> None:
        self._scratch = Scratch()
        self._lock = threading.Lock()
        self._forms: dict[int, tuple[int, Path, Template]] = {}
        self._pictures: OrderedDict[int, tuple[int, bytes]] = OrderedDict()
        self._count = 0

    def close(self) -> None:
        """Remove all files."""
        self._scratch.close()

    def template(self, ctx: Context, known: Draft, who: str) -> tuple[Path, Template] | Problem:
        """The draft as a loaded form, written anew after each change."""
        with self._lock:
            ready = self._forms.get(known.row.id)
            if ready is not None and ready[0] == known.row.revision:
                return ready[1], ready[2]
            folder = self._scratch.path / f"draft-{known.row.id}-{known.row.revision}"
            folder.mkdir(exist_ok=True)
            files = write(ctx, known, folder, who)
            if files.template is None:
                assert files.problem is not None
                return files.problem
            self._forms[known.row.id] = (known.row.revision, files.path, files.template)
            return files.path, files.template

    def read(
        self, ctx: Context, known: Draft, who: str, file_name: str, data: bytes
    ) -> list[Tried] | Problem:
        """Read one example with a draft; raises ``InputError`` when it cannot be opened."""
        found = self.template(ctx, known, who)
        if isinstance(found, Problem):
            return found
        form, template = found
        with self._lock:
            self._count += 1
            path = self._scratch.path / f"example-{self._count}"
        path.write_bytes(data)
        try:
            refresh_register(ctx, known.row.supplier)
            key = f"{LOCAL}{path}"
            counted = ctx.reader.count(key, file_name).result()
            if counted.reason is not None:
                raise InputError(counted.reason, counted.detail)
            refs = [
                PageRef(key, file_name, page, known.row.supplier, form=str(form))
                for page in range(1, min(counted.pages, MOST_PAGES) + 1)
            ]
            tried: list[Tried] = []
            for page in ctx.reader.submit(refs).result():
                tried += self._shown(known.row.id, page, data, template)
            return tried
        finally:
            path.unlink(missing_ok=True)

    def picture(self, draft_id: int, number: int) -> bytes | None:
        """A picture of an example (JPEG), while it is kept."""
        with self._lock:
            owner, jpeg = self._pictures.get(number, (0, b""))
        return jpeg if owner == draft_id else None

    def forget(self, draft_id: int) -> None:
        """Let go of all that was tried with a draft: filled sheets have customers' data."""
        with self._lock:
            self._forms.pop(draft_id, None)
            for number in [n for n, (owner, _) in self._pictures.items() if owner == draft_id]:
                del self._pictures[number]

    def _shown(self, draft_id: int, page: PageRead, data: bytes, template: Template) -> list[Tried]:
        ref = page.ref
        if page.reason is not None or not page.slips:
            return [Tried(ref.name, ref.page, None, page.reason or Reason.TEMPLATE_NOT_FOUND, None, False)]
        grey = load_page(data, ref.name, ref.page).grey
        shown = []
        for slip in page.slips:
            upright = slip.registration is not None and bool(slip.fields)
            picture = (
                rectify(grey, slip.registration, template, _DPI) if upright and slip.registration else grey
            )
            shown.append(Tried(ref.name, ref.page, slip, None, self._keep(draft_id, picture), upright))
        return shown

    def _keep(self, draft_id: int, grey: Grey) -> int:
        factor = min(1.0, _LONGEST / max(grey.shape))
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()
        with self._lock:
            self._count += 1
            self._pictures[self._count] = (draft_id, jpeg)
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
            return self._count
