"""Plane geometry: points through homographies, fits, edges to a part of a pixel.

Pixel coordinates are OpenCV's: the centre of the top left pixel is (0, 0), its outer corner (-0.5, -0.5).
"""

from __future__ import annotations

import cv2
import numpy as np

from ocr.forms.settings import Floats, Grey
from templates.model import Box


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
    """The affine map that takes ``source`` to ``target`` (n ≥ 3, 2) best, as a 3×3 matrix."""
    design = np.column_stack([source, np.ones(len(source))])
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    return np.vstack([solution.T, [0.0, 0.0, 1.0]])


def fit_homography(source: Floats, target: Floats) -> Floats | None:
    """The homography that takes ``source`` to ``target`` (n ≥ 4, 2) best; None where there is none."""
    matrix, _ = cv2.findHomography(source, target, 0)
    if matrix is None or not np.isfinite(matrix).all():
        return None
    return np.asarray(matrix, dtype=np.float64)


def scale_at(matrix: Floats, point: Floats) -> float:
    """Local scale of a homography (target units a source unit) at ``point`` (2,)."""
    step = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    o, x, y = project(matrix, point + step)
    area = abs(float((x - o)[0] * (y - o)[1] - (x - o)[1] * (y - o)[0]))
    return float(np.sqrt(area))


def refine_quad(grey: Grey, quad: Floats, width: float) -> Floats:
    """Corners (4, 2) of a black square on white, to a part of a pixel, from the edges' grey levels.

    ``width``: pixels to look to either side of each edge; must stay within the square's black border. Each
    side is a line fitted to places where the grey level has gone half way, outliers left out.
    """
    along = np.linspace(0.12, 0.88, 15)
    across = np.linspace(-width, width, 25)
    start, end = quad, np.roll(quad, -1, axis=0)
    direction = (end - start) / np.maximum(np.linalg.norm(end - start, axis=1, keepdims=True), 1e-9)
    normal = np.stack([direction[:, 1], -direction[:, 0]], axis=1)  # outward: the square is drawn clockwise
    base = start[:, None] + along[None, :, None] * (end - start)[:, None]
    points = (base[:, :, None] + across[None, None, :, None] * normal[:, None, None]).astype(np.float32)
    profile = cv2.remap(
        grey,
        points[..., 0].reshape(-1, len(across)),
        points[..., 1].reshape(-1, len(across)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).reshape(4, len(along), len(across))
    inside = profile[:, :, :6].astype(np.float64).mean(axis=2)
    outside = profile[:, :, -6:].astype(np.float64).mean(axis=2)
    contrast = outside - inside
    dark = np.clip((outside[:, :, None] - profile) / np.maximum(contrast, 1.0)[:, :, None], 0.0, 1.0)
    offset = dark.mean(axis=2) * 2 * width - width
    weight = (contrast > 20).astype(np.float64)
    if (weight.sum(axis=1) < 6).any():
        return quad
    ends = np.zeros((4, 2))
    for _ in range(3):
        ends = _weighted_line(along, offset, weight)
        error = np.abs(offset - ends[:, :1] - (ends[:, 1:] - ends[:, :1]) * along)
        usual = np.sort(error, axis=1)[:, len(along) // 2, None]
        weight = ((contrast > 20) & (error <= np.maximum(2.5 * usual, 0.05))).astype(np.float64)
        if (weight.sum(axis=1) < 5).any():
            break
    lines = ends[:, :, None] * normal[:, None, :] + np.stack([start, end], axis=1)
    refined = np.array([_intersect(lines[i - 1], lines[i]) for i in range(4)])
    if not np.isfinite(refined).all() or np.abs(refined - quad).max() > 2 * width:
        return quad
    return refined


def _weighted_line(along: Floats, offset: Floats, weight: Floats) -> Floats:
    """Weighted least squares lines: ``offset`` (4, n) over ``along`` (n,) → values at 0 and at 1, (4, 2)."""
    total = weight.sum(axis=1)
    middle = (weight * along).sum(axis=1) / total
    level = (weight * offset).sum(axis=1) / total
    centred = along[None, :] - middle[:, None]
    spread = np.maximum((weight * centred**2).sum(axis=1), 1e-9)
    slope = (weight * centred * offset).sum(axis=1) / spread
    return np.stack([level - slope * middle, level + slope * (1.0 - middle)], axis=1)


def _intersect(first: Floats, second: Floats) -> Floats:
    (x1, y1), (x2, y2) = first
    (x3, y3), (x4, y4) = second
    determinant = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4)
    if abs(determinant) < 1e-9:
        return np.array([np.nan, np.nan])
    a, b = x1 * y2 - y1 * x2, x3 * y4 - y3 * x4
    point: Floats = np.array([a * (x3 - x4) - (x1 - x2) * b, a * (y3 - y4) - (y1 - y2) * b]) / determinant
    return point
