"""What must be known about a JPEG before a decoder may touch it."""

from __future__ import annotations

from domain.errors import InputError
from domain.reasons import Reason

_MOST_SCANS = 200
_PROGRESSIVE = b"\xff\xc2"
_START_OF_SCAN = b"\xff\xda"


def check_scans(data: bytes | memoryview) -> None:
    """Refuse a progressive JPEG with absurdly many scans: each costs a pass over the whole picture.

    Ordinary progressive files have about ten (Independent JPEG Group, libjpeg security note of 2018).
    """
    head = bytes(data[: 1 << 20])
    if _PROGRESSIVE not in head:
        return
    if bytes(data).count(_START_OF_SCAN) > _MOST_SCANS:
        raise InputError(Reason.CORRUPT_FILE, "a JPEG of more than 200 scans; save it again")
