"""Which page showed a slip last.

When a page is reloaded, the browser asks for the new page first and lets the old one say good-bye afterwards;
that late release must not take the slip from the new page.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

#: More slips than are ever held at once.
KEPT = 10_000


class Holders:
    """Remembers the token of the last page a reviewer's slip was shown on."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._lock = Lock()

    def shown(self, user: str, sheet_id: int, token: str) -> None:
        """``user`` has the slip on the page ``token``."""
        with self._lock:
            self._last[(user, sheet_id)] = token
            self._last.move_to_end((user, sheet_id))
            while len(self._last) > KEPT:
                self._last.popitem(last=False)

    def new(self, user: str, sheet_id: int) -> str:
        """``user`` is shown the slip on a new page; gives the page's token."""
        token = secrets.token_urlsafe(9)
        self.shown(user, sheet_id, token)
        return token

    def is_last(self, user: str, sheet_id: int, token: str) -> bool:
        """Whether no newer page shows the slip."""
        with self._lock:
            return self._last.get((user, sheet_id), token) == token
