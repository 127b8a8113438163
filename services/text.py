"""Text from outside, as both databases can keep it and every page can show it."""

from __future__ import annotations


def printable(text: str, longest: int = 255) -> str:
    """``text`` with a replacement character for each one that cannot be shown (control, lone surrogate)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:longest]


def clean(text: str) -> str:
    """``text`` without the characters that cannot be shown, and without blanks around it."""
    return "".join(c for c in text if c.isprintable()).strip()
