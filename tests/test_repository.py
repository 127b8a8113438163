"""What is tracked is the project's own, small, and free of the places where it was written."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.tree import ROOT, modules, rooms, text, tracked

#: Written so that this file does not hold what it looks for.
SOURCES = re.compile(
    r"(py)(pi)[.]org|(python)(hosted)[.]|(registry)[.](npm)|(deb)[.](debian)[.]|(archive)[.](ubuntu)[.]", re.I
)
PLACES = re.compile(r"(?<![\w./-])/(work|root|farm)/")
LEFT_OVER = re.compile(r"\b(TO)(DO)\b|\b(FIX)(ME)\b|\b(X)(XX)\b")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_in(name: str) -> set[str]:
    """What ``requirements/NAME.in`` asks for by itself."""
    return {
        canonical(re.split(r"[\[<>=~!;\s]", line, maxsplit=1)[0])
        for line in text(Path(f"requirements/{name}.in")).splitlines()
        if line and not line.startswith(("#", "-"))
    }


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in tracked()
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_package_source_is_named() -> None:
    assert not lines_with(SOURCES)


def test_no_path_of_a_machine_is_named() -> None:
    assert not lines_with(PLACES)


def test_nothing_is_left_for_later() -> None:
    assert not [
        line for line in lines_with(LEFT_OVER) if line.split(":")[0].endswith((".py", ".html", ".js", ".css"))
    ]


def test_the_licence_is_there_in_full() -> None:
    licence = text(Path("LICENSE"))
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert licence.count("\n") > 190


def test_files_are_small() -> None:
    assert not [path for path in tracked() if (ROOT / path).stat().st_size > 6_000_000]


def test_no_data_set_or_font_is_tracked() -> None:
    foreign = {".ttf", ".otf", ".woff", ".woff2", ".npz", ".npy", ".parquet", ".zip", ".gz", ".whl"}
    assert not [path for path in tracked() if path.suffix.lower() in foreign]


def test_every_requirement_is_pinned_with_hashes() -> None:
    for name in ("build", "runtime", "dev"):
        entries = text(Path(f"requirements/{name}.txt")).replace("\\\n", " ").splitlines()
        pins = [line for line in entries if line and not line.lstrip().startswith("#")]
        assert pins
        assert not [line[:60] for line in pins if "==" not in line or "--hash=sha256:" not in line]


def test_requirements_that_are_asked_for_are_pinned() -> None:
    for name in ("build", "runtime", "dev"):
        asked = requirements_in(name)
        pinned = {
            name.lower() for name in re.findall(r"^([\w.-]+)==", text(Path(f"requirements/{name}.txt")), re.M)
        }
        assert asked - pinned == set(), "run: make lock"


def test_every_package_that_is_imported_is_asked_for() -> None:
    providers = packages_distributions()
    asked = requirements_in("runtime")
    unasked = {
        f"{path}: {name}"
        for path in modules()
        for node in ast.walk(ast.parse(text(path)))
        for name in imported(node)
        if name not in sys.stdlib_module_names
        and name not in rooms()
        and not asked & {canonical(provider) for provider in providers.get(name, [name])}
    }
    assert not unasked, "what only another package brings may go with its next version"


def imported(node: ast.AST) -> list[str]:
    """The top-level names that an import statement binds from."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.split(".")[0]]
    return []
