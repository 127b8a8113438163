"""What the sheet benchmark is held against: decoding the images alone, Tesseract on the same cut fields,
RapidOCR on whole pages.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2

from benchmarks.cpu import cpu_seconds
from benchmarks.intervals import Share
from ocr.cells import CellClassifier
from ocr.forms import FormReader, rectify
from ocr.load import open_document
from templates import find

_FIELDS = ("account", "reading", "date")
_MARGIN_MM = 1.0


def decode_alone(pdf: Path, sheets: int, cores: int) -> tuple[float, float]:
    """Seconds to decode every page to grey pixels in ``cores`` running processes: wall clock, processor."""
    share = -(-sheets // cores)
    parts = [(pdf, first, min(first + share, sheets)) for first in range(0, sheets, share)]
    with get_context("spawn").Pool(cores) as pool:
        pool.map(_ready, range(cores * 2), chunksize=1)
        began, used = time.perf_counter(), cpu_seconds()
        pool.starmap(_decode, parts, chunksize=1)
        return time.perf_counter() - began, cpu_seconds() - used


def _ready(_: int) -> None:
    cv2.setNumThreads(1)
    time.sleep(0.3)  # long enough that every process gets one


def _decode(pdf: Path, first: int, last: int) -> int:
    with open_document(pdf) as document:
        return sum(document.page(number + 1).grey.size for number in range(first, last))


@dataclass(frozen=True)
class Rival:
    """Processor ``seconds`` for one slip; ``right``: accounts and readings read exactly."""

    seconds: float
    right: Share


def rapidocr(pdf: Path, truth: dict[str, str], sample: int) -> Rival | None:
    """RapidOCR, as it comes, on ``sample`` whole pages turned upright; None where it is not installed.

    A value counts as read when its digits stand anywhere in the page's text: kinder than any use can be.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError:
        return None
    threads = {"EngineConfig.onnxruntime.intra_op_num_threads": 1}
    engine = RapidOCR(params={**threads, "Global.log_level": "critical"})
    template, reader = (
        find("krasnoyarsk-dropbox"),
        FormReader([find("krasnoyarsk-dropbox")], CellClassifier.load()),
    )
    right, used = Share(), 0.0
    with open_document(pdf) as document:
        for number, (account, reading) in enumerate(list(truth.items())[:sample]):
            page = document.page(number + 1)
            [slip] = reader.read_page(page)
            upright = (
                page.grey
                if slip.registration is None
                else rectify(page.grey, slip.registration, template, 300)
            )
            began = time.process_time()
            found = engine(cv2.cvtColor(upright, cv2.COLOR_GRAY2BGR))
            used += time.process_time() - began
            text = "".join("".join(filter(str.isdigit, line)) + "\n" for line in found.txts or ())
            for value in (account, reading):
                right.add(value in text)
    return Rival(used / sample, right)


def tesseract(pdf: Path, truth: dict[str, str], sample: int) -> Rival:
    """Tesseract, digits only, a line a field, on the first ``sample`` slips; all fields in one call.

    One call for all fields is its fastest way: the model is loaded once. Cutting is not counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = _cut(pdf, truth, sample, Path(folder))
        listed = Path(folder) / "fields.txt"
        listed.write_text("\n".join(str(path) for path, _ in wanted))
        command = ["tesseract", str(listed), "stdout", "--psm", "7", "-l", "eng"]
        command += ["-c", "tessedit_char_whitelist=0123456789", "-c", "page_separator=\f"]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
        )
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    right = Share()
    for said, (_, true) in zip(done.stdout.split("\f"), wanted, strict=False):
        if true is not None:
            right.add("".join(said.split()) == true)
    return Rival(seconds / sample, right)


def _cut(pdf: Path, truth: dict[str, str], sample: int, folder: Path) -> list[tuple[Path, str | None]]:
    """The account, reading and date fields of ``sample`` slips as pictures at 300 dpi, with what they say."""
    template = find("krasnoyarsk-dropbox")
    reader = FormReader([template], CellClassifier.load())
    scale = 300 / 25.4
    wanted: list[tuple[Path, str | None]] = []
    with open_document(pdf.read_bytes(), pdf.name) as document:
        for number, (account, reading) in enumerate(list(truth.items())[:sample]):
            page = document.page(number + 1)
            [slip] = reader.read_page(page)
            if slip.registration is None:
                continue
            upright = rectify(page.grey, slip.registration, template, 300)
            said = {"account": account, "reading": reading, "date": None}
            for name in _FIELDS:
                box = template.field(name).box
                top, left = round((box.y_mm - _MARGIN_MM) * scale), round((box.x_mm - _MARGIN_MM) * scale)
                bottom = round((box.y_mm + box.h_mm + _MARGIN_MM) * scale)
                right = round((box.x_mm + box.w_mm + _MARGIN_MM) * scale)
                path = folder / f"{number:03d}-{name}.png"
                cv2.imwrite(str(path), upright[top:bottom, left:right])
                wanted.append((path, said[name]))
    return wanted
