"""The worst errors to look at: contact sheets of the pictures, surest mistakes first, and a list of all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from domain.errors import MeterdropError, UsageError
from meterdrop.evaluation.manifest import Row
from meterdrop.evaluation.reading import BOTH
from meterdrop.readers import ReadOptions
from ocr.evaluate import Example
from templates.printing.fonts import font_file

if TYPE_CHECKING:
    from ocr.load import PageImage

Grey = NDArray[np.uint8]
#: Gives the picture of a field of a row; None where there is none.
Look = Callable[[Row, str], Grey | None]
_COLUMNS, _ROWS, _SHEETS = 6, 7, 5
_TILE, _PICTURE, _GAP = (250, 160), (238, 108), 6
#: A photo needs more room than a field: columns and rows of a sheet, and its tiles' size.
_PHOTO_COLUMNS, _PHOTO_ROWS, _PHOTO_TILE = 4, 4, (375, 430)
_SHOWN_DPI = 130.0
_SHOWN_SIDE = 360


def write_errors(
    folder: Path, rows: Sequence[Row], fields: Mapping[str, Sequence[Example]], options: ReadOptions
) -> int:
    """Fill ``folder`` (made where it is not there) with ``errors.csv`` and sheets; returns the errors."""
    wrong = {
        name: sorted((e for e in examples if not e.right), key=lambda e: -e.confidence)
        for name, examples in fields.items()
        if name != BOTH
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _list(folder / "errors.csv", rows, wrong)
        look = _looker(options)
        for name, examples in wrong.items():
            _sheets(folder, name, rows, examples, look, photos=options.kind == "meter")
    except OSError as error:
        raise UsageError(
            f"--errors {folder}: {error.strerror or error}; name a folder to write to"
        ) from error
    return sum(map(len, wrong.values()))


def _list(path: Path, rows: Sequence[Row], wrong: Mapping[str, Sequence[Example]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ("field", "line", "path", "page", "slip", "group", "truth", "value", "confidence", "read")
        )
        for name, examples in wrong.items():
            for e in examples:
                row = rows[e.place]
                place = (name, row.line, row.path, row.page, row.slip, row.group)
                writer.writerow((*place, e.truth, e.value, f"{e.confidence:.6f}", "yes" if e.read else "no"))


def _sheets(
    folder: Path, name: str, rows: Sequence[Row], wrong: Sequence[Example], look: Look, *, photos: bool
) -> None:
    columns, high = (_PHOTO_COLUMNS, _PHOTO_ROWS) if photos else (_COLUMNS, _ROWS)
    tile = _PHOTO_TILE if photos else _TILE
    each = columns * high
    for number in range(min(_SHEETS, -(-len(wrong) // each))):
        part = wrong[number * each : (number + 1) * each]
        high = -(-len(part) // columns)
        size = (columns * (tile[0] + _GAP) + _GAP, high * (tile[1] + _GAP) + _GAP)
        sheet = Image.new("L", size, 255)
        for i, example in enumerate(part):
            at = (
                _GAP + (i % columns) * (tile[0] + _GAP),
                _GAP + (i // columns) * (tile[1] + _GAP),
            )
            sheet.paste(_tile(rows[example.place], name, example, look, tile), at)
        sheet.save(folder / f"{name}-{number + 1}.png", optimize=True)


def _tile(row: Row, name: str, example: Example, look: Look, size: tuple[int, int]) -> Image.Image:
    tile = Image.new("L", size, 236)
    room = (size[0] - 12, size[1] - _TILE[1] + _PICTURE[1])
    picture = look(row, name)
    if picture is not None:
        shown = Image.fromarray(picture)
        scale = min(room[0] / shown.width, room[1] / shown.height, 6.0)
        shown = shown.resize(
            (max(1, round(shown.width * scale)), max(1, round(shown.height * scale))),
            Image.Resampling.BICUBIC,
        )
        tile.paste(shown, ((size[0] - shown.width) // 2, 6 + (room[1] - shown.height) // 2))
    draw = ImageDraw.Draw(tile)
    large = ImageFont.truetype(str(font_file("bold")), 15)
    small = ImageFont.truetype(str(font_file("regular")), 11)
    said = (example.value or "nothing") if example.read else "unreadable"
    line = size[1] - 27
    draw.text((6, line), f"is {example.truth or 'nothing'}, read {said}", 0, large, anchor="ls")
    draw.text((size[0] - 6, line), f"{example.confidence:.4f}", 0, large, anchor="rs")
    where = f"line {row.line}: {row.path.name}"
    draw.text(
        (6, line + 18), where if len(where) < 42 else where[:20] + "…" + where[-20:], 90, small, anchor="ls"
    )
    return tile


def _looker(options: ReadOptions) -> Look:
    """Pages are opened again for the few that are shown; what cannot be opened is an empty tile."""
    from ocr.load import load_page

    if options.kind == "meter":
        return _meter_look(options)
    crop = _form_crop(options) if options.kind == "form" else None

    def look(row: Row, name: str) -> Grey | None:
        try:
            page = load_page(row.path, row.path.name, row.page, options.limits)
            return np.asarray(page.grey if crop is None else crop(page, row, name), dtype=np.uint8)
        except (MeterdropError, OSError, ValueError):
            return None

    return look


def _meter_look(options: ReadOptions) -> Look:
    """The digits as they were found, above the photo, with the place where they were found marked on it."""
    import cv2

    from ocr.load import open_document
    from ocr.meters.photo import photo_limits, photo_of
    from ocr.meters.reader import MeterReader
    from ocr.meters.reading import read_photo
    from ocr.meters.strip import cut

    reader = MeterReader.load()

    def look(row: Row, _: str) -> Grey | None:
        try:
            with open_document(row.path, row.path.name, photo_limits(options.limits)) as document:
                photo = photo_of(document, row.page)
                displays = read_photo(reader, photo, options.digits, options.decimals).displays
                image = photo.image
        except (MeterdropError, OSError, ValueError):
            return None
        scale = _SHOWN_SIDE / max(image.shape[:2])
        small = cv2.cvtColor(cv2.resize(image, None, fx=scale, fy=scale), cv2.COLOR_BGR2GRAY)
        strip = np.full((48, _SHOWN_SIDE), 236, np.uint8)
        if displays:
            quad = np.asarray(displays[0].quad, np.float32) / np.float32(photo.factor)
            cv2.polylines(small, [np.round(quad * scale).astype(np.int32)], isClosed=True, color=255)
            digits = cv2.cvtColor(cut(image, quad), cv2.COLOR_BGR2GRAY)[:, :_SHOWN_SIDE]
            strip[:, : digits.shape[1]] = digits
        small = small[:, :_SHOWN_SIDE]
        wide = np.full((small.shape[0], _SHOWN_SIDE), 236, np.uint8)
        wide[:, : small.shape[1]] = small
        return np.asarray(np.vstack([strip, wide]), np.uint8)

    return look


def _form_crop(options: ReadOptions) -> Callable[[PageImage, Row, str], Grey]:
    """Cuts a field out of the upright slip; gives the whole page where no slip was registered."""
    from meterdrop.readers import form_reader
    from ocr.forms import rectify

    reader = form_reader(options)
    by_key = {template.key: template for template in reader.templates}

    def crop(page: PageImage, row: Row, name: str) -> Grey:
        slips = [s for s in reader.read_page(page) if s.slip == row.slip]
        template = by_key.get(slips[0].template or "") if slips else None
        if template is None or slips[0].registration is None:
            return np.asarray(page.grey, dtype=np.uint8)
        upright = rectify(page.grey, slips[0].registration, template, _SHOWN_DPI)
        box = next((f.box for f in template.fields if f.name == name), None)
        if box is None:
            return upright
        scale, around = _SHOWN_DPI / 25.4, box.grown(2.0)
        rows = slice(max(0, round(around.y_mm * scale)), round(around.bottom_mm * scale))
        return upright[rows, max(0, round(around.x_mm * scale)) : round(around.right_mm * scale)]

    return crop
