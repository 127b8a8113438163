"""The accounts of personal slips, from registers as suppliers save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import RegisterError
from domain.supplier import AccountFormat
from templates.printing.accounts import BadRow, read_accounts


def read(path: Path) -> tuple[list[str], list[BadRow]]:
    bad: list[BadRow] = []
    return list(read_accounts(path, "krasnoyarskenergosbyt", AccountFormat(12, 12), bad.append)), bad


def saved(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "accounts.csv"
    path.write_bytes(text.encode(encoding))
    return path


ROWS = "account,surname\n121000000000,Ёлкина\n121000000001,Петров\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_registers_as_they_are_saved(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    path = saved(tmp_path, ROWS.replace(",", separator).replace("\n", end), encoding)
    assert read(path) == (["121000000000", "121000000001"], [])


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("12100000000", "bad account"),
        ("12100000000O", "bad account"),
        ("1,21E+11", "spreadsheet number"),
        ("", "no account"),
        ("１２１００００００００１", "bad account"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path: Path, cell: str, problem: str) -> None:
    path = saved(tmp_path, f'surname,account\nА,121000000000\nБ,"{cell}"\nВ,121000000002\n')
    accounts, bad = read(path)
    assert accounts == ["121000000000", "121000000002"]
    assert [row.line for row in bad] == [3]
    assert problem in bad[0].problem


def test_lines_are_the_files_lines(tmp_path: Path) -> None:
    path = saved(tmp_path, 'account,address\n121000000000,"дом 1\nкв. 2"\n\n,без номера\n')
    assert [row.line for row in read(path)[1]] == [5]


def test_further_tariffs_share_a_slip(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        "account,meter_serial,tariff\n"
        "121000000000,1,T1\n121000000000,1,T2\n121000000000,2,T1\n121000000001,3,\n121000000001,4,\n",
    )
    assert read(path)[0] == ["121000000000", "121000000000", "121000000001", "121000000001"]


def test_another_suppliers_row_gets_no_slip(tmp_path: Path) -> None:
    path = saved(tmp_path, "account,supplier\n121000000000,altaienergosbyt\n121000000001,\n")
    accounts, bad = read(path)
    assert accounts == ["121000000001"]
    assert "another supplier" in bad[0].problem


@pytest.mark.parametrize("text", ["", "konto\n1\n", "121000000000\n"])
def test_what_is_no_register_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RegisterError, match="no column account"):
        read(saved(tmp_path, text))


def test_a_register_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="cannot read"):
        read(tmp_path / "none.csv")


def test_bytes_of_no_encoding_are_told(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(b"account,\x98\n121000000000,x\n")
    with pytest.raises(RegisterError, match="unknown encoding"):
        read(path)
    path.write_bytes(b"account,n\n121000000000,\x98\xff\n")
    with pytest.raises(RegisterError, match="unknown encoding"):
        read(path)


def test_meters_share_a_form_that_has_room_for_several(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    rows = ["account,meter_serial,tariff", "121000000001,1,", "121000000001,2,T1", "121000000001,2,T2"]
    path.write_text("\n".join([*rows, "121000000002,3,"]), "utf-8")
    shape = AccountFormat(12, 12)
    shared = read_accounts(path, "krasnoyarskenergosbyt", shape, lambda _: None, several_meters=True)
    assert list(shared) == ["121000000001", "121000000002"]
    alone = read_accounts(path, "krasnoyarskenergosbyt", shape, lambda _: None)
    assert list(alone) == ["121000000001", "121000000001", "121000000002"]
