"""How a process of ours writes its log, as the settings say; also what nobody foresaw goes there, cleaned."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import cast

from domain.errors import MeterdropError, SettingsError
from meterdrop.settings import Settings, load_settings

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def start_log(settings: Settings) -> Callable[[], None]:
    """Set this process's log up; raises ``SettingsError``. Returns what makes it as it was before."""
    from web.logs import Form, configure

    form, level = settings.text("METERDROP_LOG_FORMAT"), settings.text("METERDROP_LOG_LEVEL").lower()
    if form not in ("text", "json"):
        raise SettingsError(f"METERDROP_LOG_FORMAT is {form!r}; write text or json")
    if level not in LEVELS:
        raise SettingsError(f"METERDROP_LOG_LEVEL is {level!r}; write one of {', '.join(LEVELS)}")
    undo = configure(cast(Form, form), LEVELS[level])
    sys.excepthook = _unforeseen
    threading.excepthook = _unforeseen_in_thread
    return undo


def start_log_anyway() -> Callable[[], None]:
    """As ``start_log``; with wrong settings as if there were none: whoever needs them says what is wrong."""
    try:
        return start_log(load_settings())
    except MeterdropError:
        return start_log(load_settings({}))


@contextmanager
def log_while() -> Iterator[logging.Logger]:
    """The log of one command, as the settings say; afterwards all is as before."""
    hooks = sys.excepthook, threading.excepthook
    undo = start_log_anyway()
    try:
        yield logging.getLogger(__name__)
    finally:
        undo()
        sys.excepthook, threading.excepthook = hooks


def _unforeseen(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("nobody foresaw this", exc_info=(kind, error, at))


def _unforeseen_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and not isinstance(given.exc_value, SystemExit):
        _unforeseen(given.exc_type, given.exc_value, given.exc_traceback)
