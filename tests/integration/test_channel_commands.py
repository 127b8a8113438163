"""The commands of the channels: what they print, and how they end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from meterdrop import main, wiring
from services.context import Context
from services.message_form import MESSAGE
from services.status import status
from tests.delivery_desk import SUPPLIER, accept
from tests.paper import account_row, register

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """``meterdrop …`` in this process: (exit status, standard output, standard error)."""
    ctx = replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})
    monkeypatch.setattr(wiring, "open_context", lambda *_: ctx)
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["meterdrop", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            main.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert isinstance(leave.value.code, int)
        return leave.value.code, out, err

    return command


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "connections.toml"
    file.write_text(f'[billing.{SUPPLIER}]\nkind = "file"\nfolder = "out"\nformat = "jsonl"\n')
    monkeypatch.setenv("METERDROP_CONNECTIONS", str(file))
    return tmp_path / "out"


def test_delivery_from_the_command_line(run: Run, ctx: Context, connected: Path, tmp_path: Path) -> None:
    accept(ctx, 1, 2)
    code, out, _ = run("deliver", "run")
    assert (code, out) == (
        0,
        f"{SUPPLIER}: 2 queued, 1 runs handed over, 0 not, 2 readings acknowledged, 0 refused\n",
    )
    [file] = connected.iterdir()
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("key;account;reading\n" + "".join(f"{r['key']};{r['account']};1100\n" for r in rows))
    code, out, _ = run("deliver", "report", "--supplier", SUPPLIER, "--billing", theirs)
    assert code == 0
    assert "accepted = sent = acknowledged" in out
    theirs.write_text(theirs.read_text().rsplit("\n", 2)[0] + "\n")
    code, out, _ = run("deliver", "report", "--supplier", SUPPLIER, "--billing", theirs, "--json")
    assert code == 1
    assert "billing acknowledged it, but does not list it" in json.loads(out)["problems"][0]

    code, out, _ = run("deliver", "take-back", 1, "--who", "boss", "--note", "ошибка")
    assert (code, out) == (0, "sheet 1 is in review; 1 readings are reversed with the next delivery\n")
    run("deliver", "run", "--json")
    assert len(list(connected.iterdir())) == 2
    assert run("deliver", "take-back", 1, "--who", "boss")[0] == 2
    assert run("deliver", "again", "nothing", "--who", "boss")[0] == 2
    assert run("deliver", "run", "--supplier", "mosenergosbyt")[0] == 2


def test_without_connections_it_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METERDROP_CONNECTIONS", raising=False)
    for command in (("deliver", "run"), ("mail", "run", "--once")):
        code, _, err = run(*command)
        assert code == 2
        assert "docs/connections.md says how" in err
    assert run("notices", "send")[1] == "0 sent, 0 tried again later, 0 in doubt, 0 failed\n"


def test_evidence_from_the_command_line(run: Run, ctx: Context, connected: Path, tmp_path: Path) -> None:
    accept(ctx, 1, 1)
    run("deliver", "run")
    page = tmp_path / "1.pdf"
    code, out, _ = run("evidence", 1, "-o", page)
    assert code == 0
    assert out.startswith(f"{page}: SHA-256 ")
    code, out, _ = run("evidence", "--check", page)
    assert (code, out.split("; ")[1]) == (0, "everything agrees\n")
    page.write_bytes(page.read_bytes() + b"%")
    code, _, err = run("evidence", "--check", page)
    assert (code, "was changed, or made elsewhere" in err) == (2, True)
    assert run("evidence", 1, "-o", page)[0] == 2, "it exists"
    assert run("evidence", 1)[0] == 2
    assert run("evidence", 99, "-o", tmp_path / "99.html")[0] == 2
    assert not (tmp_path / "99.html").exists()
    assert run("verify")[0] == 0


def test_keys_and_day_files(run: Run, ctx: Context, tmp_path: Path) -> None:
    code, out, err = run("keys", "add", "robot", "--supplier", SUPPLIER, "--channel", "voice")
    assert code == 0
    assert out.startswith("mdk_")
    assert "takes no readings by 'voice'" in err
    assert run("keys", "add", "robot", "--supplier", SUPPLIER, "--channel", "sms")[0] == 2
    assert run("keys", "revoke", "robot")[0] == 0
    assert json.loads(run("keys", "list", "--json")[1])["revoked_at"]

    register(ctx, account_row("121000000001"))
    file = tmp_path / "day.csv"
    file.write_bytes("ЛицевойСчет;Показание\r\n121000000001;1100\r\n121000000001;x\r\n".encode("cp1251"))
    arguments = ("dayfile", file, "--supplier", SUPPLIER, "--channel", "terminal/platezhka")
    code, out, err = run(*arguments, "--day", "2026-11-24", "--receipt", tmp_path / "receipt.csv")
    assert (code, out) == (1, "2 rows: 1 not_taken, 1 received\n")
    assert f"{file}:3: reading 'x' is no number" in err
    assert len((tmp_path / "receipt.csv").read_text("utf-8").splitlines()) == 3
    assert status(ctx).by_state["accepted"] == 1
    assert run(*arguments, "--day", "2099-01-01")[0] == 2


def test_lines_for_receipts(run: Run, ctx: Context, connected: Path, tmp_path: Path) -> None:
    accept(ctx, 1, 1)
    run("deliver", "run")
    file = tmp_path / "lines.csv"
    assert run("notices", "lines", "--supplier", SUPPLIER, "-o", file)[1] == f"1 lines in {file}\n"
    assert "121000000001,accepted,2026-11-24," in file.read_text("utf-8")
    assert run("notices", "again", 1, "--who", "boss")[0] == 2, "it went out"
    assert run("notices", "list")[1] == ""
