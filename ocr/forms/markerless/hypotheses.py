"""Where on a page might a form lie? Each matched feature says so by itself; what many agree on is tried.

One feature fixes turn, size and place (Lowe 2004, section 7.3), so every match is a whole hypothesis and the
matches that agree with it can be counted at once. Repeated print (cells, letters) matches at random and does
not agree; therefore no ratio test throws matches away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.forms.geometry import fit_homography, project
from ocr.forms.markerless.features import Features
from ocr.forms.settings import Floats

#: Matches that are tried as hypotheses, and matches that are asked.
_SEEDS, _ASKED = 150, 1500
#: Proposals that are worked out, and that are handed on; nearer than this (mm) they are the same.
_SETTLED, _MOST, _SAME_MM = 10, 4, 3.0
#: Seeds with less than this share of the most weight are left; so are those that share so much with another.
_WORTH, _COMMON = 0.3, 0.8
#: Likeness of two words to be a match at all; by how much the best has to be better than the next to say all;
#: what the least clear match says.
_ALIKE, _CLEAR, _LEAST = 0.72, 0.06, 0.05
#: How far a feature's own turn and size may be off, and what that makes over a distance.
_TURN, _SIZE, _NEAR_MM, _FAR = np.deg2rad(20.0), np.log(1.35), 3.0, 0.10
#: Tolerance (mm) of each further fit; of a similarity down to the first of these, of a plane map the second.
_CLOSER_MM, _BARE_MM, _PLANE_MM = (10.0, 6.0, 4.0, 3.0), 5.0, 2.0
#: How strongly an affine map is held near a similarity (mm²): half a hundredth is as likely as 1 mm of
#: error.
_STIFFNESS = 4e4
#: How much more has to agree with a map that has a keystone.
_BETTER = 1.1
#: Matches that must agree for a place to be worth looking at.
FEWEST = 8
#: For a first impression of many forms: every so many of the page's features, seeds, matches that are asked.
_EVERY, _FEW_SEEDS, _FEW_ASKED = 4, 50, 400


class Matches:
    """Pairs of features of a form (slip mm) and of a page (px) that look alike.

    ``weight``: how much a pair says. Which of many equal things (cells, rows) was seen says next to nothing;
    what there is only one of says all.
    """

    def __init__(self, form: Features, page: Features) -> None:
        likeness = page.words @ form.words.T
        first = likeness.argmax(axis=1)
        rows = np.arange(len(first))
        best = likeness[rows, first]
        likeness[rows, first] = -1.0
        second = likeness.argmax(axis=1)
        runner = likeness[rows, second]
        on_page, on_form = np.concatenate([rows, rows]), np.concatenate([first, second])
        alike = np.concatenate([best, runner])
        clear = np.clip((best - runner) / _CLEAR, _LEAST, 1.0)
        weight = np.concatenate([clear, np.full(len(clear), _LEAST)])
        keep = alike > _ALIKE
        on_page, on_form, alike, weight = on_page[keep], on_form[keep], alike[keep], weight[keep]
        self.order: NDArray[np.int64] = np.argsort(-(alike + weight), kind="stable")
        self.mm = form.places[on_form]
        self.px = page.places[on_page]
        self.weight = weight.astype(np.float64)
        self.page_index = on_page
        self.turn = page.angles[on_page] - form.angles[on_form]
        self.size = np.log(page.sizes[on_page] / form.sizes[on_form])

    def __len__(self) -> int:
        return len(self.mm)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A map (3×3, slip mm → page px), and the weight of the features that agree with it."""

    matrix: Floats
    weight: float


def impression(form: Features, page: Features) -> float:
    """About how much of a page's features agrees on one place of a form: a tenth of ``proposals``' work.

    To be compared between forms; the weight that ``proposals`` gives is some four times as large.
    """
    matches = Matches(form, page.only(np.arange(len(page)) % _EVERY == 0))
    usable = matches.order[:_FEW_ASKED]
    if not len(usable):
        return 0.0
    agreeing = _agreeing(matches, usable[:_FEW_SEEDS], usable)
    return float((agreeing * matches.weight[usable]).sum(axis=1).max())


def proposals(matches: Matches) -> list[Proposal]:
    """The maps that most features agree with, each clearly another one; most agreed first."""
    usable = matches.order[:_ASKED]
    if len(usable) < FEWEST:
        return []
    agreeing = _agreeing(matches, usable[:_SEEDS], usable)
    weights = agreeing * matches.weight[usable]
    total = weights.sum(axis=1)
    found: list[Proposal] = []
    for number in _unlike(weights, total):
        agree = np.zeros(len(matches), dtype=np.bool_)
        agree[usable[agreeing[number]]] = True
        proposal = _settle(matches, agree)
        if proposal is not None and not any(_alike(proposal, other, matches.mm) for other in found):
            found.append(proposal)
    return sorted(found, key=lambda each: -each.weight)[:_MOST]


def _unlike(weights: Floats, total: Floats) -> list[int]:
    """The seeds that most agree with, but those that much the same matches agree with."""
    chosen: list[int] = []
    for number in np.argsort(-total, kind="stable"):
        if len(chosen) == _SETTLED or total[number] < _WORTH * total.max():
            break
        common = [np.minimum(weights[number], weights[other]).sum() for other in chosen]
        if not common or max(common) < _COMMON * total[number]:
            chosen.append(int(number))
    return chosen


def _alike(a: Proposal, b: Proposal, places: Floats) -> bool:
    """Whether two maps take the form to the same place but for some millimetres."""
    corners = np.array([places.min(axis=0), places.max(axis=0), [places[:, 0].min(), places[:, 1].max()]])
    scale = float(np.sqrt(abs(np.linalg.det(a.matrix[:2, :2] / a.matrix[2, 2]))))
    apart = np.linalg.norm(project(a.matrix, corners) - project(b.matrix, corners), axis=1)
    return bool(apart.max() < _SAME_MM * scale)


def _agreeing(matches: Matches, seeds: NDArray[np.int64], usable: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the usable matches lie where each seed expects them, turned and sized as it is:
    (seeds, usable).
    """
    turn, size = matches.turn[seeds, None], matches.size[seeds, None]
    other = np.abs(np.remainder(matches.turn[usable] - turn + np.pi, 2 * np.pi) - np.pi)
    agreeing = (other < _TURN) & (np.abs(matches.size[usable] - size) < _SIZE)
    # Few are turned and sized alike; only where these lie is worked out.
    seed, asked = np.nonzero(agreeing)
    one, two = seeds[seed], usable[asked]
    scale = np.exp(matches.size[one])
    cos, sin = scale * np.cos(matches.turn[one]), scale * np.sin(matches.turn[one])
    away = matches.mm[two] - matches.mm[one]
    x = matches.px[one, 0] + cos * away[:, 0] - sin * away[:, 1]
    y = matches.px[one, 1] + sin * away[:, 0] + cos * away[:, 1]
    error = np.hypot(matches.px[two, 0] - x, matches.px[two, 1] - y)
    distance = np.hypot(away[:, 0], away[:, 1])
    agreeing[seed, asked] = error < scale * (_NEAR_MM + _FAR * distance)
    return np.asarray(agreeing)


def _settle(matches: Matches, agree: NDArray[np.bool_]) -> Proposal | None:
    """Fit closer and closer: a similarity, an affine map, and a plane one where clearly more agrees with it.

    What comes off a scanner is all but similar, and a keystone where there is none takes the far end of a
    form to the neighbouring row.
    """
    best: Proposal | None = None
    for tolerance in (*_CLOSER_MM, _PLANE_MM):
        if int(agree.sum()) < FEWEST:
            break
        plane = best is not None and tolerance == _PLANE_MM
        matrix = _plane(matches, agree) if plane else _stiff(matches, agree, bare=tolerance > _BARE_MM)
        scale = (
            float(np.sqrt(abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2])))) if matrix is not None else 0.0
        )
        if matrix is None or not 1e-3 < scale < 1e3:
            break
        error = np.linalg.norm(project(matrix, matches.mm) - matches.px, axis=1) / scale
        turned = matches.turn - np.arctan2(matrix[1, 0], matrix[0, 0])
        other = np.abs(np.remainder(turned + np.pi, 2 * np.pi) - np.pi)
        agree = (error < tolerance) & (other < _TURN)
        if tolerance > _CLOSER_MM[-1] or len(np.unique(matches.page_index[agree])) < FEWEST:
            continue
        proposal = Proposal(matrix, float(matches.weight[agree].sum()))
        if best is None or proposal.weight > _BETTER * best.weight:
            best = proposal
        agree |= error < _CLOSER_MM[-2]
    return best


def _stiff(matches: Matches, agree: NDArray[np.bool_], *, bare: bool) -> Floats:
    """A similarity, with as little of an affine map in it as the matches allow (none if ``bare``)."""
    mm, px, weight = matches.mm[agree], matches.px[agree], matches.weight[agree]
    middle = mm.mean(axis=0)
    z = (mm - middle) @ np.array([1.0, 1j])
    design = np.stack([z, np.ones_like(z)] if bare else [z, np.ones_like(z), np.conj(z)], axis=1)
    weighted = design * weight[:, None]
    normal = np.conj(weighted).T @ design
    if not bare:
        normal[2, 2] += _STIFFNESS
    a, b, *rest = np.linalg.solve(
        normal + 1e-9 * np.eye(len(normal)), np.conj(weighted).T @ (px @ np.array([1.0, 1j]))
    )
    c = rest[0] if rest else 0.0
    linear = np.array([[(a + c).real, (c - a).imag], [(a + c).imag, (a - c).real]])
    shift = np.array([b.real, b.imag]) - linear @ middle
    return np.vstack([np.column_stack([linear, shift]), [0.0, 0.0, 1.0]])


def _plane(matches: Matches, agree: NDArray[np.bool_]) -> Floats | None:
    """A homography after the clear matches alone."""
    clear = agree & (matches.weight > 0.3)
    return fit_homography(matches.mm[clear], matches.px[clear]) if int(clear.sum()) >= 2 * FEWEST else None
