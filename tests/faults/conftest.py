"""Faults on both databases; the fixtures are those of the services' tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.faults.sound import power_process
from tests.integration.conftest import clock, ctx, empty_url, records, records_url

__all__ = ["clock", "ctx", "empty_url", "records", "records_url"]


@pytest.fixture(scope="package")
def power_cuts() -> Iterator[subprocess.Popen[str]]:
    """What ``PowerCuts`` is given."""
    with power_process() as process:
        yield process
