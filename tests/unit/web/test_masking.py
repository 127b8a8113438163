"""Long numbers, addresses of mail and references are hidden."""

from __future__ import annotations

import pytest

from web.masking import masked


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
