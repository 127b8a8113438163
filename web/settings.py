"""Settings of the web room; the front door fills them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class WebSettings:
    """How both web apps behave.

    ``secret``: signs session cookies; anybody who has it can log in as anybody. ``behind_tls``: cookies are
    sent over HTTPS only and browsers are told to stay with it. ``session_idle``: a session without a request
    for so long has ended; ``session_longest``: one ends after so long whatever happens. ``login_failures``
    wrong passwords for one name from one address (ten times as many from one address altogether) within
    ``login_window`` make it wait.
    """

    secret: str
    behind_tls: bool = False
    language: str = "ru"
    session_idle: timedelta = timedelta(minutes=60)
    session_longest: timedelta = timedelta(hours=12)
    login_failures: int = 5
    login_window: timedelta = timedelta(minutes=5)
