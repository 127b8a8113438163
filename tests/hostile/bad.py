"""Hostile files, made when a test runs, each with the reasons that are right for it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pikepdf
from PIL import Image

from domain.reasons import Reason
from tests.hostile import good

R = Reason
NAME = pikepdf.Name


@dataclass(frozen=True)
class Hostile:
    """One file; ``expected``: for each page, or for all of it, the reasons that may be given (None: read)."""

    name: str
    make: Callable[[], bytes]
    expected: tuple[frozenset[Reason] | None, ...]


def _one(name: str, make: Callable[[], bytes], *reasons: Reason | None) -> Hostile:
    return Hostile(name, make, (frozenset(r for r in reasons if r) if reasons[0] else None,))


def _many(name: str, make: Callable[[], bytes], *pages: Reason | None) -> Hostile:
    return Hostile(name, make, tuple(frozenset((page,)) if page else None for page in pages))


def png_bomb(width: int = 30000, height: int = 30000, bits: int = 1, colour: int = 0) -> bytes:
    """A PNG of 900 megapixels in some kilobytes."""
    body = _deflate_zeros(height * (1 + (width * bits * {0: 1, 2: 3, 6: 4}[colour] + 7) // 8))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def png_claims(width: int, height: int, bits: int = 8, colour: int = 6) -> bytes:
    """A PNG that only says that it is large."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def png_text_bomb() -> bytes:
    """A good PNG with a compressed comment that inflates to 512 MB."""
    data = good.picture("PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + _deflate_zeros(512 << 20))
    return data[:33] + bomb + data[33:]


def chunk(name: bytes, body: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def jpeg_claims(width: int, height: int) -> bytes:
    """A JPEG whose frame header says another size than its data has."""
    data = bytearray(good.jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_scans() -> bytes:
    """A progressive JPEG that repeats one scan two thousand times."""
    data = good.picture("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 2000 + b"\xff\xd9"


def jpeg_progressive_large() -> bytes:
    """A progressive colour JPEG of 144 megapixels: its coefficients alone take 860 MB."""
    data = bytearray(good.picture("JPEG", "RGB", progressive=True, subsampling=0))
    at = data.index(b"\xff\xc2") + 5
    data[at : at + 4] = struct.pack(">HH", 12000, 12000)
    return bytes(data)


def gif_claims() -> bytes:
    """A GIF with a screen of 4 gigapixels."""
    data = bytearray(good.picture("GIF"))
    data[6:10] = struct.pack("<HH", 65535, 65535)
    return bytes(data)


def gif_animated() -> bytes:
    """Twenty frames; the first is the picture."""
    first = Image.fromarray(good.truth())
    others = [Image.new("L", first.size, 255 - i) for i in range(20)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others)
    return out.getvalue()


def bmp_claims() -> bytes:
    """A BMP header of 100,000 × 100,000 pixels."""
    data = bytearray(good.picture("BMP"))
    data[18:26] = struct.pack("<ii", 100_000, 100_000)
    return bytes(data)


def tiff_claims(width: int, height: int) -> bytes:
    """A TIFF directory with a large size and little data."""
    return good.raw_tiff(b"\0" * 1000, width=width, height=height)


def tiff_tile() -> bytes:
    """A small TIFF made of one tile of 10 gigapixels."""
    data = good.tiff(compression="tiff_lzw")
    image = Image.open(io.BytesIO(data))
    tags = ((322, 4, 100_000), (323, 4, 100_000), (324, 4, 8), (325, 4, 100))
    return good.raw_tiff(b"\0" * 1000, width=image.width, height=image.height, extra=tags)


def tiff_strip_bomb() -> bytes:
    """A deflated strip that inflates to 1 GB in a picture that needs 270 kB."""
    body = _deflate_zeros(1 << 30)
    data = bytearray(good.raw_tiff(body))
    at = data.index(struct.pack(">HHIH", 259, 3, 1, 1))
    data[at + 8 : at + 10] = struct.pack(">H", 8)
    return bytes(data)


def _deflate_zeros(size: int) -> bytes:
    """A zlib stream of ``size`` zero bytes, made at once: flushed blocks repeat byte for byte."""
    step = 1 << 20
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(step)) + packer.flush(zlib.Z_FULL_FLUSH)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = raw.compress(bytes(size % step)) + raw.flush()
    checksum = (size % 65521 << 16) | 1  # Adler-32 of zeros
    return head + block * (size // step) + tail + struct.pack(">I", checksum)


def tiff_second_broken() -> bytes:
    """Two pages; the first's link to the second leads behind the end of the file."""
    data = good.raw_tiff(good.truth().tobytes())
    at = data.index(good.truth().tobytes()) - 4
    return data[:at] + struct.pack(">I", len(data) + 5000) + data[at + 4 :]


def tiff_second_garbled() -> bytes:
    """Two group-4 pages; the second directory is overwritten."""
    data = bytearray(good.tiff(2, compression="tiff_lzw"))
    second = Image.open(io.BytesIO(bytes(data)))
    second.seek(1)
    at = second._frame_pos[1]  # type: ignore[attr-defined]
    data[at + 2 : at + 2 + 24] = b"\xee" * 24
    return bytes(data)


def tiff_loop() -> bytes:
    """A directory that names itself as the next."""
    data = good.raw_tiff(good.truth().tobytes())
    at = data.index(good.truth().tobytes()) - 4
    return data[:at] + struct.pack(">I", 8) + data[at + 4 :]


def tiff_many() -> bytes:
    """20,000 directories of one entry."""
    head = b"II*\0" + struct.pack("<I", 8)
    size = 2 + 12 + 4
    entry = struct.pack("<HHII", 256, 4, 1, 10)
    return head + b"".join(
        struct.pack("<H", 1) + entry + struct.pack("<I", 8 + size * (n + 1)) for n in range(20_000)
    )


def vector_pdf(
    content: bytes = b"1 0 0 RG 20 w 30 30 m 250 180 l S", pages: int = 1, **page: object
) -> bytes:
    """Pages that must be drawn."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            dictionary = {"/Type": NAME.Page, "/MediaBox": [0, 0, 288, 216]} | {
                f"/{k}": v for k, v in page.items()
            }
            made = pikepdf.Dictionary(dictionary)
            made["/Contents"] = pikepdf.Stream(pdf, content)
            pdf.pages.append(pikepdf.Page(made))
        return good.pdf_of(pdf)


def empty_pdf(pages: int) -> bytes:
    """Pages without anything on them."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(595, 842))
        return good.pdf_of(pdf)


def batch_pdf(pages: int = 3, **options: object) -> bytes:
    """Scans, a page each."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            good.add_page(pdf, good.jpeg(), good.GREY_JPEG)
        return good.pdf_of(pdf, **options)


def encrypted(user: str, owner: str = "owner") -> bytes:
    """An AES-256 PDF."""
    return batch_pdf(1, encryption=pikepdf.Encryption(user=user, owner=owner, R=6))


def unknown_handler() -> bytes:
    """Encrypted by a handler that nobody has."""
    data = encrypted("")
    return data.replace(b"/Filter /Standard", b"/Filter /Stranger")


def content_bomb() -> bytes:
    """A page whose instructions inflate to 1 GB."""
    data = vector_pdf(b"%MARK%")
    return _with_stream(data, b"%MARK%", _deflate_zeros(1 << 30))


def object_stream_bomb() -> bytes:
    """A PDF whose object stream, with the page tree in it, inflates to 1 GB."""
    bomb = _deflate_zeros(1 << 30)
    parts = [b"%PDF-1.5\n"]
    offset = len(parts[0])
    objects = (
        b"5 0 obj\n<</Type/ObjStm/N 2/First 10/Filter/FlateDecode/Length %d>>\nstream\n" % len(bomb)
        + bomb
        + b"\nendstream\nendobj\n"
    )
    xref_at = offset + len(objects)
    rows = b"".join(
        struct.pack(">BIB", *row)
        for row in ((0, 0, 0), (2, 5, 0), (2, 5, 1), (0, 0, 0), (0, 0, 0), (1, offset, 0))
    )
    xref = (
        b"6 0 obj\n<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>\nstream\n" % len(rows)
        + rows
        + b"\nendstream\nendobj\n"
    )
    return b"".join(parts) + objects + xref + b"startxref\n%d\n%%%%EOF\n" % xref_at


def xref_bomb() -> bytes:
    """A cross-reference stream of 1 GB."""
    bomb = _deflate_zeros(1 << 30)
    head = b"%PDF-1.5\n"
    xref = (
        b"6 0 obj\n<</Type/XRef/Size 100000000/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n"
        % len(bomb)
        + bomb
        + b"\nendstream\nendobj\n"
    )
    return head + xref + b"startxref\n%d\n%%%%EOF\n" % len(head)


def image_bomb() -> bytes:
    """A scan whose data inflates to 1 GB although its size is 600×450."""
    return good.scan_pdf(_deflate_zeros(1 << 30), good.flate_entries())


def image_claims(kind: str) -> bytes:
    """A page with an image of 2.5 gigapixels, alone or under other marks."""
    entries = good.flate_entries(bits=1, Width=50_000, Height=50_000)
    content = b"q 288 0 0 216 0 0 cm /Im0 Do Q" + (b" 1 0 0 RG 9 9 m 99 99 l S" if kind == "drawn" else b"")
    return good.scan_pdf(_deflate_zeros(312 << 20), entries, content=content)


def jpx_claims() -> bytes:
    """A JPEG 2000 scan that says it is 60,000 × 60,000."""
    data = bytearray(good.picture("JPEG2000"))
    at = data.index(b"\xff\x51") + 6
    data[at : at + 8] = struct.pack(">II", 60_000, 60_000)
    box = data.index(b"ihdr") + 4
    data[box : box + 8] = struct.pack(">II", 60_000, 60_000)
    return good.scan_pdf(bytes(data), {"Filter": NAME.JPXDecode, "Width": 60_000, "Height": 60_000})


def endless_pdf() -> bytes:
    """A form that draws itself many times over: 20 levels of 10."""
    with pikepdf.new() as pdf:
        below: pikepdf.Object | None = None
        for _ in range(20):
            form = pikepdf.Stream(pdf, b"/X Do " * 10 if below is not None else b"0 0 m 200 200 l S")
            form["/Type"], form["/Subtype"] = NAME.XObject, NAME.Form
            form["/BBox"] = pikepdf.Array([0, 0, 288, 216])
            if below is not None:
                form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=below))
            below = pdf.make_indirect(form)
        page = pikepdf.Dictionary(
            Type=NAME.Page,
            MediaBox=[0, 0, 288, 216],
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=below)),
            Contents=pikepdf.Stream(pdf, b"/X Do"),
        )
        pdf.pages.append(pikepdf.Page(page))
        return good.pdf_of(pdf)


def tree(*nodes: bytes) -> bytes:
    """A PDF whose objects from number 2 on, the page tree, are written by hand."""
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate((b"<</Type/Catalog/Pages 2 0 R>>", *nodes), start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1) + rows
    trailer = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, len(out))
    return out + table + trailer


def laughing_tree() -> bytes:
    """Ten levels of nodes that each name the next ten times: ten billion pages if one counted."""
    nodes = [b"<</Type/Pages/Count 10/Kids[" + b"%d 0 R " % (n + 1) * 10 + b"]>>" for n in range(2, 12)]
    return tree(*nodes, b"<</Type/Page/MediaBox[0 0 99 99]>>")


def repeated_page() -> bytes:
    """One page named two million times."""
    return tree(
        b"<</Type/Pages/Count 2000000/Kids[" + b"3 0 R " * 2_000_000 + b"]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
    )


def crowded_page(numbers: int) -> bytes:
    """A page whose resources are millions of numbers: two bytes each here, a hundred in a parser."""
    crowd = b"[" + b"1 " * numbers + b"]"
    return tree(
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources" + crowd + b">>",
    )


def crowded_file(objects: int) -> bytes:
    """Hundreds of thousands of objects and no cross-reference table."""
    good_start = tree(b"<</Type/Pages/Count 1/Kids[3 0 R]>>", b"<</Type/Page/MediaBox[0 0 99 99]>>")
    return good_start + b"".join(b"%d 0 obj\n1\nendobj\n" % n for n in range(9, objects))


def xref_loop() -> bytes:
    """A cross-reference section whose predecessor is itself."""
    data = batch_pdf(1)
    at = data.rindex(b"startxref") + 10
    offset = int(data[at:].split()[0])
    return data.replace(b"/Root", b"/Prev %d /Root" % offset, 1) if b"/Root" in data else data


def active_pdf() -> bytes:
    """A scan with JavaScript, a launch action and an embedded program."""
    with pikepdf.new() as pdf:
        good.add_page(pdf, good.jpeg(), good.GREY_JPEG, AA=pikepdf.Dictionary(O=_launch()))
        pdf.Root["/OpenAction"] = pikepdf.Dictionary(S=NAME.JavaScript, JS=pikepdf.String("while(true){}"))
        pdf.attachments["run.exe"] = b"MZ" + b"\0" * 100
        return good.pdf_of(pdf)


def _launch() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=NAME.Launch, F=pikepdf.String("/bin/sh"))


def cut_batch() -> bytes:
    """A batch whose last part is missing, page tree and all."""
    data = batch_pdf(5)
    return data[: len(data) * 2 // 3]


def cut_tail() -> bytes:
    """A batch that lost its cross-reference table only."""
    data = batch_pdf(2)
    return data[: data.rindex(b"startxref") - 40]


def lost_page() -> bytes:
    """The tree names a page that the file does not hold."""
    return tree(
        b"<</Type/Pages/Count 3/Kids[3 0 R 77 0 R 3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
    )


def scan_without_data() -> bytes:
    """The picture's dictionary is there, its stream is not."""
    return batch_pdf(1).replace(b"stream\n\xff\xd8", b"strxam\n\xff\xd8")


def _with_stream(data: bytes, old: bytes, packed: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        contents = pdf.pages[0].obj["/Contents"]
        assert contents.read_bytes() == old
        contents.write(packed, filter=NAME.FlateDecode)
        return good.pdf_of(pdf, compress_streams=False)


def archive() -> bytes:
    """A ZIP, as Word and Excel files are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


def noise(size: int = 20_000) -> bytes:
    """Random bytes, always the same."""
    return np.random.default_rng(7).integers(0, 256, size, dtype=np.uint8).tobytes()


_SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
)

ALL: tuple[Hostile, ...] = (
    _one("zero.pdf", lambda: b"", R.EMPTY_FILE),
    _one("zero.jpg", lambda: b"", R.EMPTY_FILE),
    _one("text.jpg", lambda: "Показания счётчика 0563\n".encode() * 50, R.UNSUPPORTED_FORMAT, R.CORRUPT_FILE),
    _one("text1251.tif", lambda: "Показания\r\n".encode("cp1251") * 50, R.UNSUPPORTED_FORMAT, R.CORRUPT_FILE),
    _one("page.html.png", lambda: b"<!DOCTYPE html><html></html>", R.UNSUPPORTED_FORMAT),
    _one("drawing.png", lambda: _SVG, R.UNSUPPORTED_FORMAT),
    _one("letter.pdf", archive, R.UNSUPPORTED_FORMAT),
    _one("macro.doc.jpg", lambda: b"\xd0\xcf\x11\xe0" + noise(2000), R.UNSUPPORTED_FORMAT),
    _one("script.jpg", lambda: b"%!PS-Adobe-3.0\n(r) file", R.UNSUPPORTED_FORMAT),
    _one("program.png", lambda: b"\x7fELF" + noise(2000), R.UNSUPPORTED_FORMAT),
    _one("film.heic", lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + noise(), R.UNSUPPORTED_FORMAT),
    _one("noise.jpg", noise, R.CORRUPT_FILE),
    _one("noise.bin", noise, R.UNSUPPORTED_FORMAT),
    _one("zeros.jpg", lambda: bytes(50_000), R.CORRUPT_FILE),
    # JPEG
    _one("start.jpg", lambda: b"\xff\xd8\xff", R.CORRUPT_FILE),
    _one("header.jpg", lambda: good.jpeg()[:120], R.CORRUPT_FILE),
    _one("cut.jpg", lambda: good.jpeg()[:12_000], R.CORRUPT_FILE),
    _one("cut progressive.jpg", lambda: good.picture("JPEG", progressive=True)[:9000], R.CORRUPT_FILE),
    _one("large.jpg", lambda: jpeg_claims(65_000, 65_000), R.TOO_LARGE),
    _one("large progressive.jpg", jpeg_progressive_large, R.TOO_LARGE),
    _one("scans.jpg", jpeg_scans, R.CORRUPT_FILE),
    _one("longer.jpg", lambda: jpeg_claims(600, 9000), None),
    _one("cmyk.jpg", lambda: good.jpeg(mode="CMYK"), None),
    _one("1x1.jpg", lambda: good.jpeg(np.zeros((1, 1), np.uint8)), R.TOO_SMALL),
    _one("Показания за ноябрь 2026 (копия).jpg", good.jpeg, None),
    _one("exif.jpg", lambda: good.picture("JPEG", exif=b"Exif\0\0" + noise(3000)), None),
    # PNG
    _one("bomb900.png", png_bomb, R.TOO_LARGE),
    _one("deep.png", lambda: png_bomb(9000, 9000, 16, 6), R.TOO_LARGE),
    _one("claims.png", lambda: png_claims(2**31 - 1, 2**31 - 1), R.TOO_LARGE, R.CORRUPT_FILE),
    _one("short.png", lambda: png_claims(500, 500), R.CORRUPT_FILE),
    _one("comment.png", png_text_bomb, R.CORRUPT_FILE, R.TOO_LARGE),
    _one("cut.png", lambda: good.picture("PNG")[:2000], R.CORRUPT_FILE),
    _one("1x1.png", lambda: good.picture("PNG", page=np.zeros((1, 1), np.uint8)), R.TOO_SMALL),
    _one("strip.png", lambda: good.picture("PNG", page=np.zeros((2, 9000), np.uint8)), R.TOO_SMALL),
    _one("16bit.png", lambda: good.picture("PNG", "I;16"), None),
    # others
    _one("large.gif", gif_claims, R.TOO_LARGE),
    _one("animated.gif", gif_animated, None),
    _one("large.bmp", bmp_claims, R.TOO_LARGE),
    _one("cut.webp", lambda: good.picture("WEBP")[:1500], R.CORRUPT_FILE),
    _one("cut.heic", lambda: good.heic()[:2500], R.CORRUPT_FILE),
    # TIFF
    _one("header.tif", lambda: b"II*\0", R.CORRUPT_FILE),
    _one("nothing.tif", lambda: b"II*\0\0\0\0\0" + bytes(99), R.CORRUPT_FILE),
    _one("large.tif", lambda: tiff_claims(100_000, 100_000), R.TOO_LARGE),
    _one("tile.tif", tiff_tile, R.TOO_LARGE),
    _one("short.tif", lambda: tiff_claims(600, 450), R.CORRUPT_FILE),
    _one("strip bomb.tif", tiff_strip_bomb, None, R.CORRUPT_FILE),
    _one("cut g4.tif", lambda: good.tiff(compression="group4")[:900], R.CORRUPT_FILE),
    _one("loop.tif", tiff_loop, None),
    _one("many.tif", tiff_many, R.TOO_MANY_PAGES),
    _many("second lost.tif", tiff_second_broken, None, R.CORRUPT_FILE),
    _many("second garbled.tif", tiff_second_garbled, None, R.CORRUPT_FILE),
    # PDF
    _one("header.pdf", lambda: b"%PDF-1.7\n", R.CORRUPT_FILE),
    _one("noise.pdf", lambda: b"%PDF-1.7\n" + noise(200_000), R.CORRUPT_FILE),
    _many("half.pdf", cut_batch, None, None, None, R.CORRUPT_FILE, R.CORRUPT_FILE),
    _many("tail.pdf", cut_tail, None, None),
    _many("lost page.pdf", lost_page, None, None, R.CORRUPT_FILE),
    _one("password.pdf", lambda: encrypted("secret"), R.PASSWORD_PROTECTED),
    _one("owner password.pdf", lambda: encrypted(""), None),
    _one("handler.pdf", unknown_handler, R.PASSWORD_PROTECTED),
    _one("content bomb.pdf", content_bomb, R.TOO_LARGE),
    _one("objects bomb.pdf", object_stream_bomb, R.CORRUPT_FILE, R.TOO_LARGE),
    _one("xref bomb.pdf", xref_bomb, R.CORRUPT_FILE, R.TOO_LARGE),
    _one("image bomb.pdf", image_bomb, None),
    _one("large image.pdf", lambda: image_claims("alone"), R.TOO_LARGE),
    _one("large image drawn.pdf", lambda: image_claims("drawn"), R.TOO_LARGE),
    _one("large jpx.pdf", jpx_claims, R.TOO_LARGE),
    _one("cut scan.pdf", lambda: good.scan_pdf(good.jpeg()[:9000], good.GREY_JPEG), R.CORRUPT_FILE),
    _one("no data.pdf", scan_without_data, R.CORRUPT_FILE),
    _one("cmyk scan.pdf", lambda: good.scan_pdf(good.jpeg(mode="CMYK"), good.RGB_JPEG), R.CORRUPT_FILE),
    _one("huge page.pdf", lambda: vector_pdf(MediaBox=[0, 0, 10**9, 10**9]), R.TOO_LARGE),
    _one("no box.pdf", lambda: vector_pdf(MediaBox=[0, 0, 0, 0]), None),
    _one("odd box.pdf", lambda: vector_pdf(MediaBox=["a", 0, None, 0]), None),
    _one("endless.pdf", endless_pdf, R.TIMED_OUT),
    _one("tree loop.pdf", lambda: tree(b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), R.CORRUPT_FILE),
    _one("no tree.pdf", lambda: tree(b"<</Type/Nothing/Kids 7>>"), R.CORRUPT_FILE),
    _one("laughing tree.pdf", laughing_tree, R.CORRUPT_FILE, R.TOO_MANY_PAGES),
    _one("repeated page.pdf", repeated_page, R.TOO_MANY_PAGES, R.CORRUPT_FILE),
    _one("crowded page.pdf", lambda: crowded_page(4_000_000), R.TOO_LARGE, R.CORRUPT_FILE),
    _one("crowded file.pdf", lambda: crowded_file(600_000), R.TOO_LARGE),
    _one("xref loop.pdf", xref_loop, None),
    _one("active.pdf", active_pdf, None),
)
