"""What every way to billing can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.reasons import Reason
from services.context import Context
from services.outbox import Answer, Call


class NotHandedOverError(Exception):
    """Nobody knows whether billing has the run; it is handed over again."""


class TooMuchError(Exception):
    """Billing cannot take the run as it is: it is cut in two."""


@dataclass(frozen=True)
class Handed:
    """Billing has the run. ``answers``: what it said at once; ``complete``: nothing else is to be asked.

    A run that was answered in part is handed over again for the rest; one without any answer waits.
    """

    answers: tuple[Answer, ...] = ()
    complete: bool = True


class Target(Protocol):
    """One way to billing. ``rows``: at most so many in a run; ``place``: for people who look for it.

    ``patience``: billing that took a run and says nothing for so long is asked again; None: never.
    """

    kind: str
    place: str
    rows: int
    reasons: Mapping[str, Reason]
    patience: timedelta | None

    def hand_over(self, ctx: Context, call: Call) -> Handed:
        """Hand a run over, or over again; raises ``NotHandedOverError`` or ``TooMuchError``."""
        ...

    def answers(self, ctx: Context, waiting: Sequence[str]) -> list[Answer]:
        """What billing has said meanwhile about rows that wait for an answer (their keys)."""
        ...

    def taken(self) -> None:
        """The answers that ``answers`` gave are recorded: they need not be given again."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
