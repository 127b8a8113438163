"""A slip's rows looked at for what their writer did beside writing one digit a cell: see ``habits``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from domain.reasons import Reason
from ocr.decode.evidence import BLANK
from ocr.forms.cutting import CELL_MARGIN, cut
from ocr.forms.fluid import painted_cells
from ocr.forms.habits import Observed, observe, usual_ink
from ocr.forms.registration import Registered
from ocr.forms.row import Row, row_ink
from ocr.forms.settings import CellReader, Floats, Grey
from templates.model import Template


def observe_slip(
    registered: Registered,
    template: Template,
    probabilities: Mapping[str, Floats],
    classifier: CellReader,
    *,
    dpi: float,
    black: float,
) -> dict[str, Observed]:
    """What was done with each row of cells; ``black``: see ``ink``."""
    slip, shifts = registered.slip, registered.correction.shifts
    rows: dict[str, Row] = {}
    for field in template.fields:
        # A row whose cells are all blank has no habit in it that could matter.
        if field.cells and (probabilities[field.name].argmax(axis=1) != BLANK).any():
            shift = shifts[field.name].mean(axis=0)
            rows[field.name] = row_ink(slip, template, field, shift, dpi=dpi, black=black)
    usual = usual_ink(rows, probabilities)
    painted = painted_cells(slip, template, registered.correction, dpi)

    def halves(row: Row, cell: int, pieces: tuple[int, ...]) -> Floats:
        crop = _only(slip, row, cell, pieces, shifts[row.field.name][cell])
        return np.asarray(classifier.probabilities([crop], CELL_MARGIN)[0], dtype=np.float64)

    seen = {}
    for name, table in probabilities.items():
        found = observe(rows[name], table, usual, halves) if name in rows else Observed(table)
        if painted.get(name):
            found = replace(found, reasons=(*found.reasons, Reason.CORRECTION_FLUID))
        seen[name] = found
    return seen


def _only(slip: Grey, row: Row, cell: int, pieces: tuple[int, ...], shift: Floats) -> Grey:
    """The cut of a cell in which only some of its own pieces of ink are left."""
    y, x = row.origin
    height, width = row.labels.shape
    others = [piece.number for piece in row.of_cell[cell] if piece.number not in pieces]
    hidden = cv2.dilate(np.isin(row.labels, others).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    copy = slip.copy()
    part = copy[y : y + height, x : x + width]
    part[hidden] = np.percentile(part[~row.ink], 60)
    return cut(copy, row.field.cells[cell], row.scale * 25.4, CELL_MARGIN, (float(shift[0]), float(shift[1])))
