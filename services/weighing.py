"""A slip decoded with everything that register and records know of the accounts that it may name."""

from __future__ import annotations

from domain.account import AccountState
from ocr.decode import rivals
from ocr.decode.history import with_register
from ocr.results import SlipReading
from services import judging
from services.addresses import with_address
from services.context import Context
from storage.records import SheetRow, Transaction
from templates.model import Template


def weighed(
    ctx: Context, tx: Transaction, row: SheetRow, slip: SlipReading, template: Template
) -> tuple[SlipReading, AccountState]:
    """``slip`` as its account's readings, address and meters bear it out, and how that account stands."""
    known = judging.state_for(ctx, tx, row, slip.account)
    rival = rivals.rival_of(slip)
    if rival and known.rows:
        other = judging.state_for(ctx, tx, row, rival)
        slip = rivals.by_readings(slip, template, known.rows, other.rows, row.collected)
    slip = with_address(tx, row.supplier, slip, template, known.rows)
    return with_register(slip, template, known.rows, row.collected), known
