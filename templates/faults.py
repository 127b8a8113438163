"""All that is wrong with a file, not only what is wrong first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from domain.errors import TemplateError

T = TypeVar("T")
D = TypeVar("D")


class Faults:
    """Mistakes that were met on the way; what a mistake keeps from being known is done without."""

    def __init__(self) -> None:
        self._found: list[TemplateError] = []

    def of(self, call: Callable[[], T], otherwise: D) -> T | D:
        """What ``call`` gives; ``otherwise`` where it raises a ``TemplateError``, which is kept."""
        try:
            return call()
        except TemplateError as error:
            self.add((error, *error.further))
            return otherwise

    def add(self, errors: Iterable[TemplateError]) -> None:
        """Keep these."""
        self._found += errors

    def refuse(self) -> None:
        """Raise what was met first, with the others by line as its ``further``; nothing where all is well."""
        if not self._found:
            return
        first, *others = {(error.line, error.problem): error for error in self._found}.values()
        first.further = tuple(sorted(others, key=lambda error: error.line))
        raise first
