"""Importing the register of accounts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.account import RegisterRow
from domain.errors import RegisterError, UsageError
from services import register as service
from services.context import Context
from services.register import import_register
from services.register_rows import REQUIRED
from tests.paper import SUPPLIER

HEADER = ",".join(REQUIRED)
GOOD = '121000000001,Иванова,"Красноярск, Мира 1",10203040,5,1,,01000,2026-10-24,120.5'


def write(path: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


def account(ctx: Context, number: str = "121000000001") -> tuple[RegisterRow, ...]:
    with ctx.records.read() as tx:
        return tx.registers.rows(SUPPLIER, number)


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("cp1251", "cp1251")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_billing_programs_write(
    ctx: Context, tmp_path: Path, encoding: str, found: str, end: str, delimiter: str
) -> None:
    lines = [HEADER.replace(",", delimiter), GOOD.replace(",", delimiter).replace(f"{delimiter} М", ", М")]
    result = import_register(ctx, write(tmp_path / "r.csv", *lines, encoding=encoding, end=end), SUPPLIER)
    assert (result.imported, result.bad, result.encoding) == (1, (), found)
    assert account(ctx) == (
        RegisterRow(
            supplier=SUPPLIER,
            account="121000000001",
            meter_serial="10203040",
            tariff="",
            digits=5,
            decimals=1,
            surname="Иванова",
            address="Красноярск, Мира 1",
            previous_reading="01000",
            previous_date=date(2026, 10, 24),
            monthly_average=120.5,
        ),
    )


def test_optional_columns_in_any_order(ctx: Context, tmp_path: Path) -> None:
    header = f"Previous_Kind, RATIO ,supplier,{HEADER},phone,unknown"
    line = f'norm,"1,5",{SUPPLIER},{GOOD},+7 900,x'
    assert import_register(ctx, write(tmp_path / "r.csv", header, line), SUPPLIER).imported == 1
    [row] = account(ctx)
    assert (row.previous_kind, row.ratio) == ("norm", 1.5)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("121000000002,Иванов", "column address is missing"),
        (GOOD + ",,,,,,,,extra", "cells, but the header has"),
        ("12100000000,И,А,1,5,0,,1,2026-10-24,1", "not in the format"),
        ("12100000000x,И,А,1,5,0,,1,2026-10-24,1", "not in the format"),
        ("121000000002,И,А,1,5,0,,12a,2026-10-24,1", "previous_reading '12a' is not a number"),
        ("121000000002,И,А,1,5,0,,-5,2026-10-24,1", "previous_reading '-5' is not a number"),
        ("121000000002,И,А,1,5,0,,123456,2026-10-24,1", "more than 5 digits"),
        ("121000000002,И,А,1,5,0,,1,2026-13-24,1", "previous_date '2026-13-24' is not a date"),
        ("121000000002,И,А,1,five,0,,1,2026-10-24,1", "digits 'five' is not a whole number"),
        ("121000000002,И,А,1,0,0,,1,2026-10-24,1", "digits '0' is not a whole number"),
        ("121000000002,И,А,1,5,0,T9,1,2026-10-24,1", "tariff 'T9' is unknown; use T1, T2, T3"),
        ("121000000002,И,А,1,5,0,,1,2026-10-24,много", "monthly_average 'много' is not a number"),
        ("121000000002,И,А,1,5,0,,1,2026-10-24,nan", "monthly_average 'nan' is not a number"),
        (GOOD, "the same account, meter and tariff as in line 2"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_are_taken(
    ctx: Context, tmp_path: Path, line: str, problem: str
) -> None:
    path = write(tmp_path / "r.csv", HEADER, GOOD, line, GOOD.replace("0001,", "0003,", 1))
    result = import_register(ctx, path, SUPPLIER)
    assert result.imported == 2
    assert [bad.line for bad in result.bad] == [3]
    assert problem in result.bad[0].problem


def test_lines_are_those_of_an_editor(ctx: Context, tmp_path: Path) -> None:
    """A cell with a line break and an empty line do not shift the numbers."""
    tall = GOOD.replace("Мира 1", "Мира\n1")
    path = write(tmp_path / "r.csv", HEADER, tall, "", "bad,И,А,1,5,0,,1,2026-10-24,1")
    assert [bad.line for bad in import_register(ctx, path, SUPPLIER).bad] == [5]


def test_numbers_as_accountants_write_them(ctx: Context, tmp_path: Path) -> None:
    line = "121000000001;И;А;1;5;1;1;563,4;24.10.2026;1 120,5"
    import_register(ctx, write(tmp_path / "r.csv", HEADER.replace(",", ";"), line), SUPPLIER)
    [row] = account(ctx)
    assert (row.previous_reading, row.previous_date) == ("00563", date(2026, 10, 24))
    assert (row.monthly_average, row.tariff) == (1120.5, "T1")


def test_what_is_not_known_stays_unknown(ctx: Context, tmp_path: Path) -> None:
    import_register(ctx, write(tmp_path / "r.csv", HEADER, "121000000001,,,,,,,,,"), SUPPLIER)
    [row] = account(ctx)
    assert (row.digits, row.previous_reading, row.previous_date, row.monthly_average) == (None,) * 4


def test_importing_again_brings_rows_up_to_date(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ROWS_A_TRANSACTION", 3)
    lines = [GOOD.replace("0001,", f"{n:04},", 1) for n in range(1, 11)]
    progress: list[int] = []
    first = import_register(ctx, write(tmp_path / "1.csv", HEADER, *lines), SUPPLIER, progress.append)
    assert (first.imported, progress) == (10, [3, 6, 9])
    changed = GOOD.replace("Иванова", "Петрова")
    assert import_register(ctx, write(tmp_path / "2.csv", HEADER, changed), SUPPLIER).imported == 1
    with ctx.records.read() as tx:
        assert tx.registers.count(SUPPLIER) == 10
        assert tx.registers.version(SUPPLIER) == 5
    assert account(ctx)[0].surname == "Петрова"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no column account"),
        (b"account,surname\n1,2\n", "no column address"),
        (b"\x98\xff\x98", "neither UTF-8 nor CP1251"),
        (HEADER.encode() + b"\n" + b'"' + b"x" * 200_000, "export the register as CSV again"),
    ],
)
def test_what_is_no_register_is_refused(ctx: Context, tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(data)
    with pytest.raises(RegisterError, match=problem):
        import_register(ctx, path, SUPPLIER)
    with pytest.raises(RegisterError, match="cannot be read"):
        import_register(ctx, tmp_path / "none.csv", SUPPLIER)
    with pytest.raises(UsageError, match="no supplier 'nobody'"):
        import_register(ctx, path, "nobody")


def test_characters_that_no_database_keeps(ctx: Context, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", HEADER, GOOD.replace("Иванова", "Ива\x00нова\x07"))
    assert import_register(ctx, path, SUPPLIER).imported == 1
    assert account(ctx)[0].surname == "Иванова"
