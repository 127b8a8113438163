"""What every test may ask for: real servers, each started the first time a test wants it."""

from __future__ import annotations

import pytest

pytest_plugins = [
    f"tests.servers.{name}" for name in ("ceph", "chromium", "dovecot", "moto", "postgres", "slapd")
]

#: Fixtures that start something large, and the marker of the tests that use one.
_SERVERS = {
    "postgres_server": "postgres",
    "ceph_server": "ceph",
    "browser": "browser",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture, marker in _SERVERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
