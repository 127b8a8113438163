"""Good files of every format, compared with the picture that they were made from."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load import Limits, PageImage, load_colour, load_page, open_document, pages, probe
from tests.hostile import bad, good

NAME = good.NAME
TRUTH = good.truth()
TRUTH_16 = (TRUTH.astype(np.uint16) << 8) | TRUTH
ORIENTATIONS = range(1, 9)


def likeness(grey: good.Pixels) -> float:
    """Correlation with the truth, after bringing a drawn page to its size."""
    if grey.shape != TRUTH.shape:
        grey = np.asarray(cv2.resize(grey, TRUTH.shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return float(np.corrcoef(grey.ravel().astype(float), TRUTH.ravel())[0, 1])


def assert_shows_truth(data: bytes, name: str = "") -> PageImage:
    page = load_page(data, name)
    assert page.grey.dtype == np.uint8 and page.grey.ndim == 2 and page.grey.flags.c_contiguous
    assert likeness(page.grey) > 0.95
    colour = load_colour(data, name)
    assert colour.shape == (*page.grey.shape, 3)
    assert likeness(np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), dtype=np.uint8)) > 0.95
    return page


PICTURES: dict[str, Callable[[], bytes]] = {
    "jpeg": good.jpeg,
    "jpeg-colour": lambda: good.jpeg(mode="RGB"),
    "jpeg-cmyk": lambda: good.jpeg(mode="CMYK"),
    "jpeg-progressive": lambda: good.picture("JPEG", progressive=True),
    "webp": lambda: good.picture("WEBP"),
    "gif": lambda: good.picture("GIF"),
    "bmp": lambda: good.picture("BMP"),
    "jpeg2000": lambda: good.picture("JPEG2000"),
    "heic": good.heic,
    **{f"png-{m}": lambda m=m: good.picture("PNG", m) for m in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")},
    **{
        f"tiff-{m}": lambda m=m: good.picture("TIFF", m)
        for m in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK")
    },
    **{
        f"tiff-{c}": lambda c=c: good.tiff(2, compression=c)
        for c in ("group4", "group3", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    },
    "tiff-big-endian": lambda: good.raw_tiff(TRUTH.tobytes()),
    "tiff-white-is-zero": lambda: good.raw_tiff((255 - TRUTH).tobytes(), photometric=0),
    "bigtiff": lambda: good.raw_tiff(TRUTH.tobytes(), order="<", big=True),
    "bigtiff-big-endian": lambda: good.raw_tiff(TRUTH.tobytes(), big=True),
    "tiff-bits": lambda: good.raw_tiff(good.bits_of(TRUTH), bits=1),
    "tiff-bits-white-is-zero": lambda: good.raw_tiff(good.bits_of(255 - TRUTH, 95), bits=1, photometric=0),
    "tiff-tiled": lambda: good.tiled_tiff(TRUTH),
    **{
        f"tiff-16-{order}{photometric}": lambda o=order, p=photometric: good.raw_tiff(
            (TRUTH_16 if p else ~TRUTH_16).astype(f"{o}u2").tobytes(), order=o, bits=16, photometric=p
        )
        for order in "<>"
        for photometric in (0, 1)
    },
}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_of_every_format(kind: str) -> None:
    page = assert_shows_truth(PICTURES[kind]())
    assert page.grey.shape == TRUTH.shape


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_orientation_is_applied_once(form: str, orientation: int) -> None:
    data = good.exif_jpeg(orientation, form)
    with open_document(data) as document:
        for _ in range(2):  # the second time must not turn it again
            page = document.page(1)
            assert page.grey.shape == TRUTH.shape
            assert likeness(page.grey) > 0.95
        assert (
            likeness(np.asarray(cv2.cvtColor(document.colour(1), cv2.COLOR_BGR2GRAY), dtype=np.uint8)) > 0.95
        )


def test_alpha_lies_on_white() -> None:
    grey = load_page(good.picture("PNG", "RGBA")).grey
    assert grey[0, 0] == 250  # the paper of the truth, not the black under it


def test_a_fourth_band_of_zeros_is_not_transparency() -> None:
    image = Image.fromarray(TRUTH).convert("RGB")
    image.putalpha(0)
    out = io.BytesIO()
    image.save(out, "PNG")
    assert likeness(load_page(out.getvalue()).grey) > 0.99


PALETTE = pikepdf.String(bytes(value for step in range(16) for value in (step * 17,) * 3))
INDEXED = pikepdf.Array([NAME.Indexed, NAME.DeviceRGB, 15, PALETTE])
FAX = {"Filter": NAME.CCITTFaxDecode, "ColorSpace": NAME.DeviceGray, "BitsPerComponent": 1}


def _fax_parameters(**more: Any) -> dict[str, Any]:
    return FAX | {"DecodeParms": pikepdf.Dictionary(K=-1, Columns=600, **more)}


def _predictor(**more: Any) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(Predictor=15, Columns=600, **more)


SCANS: dict[str, Callable[[], bytes]] = {
    "rgb": lambda: good.scan_pdf(good.jpeg(mode="RGB"), good.RGB_JPEG),
    "inverted": lambda: good.scan_pdf(good.jpeg(255 - TRUTH), good.GREY_JPEG | {"Decode": [1, 0]}),
    "exif-ignored": lambda: good.scan_pdf(good.picture("JPEG", exif=_turned_exif()), good.GREY_JPEG),
    "flate": lambda: good.scan_pdf(zlib.compress(TRUTH.tobytes()), good.flate_entries()),
    "flate-rgb": lambda: good.scan_pdf(
        zlib.compress(np.repeat(TRUTH[..., None], 3, axis=2).tobytes()), good.flate_entries(NAME.DeviceRGB)
    ),
    "flate-bits": lambda: good.scan_pdf(zlib.compress(good.bits_of(TRUTH)), good.flate_entries(bits=1)),
    "stencil": lambda: good.scan_pdf(
        zlib.compress(good.bits_of(TRUTH)), {"Filter": NAME.FlateDecode, "ImageMask": True}
    ),
    "stencil-inverted": lambda: good.scan_pdf(
        zlib.compress(good.bits_of(255 - TRUTH, 95)),
        {"Filter": NAME.FlateDecode, "ImageMask": True, "Decode": [1, 0]},
    ),
    "predictor": lambda: good.scan_pdf(good.predicted(TRUTH), good.flate_entries(DecodeParms=_predictor())),
    "predictor-rgb": lambda: good.scan_pdf(
        good.picture_idat(np.repeat(TRUTH[..., None], 3, axis=2)),
        good.flate_entries(NAME.DeviceRGB, DecodeParms=_predictor(Colors=3)),
    ),
    "palette": lambda: good.scan_pdf(zlib.compress((TRUTH >> 4).tobytes()), good.flate_entries(INDEXED)),
    "palette-predictor": lambda: good.scan_pdf(
        good.predicted(TRUTH >> 4), good.flate_entries(INDEXED, DecodeParms=_predictor())
    ),
    "group4": lambda: good.scan_pdf(good.fax(255 - TRUTH), _fax_parameters()),
    "group4-black-is-1": lambda: good.scan_pdf(good.fax(), _fax_parameters(BlackIs1=True)),
    "jpx": lambda: good.scan_pdf(good.picture("JPEG2000"), {"Filter": NAME.JPXDecode}),
    "white-background": lambda: good.scan_pdf(
        good.jpeg(), good.GREY_JPEG, content=b"1 g 0 0 288 216 re f q 288 0 0 216 0 0 cm /Im0 Do Q"
    ),
    "clipped-to-page": lambda: good.scan_pdf(
        good.jpeg(), good.GREY_JPEG, content=b"q 0 0 288 216 re W n 288 0 0 216 0 0 cm /Im0 Do Q"
    ),
    "hidden-text": lambda: good.scan_pdf(
        good.jpeg(),
        good.GREY_JPEG,
        content=b"q 288 0 0 216 0 0 cm /Im0 Do Q BT 3 Tr /F1 9 Tf 9 9 Td (0123) Tj ET",
    ),
    **{f"turned-{name}": lambda data=data: data for name, data in good.pdf_turns()},
}
DRAWN: dict[str, Callable[[], bytes]] = {
    "cmyk": lambda: good.scan_pdf(
        good.jpeg(mode="CMYK"), good.GREY_JPEG | {"ColorSpace": NAME.DeviceCMYK, "Decode": [1, 0] * 4}
    ),
    "soft-mask": good.masked_pdf,
    "two-strips": good.strips_pdf,
    "colour-key": lambda: good.scan_pdf(good.jpeg(), good.GREY_JPEG | {"Mask": [254, 255]}),
    "stencil-white": lambda: good.scan_pdf(
        zlib.compress(good.bits_of(255 - TRUTH, 95)),
        {"Filter": NAME.FlateDecode, "ImageMask": True},
        content=b"0 g 0 0 288 216 re f 1 g q 288 0 0 216 0 0 cm /Im0 Do Q",
    ),
    "page-rotated": lambda: good.strips_pdf(rotate=True),
}


def _turned_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The resolutions at which pages were drawn."""
    from ocr.load import pdf

    seen: list[float] = []
    draw = pdf.draw

    def noting(path: Path, dpi: float, seconds: float, *, colour: bool) -> good.Pixels:
        seen.append(dpi)
        return draw(path, dpi, seconds, colour=colour)

    monkeypatch.setattr(pdf, "draw", noting)
    return seen


@pytest.mark.parametrize("kind", SCANS)
def test_scans_are_taken_out_of_a_pdf_pixel_for_pixel(kind: str, drawings: list[float]) -> None:
    page = assert_shows_truth(SCANS[kind]())
    assert not drawings
    assert page.grey.shape == TRUTH.shape
    assert page.dpi == pytest.approx(good.DPI)


@pytest.mark.parametrize("kind", DRAWN)
def test_other_pages_are_drawn(kind: str, drawings: list[float]) -> None:
    page = assert_shows_truth(DRAWN[kind]())
    assert drawings == [300.0, 300.0]  # once grey, once in colour
    assert page.dpi == 300.0
    assert page.grey.shape == (900, 1200)


def test_a_turned_scan_looks_as_poppler_draws_it() -> None:
    """The table of orientations against an independent reading of the same matrices."""
    for name, data in good.pdf_turns():
        with pikepdf.open(io.BytesIO(data)) as pdf:
            contents = pdf.pages[0].obj["/Contents"]
            contents.write(contents.read_bytes() + b" 1 0 0 RG 0.1 w 0 0 m 1 1 l S")
            drawn = load_page(good.pdf_of(pdf))
        assert drawn.dpi == 300.0, name
        assert likeness(drawn.grey) > 0.95, name


def test_visible_notes_are_drawn(drawings: list[float]) -> None:
    note = pikepdf.Dictionary(
        Type=NAME.Annot,
        Subtype=NAME.Square,
        Rect=[10, 10, 40, 40],
        C=[1, 0, 0],
        F=4,
        BS=pikepdf.Dictionary(W=4),
    )
    data = good.scan_pdf(good.jpeg(), good.GREY_JPEG, Annots=pikepdf.Array([note]))
    load_page(data)
    assert drawings


def test_empty_pages_are_known_without_drawing(drawings: list[float]) -> None:
    for content in (b"", b"q Q", b"  \n", b"1 g 0 0 288 216 re f"):
        page = load_page(bad.vector_pdf(content))
        assert page.empty and (page.grey == 255).all()
        assert page.grey.shape == (108, 144)
    assert not drawings


def test_two_thousand_empty_pages_take_seconds(tmp_path: Path, drawings: list[float]) -> None:
    path = tmp_path / "empty.pdf"
    path.write_bytes(bad.empty_pdf(2000))
    items = list(pages(path))
    assert len(items) == 2000
    assert all(isinstance(item, PageImage) and item.empty for item in items)
    assert [item.page for item in items if isinstance(item, PageImage)] == list(range(1, 2001))


def test_pages_to_draw_are_counted_not_scans() -> None:
    limits = Limits(rendered_pages=2, render_dpi=30)
    with pikepdf.new() as pdf:
        for kind in "vsvsvs":
            content = b"1 0 0 RG 9 w 9 9 m 99 99 l S" if kind == "v" else None
            good.add_page(pdf, good.jpeg(), good.GREY_JPEG, content=content)
        data = good.pdf_of(pdf)
    with open_document(data, limits=limits) as document:
        assert document.page(6).dpi == pytest.approx(150)
        with pytest.raises(InputError) as refused:
            document.page(5)
        assert refused.value.reason is Reason.TOO_MANY_PAGES
        assert document.page(3).dpi == 30
        assert document.page(1).dpi == 30


def test_a_bad_page_is_refused_alone() -> None:
    with pikepdf.open(io.BytesIO(bad.content_bomb())) as pdf:
        good.add_page(pdf, good.jpeg(), good.GREY_JPEG)
        good.add_page(pdf, good.jpeg(), good.GREY_JPEG, content=b"1 0 0 RG 9 w 9 9 m 99 99 l S")
        data = good.pdf_of(pdf, compress_streams=False)
    with open_document(data) as document:
        assert document.page(3).dpi == 300
        assert likeness(document.page(2).grey) > 0.95
        with pytest.raises(InputError) as refused:
            document.page(1)
        assert refused.value.reason is Reason.TOO_LARGE


def test_a_page_can_be_drawn_twice_the_same() -> None:
    with open_document(bad.vector_pdf(UserUnit=2)) as document:
        first, second = document.page(1), document.page(1)
    assert first.dpi == second.dpi == 150  # its units are twice as large as points
    assert (first.grey == second.grey).all() and first.grey.shape == (900, 1200)


def test_a_file_of_too_many_pages_is_refused() -> None:
    for data in (bad.empty_pdf(11), good.tiff(11)):
        with pytest.raises(InputError) as refused:
            probe(data, limits=Limits(pages=10))
        assert refused.value.reason is Reason.TOO_MANY_PAGES


def test_drawing_stops_after_its_time() -> None:
    with pytest.raises(InputError) as refused:
        load_page(bad.endless_pdf(), limits=Limits(render_seconds=0.3))
    assert refused.value.reason is Reason.TIMED_OUT
    no_time = Limits(file_render_seconds=0.0)
    with open_document(bad.vector_pdf(), limits=no_time) as document, pytest.raises(InputError) as late:
        document.page(1)
    assert late.value.reason is Reason.TIMED_OUT


def test_large_pages_are_drawn_with_fewer_dots() -> None:
    page = load_page(bad.vector_pdf(MediaBox=[0, 0, 7200, 7200]))  # 2.5 m
    assert page.dpi is not None and 60 < page.dpi < 70
    assert page.grey.size <= 40_100_000


@pytest.mark.parametrize(
    ("data", "pages_", "kind"),
    [
        (good.jpeg(), 1, "image/jpeg"),
        (good.tiff(3), 3, "image/tiff"),
        (bad.batch_pdf(4), 4, "application/pdf"),
        (b"\n\nprinter job\n" + bad.batch_pdf(1), 1, "application/pdf"),
        (good.heic(), 1, "image/heic"),
    ],
)
def test_probe(data: bytes, pages_: int, kind: str) -> None:
    found = probe(data, "a name that says nothing")
    assert (found.pages, found.media_type) == (pages_, kind)


def test_tiff_pages_come_in_any_order() -> None:
    frames = [Image.fromarray(np.full((50, 60), 40 * n, np.uint8)) for n in range(5)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    with open_document(out.getvalue()) as document:
        for number in (5, 1, 3, 3, 2, 4):
            assert document.page(number).grey[0, 0] == 40 * (number - 1)
        with pytest.raises(InputError):
            document.page(6)


@pytest.mark.parametrize(("dpi", "expected"), [(300, 300), (400, 400), (600, 300), (1200, 400)])
def test_fine_scans_are_reduced(dpi: int, expected: int) -> None:
    for form in ("JPEG", "PNG"):
        page = load_page(good.picture(form, dpi=(dpi, dpi)))
        assert page.dpi == pytest.approx(expected, rel=0.001)
        assert page.grey.shape == (450 * expected // dpi, 600 * expected // dpi)
        assert likeness(page.grey) > (0.95 if expected * 3 > dpi else 0.9)
        assert load_colour(good.picture(form, dpi=(dpi, dpi))).shape[:2] == page.grey.shape


def test_fax_pixels_become_square() -> None:
    half = np.ascontiguousarray(TRUTH[::2])
    page = load_page(good.picture("TIFF", page=half, dpi=(204, 102)))
    assert page.dpi == 204
    assert page.grey.shape == TRUTH.shape
    assert likeness(page.grey) > 0.95


def test_what_would_grow_beyond_the_limit_is_shrunk_to_square_pixels() -> None:
    half = np.ascontiguousarray(TRUTH[::2])
    limits = Limits(pixels=round(TRUTH.size * 0.7))
    with open_document(good.picture("TIFF", page=half, dpi=(204, 102)), "fax.tif", limits) as document:
        page = document.page(1)
    assert page.dpi == 102
    assert page.grey.shape == (half.shape[0], half.shape[1] // 2)


@pytest.mark.parametrize("dpi", [1, 72, 96, 20_000])
def test_resolutions_that_no_scanner_has_are_none(dpi: int) -> None:
    assert load_page(good.picture("JPEG", dpi=(dpi, dpi))).dpi is None
