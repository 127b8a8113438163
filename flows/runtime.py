"""How a flow comes to its services: the front door says how to open them, each flow run opens and closes
them.

Prefect writes a task's parameters into its database, so the open adapters cannot be parameters; they are kept
here for the time of a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from delivery.connections import Connections
from domain.errors import SettingsError
from flows import stopping
from services.context import Context
from services.results import Progress

Listener = Callable[[Progress], None]

_lock = threading.Lock()
_opener: Callable[[], Context] | None = None
_connect: Callable[[Context], Connections] | None = None
_open: list[tuple[Context, Listener | None]] = []


def configure(opener: Callable[[], Context], connect: Callable[[Context], Connections] | None = None) -> None:
    """Say how a deployed flow opens its services (``meterdrop.deployments`` does).

    ``connect``: which billing systems, gateways and mailboxes there are.
    """
    global _opener, _connect
    _opener, _connect = opener, connect


def connections(ctx: Context) -> Connections:
    """The billing systems, gateways and mailboxes that are set up; raises ``SettingsError``."""
    return Connections() if _connect is None else _connect(ctx)


@contextmanager
def using(ctx: Context, progress: Listener | None = None) -> Iterator[Context]:
    """Let flows called inside work with an already open ``ctx`` (it stays open) and tell ``progress``."""
    item = (ctx, progress)
    with _lock:
        _open.append(item)
    try:
        yield ctx
    finally:
        with _lock:
            _open.remove(item)


@contextmanager
def opened() -> Iterator[Context]:
    """The services for one flow run: those that the caller has open, or else opened now and closed at the
    end.
    """
    with _lock:
        given = _open[-1][0] if _open else None
    if given is not None:
        yield given
        return
    if _opener is None:
        raise SettingsError("this process does not know its services; run flows with 'meterdrop worker'")
    with stopping.busy():
        ctx = _opener()
        try:
            with using(ctx):
                yield ctx
        finally:
            ctx.close()


def current() -> Context:
    """The open services, for tasks; raises ``SettingsError`` outside a run."""
    with _lock:
        if not _open:
            raise SettingsError("no flow is running here")
        return _open[-1][0]


def listener() -> Listener | None:
    """Whom the caller wants to be told of progress, if anybody."""
    with _lock:
        return _open[-1][1] if _open else None
