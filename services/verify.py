"""Do records, objects and audit log agree?"""

from __future__ import annotations

from services.context import Context
from services.results import VerifyResult


def verify(ctx: Context) -> VerifyResult:
    """Check every sheet, reading, export item and object against each other and the audit log."""
    raise NotImplementedError
