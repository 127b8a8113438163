"""Typed access to a section of the file of connections; every complaint names the file and the entry."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from domain.errors import SettingsError


class Entries:
    """One table of the file; what nobody asked for is refused by ``done``."""

    def __init__(self, path: Path, where: str, table: Mapping[str, Any]) -> None:
        self._path = path
        self._where = where
        self._table = table
        self._asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._table

    def error(self, name: str, problem: str) -> SettingsError:
        """A complaint about the entry ``name``."""
        place = f"{self._where}.{name}" if self._where else name
        return SettingsError(f"{self._path}: {place}: {problem}; docs/connections.md explains the file")

    def sections(self, name: str, suppliers: Mapping[str, Any]) -> Iterator[tuple[str, Entries]]:
        """(supplier, its table) of ``[name.supplier]``."""
        self._asked.add(name)
        tables = self._table.get(name, {})
        if not isinstance(tables, Mapping):
            raise self.error(name, "must be tables, one a supplier")
        for supplier, table in tables.items():
            if supplier not in suppliers:
                raise self.error(
                    f"{name}.{supplier}", f"there is no such supplier; known are: {', '.join(suppliers)}"
                )
            if not isinstance(table, Mapping):
                raise self.error(f"{name}.{supplier}", "must be a table")
            yield supplier, Entries(self._path, f"{name}.{supplier}", table)

    def done(self) -> None:
        """Refuse what was not asked for: a misspelt entry would be left out silently."""
        unknown = sorted(set(self._table) - self._asked)
        if unknown:
            raise self.error(unknown[0], "there is no such entry")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        value = self._get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.error(name, "write a text")
        return value

    def secret(self, name: str, at_least: int = 1) -> str:
        """A text, or ``{ env = "NAME" }``: the variable that holds it."""
        value = self._get(name, None)
        if isinstance(value, Mapping) and set(value) == {"env"}:
            variable = str(value["env"])
            value = os.environ.get(variable, "")
            if not value:
                raise self.error(name, f"the variable {variable} is not set")
        if not isinstance(value, str) or len(value) < at_least:
            raise self.error(name, f'write a text of at least {at_least} characters, or {{ env = "NAME" }}')
        return value

    def choice(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """One of ``known``."""
        value = self._get(name, default)
        if value not in known:
            raise self.error(name, f"{value!r} is none of {', '.join(known)}")
        return str(value)

    def count(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to ``most``."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.error(name, f"write a whole number from 1 to {most}")
        return value

    def number(self, name: str, default: float) -> float:
        """A number above 0, in seconds."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3600:
            raise self.error(name, "write a number of seconds, at most 3600")
        return float(value)

    def minutes(self, name: str, default: float = 0.0, at_least: float = 0) -> float:
        """A number of minutes from ``at_least`` to a day."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not at_least <= value <= 1440:
            raise self.error(name, f"write a number of minutes from {at_least:g} to 1440")
        return float(value)

    def switch(self, name: str) -> bool:
        """True or false; false when it is not there."""
        value = self._get(name, False)
        if not isinstance(value, bool):
            raise self.error(name, "write true or false")
        return value

    def address(self, name: str) -> str:
        """An http or https address."""
        value = self.text(name)
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise self.error(name, "write an address that begins with https://")
        return value

    def folder(self, name: str) -> Path:
        """A folder, which need not be there yet; relative to the file of connections."""
        return (self._path.parent / Path(self.text(name)).expanduser()).resolve()

    def name(self, name: str, default: str) -> str:
        """A table's name."""
        value = self.text(name, default)
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", value) is None:
            raise self.error(name, "write Latin letters, digits and underscores")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A table of texts; empty when it is not there."""
        value = self._get(name, {})
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            raise self.error(name, "write a table of texts")
        return dict(value)

    def list_of(self, name: str) -> list[str]:
        """A list of texts; empty when it is not there."""
        value = self._get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.error(name, "write a list of texts")
        return value

    def _get(self, name: str, default: Any) -> Any:
        self._asked.add(name)
        if name not in self._table and default is None:
            raise self.error(name, "is missing")
        return self._table.get(name, default)
