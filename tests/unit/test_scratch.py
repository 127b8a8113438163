"""Scratch folders go with their process, however it ends."""

from __future__ import annotations

import subprocess
import sys

from services.scratch import Scratch


def test_closing_removes_the_folder(tmp_path):
    scratch = Scratch(tmp_path)
    (scratch.path / "x").write_bytes(b"1")
    scratch.close()
    assert list(tmp_path.iterdir()) == []


def test_the_next_start_removes_what_a_killed_process_left(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from services.scratch import Scratch;"
        "Scratch(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1
    living = Scratch(tmp_path)
    assert list(tmp_path.iterdir()) == [living.path]
    another = Scratch(tmp_path)
    assert set(tmp_path.iterdir()) == {living.path, another.path}
    living.close()
    another.close()
