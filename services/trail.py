"""Which batch, sheet or request the work at hand belongs to: what ties lines of the log together.

Numbers of records and random words only, nothing that says anything of a customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

#: What may tie lines together; each is a number of a record or, of a request, a random word.
NAMES: Final = ("batch", "file", "sheet", "run", "request")

_NOTHING: Mapping[str, int | str] = MappingProxyType({})
_trail: ContextVar[Mapping[str, int | str]] = ContextVar("meterdrop-trail", default=_NOTHING)


@contextmanager
def about(**what: int | str) -> Iterator[None]:
    """Whatever is logged inside belongs to this; ``about(batch=3)`` within ``about(request="…")`` to both."""
    unknown = set(what) - set(NAMES)
    if unknown:
        raise ValueError(f"{min(unknown)!r} ties nothing together; there are {', '.join(NAMES)}")
    token = _trail.set({**_trail.get(), **what})
    try:
        yield
    finally:
        _trail.reset(token)


def current() -> Mapping[str, int | str]:
    """What the work at hand belongs to, outermost first."""
    return _trail.get()
