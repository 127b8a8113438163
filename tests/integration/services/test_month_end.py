"""The end of a month: who is billed by what, who is reminded, which meters somebody should look at."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.errors import AlreadyExistsError, UsageError
from domain.reasons import Reason
from services.context import Context
from services.day_file import DayFile, read_day_file
from services.incoming import Incoming, Spoken
from services.messages import receive_message
from services.month_end import FIELD_CHECKS, NO_READING, REMINDERS, close_month
from tests.paper import DAY, SUPPLIER, account_row, register

PERIOD = "2026-11"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbered(n: int, **changes: Any) -> dict[str, Any]:
    return account_row(f"1210000000{n:02d}", **changes)


def send(ctx: Context, account: str, reading: str, day: date = DAY, channel: str = "sms") -> None:
    said = Spoken(account, ((reading, ""),))
    receive_message(
        ctx,
        Incoming(
            SUPPLIER, channel, "test", f"{account}-{day}-{channel}", sender="", text="", day=day, spoken=said
        ),
    )


def test_a_month_ends(ctx: Context, tmp_path: Path) -> None:
    register(
        ctx,
        numbered(1, phone="+79030000001"),
        numbered(2, phone="+79030000002", previous_date=date(2026, 8, 24)),
        numbered(3, previous_date=date(2026, 7, 24), monthly_norm=210.0, route="17", email="a@example.org"),
        numbered(4, previous_kind="average", estimated_months=3, route="03", phone="+79030000004"),
        numbered(5, monthly_average=None),
        numbered(6, status="managed"),
        numbered(7, status="closed"),
        numbered(8, tariff="T1"),
        numbered(8, tariff="T2"),
        numbered(9, surname="=1+1", phone="1", notify="none", previous_date=date(2026, 3, 24), route="02"),
    )
    send(ctx, "121000000001", "01100")
    done = close_month(ctx, SUPPLIER, PERIOD, DAY, tmp_path)
    without = rows(tmp_path, NO_READING)
    told = {
        (r["account"][-2:], r["tariff"]): (r["months_without"], r["method"], r["kwh"], r["basis"])
        for r in without
    }
    assert told == {
        ("02", ""): ("3", "average", "120.00", "register"),
        ("03", ""): ("4", "norm", "210.00", "register"),
        ("04", ""): ("4", "norm", "", "billing"),
        ("05", ""): ("1", "average", "", "billing"),
        ("08", "T1"): ("1", "average", "120.00", "register"),
        ("08", "T2"): ("1", "average", "120.00", "register"),
        ("09", ""): ("8", "norm", "", "billing"),
    }
    assert [r["surname"] for r in without][-1] == "'=1+1"
    reminded = rows(tmp_path, REMINDERS)
    assert [(r["account"][-2:], r["last_day"]) for r in reminded] == [
        ("02", "2026-11-29"),
        ("03", "2026-11-29"),
        ("04", "2026-11-29"),
    ]
    assert [(r["route"], r["account"][-2:], r["reasons"]) for r in rows(tmp_path, FIELD_CHECKS)] == [
        ("02", "09", "long_silent")
    ]
    assert (done.meters, done.no_reading, done.average, done.norm, done.unknown) == (10, 7, 4, 3, 3)


def test_after_the_month_nobody_is_reminded_and_old_files_are_left_alone(
    ctx: Context, tmp_path: Path
) -> None:
    register(ctx, numbered(1, phone="+79030000001"))
    done = close_month(ctx, SUPPLIER, PERIOD, date(2026, 12, 2), tmp_path)
    assert (done.no_reading, done.reminders) == (1, 0)
    with pytest.raises(AlreadyExistsError, match="no-reading"):
        close_month(ctx, SUPPLIER, PERIOD, date(2026, 12, 2), tmp_path)
    with pytest.raises(UsageError, match="YYYY-MM"):
        close_month(ctx, SUPPLIER, "2026-13", DAY, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".tmp") == []


def test_meters_that_stand_still_or_slow_down_are_looked_at(ctx: Context, tmp_path: Path) -> None:
    register(
        ctx,
        numbered(1, previous_reading=None, previous_date=None, route="5"),
        numbered(2, previous_reading=None, previous_date=None, route="4"),
        numbered(3, previous_reading=None, previous_date=None, route="4"),
    )
    still, slow, steady = 5000, 5000, 5000
    for step in range(16):
        month = 7 + step
        day = date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 24)
        still += 200 if step < 12 else 0
        slow += 300 if step < 12 else 60
        steady += 200
        for account, value in (("121000000001", still), ("121000000002", slow), ("121000000003", steady)):
            send(ctx, account, f"{value:05d}", day)
    folder = tmp_path / "out"
    folder.mkdir()
    close_month(ctx, SUPPLIER, PERIOD, DAY, folder)
    looked = [(r["route"], r["account"][-2:], r["reasons"]) for r in rows(folder, FIELD_CHECKS)]
    assert looked == [("4", "02", "understated"), ("5", "01", "repeated_zeros")]
    # By now they are a month silent; their average is their own where the register has none.
    assert {r["months_without"] for r in rows(folder, NO_READING)} == {"1"}


def test_a_controllers_act_comes_back_and_outranks_what_the_customer_sent(ctx: Context) -> None:
    register(ctx, numbered(1))
    send(ctx, "121000000001", "01100")
    acts = b"account;reading;meter_serial;date\n121000000001;01020;10203040;2026-11-28\n"
    [row] = read_day_file(ctx, acts, DayFile(SUPPLIER, "act", "controllers", date(2026, 11, 30)))
    assert row.answered is not None
    assert row.answered.outcome == "received"
    with ctx.records.read() as tx:
        earlier = tx.readings.earlier(SUPPLIER, "121000000001", PERIOD, 0)
    assert [(each.reading, each.channel) for each in earlier] == [("01020", "act")]
    # What the customer sends now is kept, and changes nothing.
    send(ctx, "121000000001", "01110", date(2026, 11, 29))
    with ctx.records.read() as tx:
        found = {state: tx.readings.of_sheet(n + 1) for n, state in enumerate(("sms", "act", "sms again"))}
        sheets = tx.sheets.get([1, 2, 3])
    assert [bool(found[name]) for name in found] == [False, True, False]
    assert [each.reasons for each in sheets] == [(Reason.OUTRANKED,), (), (Reason.OUTRANKED,)]
