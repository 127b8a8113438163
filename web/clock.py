"""The clock's type: it is passed in, never read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

#: Gives the present moment as an aware ``datetime`` in UTC.
Clock = Callable[[], datetime]
