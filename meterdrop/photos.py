"""What reads customers' photos: the weights that ship, where there are some."""

from __future__ import annotations

from services.photos import PhotoReader


def photo_reader() -> PhotoReader | None:
    """The reader of meters' displays; None while none ships, and every photo goes to a person."""
    return None
