"""What a file is, by its first bytes."""

from __future__ import annotations

from pathlib import PurePath

from domain.errors import InputError
from domain.reasons import Reason

HEAD = 4096
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/jp2"),
)
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an archive or office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "a text document"),
)
_ADVICE = "send PDF, TIFF, JPEG, PNG or HEIC"
_SUFFIXES = {
    ".pdf",
    ".tif",
    ".tiff",
    ".jpg",
    ".jpeg",
    ".png",
    ".heic",
    ".heif",
    ".webp",
    ".gif",
    ".bmp",
    ".jp2",
}


def media_type(head: bytes, name: str) -> str:
    """Media type of a file from its first ``HEAD`` bytes.

    Raises ``InputError``: ``unsupported_format`` for what is clearly something else, ``corrupt_file`` for
    bytes without meaning under a name that promises a picture.
    """
    for start, media in _STARTS:
        if head.startswith(start):
            return media
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _isobmff(head)
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    # Readers accept a PDF header anywhere in the first kilobyte; scanners' drivers do put bytes before it.
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    raise _refusal(head, name)


def _isobmff(head: bytes) -> str:
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, length, 4)}
    if b"avif" in brands:  # it may name the general brands of HEIF too
        return "image/avif"
    if brands & set(_HEIF):
        return "image/heic"
    raise InputError(Reason.UNSUPPORTED_FORMAT, f"a film or sound; {_ADVICE}")


def _refusal(head: bytes, name: str) -> InputError:
    for start, word in _REFUSED:
        if head.startswith(start):
            return InputError(Reason.UNSUPPORTED_FORMAT, f"{word}; {_ADVICE}")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, word in (
        (b"<svg", "SVG"),
        (b"<?xml", "XML"),
        (b"<!doctype", "a web page"),
        (b"<html", "a web page"),
    ):
        if text.startswith(start):
            return InputError(Reason.UNSUPPORTED_FORMAT, f"{word}; {_ADVICE}")
    if _is_text(head):
        return InputError(Reason.UNSUPPORTED_FORMAT, f"a text; {_ADVICE}")
    if PurePath(name).suffix.lower() in _SUFFIXES:
        return InputError(Reason.CORRUPT_FILE, "not the format that its name says; scan or send it again")
    return InputError(Reason.UNSUPPORTED_FORMAT, f"an unknown format; {_ADVICE}")


def _is_text(head: bytes) -> bool:
    controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return controls == 0
