"""The pool of reader processes: with what they begin."""

from __future__ import annotations

import os

import pytest

from services.processes import ONE_THREAD, Processes


def _nothing(settings: None) -> None:
    """A process needs no preparation here."""


def test_processes_begin_with_one_thread_of_linear_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    pool = Processes(1, _nothing, None)
    try:
        assert [pool.run(60.0, os.getenv, name) for name in ONE_THREAD] == ["1", "1"]
    finally:
        pool.close()


def test_what_an_operator_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    pool = Processes(1, _nothing, None)
    try:
        assert pool.run(60.0, os.getenv, "OMP_NUM_THREADS") == "3"
    finally:
        pool.close()
