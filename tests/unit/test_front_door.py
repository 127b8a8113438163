"""Settings, thresholds and the command line's way with errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import SettingsError
from domain.risk import upper_bound
from meterdrop import main
from meterdrop.settings import NO_SETTINGS, OPTIONS, load_settings, misspelt
from meterdrop.wiring import records_settings, store_settings, worker_count
from ocr.thresholds import load_thresholds


def test_variables_win_over_the_file_and_the_file_over_defaults(tmp_path):
    (tmp_path / "settings.toml").write_text(
        'METERDROP_WORKERS = 3\nMETERDROP_S3_TLS = false\nMETERDROP_LANGUAGE = "en"\n', "utf-8"
    )
    settings = load_settings({"METERDROP_HOME": str(tmp_path), "METERDROP_LANGUAGE": "ru"})
    assert worker_count(settings) == 3
    assert settings.switch("METERDROP_S3_TLS") is False
    assert settings.text("METERDROP_LANGUAGE") == "ru"
    assert settings.count("METERDROP_CHUNK_SHEETS") == 32


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("METERDROP_WORKES = 3", "METERDROP_WORKES"), ("not toml", "TOML"), ("X = 1", "docs/settings.md")],
)
def test_a_wrong_settings_file_is_refused_with_what_is_wrong(tmp_path, content, complaint):
    (tmp_path / "settings.toml").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=complaint):
        load_settings({"METERDROP_HOME": str(tmp_path)})


def test_a_misspelt_variable_is_told_with_the_setting_that_was_meant():
    given = {"METERDROP_WORKES": "3", "METERDROP_SMS_KEY": "x", "METERDROP_HOME": "h", "PATH": "/bin"}
    assert misspelt(given) == [("METERDROP_SMS_KEY", ""), ("METERDROP_WORKES", "METERDROP_WORKERS")]
    assert misspelt(dict.fromkeys((*NO_SETTINGS, *(option.name for option in OPTIONS)), "")) == []


def test_a_misspelt_variable_is_warned_of_once_and_stops_nothing(monkeypatch, capsys):
    monkeypatch.setenv("METERDROP_LANGUAGES", "en")
    monkeypatch.setenv("METERDROP_SMS_KEY", "secret-word")
    monkeypatch.setattr(sys, "argv", ["meterdrop", "--version"])
    with pytest.raises(SystemExit) as leave:
        main.main()
    said = capsys.readouterr().err
    assert leave.value.code == 0
    assert said.count("METERDROP_LANGUAGES") == 1 and "is METERDROP_LANGUAGE meant?" in said
    assert "METERDROP_SMS_KEY is no setting" in said and "secret-word" not in said


def test_a_named_settings_file_must_exist(tmp_path):
    with pytest.raises(SettingsError, match="METERDROP_SETTINGS"):
        load_settings({"METERDROP_SETTINGS": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("name", "value", "ask"),
    [
        ("METERDROP_CHUNK_SHEETS", "0", "count"),
        ("METERDROP_CHUNK_SHEETS", "many", "count"),
        ("METERDROP_S3_TLS", "perhaps", "switch"),
        ("METERDROP_S3_TIMEOUT", "soon", "number"),
    ],
)
def test_every_complaint_names_its_variable(tmp_path, name, value, ask):
    settings = load_settings({"METERDROP_HOME": str(tmp_path), name: value})
    with pytest.raises(SettingsError, match=name):
        getattr(settings, ask)(name)


def test_the_embedded_default_stays_in_the_home_and_servers_replace_it(tmp_path):
    embedded = load_settings({"METERDROP_HOME": str(tmp_path)})
    assert records_settings(embedded).url == f"sqlite:///{tmp_path / 'records.db'}"
    assert store_settings(embedded).folder == tmp_path / "objects"
    servers = load_settings(
        {
            "METERDROP_HOME": str(tmp_path),
            "METERDROP_DATABASE_URL": "postgresql://u:p@127.0.0.1/m",
            "METERDROP_S3_ENDPOINT": "127.0.0.1:9000",
            "METERDROP_S3_ACCESS_KEY": "a",
            "METERDROP_S3_SECRET_KEY": "hush",
        }
    )
    assert records_settings(servers).url.startswith("postgresql://")
    s3 = store_settings(servers).s3
    assert s3 is not None
    assert (s3.bucket, s3.tls) == ("meterdrop", True)
    assert "hush" not in repr(s3)


def test_options_are_listed_once_with_a_meaning():
    names = [option.name for option in OPTIONS]
    assert len(names) == len(set(names))
    assert all(option.meaning.endswith(".") for option in OPTIONS)


def row(**change):
    entry = {
        "channel": "station", "template": "form@1", "model": "digits@1",
        "lowest": {"account": 0.99, "reading": None}, "target": 0.001, "delta": 0.05, "n": 7000,
        "accepted": 6500, "wrong": 0, "bound": 0.0009, "date": "2026-11-22", "data": "ab",
        "provisional": True,
    }  # fmt: skip
    return {**entry, **change}


def test_a_combination_without_proof_has_no_threshold(tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text(json.dumps({"thresholds": [row()]}), "utf-8")
    table = load_thresholds(path)
    assert table("station", "form@1", "digits@1").passes("account", 0.99)
    assert not table("station", "form@1", "digits@1").passes("account", 0.98)
    assert not table("station", "form@1", "digits@1").passes("reading", 1.0)
    assert not table("station", "form@2", "digits@1").passes("account", 1.0)
    assert not table("station", "form@1", "digits@2").passes("account", 1.0)
    assert not table("web", "form@1", "digits@1").passes("account", 1.0)


def test_a_supplier_may_ask_for_less_risk_than_was_proven(tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text(json.dumps({"thresholds": [row(target=0.01)]}), "utf-8")
    assert load_thresholds(path, 0.01)("station", "form@1", "digits@1").passes("account", 0.99)
    assert not load_thresholds(path, 0.001)("station", "form@1", "digits@1").passes("account", 1.0)


def test_a_damaged_table_is_refused_and_a_missing_one_accepts_nothing(tmp_path):
    path = tmp_path / "thresholds.json"
    assert load_thresholds(path).rows == ()
    path.write_text('{"thresholds": [{"channel": "station"}]}', "utf-8")
    with pytest.raises(SettingsError, match="damaged"):
        load_thresholds(path)


def test_the_shipped_table_belongs_to_the_shipped_weights_and_forms():
    from ocr.cells import CellClassifier
    from ocr.forms.kinds import Instruments
    from templates import all_templates, find

    rows = load_thresholds().rows
    forms = {template.key for template in all_templates() if template.purpose == "slip"}
    # Forms without a proven threshold: everything on them goes to a person.
    unproven = {"altai-slip@1"}
    assert {row.template for row in rows} == forms - unproven
    cells, instruments = CellClassifier.load().model, Instruments()
    assert all(row.model == instruments.model(find(row.template.partition("@")[0]), cells) for row in rows)
    for row in rows:
        assert row.provisional
        assert row.accepted <= row.n
        assert row.bound <= row.target
        # δ is split over all the thresholds that were tried.
        assert upper_bound(row.wrong, row.accepted, row.delta / 20) == pytest.approx(row.bound, abs=1e-6)


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meterdrop", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "METERDROP_HOME": str(cwd / "home"), "PYTHONPATH": str(Path.cwd())},
    )


def test_wrong_use_is_status_2_with_one_line_and_no_traceback(tmp_path):
    for arguments in (["nonsense"], ["export"], ["read"], ["ingest", "--channel", "station"]):
        answer = call(*arguments, cwd=tmp_path)
        assert answer.returncode == 2, answer
        assert "Traceback" not in answer.stderr
        assert answer.stdout == ""


def test_help_is_fast_because_it_imports_no_command(tmp_path):
    code = "import sys, meterdrop.main; sys.exit('cv2' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    answer = call("--help", cwd=tmp_path)
    assert answer.returncode == 0
    for name in ("read", "print", "ingest", "export", "verify", "serve", "demo"):
        assert name in answer.stdout


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    from click.testing import CliRunner

    from meterdrop.main import cli

    answer = CliRunner().invoke(cli, ["read", str(tmp_path), "--as", "cell", "--json"])
    assert answer.exit_code == 0
    assert answer.stdout == ""
    assert "no files there" in answer.stderr
