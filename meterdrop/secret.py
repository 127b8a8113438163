"""The installation's secret: signs session cookies and draws the lots of blind audits."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from domain.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from meterdrop.settings import Settings

#: Shortest secret that is taken from the settings.
SHORTEST_SECRET = 32


def session_secret(settings: Settings) -> str:
    """What signs the session cookies: the setting, or a random text made once and kept in the home."""
    given = settings.text("METERDROP_SECRET")
    if given:
        if len(given) < SHORTEST_SECRET:
            raise SettingsError(f"METERDROP_SECRET is short; use at least {SHORTEST_SECRET} characters")
        return given
    file = settings.home / "session.secret"
    try:
        if not file.exists():
            _make_secret(file)
        return _kept_secret(file)
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be kept: {error.strerror}; set METERDROP_SECRET, or make METERDROP_HOME writable"
        ) from error


def audit_key(settings: Settings) -> bytes:
    """What draws the lots: derived from the secret, so that neither tells the other."""
    return hmac.digest(session_secret(settings).encode(), b"meterdrop: lots of blind audits", hashlib.sha256)


def _make_secret(file: Path) -> None:
    """A new secret under that name, complete from the first moment; one made meanwhile stays."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(48))
        out.flush()
        os.fsync(out.fileno())
    try:
        # Several processes may start at once: unlike a rename, a link never replaces.
        file.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError:
        # File systems without links.
        if not file.exists():
            temporary.rename(file)
    temporary.unlink(missing_ok=True)


def _kept_secret(file: Path) -> str:
    kept = file.read_text("ascii").strip()
    if len(kept) < SHORTEST_SECRET:
        raise SettingsError(f"{file} is damaged; delete it, and a new one is made (everybody logs in again)")
    return kept
