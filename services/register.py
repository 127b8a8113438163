"""Import the register of accounts: good rows are taken, bad ones listed with their line."""

from __future__ import annotations

from pathlib import Path

from services.context import Context
from services.results import ImportResult


def import_register(ctx: Context, path: Path, supplier: str) -> ImportResult:
    """Insert or update a row per meter and tariff.

    Raises ``RegisterError`` when the file is not a register.
    """
    raise NotImplementedError
