"""The log of every process: a line an entry, JSON or for people, without personal data from wherever.

Records are cleaned as they are made (``clean``), so that no handler, not even one of a library's own, ever
sees what a customer wrote.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from services.trail import NAMES, current
from web.scrubbing import safe, scrubbed, trace

Form = Literal["text", "json"]

#: Loggers of our own rooms: their messages are constants.
OURS: Final = frozenset(
    (
        "delivery",
        "domain",
        "flows",
        "intake",
        "meterdrop",
        "ocr",
        "review_ui",
        "services",
        "storage",
        "templates",
        "web",
    )
)
#: Loggers that would write down what goes through them: statements, requests, bodies.
CHATTY: Final = (
    "sqlalchemy",
    "urllib3",
    "httpx",
    "httpcore",
    "asyncio",
    "multipart",
    "PIL",
    "minio",
    "prefect.events",
)
#: What an entry of our own may say beside its message, by name; everything else is dropped.
FIELDS: Final = frozenset(
    (
        *NAMES, "app", "method", "route", "status", "seconds", "sheets", "pages", "files", "bytes", "state",
        "by_state", "reasons", "supplier", "channel", "template", "model", "worker", "attempt", "alert",
    )
)  # fmt: skip


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """The record with nothing in it that a customer wrote; changed in place."""
    ours = record.name.partition(".")[0] in OURS and isinstance(record.msg, str)
    if ours:
        record.args = _arguments(record.args)
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):
        message, ours = str(record.msg), False
    record.msg, record.args = message if ours else scrubbed(message), ()
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = trace(record.exc_info[1], record.exc_info[2])
    record.exc_info, record.stack_info = None, None
    return record


def _arguments(args: Any) -> Any:
    if isinstance(args, Mapping):
        return {key: safe(value) for key, value in args.items()}
    return tuple(_as_shown(value) for value in args or ())


def _as_shown(value: object) -> Any:
    """Numbers keep their type for %d and %.1f; what else there is becomes text."""
    shown = safe(value)
    return shown if isinstance(shown, int | float | bool) else str(shown)


def _record(*given: Any, **more: Any) -> logging.LogRecord:
    """What every logger makes its records with."""
    made = logging.LogRecord(*given, **more)
    made.trail = dict(current())
    return clean(made)


class JsonLines(logging.Formatter):
    """An entry is one line of JSON: at, level, logger, event, what it belongs to, its fields, its trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as text."""
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "process": record.process,
            **_said(record),
        }
        if record.exc_text:
            entry["trace"] = record.exc_text.splitlines()
        return json.dumps(entry, ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """An entry for people: a line, and below it where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as text."""
        at = datetime.fromtimestamp(record.created).astimezone()
        said = " ".join(f"{name}={_short(value)}" for name, value in _said(record).items())
        line = (
            f"{at:%Y-%m-%d %H:%M:%S} {record.levelname} {record.name}: {record.getMessage()} {said}".rstrip()
        )
        return f"{line}\n{record.exc_text}" if record.exc_text else line


def _said(record: logging.LogRecord) -> dict[str, Any]:
    values = vars(record)
    # What ties lines together was made by us.
    return {
        **getattr(record, "trail", {}),
        **{name: safe(values[name]) for name in sorted(FIELDS) if name in values},
    }


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}:{each}" for key, each in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def configure(
    form: Form = "text", level: int = logging.WARNING, stream: TextIO | None = None
) -> Callable[[], None]:
    """Send every entry of this process to ``stream`` (standard error), cleaned; may be called again.

    Below ``level`` nothing is written; of libraries nothing below WARNING, and of those that write down what
    goes through them nothing below ERROR. Returns what makes all as it was before.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Readable())
    undo = _as_it_is()
    logging.setLogRecordFactory(_record)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in OURS:
        # A handler of their own: Prefect gives the root another one when a flow begins.
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    return undo


def _as_it_is() -> Callable[[], None]:
    factory = logging.getLogRecordFactory()
    loggers = [logging.getLogger(name) for name in ("", *sorted(OURS), *CHATTY)]
    kept = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]

    def undo() -> None:
        logging.setLogRecordFactory(factory)
        for logger, handlers, level, propagate in kept:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)

    return undo
