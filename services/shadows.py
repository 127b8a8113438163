"""Keep what a shadow model read beside the one that decides: never shown, never decisive."""

from __future__ import annotations

from ocr.results import SlipReading
from services import recognition
from services.context import Context
from services.scores import scores
from services.weighing import weighed
from storage.records import SheetRow, Transaction
from templates.model import Template


def keep(ctx: Context, tx: Transaction, row: SheetRow, slip: SlipReading, template: Template) -> None:
    """Record ``slip``, the sheet as the shadow model read it, decoded as the deciding model's would be."""
    slip, known = weighed(ctx, tx, row, slip, template)
    seen = scores(slip, template)
    tx.shadows.add(
        {
            "sheet_id": row.id,
            "model": slip.model,
            "recognition": recognition.to_json(slip),
            "score": seen.main,
            "date_score": seen.date,
            "held": seen.held or not known.rows,
        }
    )
