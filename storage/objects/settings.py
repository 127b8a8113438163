"""Where the objects are kept; the front door fills this from ``METERDROP_*``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import SettingsError


@dataclass(frozen=True)
class S3Settings:
    """How to reach a bucket on any server that speaks S3.

    ``endpoint`` is ``host`` or ``host:port`` without a scheme; ``prefix`` is put before every key;
    ``timeout`` and ``attempts`` bound one request: seconds for each try, and how many tries.
    ``ca_file`` is a PEM bundle for a server whose certificate the system does not trust.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    prefix: str = ""
    region: str | None = None
    tls: bool = True
    ca_file: Path | None = None
    timeout: float = 20.0
    attempts: int = 4

    def __post_init__(self) -> None:
        if "://" in self.endpoint or "/" in self.endpoint or not self.endpoint:
            raise SettingsError(
                f"METERDROP_S3_ENDPOINT is {self.endpoint!r}; write host:port without http:// and "
                "choose TLS with METERDROP_S3_TLS"
            )
        for name in ("bucket", "access_key", "secret_key"):
            if not getattr(self, name):
                raise SettingsError(f"METERDROP_S3_{name.upper()} is empty; set it")
        if self.timeout <= 0 or self.attempts < 1:
            raise SettingsError("METERDROP_S3_TIMEOUT must be above 0 and METERDROP_S3_ATTEMPTS at least 1")


@dataclass(frozen=True)
class StoreSettings:
    """A folder, or S3 when ``s3`` is given."""

    folder: Path | None = None
    s3: S3Settings | None = None
