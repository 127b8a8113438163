"""Mutations that know the formats: what a blind mutator breaks at once (checksums, lengths) stays whole.

Neither Pillow nor OpenCV nor qpdf tells a fuzzer which of their branches an input reached, so the inputs have
to come near the formats by themselves. Everything follows from the random generator that is passed in.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence

Mutator = Callable[[bytes, random.Random], bytes]

#: Numbers at the edges of what lengths, counts and offsets are kept in.
_EDGES = (
    0,
    1,
    2,
    7,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_WORDS = (
    "0", "-1", "00000000", "99999999999999999999", "1e309", "nan", "inf", "0x10", "٣٤", "½", "²", "\x00",
    "\r", "\n", "\u2028", "\u202e", "\ud800", "\ufeff", "«", '"', "'", ",", ";", "\t", "*", "#", "+7",
    "ФИО", "ё", "T1", "т2", "2026-02-30", "31.12.9999", "01.01.0001", "null", "~",
    "!!python/object:os.system", "&a", "*a", "<<: *a", "{", "[", "- ", "? ", ": ", "|", ">", "%",
    "=?utf-8?b?/?=", "=?x?q?=?=", "multipart/mixed", "charset=idna", "charset=rot13", "base64", "uuencode",
    "boundary=", "(", ")", "\\", "@", "<>", "1 0 R", "endobj", "stream", "/Filter", "/Length 99999999",
    "/Kids", "/MediaBox", "<<", ">>", "xref", "trailer",
)  # fmt: skip


def blind(data: bytes, rng: random.Random) -> bytes:
    """Bits, bytes, blocks and edge numbers changed, moved, doubled or cut out anywhere."""
    made = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(made) + 1)
        size = min(1 << rng.randrange(8), len(made) - at)
        match rng.randrange(7):
            case 0 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(made):
                made[at] = rng.randrange(256)
            case 2:
                edge = rng.choice(_EDGES)
                packed = struct.pack(rng.choice("<>") + "I", edge)[: rng.choice((1, 2, 4))]
                made[at : at + len(packed)] = packed
            case 3:
                del made[at : at + size]
            case 4:
                made[at:at] = made[at : at + size] * rng.choice((1, 2, 50))
            case 5:
                other = rng.randrange(len(made) + 1)
                made[at : at + size] = made[other : other + size]
            case _ if rng.random() < 0.2:
                del made[at:]
    return bytes(made)


def words(data: bytes, rng: random.Random) -> bytes:
    """Text: words that parsers stumble over put in, lines doubled, exchanged and left out."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        match rng.randrange(6):
            case 0:
                text = text[:at] + rng.choice(_WORDS) + text[at:]
            case 1:
                text = text[:at] + rng.choice(_WORDS) + text[at + rng.randrange(1, 8) :]
            case 2:
                lines = text.split("\n")
                lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
                text = "\n".join(lines)
            case 3:
                lines = text.split("\n")
                del lines[rng.randrange(len(lines))]
                text = "\n".join(lines)
            case 4:
                text = (
                    text[:at] + chr(rng.choice((0x0, 0x7F, 0x85, 0x660, 0x2028, 0xFFFF, 0x1F600))) + text[at:]
                )
            case _:
                size = rng.randrange(1, 40)
                text = text[:at] + text[at : at + size] * rng.choice((2, 3, 60)) + text[at + size :]
    try:
        made = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        made = text.encode("utf-8", "surrogatepass")
    return blind(made, rng) if rng.random() < 0.15 else made


def png(data: bytes, rng: random.Random) -> bytes:
    """One chunk's body changed, dropped or doubled; every checksum right, so that decoders read on."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return blind(data, rng)
    chunks: list[tuple[bytes, bytes]] = []
    at = 8
    while at + 12 <= len(data) and len(chunks) < 1000:
        (size,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + min(size, len(data))]))
        at += 12 + size
    if not chunks:
        return blind(data, rng)
    which = rng.randrange(len(chunks))
    name, body = chunks[which]
    match rng.randrange(5):
        case 0:
            chunks.insert(rng.randrange(len(chunks)), chunks[which])
        case 1:
            del chunks[which]
        case 2 if name == b"IDAT":
            chunks[which] = name, zlib.compress(blind(_inflated(body), rng))
        case _:
            chunks[which] = name, blind(body, rng)
    packed = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)
    return data[:8] + b"".join(packed)


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, 1 << 20)
    except zlib.error:
        return body


def jpeg(data: bytes, rng: random.Random) -> bytes:
    """One marker segment of the header changed, dropped, doubled or given another length."""
    segments: list[bytes] = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        (size,) = struct.unpack_from(">H", data, at + 2)
        segments.append(data[at : at + 2 + size])
        at += 2 + max(size, 2)
    if not segments or rng.random() < 0.3:
        return blind(data, rng)
    which = rng.randrange(len(segments))
    match rng.randrange(4):
        case 0:
            segments.insert(rng.randrange(len(segments)), segments[which])
        case 1:
            del segments[which]
        case _:
            body = blind(segments[which][4:], rng)[:65000]
            segments[which] = segments[which][:2] + struct.pack(">H", len(body) + 2) + body
    return data[:2] + b"".join(segments) + data[at:]


def tiff(data: bytes, rng: random.Random) -> bytes:
    """One entry of one directory of a classic TIFF given another tag, kind, count or value."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16 or rng.random() < 0.25:
        return blind(data, rng)
    made = bytearray(data)
    (offset,) = struct.unpack_from(order + "I", data, 4)
    for _ in range(rng.randrange(3)):
        if offset + 2 > len(data):
            break
        (count,) = struct.unpack_from(order + "H", data, offset)
        after = offset + 2 + count * 12
        following = struct.unpack_from(order + "I", data, after)[0] if after + 4 <= len(data) else 0
        if not following:
            break
        offset = following
    if offset + 2 > len(data):
        return blind(data, rng)
    (count,) = struct.unpack_from(order + "H", data, offset)
    for _ in range(rng.randrange(1, 4)):
        entry = offset + 2 + 12 * rng.randrange(max(1, min(count, 64)))
        place, kind = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I")))
        if entry + 12 > len(data):
            break
        value = rng.choice(
            (*_EDGES, 256, 257, 258, 259, 262, 273, 277, 278, 279, 322, 323, 338, 339, 347, 34665)
        )
        struct.pack_into(order + kind, made, entry + place, value & (0xFFFF if kind == "H" else 0xFFFFFFFF))
    return bytes(made)


def pdf(data: bytes, rng: random.Random) -> bytes:
    """Numbers, names and references of the text between the streams exchanged for others."""
    tokens = (
        b"/Type",
        b"/Kids",
        b"/Count",
        b"/Length",
        b"/Filter",
        b"/Width",
        b"/Height",
        b"/Rotate",
        b"/MediaBox",
    )
    if rng.random() < 0.3:
        return blind(data, rng)
    found = [at for token in tokens for at in _all(data, token)]
    if not found:
        return words(data, rng)
    at = rng.choice(found)
    end = at + rng.randrange(4, 40)
    return data[:at] + words(data[at:end], rng) + data[end:]


def _all(data: bytes, token: bytes) -> list[int]:
    places: list[int] = []
    at = data.find(token)
    while at >= 0 and len(places) < 200:
        places.append(at)
        at = data.find(token, at + 1)
    return places


def crossed(seeds: Sequence[bytes], data: bytes, rng: random.Random) -> bytes:
    """``data`` up to somewhere, another seed from somewhere on."""
    other = rng.choice(seeds)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
