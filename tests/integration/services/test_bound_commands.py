"""The bound in operation from the command line: audits, thresholds, models, the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from domain.errors import UsageError
from meterdrop.main import cli
from meterdrop.wiring import context
from services import digitise, receive, users
from tests.paper import ORDER, PaperReader, account_row, file_of, register, slip, thresholds

A, B = "121000000001", "121000000002"
RIGHT = ["--field", f"account={A}", "--field", "reading=1100", "--field", "date=24.11.2026"]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in a home with one slip that was accepted and drawn, and a staff."""
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("METERDROP_AUDIT_SHARE", "1")
    with context() as opened:
        ctx = replace(opened, reader=PaperReader(opened.objects), thresholds=thresholds)
        register(ctx, account_row(A), account_row(B))
        for name, role in (("anna", "reviewer"), ("vera", "supervisor")):
            users.add_user(ctx, name, role, "correct horse")
        receipt = receive.receive_file(ctx, file_of([slip(A, "1100")]), "scan.pdf", ORDER)
        digitise.split(ctx, receipt.file_id)
        digitise.digitise_chunk(ctx, digitise.pending(ctx))
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def said(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    [line] = result.stdout.splitlines()
    return json.loads(line)


def test_an_audit_from_the_draw_to_the_report(run: Run, tmp_path: Path) -> None:
    task = said(run("audit", "next", "--user", "anna", "--json"))
    assert (task["stage"], task["answers"]) == ("second", [])
    wrong = [*RIGHT[:3], "reading=1700", *RIGHT[4:]]
    answer = said(run("audit", "submit", "1", "--user", "anna", *wrong, "--json"))
    assert (answer["outcome"], answer["differing"]) == ("differs", ["reading"])
    assert "No slip waits for anna." in run("audit", "next", "--user", "anna").stderr
    task = said(run("audit", "next", "--user", "vera", "--json"))
    assert {each["reading"] for each in task["answers"]} == {"1100", "1700"}  # type: ignore[attr-defined]
    result = run("audit", "submit", "1", "--user", "vera", *wrong)
    assert result.stdout == "Decided: the accepted values are wrong.\n"
    count = said(run("audit", "counts", "--month", "2026-11", "--json"))
    assert (count["sampled"], count["done"], count["wrong"], count["wrong_registered"]) == (1, 1, 1, 0)
    found = said(run("audit", "wrong", "--json"))
    assert (found["state"], found["differs"]) == ("accepted", ["reading"])
    report = said(run("report", "--month", "2026-11", "--json"))
    assert report["audits_of_machine"]["wrong"] == 1  # type: ignore[index]
    lines = run("report", "--month", "2026-11", "--csv").stdout.splitlines()
    assert len(lines) == 2
    assert "1 audited, 1 wrong" in run("report", "--month", "2026-11").stdout


def test_wrong_use_is_told(run: Run) -> None:
    for arguments, complaint in (
        (["audit", "submit", "1", "--user", "anna"], "--field NAME=TEXT, or --illegible"),
        (["audit", "submit", "1", "--user", "anna", "--field", "1100"], "write --field as NAME=TEXT"),
        (["audit", "submit", "1", "--user", "anna", *RIGHT], "take it with 'meterdrop audit next'"),
        (["audit", "next", "--user", "nobody"], "may not audit"),
        (["report", "--month", "11"], "is no month"),
        (["report", "--month", "2026-11", "--json", "--csv"], "choose one"),
        (["calibrate", "--from-archive", "none.csv"], "cannot be read"),
        (["calibrate", "--from-archive", "x.csv", "--since", "2026-11-01"], "leave them out"),
    ):
        error = run(*arguments).exception
        assert isinstance(error, UsageError), arguments
        assert complaint in str(error)


def test_models_as_shipped(run: Run) -> None:
    result = run("models", "list", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["since"] for line in lines} == {None}
    assert len({line["model"] for line in lines}) == 1
    assert "No model has read in shadow yet" in run("models", "compare").stderr


def test_calibration_of_the_combination_that_read(run: Run) -> None:
    result = run("calibrate", "--json")
    steps = {step["model"]: step for step in map(json.loads, result.stdout.splitlines())}
    assert (steps["paper@1"]["action"], steps["paper@1"]["in_force"]) == ("nothing", None)
    assert "Nothing was changed" not in result.stderr
