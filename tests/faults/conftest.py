"""Faults on both databases; the fixtures are those of the services' tests."""

from __future__ import annotations

from tests.integration.conftest import clock, ctx, empty_url, records, records_url

__all__ = ["clock", "ctx", "empty_url", "records", "records_url"]
