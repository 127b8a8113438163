"""Storage that is away for a moment: a database that restarts, a bucket that is too busy, a cut cable."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from domain.errors import ObjectCorruptError, ObjectNotFoundError, StorageError

T = TypeVar("T")

log = logging.getLogger(__name__)

#: The first pause, and the longest: a server that comes back should not meet everybody at once.
_FIRST, _LONGEST = 0.25, 10.0


def patiently(call: Callable[[], T], seconds: float, sleep: Callable[[float], None] = time.sleep) -> T:
    """What ``call`` gives, called again after ``StorageError`` until the pauses add up to ``seconds``.

    Only for what may be done twice: a commit whose answer was lost may have happened. An object that is
    missing or damaged is not waited for.
    """
    for pause in _pauses(seconds):
        try:
            return call()
        except (ObjectNotFoundError, ObjectCorruptError):
            raise
        except StorageError as error:
            log.warning("waiting for storage: %s", error)
            sleep(pause)
    return call()


def _pauses(seconds: float) -> Iterator[float]:
    pause = _FIRST
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(2 * pause, _LONGEST)
