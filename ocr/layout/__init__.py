"""What is printed on an empty form: where it may be written, found from its lines; for teaching new forms.

``straighten`` turns a scan upright and brings it to ``DPI``; ``find_places`` gives the places to write, and
``name_places`` reads the print around them.
"""

from __future__ import annotations

from ocr.layout.naming import Named, name_places
from ocr.layout.places import Place, find_places
from ocr.layout.tails import sticking_out
from ocr.layout.upright import DPI, straighten, turned

__all__ = ["DPI", "Named", "Place", "find_places", "name_places", "sticking_out", "straighten", "turned"]
