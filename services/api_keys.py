"""Keys of the HTTP API: one a channel of a supplier, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

from domain.errors import AlreadyExistsError, UsageError
from services.context import Context
from services.text import printable
from storage.records.api_keys import ApiKeyRow

#: Begins every key, so that one that leaked is recognised.
PREFIX = "mdk_"
WHO = "keys"


def issue(ctx: Context, name: str, supplier: str, channel: str) -> str:
    """A new key for readings of this supplier by this channel; nobody can be shown it again.

    Raises ``UsageError``, ``AlreadyExistsError``.
    """
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    if not name.strip() or not (name + channel).isprintable() or not channel.strip():
        raise UsageError("name and channel of a key may have visible characters only")
    key = PREFIX + secrets.token_urlsafe(32)
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if not tx.api_keys.add(name, supplier, channel, hashed(key), at):
            raise AlreadyExistsError(f"there is a key {name!r} already; choose another name")
        details = {"name": printable(name), "channel": channel}
        tx.audits.add(at, WHO, "key.issued", supplier=supplier, details=details)
    return key


def revoke(ctx: Context, name: str) -> None:
    """Make a key worth nothing from now on; raises ``UsageError`` when there is none of that name."""
    at = ctx.clock()
    with ctx.records.begin() as tx:
        if not tx.api_keys.revoke(name, at):
            raise UsageError(f"there is no key {name!r} in force; 'meterdrop keys list' shows them")
        tx.audits.add(at, WHO, "key.revoked", details={"name": printable(name)})


def holder(ctx: Context, key: str) -> ApiKeyRow | None:
    """Whose key it is; None for one that is not in force."""
    if not key.startswith(PREFIX):
        return None
    with ctx.records.read() as tx:
        return tx.api_keys.find(hashed(key))


def listed(ctx: Context) -> list[ApiKeyRow]:
    """Every key, also revoked ones."""
    with ctx.records.read() as tx:
        return tx.api_keys.all()


def hashed(key: str) -> str:
    """A key has 256 random bits: nothing slower than one SHA-256 is needed to keep it."""
    return hashlib.sha256(key.encode()).hexdigest()
