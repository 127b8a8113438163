"""The documents and the code say the same."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from meterdrop.main import COMMANDS, cli
from meterdrop.settings import OPTIONS
from tests.tree import ROOT, text, tracked

SETTING = re.compile(r"METERDROP_[A-Z0-9_]*[A-Z0-9]")
SETTINGS = Path("docs/settings.md")
DOCUMENTS = tuple(path for path in tracked() if path.suffix == ".md" and path.parts[0] != "tests")


def settings_in(*paths: Path) -> set[str]:
    return {name for path in paths for name in SETTING.findall(text(path))}


def test_every_setting_in_the_code_is_explained() -> None:
    code = [path for path in tracked() if path.suffix != ".md" and path.parts[0] != "tests"]
    # A common beginning, as in f"METERDROP_S3_{name}", is not a setting.
    used = {name for name in settings_in(*code) if not name.endswith(("METERDROP_S3", "METERDROP"))}
    assert used - settings_in(SETTINGS) == set()


def test_every_setting_explained_is_in_the_code() -> None:
    code = [path for path in tracked() if path.suffix == ".py" or path.parts[0] in {"scripts", ".ci"}]
    assert settings_in(SETTINGS) - settings_in(*code) == set()


def test_settings_table_has_the_defaults_and_meanings_of_the_code() -> None:
    table = [
        tuple(cell.strip(" `") for cell in line.strip("|").split("|"))
        for line in text(SETTINGS).splitlines()
        if line.startswith("| `METERDROP_")
    ]
    assert [row for row in table if len(row) == 3] == [
        (option.name, option.default, option.meaning) for option in OPTIONS
    ]


def test_documents_mention_no_other_setting() -> None:
    assert settings_in(*DOCUMENTS) - settings_in(SETTINGS) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_to_something(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text(document))
    missing = [
        target for target in targets if "://" not in target and not (ROOT / document.parent / target).exists()
    ]
    assert not missing


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), flags=re.MULTILINE))
    mentioned = {
        name
        for path in DOCUMENTS
        for name in re.findall(r"(?:`|^|\s\s)make ([a-z-]+)", text(path), re.MULTILINE)
    }
    assert {"setup", "demo", "test", "check", "coverage", "test-fast", "train-digits", "lock"} <= targets
    assert mentioned - targets == set()


def test_commands_in_the_readme_exist() -> None:
    mentioned = set(re.findall(r"^meterdrop ([a-z]+)", text(Path("README.md")), flags=re.MULTILINE))
    assert {"read", "ingest", "export", "serve"} <= mentioned
    assert mentioned - set(COMMANDS) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_help(name: str) -> None:
    answer = CliRunner().invoke(cli, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_the_three_scripts_can_be_run() -> None:
    for name in ("check", "test", "coverage", "setup"):
        assert os.access(ROOT / "scripts" / name, os.X_OK)
        assert f"scripts/{name}" in text(Path("CONTRIBUTING.md")) or name == "setup"
