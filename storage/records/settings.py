"""Where the records are kept; the front door fills this from ``METERDROP_*``."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import SettingsError


@dataclass(frozen=True)
class RecordsSettings:
    """How to reach the records.

    ``url``: ``sqlite:////absolute/path.db`` or ``postgresql://user:password@host/database``; a primary and
    its standbys are ``postgresql://user:password@host1:5432,host2:5432/database``.
    ``busy_seconds``: how long a writer waits for another one on SQLite. ``pool``: connections kept open to
    PostgreSQL.
    """

    url: str
    busy_seconds: float = 30.0
    pool: int = 5

    def __post_init__(self) -> None:
        if not self.url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise SettingsError(
                "METERDROP_DATABASE_URL must begin with sqlite:/// or postgresql://; "
                "leave it empty for a file in METERDROP_HOME"
            )
        if self.pool < 1 or self.busy_seconds <= 0:
            raise SettingsError("the records' pool must be at least 1 and the busy time above 0")
