"""Lots that nobody can foresee and anybody with the key can check afterwards."""

from __future__ import annotations

import hashlib
import hmac

_RANGE = 1 << 64


def drawn(key: bytes, what: str, share: float) -> bool:
    """Whether ``what`` is drawn, with probability ``share``.

    HMAC-SHA256 under a secret key (RFC 2104) is a uniform number for everybody who has not the key; the same
    ``what`` draws the same lot again, so that repeating a step after a crash gives no second chance.
    """
    if share <= 0.0:
        return False
    lot = int.from_bytes(hmac.digest(key, what.encode(), hashlib.sha256)[:8], "big")
    return lot < share * _RANGE
