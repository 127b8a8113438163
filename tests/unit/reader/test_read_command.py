from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from domain.errors import UsageError
from meterdrop.commands.read import command
from simulate.files import jpeg, pdf
from tests.unit.reader.slips import ACCOUNT, blank, filled, sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good slip, a two-page PDF, a broken file and a cell."""
    path = tmp_path_factory.mktemp("Папка со сканами")
    slip, _ = filled(200, np.random.default_rng(1))
    (path / "слип 1.jpg").write_bytes(jpeg(slip, 200))
    (path / "batch.pdf").write_bytes(pdf([slip, sheet(200)], 200))
    (path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more than this")
    cell = np.full((80, 60), 250, dtype=np.uint8)
    cv2.rectangle(cell, (4, 4), (55, 75), 90, 2)
    (path / "cell.dat").write_bytes(cv2.imencode(".png", cell)[1].tobytes())
    return path


def run(*arguments: object) -> tuple[Result, list[dict[str, Any]]]:
    result = CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return result, []
    return result, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_forms_as_json(folder: Path, tmp_path: Path) -> None:
    register = tmp_path / "accounts.csv"
    register.write_text(f"surname;account\nИванова;{ACCOUNT}\nПетров;121000999999\n", encoding="cp1251")
    result, (line,) = run(folder / "слип 1.jpg", "--as", "form", "--json", "--register", register)
    assert result.return_value is None
    assert line["path"] == str(folder / "слип 1.jpg") and line["page"] == 1 and line["as"] == "form"
    assert line["outcome"] == "read" and line["template"] == "krasnoyarsk-dropbox@1" and line["reasons"] == []
    account = line["fields"]["account"]
    assert account["value"] == ACCOUNT and account["in_register"] is True and len(account["raw"]) == 12
    assert [c["value"] for c in account["characters"]] == list(account["raw"])
    assert line["fields"]["date"]["value"] == "2026-11-24"
    assert line["fields"]["signature"]["present"] is True
    assert "value" not in line["fields"]["signature"]
    assert line["seconds"] > 0 and line["registration"]["residual_mm"] < 0.3
    assert "slip" not in line


def test_a_folder_with_a_broken_file(folder: Path) -> None:
    result, lines = run(folder, folder / "nothing.pdf", "--json")
    assert result.return_value == 1 or result.exit_code == 1
    by_name = {(Path(line["path"]).name, line.get("page")): line for line in lines}
    assert by_name["batch.pdf", 1]["outcome"] == "read"
    assert by_name["batch.pdf", 2]["outcome"] == "blank"
    broken = next(line for line in lines if line["path"].endswith("broken.png"))
    assert (broken["outcome"], broken["reasons"]) == ("unreadable", ["corrupt_file"])
    missing = next(line for line in lines if line["path"].endswith("nothing.pdf"))
    assert (missing["outcome"], missing["reasons"]) == ("unreadable", ["not_found"])
    assert "Traceback" not in result.output


def test_for_people(folder: Path) -> None:
    result, _ = run(folder / "слип 1.jpg", folder / "nothing.pdf")
    assert "reading: 05630" in result.output
    assert "signature: yes" in result.output
    assert "not_found" in result.output


def test_a_cell(folder: Path) -> None:
    _, (line,) = run(folder / "cell.dat", "--as", "cell", "--json")
    assert (line["as"], line["outcome"], line["value"]) == ("cell", "blank", "")
    assert 0.0 < line["confidence"] <= 1.0


def test_two_slips_are_numbered(tmp_path: Path) -> None:
    page = np.vstack([blank(150), blank(150)])
    (tmp_path / "two.png").write_bytes(cv2.imencode(".png", page)[1].tobytes())
    _, lines = run(tmp_path / "two.png", "--json", "--template", "krasnoyarsk-dropbox")
    assert [(line["slip"], line["reasons"]) for line in lines] == [(1, ["empty"]), (2, ["empty"])]


def test_one_page_that_crashes_the_reader_does_not_stop_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ocr.forms import FormReader

    real, calls = FormReader.read_page, []

    def crash(self: FormReader, page: Any) -> Any:
        calls.append(page)
        if len(calls) == 1:
            raise ZeroDivisionError("by nothing")
        return real(self, page)

    monkeypatch.setattr(FormReader, "read_page", crash)
    _, lines = run(folder / "batch.pdf", "--json")
    assert [line["outcome"] for line in lines] == ["unreadable", "blank"]
    assert lines[0]["reasons"] == ["decoder_crashed"] and "ZeroDivisionError" in lines[0]["detail"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--as", "line", "--decimals", "1"],
        ["--as", "line", "--template", "krasnoyarsk-dropbox"],
        ["--as", "meter", "--decimals", "1"],
        ["--as", "meter", "--template", "krasnoyarsk-dropbox"],
        ["--as", "meter", "--register", "no-such.csv"],
        ["--template", "no-such-form"],
        ["--register", "no-such.csv"],
        ["--as", "cell", "--register", "x.csv"],
        ["--digits", "5"],
    ],
)
def test_wrong_use(folder: Path, arguments: list[str]) -> None:
    result, _ = run(folder, *arguments)
    assert isinstance(result.exception, UsageError)
    assert "\n" not in str(result.exception)


def test_a_register_without_accounts(folder: Path, tmp_path: Path) -> None:
    for name, text in (("a.csv", "number\n1\n"), ("b.csv", "account\nabc\n"), ("c.csv", "")):
        (tmp_path / name).write_text(text)
        result, _ = run(folder, "--register", tmp_path / name)
        assert isinstance(result.exception, UsageError)
