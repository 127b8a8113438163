"""The same photo again: a mark that finds candidates among many photos, and a look that tells for sure.

A mark holds hashes of 128 bits (the signs of the lowest frequencies of a cosine transform, after Zauner
2010): of what is around the display, turned upright, which is the same however the photo was cropped, turned
or made smaller; and of the whole photo. Photos of meters of one make are alike, so a mark only finds
candidates. The look is a small picture of what is around the display; two looks of one and the
same photo agree in everything once one is laid over the other, those of two photos of one meter do not: the
hand holds the camera elsewhere, and the light has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.meters.results import Quad

Picture = NDArray[np.uint8]

_VERSION = 1
_SIDE = 32
#: Rows and columns of the transform that are kept, without its mean.
_KEPT = 12
_BITS = 128
_BYTES = _BITS // 8
#: Differing bits up to which one photo may be another.
ALIKE_BITS = 30
#: Correlation of two looks from which they are of one and the same photo.
SAME_LOOK = 0.93
#: A look: its size (W, H) in pixels, and its width in lengths of the display.
_LOOK, _WIDE = (128, 96), 2.0
_QUALITY = 85


def mark(image: Picture, quad: Quad | None = None) -> bytes:
    """The mark of a photo BGR (H, W, 3): a version, then the hashes.

    ``quad``: the corners of its display, where one was found.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    around = _hash(_around(grey, quad))
    return bytes([_VERSION]) + around + _hash(grey)


def distance(first: bytes, second: bytes) -> int:
    """Differing bits (0 to 128) around the display, or of the whole photo: the fewer of the two."""
    return int(distances(first, [second])[0])


def distances(one: bytes, others: Sequence[bytes]) -> NDArray[np.int64]:
    """``distance`` to each of many marks; marks of another version are as far away as can be."""
    mine = _unpack([one])
    found = np.full(len(others), _BITS, np.int64)
    fit = [i for i, each in enumerate(others) if each[:1] == one[:1] and len(each) == len(one)]
    if mine is None or not fit:
        return found
    theirs = _unpack([others[i] for i in fit])
    assert theirs is not None
    found[fit] = np.minimum(*(_differing(theirs[:, part], mine[0, part]) for part in (0, 1)))
    return found


def look(image: Picture, quad: Quad | None = None) -> bytes:
    """What is around the display of a photo BGR (H, W, 3), as a small JPEG; the whole photo without one."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    done, jpeg = cv2.imencode(".jpg", _around(grey, quad), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes() if done else b""


def same_look(first: bytes, second: bytes) -> float:
    """Correlation (-1 to 1) of two looks, the second laid over the first as well as it goes; 0 without."""
    one, other = _opened(first), _opened(second)
    if one is None or other is None or one.shape != other.shape:
        return 0.0
    warp: cv2.typing.MatLike = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-5)
    try:
        _, warp = cv2.findTransformECC(one, other, warp, cv2.MOTION_AFFINE, criteria)
    except cv2.error:  # it does not converge on pictures that have nothing in common
        return 0.0
    size = (one.shape[1], one.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(other, warp, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=-1)
    common = cv2.erode((laid >= 0).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if common.mean() < 0.5:
        return 0.0
    # Of the small: large shades agree on any two photos of one make.
    a, b = (each - cv2.GaussianBlur(each, (0, 0), 6.0) for each in (one, np.maximum(laid, 0)))
    a, b = cv2.GaussianBlur(a, (0, 0), 0.8)[common], cv2.GaussianBlur(b, (0, 0), 0.8)[common]
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 1e-6 else 0.0


def _opened(jpeg: bytes) -> NDArray[np.float32] | None:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) if jpeg else None
    return None if picture is None else np.asarray(picture, np.float32)


def _around(grey: Picture, quad: Quad | None) -> Picture:
    """The display and what is around it, its digits upright, of the size of a look; else the whole photo."""
    if quad is None:
        return np.asarray(cv2.resize(grey, _LOOK, interpolation=cv2.INTER_AREA), np.uint8)
    corners = np.asarray(quad, np.float64)
    along = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    length, angle = float(np.linalg.norm(along)), float(np.arctan2(along[1], along[0]))
    scale = _LOOK[0] / max(_WIDE * length, 1.0)
    if scale < 0.7:
        smaller = max(scale * 1.4, 0.02)
        size = (max(1, round(grey.shape[1] * smaller)), max(1, round(grey.shape[0] * smaller)))
        corners = corners * np.array([size[0] / grey.shape[1], size[1] / grey.shape[0]])
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        scale /= smaller
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    turn[:, 2] = np.array(_LOOK) / 2 - turn[:, :2] @ corners.mean(axis=0)
    return np.asarray(
        cv2.warpAffine(grey, turn, _LOOK, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _unpack(marks: Sequence[bytes]) -> NDArray[np.uint64] | None:
    """(n, 2 hashes, 2) words of 64 bits."""
    body = b"".join(each[1:] for each in marks)
    if not body or len(body) % _BYTES:
        return None
    return np.frombuffer(body, np.uint64).reshape(len(marks), -1, _BYTES // 8)


def _differing(rows: NDArray[np.uint64], one: NDArray[np.uint64]) -> NDArray[np.int64]:
    return np.asarray(np.bitwise_count(rows ^ one).sum(axis=-1), np.int64)


def _hash(part: Picture) -> bytes:
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:_KEPT, :_KEPT].ravel()[_order()]
    return np.packbits(waves > np.median(waves)).tobytes()


@lru_cache(maxsize=1)
def _order() -> NDArray[np.int64]:
    """The lowest ``_BITS`` waves without the mean, by frequency."""
    down, across = np.mgrid[:_KEPT, :_KEPT]
    order = np.argsort((down + across).ravel() * 100 + np.abs(down - across).ravel(), kind="stable")
    return np.asarray(order[1 : _BITS + 1], np.int64)
