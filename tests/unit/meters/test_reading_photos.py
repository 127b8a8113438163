"""A photo in, a line out: decoding, turning, scaling, and what is said of several displays or none."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from domain.errors import InputError, UsageError
from domain.reasons import Reason
from meterdrop.meters import known_meters, meter_reader
from ocr.load import open_document
from ocr.meters.facts import facts_of
from ocr.meters.photo import PHOTO_LIMITS, Photo, load_photo, photo_of
from ocr.meters.plate import Number, Plate
from ocr.meters.reading import read_photo
from ocr.meters.results import DisplayReading, MeterReading
from tests.unit.meters.pictures import QUAD, display, reading


class Scripted:
    """Finds what it is told to, in pixels of whatever picture it is given."""

    model = "scripted@1"

    def __init__(self, *displays: DisplayReading) -> None:
        self.displays = displays
        self.shapes: list[tuple[int, ...]] = []
        self.digits: list[int | None] = []

    def read(self, image: Any, digits: int | None = None, decimals: int | None = None) -> MeterReading:
        self.shapes.append(image.shape)
        self.digits.append(digits)
        scale = image.shape[1] / 640
        displays = tuple(
            replace(each, quad=tuple((x * scale, y * scale) for x, y in each.quad))  # type: ignore[arg-type]
            for each in self.displays
        )
        return MeterReading("read" if displays else "unreadable", displays, model=self.model)


def jpeg(picture: Any, orientation: int = 1, **exif: Any) -> bytes:
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    for name, value in exif.items():
        data[ExifTags.Base[name]] = value
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[..., ::-1])).save(out, "JPEG", quality=92, exif=data)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "png", "heic"])
def test_every_format_is_decoded_alike(kind: str) -> None:
    picture = np.ascontiguousarray(display()[150:310, 120:440])
    if kind == "jpeg":
        data = jpeg(picture)
    elif kind == "png":
        data = cv2.imencode(".png", picture)[1].tobytes()
    else:
        import pillow_heif

        out = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(picture[..., ::-1])).save(out, quality=90)
        data = out.getvalue()
    photo = load_photo(data)
    assert photo.image.shape == picture.shape and photo.factor == 1
    assert np.abs(photo.image.astype(int) - picture).mean() < 6


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_exif_orientation_is_applied_once(orientation: int) -> None:
    upright = display()
    # What a camera stores so that undoing the orientation gives the picture.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    photo = load_photo(jpeg(np.ascontiguousarray(stored), orientation))
    assert np.abs(photo.image.astype(int) - upright).mean() < 6


def test_a_large_photo_is_looked_at_smaller_and_corners_are_told_at_full_size() -> None:
    large = cv2.resize(display(), (3840, 2880), interpolation=cv2.INTER_LINEAR)
    reader = Scripted(reading(0.99))
    with open_document(jpeg(large), "a.jpg", PHOTO_LIMITS) as document:
        photo = photo_of(document)
        assert (photo.factor, photo.image.shape[:2]) == (2, (1440, 1920))
        found = read_photo(reader, photo)
    assert reader.shapes == [(1440, 1920, 3)]
    assert np.allclose(found.displays[0].quad, np.array(QUAD) * 6, atol=1)


def test_small_digits_on_a_large_photo_are_looked_at_with_every_pixel() -> None:
    large = cv2.resize(display(), (3840, 2880), interpolation=cv2.INTER_LINEAR)
    low = tuple((x, 200 + (y - 200) * 0.1) for x, y in QUAD)
    reader = Scripted(reading(0.99, low))  # type: ignore[arg-type]
    with open_document(jpeg(large), "a.jpg", PHOTO_LIMITS) as document:
        found = read_photo(reader, photo_of(document))
    assert [shape[1] for shape in reader.shapes] == [1920, 3840]
    assert np.allclose(found.displays[0].quad, np.array(low) * 6, atol=1)


def test_a_stated_resolution_changes_no_pixel_of_a_photo() -> None:
    out = io.BytesIO()
    Image.fromarray(display()).save(out, "PNG", dpi=(600, 300))
    assert load_photo(out.getvalue()).image.shape == (480, 640, 3)


def test_what_is_no_photo_says_so_in_one_line() -> None:
    for data in (b"", b"GIF89a", jpeg(display())[:300], b"\x00" * 40):
        with pytest.raises(InputError) as error:
            load_photo(data)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="pixels"):
        load_photo(jpeg(display()[:100, :400]))


def test_a_reading_comes_before_what_is_none_and_rivals_are_named() -> None:
    photo = Photo(display())
    date = reading(0.99, means="date", value="241126")
    found = read_photo(Scripted(date, reading(0.97)), photo)
    assert [each.means for each in found.displays] == ["reading", "date"] and found.reasons == ()
    assert read_photo(Scripted(date), photo).reasons == (Reason.NOT_A_READING,)
    two = (reading(0.97), reading(0.9, value="17"))
    assert read_photo(Scripted(*two), photo).reasons == (Reason.SEVERAL_METERS,)
    tariffs = (reading(0.97, tariff="T1"), reading(0.96, tariff="T2"))
    assert read_photo(Scripted(*tariffs), photo).reasons == ()


def test_no_display_is_unreadable_with_the_cause() -> None:
    found = read_photo(Scripted(), Photo((display() * 0.1).astype(np.uint8)))
    assert (found.outcome, found.reasons) == ("unreadable", (Reason.TOO_DARK, Reason.NO_DISPLAY_FOUND))


def test_the_facts_are_told_and_damaged_ones_are_none() -> None:
    data = jpeg(display(), Make="Maker", Model="Maker One", DateTime="2026:11:24 10:20:30")
    facts = facts_of(data)
    assert facts.taken is not None and facts.taken.date().isoformat() == "2026-11-24"
    assert facts.camera == "Maker One" and not facts.had_place
    assert facts_of(jpeg(display(), DateTime="2000:01:01 00:00:00")).taken is None
    assert facts_of(b"no picture").camera == ""


def line_of(reader: Scripted, tmp_path: Path, register: str | None = None) -> dict[str, Any]:
    (tmp_path / "a.jpg").write_bytes(jpeg(display()))
    table = None
    if register is not None:
        table = tmp_path / "r.csv"
        table.write_text(register)
    with open_document(tmp_path / "a.jpg", "a.jpg", PHOTO_LIMITS) as document:
        [line] = meter_reader(None, None, table, reader)(document, 1)
    return line


def test_the_line_is_as_documented(tmp_path: Path) -> None:
    line = line_of(Scripted(reading(0.97, decimals="4"), reading(0.5, value="99")), tmp_path)
    assert line["outcome"] == "read" and line["value"] == "05630" and line["decimals"] == "4"
    assert line["display"] == "drum" and len(line["quad"]) == 4 and line["reasons"] == []
    assert line["displays"][0]["value"] == "99" and line["model"] == "scripted@1"
    assert line_of(Scripted(), tmp_path)["outcome"] == "unreadable"


def test_a_plate_found_in_the_register_tells_the_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ocr.meters import plate

    proven = Plate("proven", "0091234567", (Number("0091234567", 90.0, "text"),))
    monkeypatch.setattr(plate, "read_plate", lambda *_: proven)
    reader = Scripted(reading(0.97))
    line = line_of(reader, tmp_path, "meter_serial;digits;decimals\n0091234567;5;1\n77;;\n")
    assert reader.digits == [None, 5]
    assert line["serial"] == {"verdict": "proven", "value": "0091234567", "numbers": ["0091234567"]}
    (tmp_path / "x.csv").write_text("account\n1\n")
    with pytest.raises(UsageError, match="meter_serial"):
        known_meters(tmp_path / "x.csv")
