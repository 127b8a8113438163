"""The dashboard's pictures: where each mark stands, and the same numbers as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import Response

from review_ui.staff import OVERSEERS, context_of, staff
from services import figures, status
from services.context import Context
from services.figures import Bin, Overview
from services.results import UserView

router = APIRouter(prefix="/dashboard")

Overseer = Annotated[UserView, Depends(staff(*OVERSEERS))]

KEPT_FOR = timedelta(minutes=1)
#: Inner width and height of a plot in its own units; the template adds room for words.
WIDTH, HEIGHT = 480.0, 180.0
#: Shares on the scale of the calibration plot, which stretches towards certainty: -log10(1 - share).
TICKS = (0.5, 0.9, 0.99, 0.999)
_LEAST, _MOST = -math.log10(0.7), 3.3


class Kept:
    """The figures, made anew at most once a minute: many may look, and they read thousands of sheets."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._found: Overview | None = None
        self._lock = Lock()

    def get(self, ctx: Context) -> Overview:
        """The figures of this minute."""
        now = ctx.clock()
        with self._lock:
            if self._found is None or self._at is None or now - self._at >= KEPT_FOR:
                self._found, self._at = figures.overview(ctx), now
            return self._found


@dataclass(frozen=True)
class Bar:
    """One bar: left edge, width, top, height; ``label`` says it in words."""

    x: float
    width: float
    y: float
    height: float
    value: int
    moment: datetime


@dataclass(frozen=True)
class Dot:
    """One group of sheets: place, radius, and what it stands for."""

    x: float
    y: float
    radius: float
    group: Bin


def bars(hours: Sequence[tuple[datetime, int]]) -> tuple[list[Bar], int]:
    """Bars from left to right, and what the highest stands for."""
    most = max((count for _, count in hours), default=0)
    step = WIDTH / max(len(hours), 1)
    return [
        Bar(
            round(index * step + 0.8, 2),
            round(step - 1.6, 2),
            round(HEIGHT - HEIGHT * count / max(most, 1), 2),
            round(HEIGHT * count / max(most, 1), 2),
            count,
            moment,
        )
        for index, (moment, count) in enumerate(hours)
    ], most


def place(share: float) -> float:
    """A share's place on the stretched scale, 0 to 1."""
    stretched = -math.log10(max(1.0 - share, 10**-_MOST))
    return min(max((stretched - _LEAST) / (_MOST - _LEAST), 0.0), 1.0)


def dots(curve: Sequence[Bin]) -> list[Dot]:
    """The calibration curve's dots; the more sheets, the larger."""
    return [
        Dot(
            round(WIDTH * place(group.said), 2),
            round(HEIGHT - HEIGHT * place(group.right), 2),
            round(3.0 + 2.2 * math.log10(max(group.n, 1)), 2),
            group,
        )
        for group in curve
    ]


def ticks() -> list[tuple[float, float]]:
    """(share, place 0 to 1) of the scale."""
    return [(share, place(share)) for share in TICKS]


def figures_of(request: Request) -> Overview:
    """The app's figures."""
    kept: Kept = request.app.state.figures
    return kept.get(context_of(request))


Rows = Iterable[Sequence[object]]


def _straight(found: Overview) -> Rows:
    yield ("days", "slips", "accepted_alone", "share")
    yield from ((each.days, each.slips, each.alone, _share(each.share)) for each in found.straight)


def _queue(found: Overview) -> Rows:
    yield ("waiting_up_to_hours", "sheets")
    yield from found.ages


def _hours(found: Overview) -> Rows:
    yield ("hour_utc", "sheets")
    yield from ((moment.isoformat(), count) for moment, count in found.hours)


def _reviewers(found: Overview) -> Rows:
    yield ("reviewer", "verdicts", "median_seconds", "median_keys")
    yield from ((each.name, each.verdicts, each.seconds, each.keys) for each in found.reviewers)


def _calibration(found: Overview) -> Rows:
    yield ("from", "to", "sheets", "mean_confidence", "right")
    yield from ((each.low, each.high, each.n, _share(each.said), _share(each.right)) for each in found.curve)


def _bound(found: Overview) -> Rows:
    yield ("station", "template", "accepted_by", "audited", "wrong", "bound_95")
    for each in found.bounds:
        by = "machine" if each.by_machine else "person"
        yield (each.station, each.template, by, each.n, each.wrong, _share(each.bound))


TABLES: dict[str, Callable[[Overview], Rows]] = {
    "straight": _straight,
    "queue": _queue,
    "hours": _hours,
    "reviewers": _reviewers,
    "calibration": _calibration,
    "bound": _bound,
}


@router.get("/{name}.csv")
def table(request: Request, user: Overseer, name: Annotated[str, Path(max_length=20)]) -> Response:
    """A picture's numbers: straight, queue, hours, reviewers, calibration, bound, reasons."""
    ctx = context_of(request)
    if name == "reasons":
        rows: Rows = [("reason", "sheets"), *status.status(ctx).by_reason.items()]
    elif name in TABLES:
        rows = TABLES[name](figures_of(request))
    else:
        raise HTTPException(404)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_cells(row) for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: Sequence[object]) -> list[object]:
    """A station may be named like a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell for cell in row]


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"
