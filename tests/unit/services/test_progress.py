"""Progress speaks when work takes long, and only then."""

from __future__ import annotations

import pytest

from meterdrop.progress import Progress


class Stopwatch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Stopwatch()
    with Progress("ingest", terminal=False, stopwatch=watch) as progress:
        watch.now = 1.9
        progress.update(5, 10)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Stopwatch()
    with Progress("ingest", terminal=False, stopwatch=watch) as progress:
        for second in range(25):
            watch.now = float(second)
            progress.update(second, 100 if second < 20 else None, "accepted 3")
    assert capsys.readouterr().err.splitlines() == [
        "ingest: 2 of 100 accepted 3",
        "ingest: 12 of 100 accepted 3",
        "ingest: 22 accepted 3",
    ]


def test_on_a_terminal_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Stopwatch()
    with Progress("ingest", terminal=True, stopwatch=watch) as progress:
        watch.now = 3.0
        progress.update(5, 10, "accepted 5")
        progress.update(6, 10)
    out, err = capsys.readouterr()
    assert out == ""
    assert "ingest" in err
