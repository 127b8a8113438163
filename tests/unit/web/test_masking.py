"""The log of the web apps names nobody."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from web.masking import log_masked, masked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account 121000000042 is unknown", "account …42 is unknown"),
        ("call +7 (391) 220-14-56 back", "call …56 back"),
        ("from ivanova.m+meter@mail.example.ru", "from …@mail.example.ru"),
        ("GET /status/7K2M9QF4XT12 failed", "GET /status/… failed"),
        ("sheet 412, page 3, 2026-11-24 14:30:05", "sheet 412, page 3, 2026-11-24 14:30:05"),
        ("object 9f1670c1870c7e8bc11c85f7603085b1", "object 9f1670c1870c7e8bc11c85f7603085b1"),
    ],
)
def test_numbers_and_addresses_are_hidden_and_the_rest_is_not(text: str, said: str) -> None:
    assert masked(text) == said


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    log_masked(out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)


def test_arguments_and_tracebacks_are_masked_too(stream: io.StringIO) -> None:
    try:
        raise ValueError("no reading for 121000000042")
    except ValueError:
        logging.getLogger("web").exception("%s failed", "desk of 121000000042")
    told = stream.getvalue()
    assert "121000000042" not in told and told.count("…42") == 3 and "ValueError" in told
