"""A short fingerprint of a slip's handwriting: finds the same slip scanned twice."""

from __future__ import annotations


def same_slip(a: bytes, b: bytes) -> float:
    """How likely two fingerprints (``SlipReading.ink``) are of one and the same sheet of paper, 0 to 1.

    0.5 is the point to decide at. An empty fingerprint is like nothing (0).
    """
    raise NotImplementedError
