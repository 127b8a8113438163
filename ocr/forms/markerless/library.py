"""All known forms by their print: which of them lie on a page, and exactly where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocr.forms.bend import onto_page
from ocr.forms.geometry import corners
from ocr.forms.markerless.alignment import Aligned, align, coarse_likeness
from ocr.forms.markerless.blanks import Blank, load_blank
from ocr.forms.markerless.edges import into, outlines
from ocr.forms.markerless.features import Features, page_features
from ocr.forms.markerless.hypotheses import Matches, impression, proposals
from ocr.forms.markerless.patches import COARSE, Patches, patches_of
from ocr.forms.markerless.telling import Told, fits, tell
from ocr.forms.settings import Floats, Grey
from templates.model import Box, Template

#: Longest side (mm) of a page when the file says nothing credible about its resolution.
_PAGE_MM = 297.0
#: Forms that are laid exactly over the page: those with the most features that agree.
_TRIED = 6
#: A form of whose print so much is seen in place is not tried at another place.
_PLAIN = 0.8
#: … and at least this share of the most.
_SHARE = 0.2
#: Forms that make less than this share of the best one's first impression are not looked for; where no
#: impression is this strong all are.
_IMPRESSION, _STRONG = 0.18, 14.0
#: Ways to lay a form into the page's edges that are tried to the end.
_BY_EDGES = 3
#: Features beside the forms that were found, that make it worth looking for one more; forms on one page.
_MORE, _MOST = 120, 12


@dataclass(frozen=True, eq=False)
class _Known:
    blank: Blank
    coarse: Patches
    patches: Patches


class PrintLibrary:
    """The print of the given forms. Blanks are made (or taken from ``cache``) when the first page asks."""

    def __init__(self, templates: Sequence[Template], cache: Path | None = None) -> None:
        self._templates = tuple(templates)
        self._cache = cache
        self._known: tuple[_Known, ...] | None = None

    def find(self, grey: Grey, dpi: float | None, taken: Sequence[Floats] = ()) -> list[Told]:
        """The forms on a page (uint8), in no order; empty where it is none of them.

        ``taken``: outlines (4, 2) in page pixels of what has been found otherwise.
        """
        features = page_features(grey, page_dpi(grey, dpi))
        for outline in taken:
            features = _outside(features, outline)
        found: list[Told] = []
        while (not found or len(features) >= _MORE) and len(found) < _MOST:
            told = tell(self._laid(grey, features))
            if told is None and not found and not len(taken):
                told = tell(self._laid_by_edges(grey))
            if told is None:
                break
            found.append(told)
            features = _outside(features, outline_of(told.aligned))
        return found

    def _laid(self, grey: Grey, features: Features) -> list[Aligned]:
        """The likeliest forms, each laid over the page."""
        ranked = []
        for known in self._likely(features):
            for proposal in proposals(Matches(known.blank.features, features)):
                ranked.append((proposal.weight, proposal.matrix, known))
        ranked.sort(key=lambda item: -item[0])
        laid: dict[str, Aligned] = {}
        for weight, matrix, known in ranked[:_TRIED]:
            if weight < _SHARE * ranked[0][0]:
                break
            key = known.blank.template.key
            if key in laid and fits(laid[key]) and laid[key].likeness > _PLAIN:
                continue
            aligned = align(grey, known.blank, known.coarse, known.patches, matrix)
            if aligned is not None and (key not in laid or aligned.likeness > laid[key].likeness):
                laid[key] = aligned
        return list(laid.values())

    def _likely(self, features: Features) -> list[_Known]:
        """The forms that are worth a close look: many are known, and few are alike."""
        seen = [(impression(known.blank.features, features), known) for known in self._all()]
        best = max((weight for weight, _ in seen), default=0.0)
        return [known for weight, known in seen if best < _STRONG or weight >= _IMPRESSION * best]

    def _laid_by_edges(self, grey: Grey) -> list[Aligned]:
        """Forms laid into the page's edges, where its features lead nowhere."""
        quads = outlines(grey)
        tried = []
        for known in self._all():
            for matrix in into(quads, known.blank.template):
                tried.append((coarse_likeness(grey, known.coarse, matrix), matrix, known))
        tried.sort(key=lambda item: -item[0])
        laid = [align(grey, known.blank, known.coarse, known.patches, m) for _, m, known in tried[:_BY_EDGES]]
        return [aligned for aligned in laid if aligned is not None]

    def _all(self) -> tuple[_Known, ...]:
        if self._known is None:
            blanks = [load_blank(template, self._cache) for template in self._templates]
            self._known = tuple(
                _Known(blank, patches_of(blank, COARSE), patches_of(blank)) for blank in blanks
            )
        return self._known


def page_dpi(grey: Grey, dpi: float | None) -> float:
    """The page's resolution, guessed where the file says nothing credible."""
    longest = float(max(grey.shape))
    if dpi is not None and dpi >= 60.0 and 60.0 <= longest / dpi * 25.4 <= 460.0:
        return dpi
    return longest / (_PAGE_MM / 25.4)


def outline_of(aligned: Aligned) -> Floats:
    """The form's corners on the page (px), (4, 2): tl, tr, br, bl."""
    template = aligned.blank.template
    sheet = Box(0.0, 0.0, template.width_mm, template.height_mm)
    return onto_page(aligned.matrix, aligned.bend, corners(sheet))


def _outside(features: Features, outline: Floats) -> Features:
    """The features that do not lie within ``outline`` (4, 2)."""
    shape = outline.astype(np.float32)
    away = [
        cv2.pointPolygonTest(shape, (float(x), float(y)), measureDist=False) < 0 for x, y in features.places
    ]
    return features.only(np.array(away, dtype=np.bool_).reshape(-1))
