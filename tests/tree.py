"""The project's own files, as the tests about it see them."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that is there, relative to the root."""
    answer = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(Path(name) for name in answer.stdout.split("\0") if name and (ROOT / name).is_file())


@cache
def pyproject() -> dict[str, Any]:
    """``pyproject.toml``."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def rooms() -> tuple[str, ...]:
    """The rooms that the import contract names, highest first; those in brackets are not begun."""
    layers = pyproject()["tool"]["importlinter"]["contracts"][0]["layers"]
    return tuple(room.strip(" ()") for layer in layers for room in layer.split("|"))


@cache
def modules() -> tuple[Path, ...]:
    """The Python files in the rooms."""
    return tuple(path for path in tracked() if path.suffix == ".py" and path.parts[0] in rooms())


def text(path: Path) -> str:
    """A tracked file's text, or "" if it is not text."""
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""
