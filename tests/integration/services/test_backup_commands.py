"""``meterdrop backup`` and ``restore``: what belongs to an installation besides records and objects."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from domain.errors import UsageError
from meterdrop.home_files import check, gather, lay_out
from meterdrop.main import cli
from meterdrop.settings import load_settings


def run(home: Path, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(
        cli, list(arguments), env={"METERDROP_HOME": str(home)} | variables, catch_exceptions=False
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An installation with settings, connections, templates and one file taken in."""
    home = tmp_path / "old"
    (home / "own").mkdir(parents=True)
    (home / "own" / "note.txt").write_text("a supplier's")
    (home / "connections.toml").write_text("")
    (home / "settings.toml").write_text('METERDROP_LANGUAGE = "en"\nMETERDROP_CHUNK_SHEETS = 7\n')
    return home


def test_from_one_machine_to_another(old: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"no pdf")
    handed_in = run(old, "ingest", "--no-wait", str(tmp_path / "bad.pdf"), METERDROP_READ_BY_WORKERS="yes")
    assert "pending" in handed_in.output
    target = tmp_path / "backups"
    made = run(old, "backup", str(target), "--json", METERDROP_CONNECTIONS=str(old / "connections.toml"))
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["sheets"] == 1

    new = tmp_path / "new"
    done = run(new, "restore", str(target), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["problems"] == []
    assert (new / "session.secret").read_bytes() == (old / "session.secret").read_bytes()
    settings = load_settings({"METERDROP_HOME": str(new)})
    assert settings.text("METERDROP_LANGUAGE") == "en"
    assert settings.text("METERDROP_CONNECTIONS") == str(new / "connections.toml")
    status = run(new, "status", "--json")
    assert json.loads(status.stdout) == json.loads(run(old, "status", "--json").stdout)
    assert run(new, "restore", str(target), "--list").stdout.split() == [json.loads(made.stdout)["name"]]
    with pytest.raises(UsageError, match="records already"):
        run(new, "restore", str(target))


def settings_of(home: Path, **values: str) -> Mapping[str, str]:
    return {"METERDROP_HOME": str(home), **values}


def test_places_are_of_the_machine_and_secrets_of_the_installation(old: Path, tmp_path: Path) -> None:
    (old / "session.secret").write_text("s" * 40)
    given = settings_of(
        old,
        METERDROP_DATABASE_URL="postgresql://old:pw@db.example/records",
        METERDROP_S3_SECRET_KEY="old key",
        METERDROP_TEMPLATES=str(old / "own"),
        METERDROP_MOST_RISK="0.002",
    )
    files = gather(load_settings(given))
    assert set(files) == {"settings.toml", "session.secret", "templates/note.txt"}
    assert b"old key" not in files["settings.toml"]
    assert b"db.example" not in files["settings.toml"]
    new = tmp_path / "new"
    placed = load_settings(settings_of(new, METERDROP_DATABASE_URL="postgresql://new:pw@127.0.0.1/records"))
    assert lay_out(files, placed) == []
    kept = tomllib.loads((new / "settings.toml").read_text())
    assert kept == {
        "METERDROP_CHUNK_SHEETS": "7",
        "METERDROP_DATABASE_URL": "postgresql://new:pw@127.0.0.1/records",
        "METERDROP_LANGUAGE": "en",
        "METERDROP_MOST_RISK": "0.002",
        "METERDROP_TEMPLATES": str(new / "templates"),
    }
    assert (new / "settings.toml").stat().st_mode & 0o077 == 0
    # Once more, as after an interruption: what is there stays.
    assert lay_out(files, placed) == ["settings.toml"]


def test_a_home_of_another_installation_is_refused(old: Path, tmp_path: Path) -> None:
    (old / "session.secret").write_text("s" * 40)
    files = gather(load_settings(settings_of(old)))
    new = tmp_path / "new"
    new.mkdir()
    (new / "session.secret").write_text("t" * 40)
    with pytest.raises(UsageError, match="another installation"):
        check(files, load_settings(settings_of(new)))
