"""The one picture of a scanned PDF page taken out as it is: no drawing, no resampling, no loss.

``find_scan`` answers None where taking it out could differ from what a viewer shows (soft masks, odd colour
spaces, slanted placement, layers): such pages are drawn instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pikepdf

from ocr.load.geometry import plausible_dpi
from ocr.load.pdf_content import Box, Matrix, Placed

Kind = Literal["dct", "flate", "ccitt", "jpx"]

_FILTERS: dict[str, Kind] = {
    "/DCTDecode": "dct",
    "/DCT": "dct",
    "/FlateDecode": "flate",
    "/Fl": "flate",
    "/CCITTFaxDecode": "ccitt",
    "/CCF": "ccitt",
    "/JPXDecode": "jpx",
}
_COMPONENTS = {"/DeviceGray": 1, "/G": 1, "/CalGray": 1, "/DeviceRGB": 3, "/RGB": 3, "/CalRGB": 3}
_SLANT = 0.003
_COVERS = 0.8
_OUTSIDE = 0.02
# Where the picture's right and down point on the displayed page (x right, y down) → EXIF orientation.
_ORIENTATIONS = {
    ((1, 0), (0, 1)): 1,
    ((-1, 0), (0, 1)): 2,
    ((-1, 0), (0, -1)): 3,
    ((1, 0), (0, -1)): 4,
    ((0, 1), (1, 0)): 5,
    ((0, 1), (-1, 0)): 6,
    ((0, -1), (-1, 0)): 7,
    ((0, -1), (1, 0)): 8,
}


@dataclass(frozen=True)
class Scan:
    """A picture that is its whole page.

    ``stream``: the image XObject; ``components``: 1 or 3 samples a pixel (1 with a ``palette``, RGB triples);
    ``inverted``: 0 is white; ``orientation``: EXIF code of how the page shows it; ``dpi``: (x, y) as stored.
    """

    stream: Any
    kind: Kind
    width: int
    height: int
    bits: int
    components: int
    palette: bytes | None
    inverted: bool
    parameters: dict[str, Any]
    orientation: int
    dpi: tuple[float, float] | None


def find_scan(image: Any, placed: Placed, page: Box, rotate: int, unit: float) -> Scan | None:
    """The scan that page box ``page`` (points) shows, turned clockwise by ``rotate`` degrees, or None.

    ``unit``: the page's UserUnit. Entries that are not numbers raise ``ValueError`` or ``TypeError``.
    """
    masked = any(key in image for key in ("/SMask", "/Mask", "/OC")) or int(image.get("/SMaskInData", 0))
    stencil = bool(image.get("/ImageMask", False))
    if masked or (stencil and not placed.black) or not _fills(placed, page):
        return None
    orientation = _orientation(placed.matrix, rotate)
    kind, parameters = _filter(image)
    if orientation is None or kind is None:
        return None
    colours = (1, None) if stencil else _colours(image.get("/ColorSpace"), kind)
    if colours is None:
        return None
    components, palette = colours
    width, height = int(image.get("/Width", 0)), int(image.get("/Height", 0))
    bits = 1 if stencil or kind == "ccitt" else int(image.get("/BitsPerComponent", 8))
    inverted = _inverted(image.get("/Decode"), components, indexed=palette is not None, bits=bits)
    if inverted is None or (inverted and (kind == "jpx" or palette is not None)):
        return None
    a, b, c, d, _, _ = placed.matrix
    across, down = math.hypot(a, b) * unit / 72, math.hypot(c, d) * unit / 72
    dpi = plausible_dpi(width / across, height / down)
    scan = Scan(image, kind, width, height, bits, components, palette, inverted, parameters, orientation, dpi)
    return scan if _decodable(scan) else None


def _orientation(matrix: Matrix, rotate: int) -> int | None:
    a, b, c, d, _, _ = matrix
    if rotate % 90 or not all(math.isfinite(value) for value in matrix):
        return None
    right, down = _axis(a, -b), _axis(-c, d)
    if right is None or down is None:
        return None
    for _ in range(rotate // 90 % 4):
        right, down = (-right[1], right[0]), (-down[1], down[0])
    return _ORIENTATIONS.get((right, down))


def _axis(x: float, y: float) -> tuple[int, int] | None:
    """The axis along which a vector points, None if it is slanted or zero."""
    longer, shorter = max(abs(x), abs(y)), min(abs(x), abs(y))
    if longer == 0 or shorter > _SLANT * longer:
        return None
    return (int(math.copysign(1, x)), 0) if abs(x) > abs(y) else (0, int(math.copysign(1, y)))


def _fills(placed: Placed, page: Box) -> bool:
    """Whether the picture covers the page, and hardly any of it is hidden."""
    a, b, c, d, e, f = placed.matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    picture: Box = (min(xs), min(ys), max(xs), max(ys))
    shown = _overlap(picture, page)
    if placed.clip is not None:
        shown = min(shown, _overlap(picture, placed.clip))
    return shown >= _COVERS * _area(page) and shown >= (1 - _OUTSIDE) * _area(picture)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _overlap(one: Box, other: Box) -> float:
    return _area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))


def _filter(image: Any) -> tuple[Kind | None, dict[str, Any]]:
    """The one filter and its parameters; (None, {}) for chains and filters that are not taken out."""
    filters: Any = image.get("/Filter")
    parameters: Any = image.get("/DecodeParms", image.get("/DP"))
    if _is_array(filters):
        if len(filters) != 1:
            return None, {}
        filters = filters[0]
    if _is_array(parameters):
        parameters = parameters[0] if len(parameters) else None
    return _FILTERS.get(str(filters)), dict(parameters.items()) if parameters is not None else {}


def _colours(space: Any, kind: Kind) -> tuple[int, bytes | None] | None:
    """Samples a pixel and the palette, None for spaces that are not grey, RGB or a palette of these."""
    if space is None:
        return (0, None) if kind == "jpx" else None
    if not _is_array(space):
        count = _COMPONENTS.get(str(space))
        return None if count is None else (count, None)
    family = str(space[0])
    if family == "/ICCBased":
        count = int(space[1].get("/N", 0))
        return (count, None) if count in (1, 3) else None
    if family in ("/Indexed", "/I"):
        return _palette(space)
    return (_COMPONENTS[family], None) if family in _COMPONENTS else None


def _palette(space: Any) -> tuple[int, bytes] | None:
    base = _colours(space[1], "flate")
    if base is None or base[1] is not None:
        return None
    lookup = space[3]
    table = lookup.read_bytes() if isinstance(lookup, pikepdf.Stream) else bytes(lookup)
    entries = int(space[2]) + 1
    if not 1 <= entries <= 256 or len(table) < entries * base[0]:
        return None
    table = table[: entries * base[0]]
    return 1, table if base[0] == 3 else bytes(value for value in table for _ in range(3))


def _inverted(decode: Any, components: int, *, indexed: bool, bits: int) -> bool | None:
    if decode is None:
        return False
    values = [float(value) for value in decode]
    top = float(2**bits - 1) if indexed else 1.0
    if values == [0.0, top] * max(components, 1):
        return False
    return True if values == [top, 0.0] * max(components, 1) else None


def _decodable(scan: Scan) -> bool:
    """Whether the samples are laid out in a way that ``pdf_decode`` knows."""
    parameters = scan.parameters
    if scan.kind == "dct":
        return scan.bits == 8 and scan.palette is None and "/ColorTransform" not in parameters
    if scan.kind == "jpx":
        return scan.palette is None
    if scan.kind == "ccitt":
        fits = int(parameters.get("/Columns", 1728)) == scan.width and scan.components == 1
        return fits and scan.palette is None and not parameters.get("/EncodedByteAlign")
    predictor = int(parameters.get("/Predictor", 1))
    if predictor == 1:
        return scan.bits == 8 or (scan.bits == 1 and scan.components == 1)
    shape = (
        int(parameters.get("/Columns", 1)),
        int(parameters.get("/Colors", 1)),
        int(parameters.get("/BitsPerComponent", 8)),
    )
    if predictor < 10 or shape != (scan.width, scan.components, scan.bits):
        return False
    return scan.bits in (1, 2, 4, 8) if scan.components == 1 else scan.bits == 8


def _is_array(value: Any) -> bool:
    return isinstance(value, pikepdf.Array)
