"""Each reading reaches billing exactly once, whatever stops when."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from domain.errors import AlreadyExistsError, StorageError, UsageError
from domain.harmless import harmless
from services import deliver, digitise, handing_over, receive
from services.context import Context
from services.deliver import export_again, export_readings
from services.status import status
from services.verify import verify
from tests.paper import ORDER, Clock, account_row, file_of, register, slip


class Killed(BaseException):
    """Stands for kill -9: nothing that catches exceptions sees it."""


def accept_slips(ctx: Context, first: int, count: int) -> None:
    accounts = [f"{121_000_000_000 + n}" for n in range(first, first + count)]
    register(ctx, *(account_row(account) for account in accounts))
    receipt = receive.receive_file(ctx, file_of(*([slip(a, "1100")] for a in accounts)), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def delivered(ctx: Context) -> int:
    return status(ctx).by_state["delivered"]


def test_what_billing_gets(ctx: Context, tmp_path: Path) -> None:
    accept_slips(ctx, 1, 2)
    result = export_readings(ctx, tmp_path / "r.csv")
    assert result.readings == 2
    first, second = rows(tmp_path / "r.csv")
    assert list(first) == list(deliver.COLUMNS)
    assert first | {"evidence": ""} == {
        "reading_id": "1",
        "supplier": "krasnoyarskenergosbyt",
        "account": "121000000001",
        "meter_serial": "10203040",
        "tariff": "",
        "reading": "01100",
        "reading_date": "2026-11-24",
        "received_at": "2026-11-24T09:00:00+00:00",
        "channel": "station",
        "accepted_by": "machine",
        "evidence": "",
    }
    key, _, place = second["evidence"].partition("#")
    assert ctx.objects.exists(key)
    assert place == "page=2&slip=1"
    assert delivered(ctx) == 2
    assert list(tmp_path.glob(".*.tmp")) == []
    assert verify(ctx).ok


def test_each_reading_once_over_all_runs(ctx: Context, tmp_path: Path) -> None:
    accept_slips(ctx, 1, 2)
    export_readings(ctx, tmp_path / "1.csv")
    assert export_readings(ctx, tmp_path / "2.csv").readings == 0
    accept_slips(ctx, 3, 1)
    export_readings(ctx, tmp_path / "3.csv")
    assert [len(rows(tmp_path / f"{n}.csv")) for n in (1, 2, 3)] == [2, 0, 1]
    assert (tmp_path / "2.csv").read_text() == ",".join(deliver.COLUMNS) + "\n"
    assert verify(ctx).ok


def test_a_past_run_can_be_written_again(ctx: Context, tmp_path: Path) -> None:
    accept_slips(ctx, 1, 2)
    run = export_readings(ctx, tmp_path / "1.csv").run_id
    accept_slips(ctx, 3, 1)
    export_again(ctx, run, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()
    assert delivered(ctx) == 2
    with pytest.raises(UsageError, match="no finished export run 99"):
        export_again(ctx, 99, tmp_path / "99.csv")


@pytest.mark.parametrize("again", [False, True])
def test_an_existing_file_is_refused(ctx: Context, tmp_path: Path, again: bool) -> None:
    accept_slips(ctx, 1, 1)
    run = export_readings(ctx, tmp_path / "1.csv").run_id
    accept_slips(ctx, 2, 1)
    for taken in (tmp_path / "1.csv", tmp_path):
        before = status(ctx)
        with pytest.raises(AlreadyExistsError, match="exists"):
            export_again(ctx, run, taken) if again else export_readings(ctx, taken)
        assert status(ctx) == before
    (tmp_path / "link.csv").symlink_to("nowhere")
    with pytest.raises(AlreadyExistsError, match="exists"):
        export_readings(ctx, tmp_path / "link.csv")


def test_a_file_that_appears_meanwhile_is_not_replaced(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept_slips(ctx, 1, 1)
    path, write = tmp_path / "r.csv", handing_over.write

    def slow_write(ctx: Context, kind: handing_over.Kind, run_id: int, temporary: Path) -> None:
        write(ctx, kind, run_id, temporary)
        path.write_text("somebody else's")

    monkeypatch.setattr(handing_over, "write", slow_write)
    with pytest.raises(AlreadyExistsError):
        export_readings(ctx, path)
    assert path.read_text() == "somebody else's"
    monkeypatch.undo()
    assert export_readings(ctx, tmp_path / "other.csv").readings == 1
    assert list(tmp_path.glob(".*.tmp")) == []
    assert verify(ctx).ok


def test_a_missing_folder_is_said_before_anything_happens(ctx: Context, tmp_path: Path) -> None:
    accept_slips(ctx, 1, 1)
    with pytest.raises(UsageError, match="no folder"):
        export_readings(ctx, tmp_path / "none" / "r.csv")
    assert delivered(ctx) == 0


def test_a_full_disk_loses_nothing(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accept_slips(ctx, 1, 1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handing_over.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        export_readings(ctx, tmp_path / "r.csv")
    monkeypatch.undo()
    assert export_readings(ctx, tmp_path / "r.csv").readings == 1
    assert verify(ctx).ok


#: What the process did last before it was killed, and whether billing has the file.
_MOMENTS = {
    "before the file is written": ("write", "before", False),
    "when the file is written": ("write", "after", False),
    "before the file is put in place": ("put_in_place", "before", False),
    "when the file is in place": ("put_in_place", "after", True),
    "between link and unlink": ("unlink", "before", True),
}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_killed_in_the_middle(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    accept_slips(ctx, 1, 3)
    name, when, in_place = _MOMENTS[moment]
    _kill(monkeypatch, name, when)
    with pytest.raises(Killed):
        export_readings(ctx, tmp_path / "1.csv")
    monkeypatch.undo()
    assert (tmp_path / "1.csv").exists() == in_place
    accept_slips(ctx, 4, 1)
    export_readings(ctx, tmp_path / "2.csv")
    got = [row["reading_id"] for path in sorted(tmp_path.glob("*.csv")) for row in rows(path)]
    assert sorted(got) == ["1", "2", "3", "4"]
    assert len(rows(tmp_path / "2.csv")) == (1 if in_place else 4)
    assert list(tmp_path.glob(".*.tmp")) == []
    assert delivered(ctx) == 4
    assert verify(ctx).ok


def _kill(monkeypatch: pytest.MonkeyPatch, name: str, when: str) -> None:
    place: object = Path if name == "unlink" else handing_over
    real = getattr(place, name)

    def killed(*arguments: object, **named: object) -> None:
        if when == "after":
            real(*arguments, **named)
        raise Killed

    monkeypatch.setattr(place, name, killed)


def test_the_same_name_again_after_a_kill(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept_slips(ctx, 1, 3)
    _kill(monkeypatch, "put_in_place", "before")
    with pytest.raises(Killed):
        export_readings(ctx, tmp_path / "r.csv")
    monkeypatch.undo()
    export_readings(ctx, tmp_path / "r.csv")
    assert len(rows(tmp_path / "r.csv")) == 3
    assert verify(ctx).ok


@pytest.mark.parametrize("cell", ["=1+1", "+7", "-1", "@x", "\tx", "\rx"])
def test_a_spreadsheet_runs_nothing(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("0563") == "0563"


def test_formulas_in_the_register_are_made_harmless(ctx: Context, tmp_path: Path, clock: Clock) -> None:
    register(ctx, account_row("121000000001", meter_serial="=cmd|' /C calc'!A0"))
    receipt = receive.receive_file(ctx, file_of([slip("121000000001", "1100")]), "a.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    export_readings(ctx, tmp_path / "r.csv")
    assert rows(tmp_path / "r.csv")[0]["meter_serial"] == "'=cmd|' /C calc'!A0"
