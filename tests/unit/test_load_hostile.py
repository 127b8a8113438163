"""Some eighty hostile files: each gets its reason, nothing is printed, nothing takes a gigabyte."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import bad

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    answers: dict[str, dict[str, Any]]
    peak_mb: dict[str, int]
    status: int
    stderr: str


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    for hostile in bad.ALL:
        (folder / hostile.name).write_bytes(hostile.make())
    command = [sys.executable, "-m", "tests.hostile.run_all", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    peak = lines.pop()["peak_mb"] if lines and "peak_mb" in lines[-1] else {}
    return Outcome({line["name"]: line for line in lines}, peak, done.returncode, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("hostile", bad.ALL, ids=lambda hostile: hostile.name)
def test_each_has_its_reason(hostile: bad.Hostile, outcome: Outcome) -> None:
    items = outcome.answers[hostile.name]["items"]
    assert len(items) == len(hostile.expected), items
    for item, expected in zip(items, hostile.expected, strict=True):
        if expected is None:
            assert item is None
        else:
            assert item is not None and item["reason"] in expected, item


@pytest.mark.slow
def test_every_refusal_is_one_line_that_says_what_to_do(outcome: Outcome) -> None:
    details = [item["detail"] for answer in outcome.answers.values() for item in answer["items"] if item]
    assert len(details) > 50
    for detail in details:
        assert "\n" not in detail and len(detail) < 130, detail
        advice = ("scan", "send", "split", "save", "print")
        assert any(word in detail for word in advice), detail


@pytest.mark.slow
def test_memory_and_time_stay_bounded(outcome: Outcome) -> None:
    assert outcome.status == 0
    assert outcome.peak_mb["own"] < 500
    assert outcome.peak_mb["children"] < 900
    slowest = max(outcome.answers.values(), key=lambda answer: answer["seconds"])
    assert slowest["seconds"] < 30, slowest["name"]


@pytest.mark.slow
def test_native_libraries_print_nothing(outcome: Outcome) -> None:
    assert outcome.stderr == ""
