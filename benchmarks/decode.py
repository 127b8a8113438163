"""Pages a second of decoding alone, for each kind of file that scanners send; one process, one thread.

    python -m benchmarks.decode [--pages 60]

The first line is the floor: the JPEG data of the same pages, already in memory, through the decoder and
nothing else. What the loader adds (PDF structure, size checks, orientation) is the difference to the second.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pikepdf
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pile import DPI, pile
from ocr.load import open_document

_REPEATS = 3
Page = NDArray[np.uint8]


@dataclass(frozen=True)
class Kind:
    """``data``: one file of all pages, or one of each."""

    name: str
    data: tuple[bytes, ...]


def kinds(jpegs: list[bytes]) -> Iterator[Kind]:
    """The same pages as files of several kinds."""
    grey = [_decoded(data) for data in jpegs]
    yield Kind("PDF, grey JPEG", (_pdf(jpegs, grey[0].shape),))
    yield Kind(
        "PDF, grey JPEG, drawn by poppler", (_pdf(jpegs[:8], grey[0].shape, b" 1 0 0 RG 9 9 m 9 10 l S"),)
    )
    yield Kind("JPEG files, grey", tuple(jpegs))
    yield Kind("JPEG files, colour", tuple(_saved(page, "JPEG", "RGB", quality=80) for page in grey))
    yield Kind("TIFF, group 4", (_tiff(grey, compression="group4"),))
    yield Kind("TIFF, LZW", (_tiff(grey, compression="tiff_lzw"),))
    yield Kind("PNG files, grey", tuple(_saved(page, "PNG", "L") for page in grey[:20]))
    yield Kind("HEIC files, colour", tuple(_heic(page) for page in grey[:4]))


def read_all(files: tuple[bytes, ...]) -> int:
    """Decode every page of every file to grey; how many."""
    done = 0
    for data in files:
        with open_document(data) as document:
            for number in range(1, document.pages + 1):
                done += document.page(number).grey.ndim == 2
    return done


def timed(work: Callable[[], int]) -> float:
    """Pages a second, the median of three runs after one to warm up."""
    work()
    rates = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        pages = work()
        rates.append(pages / (time.perf_counter() - started))
    return statistics.median(rates)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--pages", type=int, default=60)
    given = arguments.parse_args()
    cv2.setNumThreads(1)
    made = pile(given.pages)
    with pikepdf.open(made.pdf) as pdf:
        jpegs = [next(iter(page.get_images().values())).read_raw_bytes() for page in pdf.pages]

    def floor() -> int:
        return sum(_decoded(data).ndim == 2 for data in jpegs)

    print(f"{'decoder alone, grey JPEG in memory':36s} {timed(floor):7.1f} pages/s")
    for kind in kinds(jpegs):
        print(f"{kind.name:36s} {timed(partial(read_all, kind.data)):7.1f} pages/s", flush=True)


def _decoded(data: bytes) -> Page:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _pdf(jpegs: list[bytes], shape: tuple[int, ...], more: bytes = b"") -> bytes:
    height, width = (side * 72 / DPI for side in shape)
    with pikepdf.new() as pdf:
        for data in jpegs:
            image = pikepdf.Stream(pdf, data)
            image["/Subtype"], image["/Filter"] = pikepdf.Name.Image, pikepdf.Name.DCTDecode
            image["/ColorSpace"], image["/BitsPerComponent"] = pikepdf.Name.DeviceGray, 8
            image["/Width"], image["/Height"] = shape[1], shape[0]
            page = pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=[0, 0, width, height],
                Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image)),
                Contents=pikepdf.Stream(pdf, b"q %f 0 0 %f 0 0 cm /Im0 Do Q" % (width, height) + more),
            )
            pdf.pages.append(pikepdf.Page(page))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _saved(page: Page, form: str, mode: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(page).convert(mode).save(out, form, dpi=(DPI, DPI), **options)
    return out.getvalue()


def _heic(page: Page) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener()
    return _saved(page, "HEIF", "RGB")


def _tiff(pages: list[Page], compression: str) -> bytes:
    frames = [Image.fromarray(page) for page in pages]
    if compression == "group4":
        frames = [frame.point(lambda value: 255 if value > 160 else 0).convert("1") for frame in frames]
    out = io.BytesIO()
    frames[0].save(
        out, "TIFF", save_all=True, append_images=frames[1:], compression=compression, dpi=(DPI, DPI)
    )
    return out.getvalue()


if __name__ == "__main__":
    main()
