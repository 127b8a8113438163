"""The demo, small and headless: everything real, ends as it planned."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def demo(home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "meterdrop", "demo", "--headless", "--home", str(home), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def test_every_sheet_ends_as_planned(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    done = demo(home, "--slips", "24", "--accounts", "2000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "NOT AS PLANNED" not in done.stdout
    with (home / "readings.csv").open(encoding="utf-8", newline="") as text:
        assert len(list(csv.DictReader(text))) >= 6
    for name in ("print/blank.pdf", "print/personal.pdf", "scans/box-1-feeder.pdf", "scans/corrupt.pdf"):
        assert (home / name).stat().st_size > 1000


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = demo(tmp_path)
    assert done.returncode == 2
    assert "--home" in done.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"
