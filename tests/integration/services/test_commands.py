"""The commands of the main road: what they print, and how they end."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.reasons import Reason
from meterdrop import main, wiring
from services.context import Context
from services.register_rows import REQUIRED
from tests.paper import account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """``meterdrop …`` in this process: (exit status, standard output, standard error)."""
    monkeypatch.setattr(wiring, "open_context", lambda *_: ctx)
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["meterdrop", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            main.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert isinstance(leave.value.code, int)
        return leave.value.code, out, err

    return command


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_main_road(run: Run, ctx: Context, tmp_path: Path) -> None:
    table = tmp_path / "r.csv"
    table.write_text(",".join(REQUIRED) + f"\n{A},И,Мира 1,1,5,0,,01000,2026-10-24,120\nbad,,,,,,,,,\n")
    code, out, err = run("register", "import", table)
    assert (code, out) == (1, "1 rows imported, 1 bad\n")
    assert f"{table}:3: account 'bad' is not in the format" in err
    code, out, _ = run("register", "import", table, "--json")
    assert lines(out)[0]["imported"] == 1
    assert [bad["line"] for bad in lines(out)[0]["bad"]] == [3]

    scans = tmp_path / "сканы"
    scans.mkdir()
    (scans / "a.pdf").write_bytes(file_of([slip(A, "1100")], "blank", [slip(B, "1100")]))
    (scans / "b.pdf").write_bytes(b"damaged")
    order = ("--station", "box 7", "--collected", "2026-11-24")
    code, out, err = run("ingest", scans, tmp_path / "none.pdf", *order, "--json")
    assert code == 1
    *sheets, total = lines(out)
    assert [(s["path"], s["state"], s["reasons"]) for s in sheets] == [
        (str(tmp_path / "none.pdf"), "unreadable", ["not_found"]),
        ("a.pdf", "accepted", []),
        ("a.pdf", "blank", []),
        ("a.pdf", "review", ["account_unknown"]),
        ("b.pdf", "unreadable", ["corrupt_file"]),
    ]
    assert total["sheets"] == 4
    assert total["by_state"] == {"accepted": 1, "blank": 1, "review": 1, "unreadable": 1}
    code, out, err = run("ingest", scans, *order)
    assert code == 1
    assert "2 files, 2 known" in out
    assert "b.pdf, page 1: corrupt_file - The file" in err
    empty = tmp_path / "empty"
    empty.mkdir()
    said = "nothing to take in: no files there; name files, or a folder that holds some\n"
    assert run("ingest", empty, *order) == (0, "", said)
    code, out, err = run("ingest", empty, *order, "--json")
    assert (code, lines(out)[0]["files"], err) == (0, 0, said)
    assert run("ingest", scans / "a.pdf", *order)[0] == 0

    code, out, _ = run("status", "--json")
    [counts] = lines(out)
    assert (code, counts["sheets"], sum(counts["by_state"].values())) == (0, 4, 4)
    assert set(counts["by_state"]) == {
        "pending",
        "accepted",
        "review",
        "rejected",
        "blank",
        "duplicate",
        "unreadable",
        "delivered",
    }
    assert counts["by_reason"] == {"account_unknown": 1, "corrupt_file": 1}
    assert "account_unknown" in run("status")[1]

    code, out, _ = run("export", "-o", tmp_path / "out.csv")
    assert (code, out) == (0, f"Run 1: 1 readings in {tmp_path / 'out.csv'}\n")
    code, _, err = run("export", "-o", tmp_path / "out.csv")
    assert (code, err) == (2, f"Error: {tmp_path / 'out.csv'} exists; choose another name\n")
    code, out, _ = run("export", "-o", tmp_path / "again.csv", "--again", 1, "--json")
    assert lines(out) == [{"run": 1, "path": str(tmp_path / "again.csv"), "readings": 1}]
    assert run("export", "-o", tmp_path / "x.csv", "--again", 9)[0] == 2

    assert run("verify", "--json")[:2] == (0, '{"ok": true, "problems": []}\n')
    [key] = {row[1] for row in files(ctx) if row[2] == 7}
    ctx.objects.delete(key)
    code, out, _ = run("verify", "--json")
    assert (code, lines(out)[0]["ok"], len(lines(out)[0]["problems"])) == (1, False, 1)
    assert "is missing" in run("verify")[1]


def files(ctx: Context) -> list[tuple[int, str, int]]:
    with ctx.records.read() as tx:
        return tx.files.kept(0, 1000)


def test_a_day_outside_the_window_is_said_before_a_batch_is_taken_in(
    run: Run, ctx: Context, tmp_path: Path
) -> None:
    register(ctx, account_row(A))
    (tmp_path / "a.pdf").write_bytes(file_of([slip(A, "1100", date="2026-11-10")]))
    code, out, err = run("ingest", tmp_path / "a.pdf", "--collected", "2026-11-10", "--json")
    assert "2026-11-10 is outside the days" in err
    assert code == 0
    assert lines(out)[0]["reasons"] == [Reason.OUTSIDE_WINDOW.value]
    assert "takes no readings by 'pigeon'" in run("ingest", tmp_path / "a.pdf", "--channel", "pigeon")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest",),
        ("ingest", "x", "--collected", "24.11.2026"),
        ("ingest", "x", "--supplier", "nobody"),
        ("register", "import", "x", "--supplier", "nobody"),
        ("export",),
        ("export", "-o", "/nonexistent/folder/x.csv"),
        ("users", "add", "anna"),
        ("users", "add", "anna", "--role", "king", "--password-stdin"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(
    run: Run, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Error: " in err.splitlines()[-1]


def test_users_are_added_with_a_password_from_standard_input(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    assert run("users", "add", "anna", "--role", "reviewer", "--password-stdin")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("another password\n"))
    code, _, err = run("users", "add", "anna", "--role", "reviewer", "--password-stdin")
    assert code != 0
    assert "already a user" in err
    monkeypatch.setattr(sys, "stdin", io.StringIO("no terminal\n"))
    assert run("users", "add", "boris", "--role", "reviewer")[0] == 2
    [user] = lines(run("users", "list", "--json")[1])
    assert (user["name"], user["role"]) == ("anna", "reviewer")
    assert run("users", "list")[1] == "anna                    reviewer\n"
