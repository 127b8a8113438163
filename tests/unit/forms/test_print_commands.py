"""``meterdrop print`` and ``meterdrop templates``."""

from __future__ import annotations

import json
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from domain.errors import MeterdropError, TemplateError, UsageError
from meterdrop.main import cli
from templates.catalogue import SHIPPED
from tests import taught_form

BLANK = SHIPPED / "krasnoyarskenergosbyt" / "dropbox.yaml"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def refused(*words: str | Path) -> MeterdropError:
    error = run(*words).exception
    assert isinstance(error, MeterdropError)
    return error


def test_a_blank_with_picture_and_layout(tmp_path: Path) -> None:
    pdf, plan = tmp_path / "blank.pdf", tmp_path / "layout.json"
    answer = run("print", "krasnoyarsk-dropbox", "-o", pdf, "--png", 100, "--layout", plan, "--copies", 4)
    assert answer.exit_code == 0, answer.output
    with pikepdf.open(pdf) as document:
        assert len(document.pages) == 4
    with Image.open(tmp_path / "blank.png") as image:
        assert image.size == (583, 827)
        assert image.info["dpi"] == pytest.approx((100, 100), abs=0.1)
    assert len(json.loads(plan.read_text("utf-8"))["fields"]["account"]["cells"]) == 12
    assert run("print", "krasnoyarsk-dropbox", "-o", pdf).exit_code == 0  # printing again is harmless


def test_a_register_prints_personal_slips(tmp_path: Path) -> None:
    register, pdf = tmp_path / "accounts.csv", tmp_path / "slips.pdf"
    register.write_text("account,surname\n121000000000,А\nтест,Б\n121000000002,В\n", "cp1251")
    answer = run("print", "krasnoyarsk-dropbox", "-o", pdf, "--register", register, "--png", 60)
    assert answer.exit_code == 1
    assert f"{register}:3: " in answer.stderr
    assert "krasnoyarsk-personal@1" in answer.stdout
    with pikepdf.open(pdf) as document:
        assert len(document.pages) == 2
    assert (tmp_path / "slips.png").is_file()


def test_a_form_of_which_only_a_picture_exists_is_refused_in_one_line(tmp_path: Path) -> None:
    error = refused("print", taught_form.written(tmp_path), "-o", tmp_path / "blank.pdf")
    assert isinstance(error, UsageError)
    assert "my-slip@1 cannot be printed" in str(error)
    assert "\n" not in str(error)
    assert not (tmp_path / "blank.pdf").exists()


def test_a_register_without_accounts_prints_nothing(tmp_path: Path) -> None:
    register, pdf = tmp_path / "accounts.csv", tmp_path / "slips.pdf"
    register.write_text("account\n", "utf-8")
    answer = run("print", "krasnoyarsk-personal", "-o", pdf, "--register", register)
    assert answer.exit_code == 1
    assert "nothing was printed" in answer.stderr
    assert not pdf.exists()


def test_a_personal_slip_without_register_is_printed_empty(tmp_path: Path) -> None:
    answer = run("print", "krasnoyarsk-personal", "-o", tmp_path / "a.pdf")
    assert answer.exit_code == 0
    assert "stays empty" in answer.stderr


def test_what_would_be_overwritten_is_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("важное", "utf-8")
    assert "is no PDF" in str(refused("print", "krasnoyarsk-dropbox", "-o", notes))
    assert notes.read_text("utf-8") == "важное"
    png = tmp_path / "a.png"
    assert "three names" in str(refused("print", "krasnoyarsk-dropbox", "-o", png, "--png", 100))
    same = tmp_path / "accounts.pdf"
    assert "overwritten" in str(refused("print", "krasnoyarsk-dropbox", "-o", same, "--register", same))


def test_wrong_use_is_told(tmp_path: Path) -> None:
    assert isinstance(refused("print", "nobody", "-o", tmp_path / "a.pdf"), UsageError)
    assert run("print", "krasnoyarsk-dropbox").exit_code == 2
    assert run("print", "krasnoyarsk-dropbox", "-o", tmp_path / "a.pdf", "--per-page", "3").exit_code == 2


def own_form(folder: Path, *changes: tuple[str, str]) -> Path:
    text = BLANK.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "krasnoyarskenergosbyt" / "own.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_form_in_a_file_is_proof_read_before_printing(tmp_path: Path) -> None:
    path = own_form(tmp_path, ("at: [74, 6.4]", "at: [140, 6.4]"))
    error = refused("print", path, "-o", tmp_path / "a.pdf")
    assert isinstance(error, TemplateError)
    assert not (tmp_path / "a.pdf").exists()


def test_a_supplier_without_personal_slip_is_told(tmp_path: Path) -> None:
    path = own_form(tmp_path, ("supplier: krasnoyarskenergosbyt", "supplier: testsbyt"))
    register = tmp_path / "accounts.csv"
    register.write_text("account\n1\n", "utf-8")
    assert "personal: yes" in str(refused("print", path, "-o", tmp_path / "a.pdf", "--register", register))


def test_forms_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_form(tmp_path, ("name: krasnoyarsk-dropbox", "name: own"), ("code: 1 ", "code: 7 "))
    monkeypatch.setenv("METERDROP_TEMPLATES", str(tmp_path))
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path / "home"))
    lines = [json.loads(line) for line in run("templates", "list", "--json").stdout.splitlines()]
    assert {line["template"] for line in lines} >= {
        "krasnoyarsk-dropbox@1",
        "krasnoyarsk-personal@1",
        "own@1",
    }
    assert "own@1" in run("templates", "list").stdout


def test_shipped_files_pass_the_check() -> None:
    answer = run("templates", "check")
    assert answer.exit_code == 0, answer.output
    assert "supplier mosenergosbyt" in answer.stdout


def test_every_wrong_file_gets_one_line(tmp_path: Path) -> None:
    path = own_form(tmp_path, ("code: 1 ", "code: 7 "), ("name: krasnoyarsk-dropbox", "name: own"))
    (path.parent / "second.yaml").write_text(
        path.read_text("utf-8").replace("name: own", "name: second"), "utf-8"
    )
    (path.parent / "third.yaml").write_text("name: [\n", "utf-8")
    answer = run("templates", "check", tmp_path)
    assert answer.exit_code == 1
    assert f"{path}: ok" in answer.stdout
    assert "second.yaml:7: " in answer.stderr
    assert "code taken" in answer.stderr
    assert "third.yaml:2: " in answer.stderr
    assert "2 of 3 files are wrong" in answer.stderr


def test_a_form_is_compared_with_the_shipped_ones(tmp_path: Path) -> None:
    answer = run("templates", "check", own_form(tmp_path))
    assert answer.exit_code == 1
    assert "duplicate name" in answer.stderr


def test_nothing_to_check_is_wrong_use(tmp_path: Path) -> None:
    assert run("templates", "check", tmp_path).exit_code == 2
