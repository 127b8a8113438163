"""How much one file may ask of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that keep any file, hostile ones included, under 1 GB of memory and within seconds.

    ``pixels``: of one page image, before it is reduced. ``file_bytes``: of a PDF or TIFF; ``picture_bytes``:
    of a file with one picture, which is read into memory whole. ``pages``: of one file; ``rendered_pages``:
    how many pages of one PDF may need drawing (pages that are one embedded scan, or empty, do not count).
    ``render_dpi``: resolution of drawn pages; ``render_seconds``: for drawing one page;
    ``file_render_seconds``: for drawing all pages of one opened document. ``max_dpi``: page images with more
    are reduced, by a whole factor. ``min_side``: pixels of the shorter side under which nothing can be read.
    ``working_bytes``: what decoding one picture may allocate.
    """

    pixels: int = 150_000_000
    file_bytes: int = 1 << 30
    picture_bytes: int = 200 << 20
    pages: int = 10_000
    rendered_pages: int = 500
    render_dpi: int = 300
    render_seconds: float = 20.0
    file_render_seconds: float = 600.0
    max_dpi: float = 400.0
    min_side: int = 8
    working_bytes: int = 650 << 20
