"""Plane geometry: points through homographies, fits, edges to a part of a pixel.

Pixel coordinates are OpenCV's: the centre of the top left pixel is (0, 0), its outer corner (-0.5, -0.5).
"""

from __future__ import annotations

import cv2
import numpy as np

from ocr.forms.settings import Floats, Grey
from templates.model import Box

#: A place and those one unit to its right and below.
_STEP = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
#: Along a quad's side, where its edge is looked for, and the terms of a line's fit there.
_ALONG = np.linspace(0.12, 0.88, 15)
_TERMS = np.stack([np.ones_like(_ALONG), _ALONG, _ALONG**2], axis=1)
#: Across a side, in shares of how far is looked.
_ACROSS = np.linspace(-1.0, 1.0, 25)


def project(matrix: Floats, points: Floats) -> Floats:
    """Points (..., 2) through a 3×3 homography; same shape."""
    flat = points.reshape(-1, 2)
    homogeneous = flat @ matrix[:, :2].T + matrix[:, 2]
    w = homogeneous[:, 2:]
    safe = np.where(np.abs(w) < 1e-9, 1e-9, w)
    result: Floats = (homogeneous[:, :2] / safe).reshape(points.shape)
    return result


def corners(box: Box) -> Floats:
    """The four corners of a box in millimetres, (4, 2): tl, tr, br, bl."""
    x, y, w, h = box.x_mm, box.y_mm, box.w_mm, box.h_mm
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=np.float64)


def fit_similarity(source: Floats, target: Floats) -> Floats:
    """The turn, even scale and shift that take ``source`` to ``target`` (n, 2) best, as a 3×3 matrix (Umeyama
    1991).
    """
    a, b = source[:, 0] + 1j * source[:, 1], target[:, 0] + 1j * target[:, 1]
    da, db = a - a.mean(), b - b.mean()
    turn = (np.conj(da) @ db) / max(float(np.real(np.conj(da) @ da)), 1e-12)
    shift = b.mean() - turn * a.mean()
    return np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0.0, 0.0, 1.0]]
    )


def fit_affine(source: Floats, target: Floats) -> Floats:
    """The affine map that takes ``source`` (n ≥ 3, 2; not in a line) to ``target`` best, as a 3×3 matrix."""
    middle, onto = source.mean(axis=0), target.mean(axis=0)
    centred = source - middle
    (xx, xy), (_, yy) = (centred.T @ centred).tolist()
    inverse = np.array([[yy, -xy], [-xy, xx]]) / max(xx * yy - xy * xy, 1e-12)
    matrix = np.eye(3)
    matrix[:2, :2] = (target - onto).T @ centred @ inverse
    matrix[:2, 2] = onto - matrix[:2, :2] @ middle
    return matrix


def fit_homography(source: Floats, target: Floats) -> Floats | None:
    """The homography that takes ``source`` to ``target`` (n ≥ 4, 2) best; None where there is none."""
    matrix, _ = cv2.findHomography(source, target, 0)
    if matrix is None or not np.isfinite(matrix).all():
        return None
    return np.asarray(matrix, dtype=np.float64)


def scale_at(matrix: Floats, point: Floats) -> float:
    """Local scale of a homography (target units a source unit) at ``point`` (2,)."""
    return float(scales_at(matrix, point[None])[0])


def scales_at(matrix: Floats, points: Floats) -> Floats:
    """Local scales of a homography at ``points`` (n, 2): (n,)."""
    places = project(matrix, points[:, None] + _STEP)
    (ax, ay), (bx, by) = ((places[:, k] - places[:, 0]).T for k in (1, 2))
    scales: Floats = np.sqrt(np.abs(ax * by - ay * bx))
    return scales


def refine_quads(grey: Grey, quads: Floats, widths: Floats) -> Floats:
    """Corners (n, 4, 2) of black squares on white, to a part of a pixel, from their edges' grey levels.

    ``widths`` (n,): pixels to look to either side of each edge; must stay within a square's black border.
    Each side is a line fitted to places where the grey level has gone half way, outliers left out. A square
    whose edges cannot be made out keeps its corners. All squares together take hardly longer than one.
    """
    start, end = quads, np.concatenate([quads[:, 1:], quads[:, :1]], axis=1)
    way = end - start
    direction = way / np.maximum(np.hypot(way[..., :1], way[..., 1:]), 1e-9)
    normal = direction[..., ::-1] * (1.0, -1.0)  # outward: drawn clockwise
    base = start[:, :, None] + _ALONG[:, None] * way[:, :, None]
    reach = (widths[:, None, None] * normal)[:, :, None, None] * _ACROSS[:, None]
    points = (base[:, :, :, None] + reach).astype(np.float32).reshape(-1, len(_ACROSS), 2)
    x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    seen_there = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    profile = seen_there.reshape(*base.shape[:3], len(_ACROSS)).astype(np.float64)
    inside, outside = profile[..., :6].mean(axis=3), profile[..., -6:].mean(axis=3)
    contrast = outside - inside
    dark = np.clip((outside[..., None] - profile) / np.maximum(contrast, 1.0)[..., None], 0.0, 1.0)
    offset = (dark.mean(axis=3) * 2.0 - 1.0) * widths[:, None, None]
    strong = contrast > 20
    weight = strong.astype(np.float64)
    seen = (weight.sum(axis=2) >= 6).all(axis=1)
    fitted, ends = seen.copy(), np.zeros((len(quads), 4, 2))
    for _ in range(3):
        some = np.flatnonzero(fitted)
        if not len(some):
            break
        ends[some] = line = _weighted_line(offset[some], weight[some])
        error = np.abs(offset[some] - line[..., :1] - (line[..., 1:] - line[..., :1]) * _ALONG)
        usual = np.sort(error, axis=2)[:, :, len(_ALONG) // 2, None]
        weight[some] = strong[some] & (error <= np.maximum(2.5 * usual, 0.05))
        fitted[some] = (weight[some].sum(axis=2) >= 5).all(axis=1)
    lines = ends[..., None] * normal[:, :, None, :] + np.stack([start, end], axis=2)
    refined = _intersections(np.concatenate([lines[:, 3:], lines[:, :3]], axis=1), lines)
    moved = np.abs(refined - quads).max(axis=(1, 2))
    # What is not finite compares as false.
    return np.where((seen & (moved <= 2 * widths))[:, None, None], refined, quads)


def _weighted_line(offset: Floats, weight: Floats) -> Floats:
    """Weighted least squares lines: ``offset`` (…, n) over ``_ALONG`` → values at 0 and at 1, (…, 2)."""
    moments = weight @ _TERMS
    total, first, second = moments[..., 0], moments[..., 1], moments[..., 2]
    sums = (weight * offset) @ _TERMS[:, :2]
    level, product = sums[..., 0] / total, sums[..., 1] / total
    middle = first / total
    slope = (product - middle * level) / np.maximum(second / total - middle**2, 1e-9)
    return np.stack([level - slope * middle, level + slope * (1.0 - middle)], axis=-1)


def _intersections(first: Floats, second: Floats) -> Floats:
    """Where lines (…, 2 points, 2) meet, (…, 2); not a number where they do not."""
    x1, y1, x2, y2 = (first[..., point, axis] for point in (0, 1) for axis in (0, 1))
    x3, y3, x4, y4 = (second[..., point, axis] for point in (0, 1) for axis in (0, 1))
    determinant = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4)
    determinant = np.where(np.abs(determinant) < 1e-9, np.nan, determinant)
    a, b = x1 * y2 - y1 * x2, x3 * y4 - y3 * x4
    points = [a * (x3 - x4) - (x1 - x2) * b, a * (y3 - y4) - (y1 - y2) * b]
    return np.stack(points, axis=-1) / determinant[..., None]
