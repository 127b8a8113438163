"""The page's edges: where a form may lie when its print is too worn to lead anywhere by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from ocr.forms.geometry import fit_affine
from ocr.forms.settings import Floats, Grey
from templates.model import Template

#: Longest side (pixels) at which paper is told from the lid behind it.
_LOOK_PX = 500
#: Paper takes at least this share of the picture, and less than this where a lid is seen around it.
_LEAST, _MOST = 0.15, 0.97
#: How far a page's sides may differ from a form's, as a share.
_ALIKE = 0.07


def outlines(grey: Grey) -> list[Floats]:
    """Outlines (4, 2) in page pixels that a sheet may have, clockwise: the picture's, the paper's."""
    height, width = grey.shape
    found = [np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64) - 0.5]
    factor = max(1.0, max(height, width) / _LOOK_PX)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), (0, 0), 2.0)
    _, light = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    contours, _ = cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if contours:
        rectangle = cv2.minAreaRect(max(contours, key=cv2.contourArea))
        share = rectangle[1][0] * rectangle[1][1] / (size[0] * size[1])
        if _LEAST < share < _MOST:
            quad = np.asarray(cv2.boxPoints(rectangle), dtype=np.float64)
            found.append((quad + 0.5) * np.array([width / size[0], height / size[1]]) - 0.5)
    return found


def into(quads: Sequence[Floats], template: Template) -> Iterator[Floats]:
    """The ways to lay a form into outlines of its proportions, 3×3, slip mm → page px."""
    form = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    form = form * np.array([template.width_mm, template.height_mm])
    wanted = template.height_mm / template.width_mm
    for quad in quads:
        for turn in range(4):
            turned = np.roll(quad, turn, axis=0)
            across, down = (float(np.linalg.norm(turned[i] - turned[0])) for i in (1, 3))
            if across > 0 and abs(down / across / wanted - 1.0) < _ALIKE:
                yield fit_affine(form, turned)
