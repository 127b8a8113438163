"""``--as meter``: photos of meters, with or without a register of the meters that may be on them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import UsageError

if TYPE_CHECKING:
    from ocr.load import Document
    from ocr.meters.plate import Plate
    from ocr.meters.reading import Reader
    from ocr.meters.results import MeterReading

Line = dict[str, Any]
_COUNTS = ("digits", "decimals")


@dataclass(frozen=True)
class KnownMeter:
    """What a register says of a meter's display; None where its cell is empty."""

    digits: int | None
    decimals: int | None


def meter_reader(
    digits: int | None, decimals: int | None, register: Path | None, reader: Reader | None = None
) -> Callable[[Document, int], list[Line]]:
    """Reads one page of an opened file as a photo.

    ``register``: a CSV with ``meter_serial``, ``digits`` and ``decimals``: the number on the plate is looked
    for in it, and where one is proven its counts are used, unless they are given. Raises ``UsageError``.
    """
    from ocr.meters.as_json import meter_as_json
    from ocr.meters.photo import photo_of
    from ocr.meters.reader import MeterReader
    from ocr.meters.reading import read_photo

    known = {} if register is None else known_meters(register)
    opened = reader if reader is not None else MeterReader.load()

    def read(document: Document, page: int) -> list[Line]:
        started = time.perf_counter()
        photo = photo_of(document, page)
        reading = read_photo(opened, photo, digits, decimals)
        plate = None
        if known:
            plate = _plate(photo.whole().image, reading, list(known))
            meter = known.get(plate.serial or "")
            if meter is not None and digits is None and meter.digits is not None:
                reading = read_photo(opened, photo, meter.digits, meter.decimals)
        line = meter_as_json(reading, plate)
        return [line | {"seconds": round(time.perf_counter() - started, 4)}]

    return read


def _plate(image: Any, reading: MeterReading, serials: list[str]) -> Plate:
    from ocr.meters.plate import read_plate

    quad = reading.displays[0].quad if reading.displays else None
    return read_plate(image, quad, serials)


def known_meters(path: Path) -> dict[str, KnownMeter]:
    """Serial → counts, from a register in CSV; raises ``UsageError``."""
    import csv

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--register {path}: {error.strerror or error}; name a CSV file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", errors="replace")
    lines = text.splitlines()
    separator = max(",;\t", key=(lines[0] if lines else "").count)
    rows = csv.DictReader(lines, delimiter=separator)
    rows.fieldnames = [name.strip().strip('"').lower() for name in rows.fieldnames or ()]
    if "meter_serial" not in rows.fieldnames:
        raise UsageError(
            f"--register {path}: no column meter_serial; photos are matched by the meter's number"
        )
    found: dict[str, KnownMeter] = {}
    for row in rows:
        serial = (row.get("meter_serial") or "").strip()
        if serial:
            found[serial] = KnownMeter(*(_count(row.get(name)) for name in _COUNTS))
    return found


def _count(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
