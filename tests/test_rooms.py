"""The rooms keep to themselves: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.tree import ROOT, modules, pyproject, rooms, text, tracked

#: Rooms in which a clock is passed in, never read.
CLOCKLESS = ("domain", "ocr", "services", "storage", "templates", "simulate", "delivery")
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
}


@pytest.mark.slow
def test_arrows_go_down_only() -> None:
    answer = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout


def test_every_list_of_rooms_is_the_same() -> None:
    tool = pyproject()["tool"]
    named = set(rooms())
    assert {pattern.rstrip("*") for pattern in tool["setuptools"]["packages"]["find"]["include"]} == named
    present = {path.parts[0] for path in modules()}
    assert present <= named
    assert present == set(tool["importlinter"]["root_packages"]) == set(tool["mypy"]["packages"])


def test_no_code_stands_outside_a_room() -> None:
    elsewhere = {"tests", "training", "benchmarks", "scripts"}
    stray = [
        path for path in tracked() if path.suffix == ".py" and path.parts[0] not in {*rooms(), *elsewhere}
    ]
    assert not stray


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert not [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()]


def test_every_file_of_a_room_is_installed() -> None:
    patterns = pyproject()["tool"]["setuptools"]["package-data"]["*"]
    files = [path for path in tracked() if path.parts[0] in rooms() and path.suffix != ".py"]
    assert files
    assert not [path for path in files if not any(fnmatch(path.name, pattern) for pattern in patterns)]


def test_modules_are_short() -> None:
    long = {str(path): text(path).count("\n") for path in modules() if text(path).count("\n") >= 350}
    assert not long, "has each one reason to exist?"


def test_modules_say_what_they_are_for() -> None:
    assert not [path for path in modules() if not ast.get_docstring(ast.parse(text(path)))]


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_private_names_stay_in_their_room() -> None:
    escaped = [
        f"{path}: {module}.{name}"
        for path in modules()
        for module, name in _imports(ast.parse(text(path)))
        if module.split(".")[0] in rooms()
        and module.split(".")[0] != path.parts[0]
        and any(part.startswith("_") and not part.startswith("__") for part in (*module.split("."), name))
    ]
    assert not escaped


def test_clocks_are_passed_in() -> None:
    read = [
        f"{path}:{node.lineno}"
        for path in modules()
        if path.parts[0] in CLOCKLESS
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, (ast.Name, ast.Attribute))
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr, node.attr) in CLOCKS
    ]
    assert not read


@pytest.mark.slow
def test_what_a_package_exports_is_there() -> None:
    packages = [path.parent for path in modules() if path.name == "__init__.py" and "__all__" in text(path)]
    assert packages
    for package in packages:
        module = importlib.import_module(".".join(package.parts))
        names = list(module.__all__)
        assert len(names) == len(set(names)), package
        assert not [name for name in names if not hasattr(module, name)], package
