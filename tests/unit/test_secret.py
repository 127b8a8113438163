"""The installation's secret: made once, whole from the first moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from domain.errors import SettingsError
from meterdrop.secret import audit_key, session_secret
from meterdrop.settings import Settings, load_settings


def settings(home: Path, secret: str = "") -> Settings:
    return load_settings({"METERDROP_HOME": str(home), "METERDROP_SECRET": secret})


def test_it_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    first = session_secret(settings(tmp_path))
    assert len(first) >= 32
    assert session_secret(settings(tmp_path)) == first
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    found: list[str] = []
    started = [
        threading.Thread(target=lambda: found.append(session_secret(settings(tmp_path)))) for _ in range(8)
    ]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_lots_are_drawn_with_a_key_of_their_own(tmp_path: Path) -> None:
    one, other = settings(tmp_path, "a" * 32), settings(tmp_path, "b" * 32)
    assert audit_key(one) == audit_key(one) != audit_key(other)
    assert b"a" * 32 not in audit_key(one)


def test_a_short_a_damaged_or_an_impossible_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="short"):
        session_secret(settings(tmp_path, "short"))
    (tmp_path / "session.secret").write_text("x", "ascii")
    with pytest.raises(SettingsError, match="damaged"):
        session_secret(settings(tmp_path))
    with pytest.raises(SettingsError, match="METERDROP_SECRET"):
        session_secret(settings(tmp_path / "session.secret"))
