"""Forms without markers: found, told apart and registered by what is printed on them.

``PrintLibrary`` is the way in. Features of the page vote for a place of each known form (``features``,
``hypotheses``), small patches of its print are then looked for one by one and bend the map to the paper
(``patches``, ``alignment``), and what the patches say in the end decides which form it is (``telling``).
"""

from __future__ import annotations

from ocr.forms.markerless.library import PrintLibrary

__all__ = ["PrintLibrary"]
