"""Objects that no record names: something stopped between storing the bytes and recording them.

Nobody was told that they were received, so nobody misses them, and no term would ever end them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from services.context import Context

#: No step between storing and recording takes that long.
OLD = timedelta(days=1)
#: More than so many, and than this share of all that is old, are not what crashes leave: another
#: installation has the same place, or the records are older than the objects.
FEW, SHARE = 100, 0.05
_SOME = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """``keys``: of the objects destroyed; ``kept``: how many were left, being too many.

    ``halves``: unfinished files that were removed.
    """

    keys: tuple[str, ...] = ()
    kept: int = 0
    halves: int = 0


def sweep(ctx: Context, who: str, *, dry: bool = False, many: bool = False) -> Swept:
    """Destroy objects that no record names and that nobody has put for a day; logged and audited.

    ``many``: however many there are. A hand-in that ends between the last look and the deletion, of the same
    bytes that a crash left a day or more before, would lose its object: ``verify`` would name it, and handing
    in again mends it.
    """
    before = ctx.clock() - OLD
    halves = 0 if dry else ctx.objects.sweep(before)
    with ctx.records.read() as tx:
        logged = tx.named.in_log()
    found: list[str] = []
    old = 0
    keys = ctx.objects.untouched_since(before)
    while some := list(islice(keys, _SOME)):
        old += len(some)
        found += (key for key in _unnamed(ctx, some) if key not in logged)
    if len(found) > max(FEW, SHARE * old) and not many:
        log.warning("objects that no record names were left, being too many: %d of %d", len(found), old)
        return Swept((), len(found), halves)
    if not dry:
        found = [key for some in _pieces(found) for key in _destroy(ctx, some, who)]
    return Swept(tuple(found), 0, halves)


def let_go(ctx: Context, key: str) -> None:
    """Destroy an object that was stored for nothing, unless a record names it."""
    with ctx.records.read() as tx:
        named = tx.named.of([key]) or key in tx.named.in_log()
    if not named:
        ctx.objects.delete(key)


def _unnamed(ctx: Context, keys: Sequence[str]) -> list[str]:
    with ctx.records.read() as tx:
        named = tx.named.of(keys)
    return [key for key in keys if key not in named]


def _destroy(ctx: Context, keys: Sequence[str], who: str) -> list[str]:
    """The objects first: nothing is called destroyed that is still there."""
    gone = _unnamed(ctx, keys)
    for key in gone:
        ctx.objects.delete(key)
    if gone:
        with ctx.records.begin() as tx:
            tx.audits.add(ctx.clock(), who, "objects.swept", details={"objects": gone})
        log.warning("objects that no record names were destroyed: %d", len(gone))
    return gone


def _pieces(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _SOME):
        yield keys[start : start + _SOME]
