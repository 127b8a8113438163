"""Prints forms: a PDF for a printing house, its picture, and its layout in millimetres."""

from __future__ import annotations

from templates.printing.document import PrintOptions, print_pdf, write_pdf
from templates.printing.layout import layout
from templates.printing.picture import picture, render_png

__all__ = ["PrintOptions", "layout", "picture", "print_pdf", "render_png", "write_pdf"]
