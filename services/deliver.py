"""Hand accepted readings to billing as a file, each exactly once over all runs."""

from __future__ import annotations

from pathlib import Path

from services.context import Context
from services.results import ExportResult


def export_readings(ctx: Context, path: Path) -> ExportResult:
    """Write the readings never exported before to ``path``.

    Refuses an existing file (``AlreadyExistsError``).
    """
    raise NotImplementedError


def export_again(ctx: Context, run_id: int, path: Path) -> ExportResult:
    """Write a past run's readings once more; raises ``UsageError`` for an unknown run."""
    raise NotImplementedError
