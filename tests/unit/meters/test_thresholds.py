"""Thresholds of photos are the same for every channel."""

from __future__ import annotations

import json
from pathlib import Path

from ocr.thresholds import load_thresholds

ROW = {
    "channel": "photo",
    "template": "photo-drum@1",
    "model": "m@1",
    "lowest": {"account": 0.9, "reading": 0.97},
    "target": 0.01,
    "delta": 0.05,
    "n": 900,
    "accepted": 700,
    "wrong": 0,
    "bound": 0.008,
    "date": "2026-11-22",
    "data": "x",
    "provisional": True,
}


def test_a_row_of_photos_counts_for_every_channel_and_its_own_display_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"thresholds": [ROW, {**ROW, "template": "form@1"}]}))
    table = load_thresholds(path)
    assert table("email", "photo-drum@1", "m@1").passes("reading", 0.97)
    assert table("portal", "photo-lcd@1", "m@1").lowest == {}
    assert table("email", "form@1", "m@1").lowest == {}
