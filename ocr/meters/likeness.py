"""The same photo again: a perceptual mark of a photo and of its parts, and how alike two of them are.

A mark holds hashes of 128 bits (the signs of the lowest frequencies of a cosine transform, after Zauner
2010) of the photo as it is and of parts of it, so that a photo that was saved again, made smaller, turned a
little or cropped is still known. A new photo of the same meter is another picture: the hand holds the camera
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_VERSION = 1
_SIDE = 32
#: Rows and columns of the transform that are kept, without its mean.
_KEPT = 12
_BITS = 128
_BYTES = _BITS // 8
#: Parts: how much of each side they have; these many places along each side.
_PARTS = ((1.0, 1), (0.9, 3), (0.8, 3), (0.7, 3), (0.6, 3))
#: Differing bits up to which two pictures are one and the same, and from which they are surely not.
SAME_BITS, OTHER_BITS = 22, 38


def mark(image: Picture) -> bytes:
    """The mark of a photo BGR (H, W, 3): a version, then the hashes of the whole and of its parts."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    longest = 512
    if max(grey.shape) > longest:
        factor = longest / max(grey.shape)
        size = (max(8, round(grey.shape[1] * factor)), max(8, round(grey.shape[0] * factor)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    high, wide = grey.shape[:2]
    hashes = []
    for share, places in _PARTS:
        h, w = max(4, round(share * high)), max(4, round(share * wide))
        for row in range(places):
            for column in range(places):
                top = (high - h) * row // max(places - 1, 1)
                left = (wide - w) * column // max(places - 1, 1)
                hashes.append(_hash(np.asarray(grey[top : top + h, left : left + w], np.uint8)))
    return bytes([_VERSION]) + b"".join(hashes)


def distance(first: bytes, second: bytes) -> int:
    """Differing bits (0 to 128) of the best fit: either photo as a whole against the other and its parts."""
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
    parts = theirs.shape[1]
    best = np.full(len(fit), _BITS, np.int64)
    for part in range(parts):
        best = np.minimum(best, _differing(theirs[:, part], mine[0, 0]))
        best = np.minimum(best, _differing(theirs[:, 0], mine[0, part]))
    found[fit] = best
    return found


def same_photo(bits: int) -> float:
    """How likely two photos that differ in so many bits are one and the same, 0 to 1."""
    return float(np.clip((OTHER_BITS - bits) / (OTHER_BITS - SAME_BITS), 0.0, 1.0))


def _unpack(marks: Sequence[bytes]) -> NDArray[np.uint64] | None:
    """(n, parts, 2) words of 64 bits."""
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
