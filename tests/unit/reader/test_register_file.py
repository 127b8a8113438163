"""A register that is only read: its accounts, and what it knows of their meters."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from domain.errors import UsageError
from meterdrop.commands.read import command
from meterdrop.readers import _with_meters
from meterdrop.register_file import RegisterFile
from templates import find
from tests.paper import FORM, _slip, slip
from tests.unit.reader.slips import ACCOUNT, filled

HEADER = "account,surname,meter_serial,digits,tariff,previous_reading,previous_date,monthly_average"
ROWS = (
    f'{ACCOUNT},"Иванова, ""А""",СЕ-77,5,T1,5500,25.10.2026,120',
    "121000000777,Петров,1,5,,00100,2026-10-25,80",
    f"{ACCOUNT},Иванова,СЕ-77,5,T2,00300,2026-10-25,",
)


def write(path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_an_accounts_rows(tmp_path: Path, encoding: str) -> None:
    register = RegisterFile(write(tmp_path / "r.csv", *ROWS, encoding=encoding), 12)
    first, second = register.rows(ACCOUNT)
    assert (first.surname, first.tariff, second.tariff) == ('Иванова, "А"', "T1", "T2")
    assert (first.digits, first.previous_reading, first.previous_date) == (5, "05500", date(2026, 10, 25))
    assert (first.monthly_average, second.monthly_average) == (120.0, None)
    assert [row.meter_serial for row in register.rows("121000000777")] == ["1"]
    assert register.rows("121000000778") == ()
    assert len(register.index) == 2


def test_a_register_of_accounts_alone_has_no_meters(tmp_path: Path) -> None:
    register = RegisterFile(write(tmp_path / "r.csv", f"a;{ACCOUNT}", header="surname;account"), 12)
    assert ACCOUNT in register.index
    assert register.rows(ACCOUNT) == ()


def test_the_registers_readings_tell_neighbours_apart(tmp_path: Path) -> None:
    rows = (
        "121000000001,И,7,5,,01000,2026-10-24,120",
        "121000000007,П,8,5,,50000,2026-10-24,120",
    )
    register = RegisterFile(write(tmp_path / "r.csv", *rows), 12)
    template = find(FORM.split("@")[0])
    told = slip("121000000001", "01100", doubts={}, rival=("121000000007", 0.2), account_confidence=0.79)
    seen = _with_meters(_slip(told, 1), {template.key: template}, register).fields["account"]
    assert (seen.value, seen.reasons) == ("121000000001", ())
    assert seen.confidence > 0.95
    alone = RegisterFile(write(tmp_path / "a.csv", "121000000001", "121000000007", header="account"), 12)
    seen = _with_meters(_slip(told, 1), {template.key: template}, alone).fields["account"]
    assert seen.confidence == 0.79


def test_line_breaks_in_a_cell_and_bad_rows(tmp_path: Path) -> None:
    said: list[str] = []
    rows = (
        f'{ACCOUNT},"Ива\nнова",7,5,T1,05500,2026-10-25,120',
        "121000000777,П,1,five,,00100,2026-10-25,80",
        "121000000778,С,1,6,,000100,2026-10-25,80",
    )
    register = RegisterFile(write(tmp_path / "r.csv", *rows), 12, said.append)
    assert [row.digits for row in register.rows(ACCOUNT)] == [5]
    assert register.rows("121000000777") == ()
    assert len(said) == 1
    assert ":4:" in said[0]
    assert "five" in said[0]
    assert [row.digits for row in register.rows("121000000778")] == [6]


def test_what_is_no_register(tmp_path: Path) -> None:
    for text in ("number\n1\n", "account\nabc\n", ""):
        (tmp_path / "r.csv").write_text(text)
        with pytest.raises(UsageError, match=r"r\.csv"):
            RegisterFile(tmp_path / "r.csv", 12)
    with pytest.raises(UsageError, match="name a CSV file"):
        RegisterFile(tmp_path / "none.csv", 12)


def test_reading_a_slip_uses_the_accounts_history(tmp_path: Path) -> None:
    slip, _ = filled(200, np.random.default_rng(1))
    (tmp_path / "slip.png").write_bytes(cv2.imencode(".png", slip)[1].tobytes())

    def confidence(*rows: str) -> float:
        register = write(tmp_path / "r.csv", *rows)
        arguments = [str(tmp_path / "slip.png"), "--json", "--register", str(register)]
        result = CliRunner().invoke(command, arguments, standalone_mode=False)
        reading = json.loads(result.stdout.splitlines()[-1])["fields"]["reading"]
        assert reading["value"] == "05630"
        return float(reading["confidence"])

    usual = confidence(f"{ACCOUNT},И,7,5,,05500,2026-10-25,120")
    unusual = confidence(f"{ACCOUNT},И,7,5,,91000,2026-10-25,120")
    other_count = confidence(f"{ACCOUNT},И,7,4,,0500,2026-10-25,120")
    assert usual > max(unusual, other_count)
