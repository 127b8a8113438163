"""Good files of every format, all showing one known picture, made when a test runs."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pikepdf
from numpy.typing import NDArray
from PIL import Image

DPI = 150
Pixels = NDArray[np.uint8]


def truth() -> Pixels:
    """A page 4×3 inches at 150 dpi that looks different in each of its eight orientations: 450×600, grey."""
    page = np.full((450, 600), 250, np.uint8)
    cv2.putText(page, "0123456", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 3.5, 20, 8)
    cv2.putText(page, "R", (40, 320), cv2.FONT_HERSHEY_DUPLEX, 5, 90, 10)
    cv2.rectangle(page, (400, 200), (560, 420), 60, 6)
    cv2.circle(page, (520, 250), 24, 0, -1)
    cv2.line(page, (220, 430), (390, 180), 140, 12)
    return page


def stored(orientation: int) -> Pixels:
    """The picture as a file with this EXIF orientation stores it: undoing the orientation gives the truth."""
    page = truth()
    how: dict[int, Callable[[Pixels], Any]] = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.T,
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).T,
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(how[orientation](page))


def picture(form: str, mode: str = "L", page: Pixels | None = None, **options: Any) -> bytes:
    """The truth saved by Pillow in one format and mode."""
    image = Image.fromarray(truth() if page is None else page)
    if mode == "RGBA":
        image = ink_on_nothing("RGBA")
    elif mode == "LA":
        image = ink_on_nothing("LA")
    elif mode == "I;16":
        image = Image.fromarray((truth().astype(np.uint16) << 8) | truth())
    elif mode == "P":
        image = image.convert("RGB").quantize(16)
    elif mode == "1":
        image = image.point(lambda v: 255 if v > 160 else 0).convert("1")
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def ink_on_nothing(mode: str) -> Image.Image:
    """Black ink whose alpha is the picture: right only when it is laid on white."""
    alpha = Image.fromarray(255 - truth())
    black = Image.new("L" if mode == "LA" else "RGB", alpha.size)
    black.putalpha(alpha)
    return black


def exif_jpeg(orientation: int, form: str = "JPEG") -> bytes:
    """A picture turned in its file, with the EXIF orientation that undoes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture(form, page=stored(orientation), exif=exif.tobytes(), dpi=(DPI, DPI))


def heic() -> bytes:
    """HEIC through pillow-heif."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return picture("HEIF", "RGB", quality=80)


def jpeg(page: Pixels | None = None, mode: str = "L") -> bytes:
    """JPEG, quality 85."""
    return picture("JPEG", mode, page, quality=85, dpi=(DPI, DPI))


def tiff(frames: int = 1, **options: Any) -> bytes:
    """TIFF of the truth, several times."""
    one = Image.fromarray(truth())
    if options.get("compression") in ("group4", "group3"):
        one = one.point(lambda v: 255 if v > 160 else 0).convert("1")
    out = io.BytesIO()
    one.save(out, "TIFF", save_all=True, append_images=[one] * (frames - 1), dpi=(DPI, DPI), **options)
    return out.getvalue()


def raw_tiff(
    pixels: bytes,
    *,
    order: str = ">",
    width: int = 600,
    height: int = 450,
    bits: int = 8,
    photometric: int = 1,
    extra: tuple[tuple[int, int, int], ...] = (),
    big: bool = False,
) -> bytes:
    """An uncompressed one-strip TIFF written by hand: big-endian, BigTIFF, odd photometrics."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, photometric)]
    tags += [(273, 4, 0), (277, 3, 1), (278, 4, height), (279, 4, len(pixels)), *extra]
    tags.sort()
    entry, head = (20, 16) if big else (12, 8)
    start = head + (8 if big else 2) + entry * len(tags) + (8 if big else 4)
    body = b""
    for tag, kind, value in tags:
        actual = start if tag == 273 else value
        body += struct.pack(order + "HH" + ("Q" if big else "I"), tag, kind, 1)
        body += struct.pack(order + ("H" if kind == 3 else "I"), actual).ljust(8 if big else 4, b"\0")
    mark = b"II" if order == "<" else b"MM"
    if big:
        header = mark + struct.pack(order + "HHHQ", 43, 8, 0, 16)
        return header + struct.pack(order + "Q", len(tags)) + body + b"\0" * 8 + pixels
    return (
        mark
        + struct.pack(order + "HI", 42, 8)
        + struct.pack(order + "H", len(tags))
        + body
        + b"\0" * 4
        + pixels
    )


def pdf_of(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    """The bytes of a PDF."""
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def add_page(
    pdf: pikepdf.Pdf,
    data: bytes,
    entries: dict[str, Any],
    *,
    content: bytes | None = None,
    box: tuple[float, ...] = (0, 0, 288, 216),
    **page: Any,
) -> Any:
    """Add a page with one image XObject ``/Im0``; returns the page's dictionary."""
    stream = pikepdf.Stream(pdf, data)
    stream["/Type"], stream["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Image
    stream["/Width"], stream["/Height"] = 600, 450
    for key, value in entries.items():
        stream["/" + key] = value
    width, height = box[2] - box[0], box[3] - box[1]
    text = content or f"q {width} 0 0 {height} {box[0]} {box[1]} cm /Im0 Do Q".encode()
    dictionary = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=pikepdf.Array(list(box)),
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream)),
        Contents=pikepdf.Stream(pdf, text),
        **page,
    )
    pdf.pages.append(pikepdf.Page(dictionary))
    return pdf.pages[-1].obj


def scan_pdf(data: bytes, entries: dict[str, Any], *, content: bytes | None = None, **page: Any) -> bytes:
    """A PDF of one page with one image."""
    with pikepdf.new() as pdf:
        add_page(pdf, data, entries, content=content, **page)
        return pdf_of(pdf)


NAME = pikepdf.Name
GREY_JPEG = {"Filter": NAME.DCTDecode, "ColorSpace": NAME.DeviceGray, "BitsPerComponent": 8}
RGB_JPEG = GREY_JPEG | {"ColorSpace": NAME.DeviceRGB}


def flate_entries(space: Any = NAME.DeviceGray, bits: int = 8, **more: Any) -> dict[str, Any]:
    """Dictionary entries of a deflated image."""
    return {"Filter": NAME.FlateDecode, "ColorSpace": space, "BitsPerComponent": bits, **more}


def bits_of(page: Pixels, threshold: int = 160) -> bytes:
    """One bit a pixel, 1 where light, rows padded to bytes."""
    return np.packbits(page > threshold, axis=1).tobytes()


def predicted(page: Pixels) -> bytes:
    """Deflated with the PNG "up" predictor."""
    rows = page.reshape(page.shape[0], -1)
    up = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint8))
    return zlib.compress(np.hstack([np.full((rows.shape[0], 1), 2, np.uint8), up]).tobytes())


def fax(page: Pixels | None = None) -> bytes:
    """Bare CCITT group 4 data of the picture, cut out of a TIFF of one strip."""
    image = Image.fromarray(truth() if page is None else page).point(lambda v: 255 if v > 160 else 0)
    out = io.BytesIO()
    image.convert("1").save(out, "TIFF", compression="group4", tiffinfo={278: 450})
    again = Image.open(out)
    (offset,), (length,) = again.tag_v2[273], again.tag_v2[279]
    assert again.tag_v2[262] == 1  # Pillow writes "black is zero": the codes are of an inverted picture
    return out.getvalue()[offset : offset + length]


def pdf_turns() -> Iterator[tuple[str, bytes]]:
    """The truth embedded in every orientation, undone by the placement matrix or by /Rotate or by both."""
    w, h = 288, 216
    matrices = {
        1: (w, 0, 0, h, 0, 0),
        2: (-w, 0, 0, h, w, 0),
        3: (-w, 0, 0, -h, w, h),
        4: (w, 0, 0, -h, 0, h),
        5: (0, -h, -w, 0, w, h),
        6: (0, -h, w, 0, 0, h),
        7: (0, h, w, 0, 0, 0),
        8: (0, h, -w, 0, w, 0),
    }
    for orientation, matrix in matrices.items():
        page = stored(orientation)
        entries = GREY_JPEG | {"Width": page.shape[1], "Height": page.shape[0]}
        text = f"q {' '.join(map(str, matrix))} cm /Im0 Do Q".encode()
        yield f"matrix-{orientation}", scan_pdf(jpeg(page), entries, content=text)
    for degrees, orientation in ((90, 6), (180, 3), (270, 8), (-90, 8), (450, 6)):
        page = stored(orientation)
        height, width = page.shape
        entries = GREY_JPEG | {"Width": width, "Height": height}
        box = (0, 0, width * 72 / DPI, height * 72 / DPI)
        yield f"rotate-{degrees}", scan_pdf(jpeg(page), entries, box=box, Rotate=degrees)


def masked_pdf() -> bytes:
    """A black image whose soft mask is the ink."""
    with pikepdf.new() as pdf:
        mask = pikepdf.Stream(pdf, zlib.compress((255 - truth()).tobytes()))
        for key, value in {"Width": 600, "Height": 450, "Type": NAME.XObject, "Subtype": NAME.Image}.items():
            mask["/" + key] = value
        for key, value in flate_entries().items():
            mask["/" + key] = value
        black = zlib.compress(bytes(600 * 450))
        add_page(pdf, black, flate_entries(SMask=pdf.make_indirect(mask)))
        return pdf_of(pdf)


def strips_pdf(*, rotate: bool = False) -> bytes:
    """The picture in two strips, as some scanners write; with ``rotate`` on its side under /Rotate 90."""
    with pikepdf.new() as pdf:
        page = stored(6) if rotate else truth()
        height, width = page.shape
        box = (0, 0, width * 72 / DPI, height * 72 / DPI)
        w, h = box[2], box[3]
        content = f"q {w} 0 0 {h / 2} 0 {h / 2} cm /Im0 Do Q q {w} 0 0 {h / 2} 0 0 cm /Im1 Do Q".encode()
        entries = flate_entries(Width=width, Height=height // 2)
        more = {"Rotate": 90} if rotate else {}
        made = add_page(
            pdf, zlib.compress(page[: height // 2].tobytes()), entries, content=content, box=box, **more
        )
        lower = pikepdf.Stream(pdf, zlib.compress(page[height // 2 :].tobytes()))
        for key, value in {"Type": NAME.XObject, "Subtype": NAME.Image, **entries}.items():
            lower["/" + key] = value
        made["/Resources"]["/XObject"]["/Im1"] = pdf.make_indirect(lower)
        return pdf_of(pdf)


def picture_idat(page: Pixels) -> bytes:
    """The deflated, predicted rows of a PNG that Pillow writes."""
    data = picture("PNG", "RGB", page)
    body, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            body += data[at + 8 : at + 8 + length]
        at += 12 + length
    return body


def tiled_tiff(page: Pixels, side: int = 64) -> bytes:
    """Uncompressed tiles of 64×64, the last ones padded; little-endian."""
    height, width = page.shape
    across, down = -(-width // side), -(-height // side)
    padded = np.pad(page, ((0, down * side - height), (0, across * side - width)))
    tiles = [
        padded[y * side : (y + 1) * side, x * side : (x + 1) * side].tobytes()
        for y in range(down)
        for x in range(across)
    ]
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(277, 3, 1, 1), (322, 4, 1, side), (323, 4, 1, side)]
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    size, count = side * side, len(tiles)
    tags += [(324, 4, count, start), (325, 4, count, start + 4 * count)]
    offsets = struct.pack(f"<{count}I", *(start + 8 * count + size * n for n in range(count)))
    counts = struct.pack(f"<{count}I", *([size] * count))
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + entries + b"\0\0\0\0" + offsets + counts + b"".join(tiles)
