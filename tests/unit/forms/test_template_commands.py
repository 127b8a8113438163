"""``meterdrop templates list|check|try`` with forms of one's own and forms taught on the pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from domain.errors import TemplateError
from meterdrop.main import cli
from templates.catalogue import WITHDRAWN
from tests import taught_form


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def listed() -> dict[str, dict[str, object]]:
    answer = run("templates", "list", "--json")
    assert answer.exit_code == 0, answer.output
    return {line["template"]: line for line in map(json.loads, answer.stdout.splitlines())}


def test_the_list_says_where_forms_come_from_and_what_is_proven(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught_form.written(tmp_path / "own" / "krasnoyarskenergosbyt", "own-slip")
    monkeypatch.setenv("METERDROP_TEMPLATES", str(tmp_path / "own"))
    path = taught_form.written(home / "taught" / "krasnoyarskenergosbyt")
    lines = listed()
    assert lines["krasnoyarsk-dropbox@1"]["source"] == "shipped"
    assert lines["krasnoyarsk-dropbox@1"]["thresholds"] == ["station"]
    assert (lines["own-slip@1"]["source"], lines["own-slip@1"]["markers"]) == ("own", False)
    assert (lines["my-slip@1"]["source"], lines["my-slip@1"]["thresholds"]) == ("taught", [])
    assert lines["my-slip@1"]["file"] == str(path)
    assert not (home / "records.db").exists(), "listing makes no database"
    path.with_suffix(WITHDRAWN).touch()
    assert "my-slip@1" not in listed()
    assert "no threshold" in run("templates", "list").stdout


def test_a_right_form_without_markers_is_checked_with_its_picture(home: Path, tmp_path: Path) -> None:
    path = taught_form.written(tmp_path)
    answer = run("templates", "check", path)
    assert answer.exit_code == 0, answer.output
    assert "ok, my-slip@1, fields: 9" in answer.stdout
    # What was downloaded from the page is the form that is in use: no clash.
    taught_form.written(home / "taught" / "krasnoyarskenergosbyt")
    assert run("templates", "check", path).exit_code == 0
    path.write_text(path.read_text("utf-8").replace("groups: [3, 3, 3, 3]", "groups: [3, 3]", 1), "utf-8")
    answer = run("templates", "check", path)
    assert answer.exit_code == 1
    assert "account" in answer.stderr
    (tmp_path / "blank.png").unlink()
    answer = run("templates", "check", path)
    assert "my-slip.yaml:" in answer.stderr
    assert "blank.png" in answer.stderr


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("starts: [0, 9, 18.5, 27, 36, 45, 54, 63, 72, 81, 90, 99]", "ok"),
        ("starts: [1, 9, 18]", "первое 0"),
        ("starts: [0, 9, 12]", "накрывают"),
        ("starts: []", "первое 0"),
    ],
)
def test_unevenly_spaced_cells(home: Path, tmp_path: Path, groups: str, said: str) -> None:
    path = taught_form.written(tmp_path)
    text = path.read_text("utf-8").replace("groups: [3, 3, 3, 3]", groups, 1)
    path.write_text(text, "utf-8")
    answer = run("templates", "check", path)
    assert said in answer.stdout + answer.stderr
    assert answer.exit_code == (0 if said == "ok" else 1)


@pytest.mark.slow
def test_trying_a_form_says_what_was_found_on_filled_sheets(home: Path, tmp_path: Path) -> None:
    path = taught_form.written(tmp_path)
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "filled.png").write_bytes(taught_form.png(taught_form.filled()))
    answer = run("templates", "try", path, sheets, "--json")
    assert answer.exit_code == 0, answer.output
    [line] = map(json.loads, answer.stdout.splitlines())
    assert line["template"] == "my-slip@1"
    assert line["fields"]["account"]["value"] == taught_form.VALUES["account"]
    assert line["fields"]["reading"]["value"] == taught_form.VALUES["reading"]
    assert line["fields"]["date"]["value"] == "2026-11-24"
    assert "found on 1 of 1 pages" in answer.stderr
    assert "reading: written on 1 of 1" in answer.stderr
    assert not home.exists(), "nothing is stored"


def test_trying_on_what_is_not_there(home: Path, tmp_path: Path) -> None:
    path = taught_form.written(tmp_path)
    answer = run("templates", "try", path, tmp_path / "missing.png", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["reasons"] == ["not_found"]
    (tmp_path / "none").mkdir()
    assert run("templates", "try", path, tmp_path / "none").exit_code == 2
    error = run("templates", "try", tmp_path / "no.yaml", path).exception
    assert isinstance(error, TemplateError)
