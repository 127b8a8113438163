"""Drawing a PDF page with poppler's pdftoppm, in a process of its own with bounded memory and time."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np

from domain.errors import InputError
from domain.reasons import Reason
from ocr.load.geometry import Pixels

_MEMORY_KB = 800_000
_HEADER = re.compile(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s")
_DRAW_AT_MOST = 40_000_000
_LOWEST_DPI = 20.0


def drawing_dpi(width_pt: float, height_pt: float, wanted: float) -> float:
    """The resolution at which a page of this size (points) is drawn; large pages get less than ``wanted``.

    Raises ``too_large`` where even a coarse drawing would take too many pixels.
    """
    square_inches = width_pt * height_pt / 72.0**2
    dpi: float = min(wanted, (_DRAW_AT_MOST / square_inches) ** 0.5, 32_000 * 72 / max(width_pt, height_pt))
    if dpi < _LOWEST_DPI:
        size = f"{width_pt / 72 * 0.0254:.1f}×{height_pt / 72 * 0.0254:.1f} m"
        raise InputError(Reason.TOO_LARGE, f"a page of {size}; print it to A4")
    return dpi


def draw(pdf: Path, dpi: float, seconds: float, *, colour: bool) -> Pixels:
    """Draw the first page of ``pdf`` inside its crop box: H×W grey or H×W×3 BGR.

    Raises ``timed_out``, ``too_large`` (out of memory) or ``corrupt_file``.
    """
    program = shutil.which("pdftoppm")
    if program is None:
        raise InputError(Reason.UNSUPPORTED_FORMAT, "drawing this page needs pdftoppm; install poppler-utils")
    options = ["-f", "1", "-l", "1", "-singlefile", "-cropbox", "-r", f"{dpi:.3f}"]
    if not colour:
        options.append("-gray")
    # The shell sets the limit in the child: Python cannot do so safely in a process with threads.
    limited = ["/bin/sh", "-c", f'ulimit -v {_MEMORY_KB}; exec "$0" "$@"', program, *options, str(pdf)]
    try:
        done = subprocess.run(
            limited, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            Reason.TIMED_OUT, f"drawing this page takes over {seconds:.0f} s; print it anew"
        ) from None
    return _pixels(done.stdout, done.stderr, done.returncode)


def _pixels(stdout: bytes, stderr: bytes, status: int) -> Pixels:
    header = _HEADER.match(stdout)
    if header is None:
        if status < 0 or b"memory" in stderr.lower() or b"bad_alloc" in stderr:
            raise InputError(Reason.TOO_LARGE, "this page takes too much memory to draw; print it anew")
        raise InputError(Reason.CORRUPT_FILE, "this page cannot be drawn; scan or send it again")
    bands = 3 if header[1] == b"6" else 1
    width, height = int(header[2]), int(header[3])
    if len(stdout) - header.end() < width * height * bands:
        raise InputError(Reason.CORRUPT_FILE, "this page cannot be drawn to its end; scan or send it again")
    flat = np.frombuffer(stdout, np.uint8, count=width * height * bands, offset=header.end())
    if bands == 1:
        return flat.reshape(height, width).copy()
    return np.asarray(cv2.cvtColor(flat.reshape(height, width, 3), cv2.COLOR_RGB2BGR), dtype=np.uint8)
