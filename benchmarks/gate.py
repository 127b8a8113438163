"""Milliseconds of the gate a reading: the rules alone, and with everything that the records know.

    python -m benchmarks.gate [--accounts 200000] [--months 24] [--readings 5000]

A register of so many accounts, a third of them with two zones, and accepted readings of so many months for
the accounts that are asked about, in an SQLite file; most readings are true, some too low or too high. Beside
the wall clock stand processor milliseconds, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from domain.account import AccountState
from domain.gate import Circumstances, Claim, ClaimedReading, Decision, Thresholds, Value, judge
from services.judging import account_state
from storage.records import Records, RecordsSettings
from storage.records.tables import batch, reading, sheet, source_file
from templates import suppliers

SUPPLIER = "krasnoyarskenergosbyt"
DAY = date(2026, 11, 25)
_AT = datetime(2026, 11, 25, tzinfo=UTC)
_CHUNK = 20_000
_NONE = Thresholds({})


def build(records: Records, accounts: int, months: int, asked: int, dice: random.Random) -> list[str]:
    """A register and the asked accounts' history; returns the asked accounts."""
    numbers = [f"{121_000_000_000 + n:012d}" for n in range(accounts)]
    for start in range(0, accounts, _CHUNK):
        with records.begin() as tx:
            tx.registers.upsert([row for number in numbers[start : start + _CHUNK] for row in _rows(number)])
    chosen = dice.sample(numbers, min(asked, accounts))
    with records.begin() as tx:
        connection = tx.connection
        values: dict[str, Any] = {"supplier": SUPPLIER, "channel": "sms", "station": "", "collected": DAY}
        connection.execute(sa.insert(batch), [{"id": 1, "created_at": _AT, **values}])
        file = {"id": 1, "supplier": SUPPLIER, "sha256": "0" * 64, "name": "x", "size": 1, "batch_id": 1}
        connection.execute(
            sa.insert(source_file), [{**file, "state": "split", "pages": 1, "received_at": _AT}]
        )
        for start in range(0, len(chosen), 500):
            _history(connection, chosen[start : start + 500], start, months, dice)
    return chosen


def _rows(number: str) -> Iterator[dict[str, Any]]:
    for tariff in ("T1", "T2") if int(number) % 3 == 0 else ("",):
        yield {
            "supplier": SUPPLIER,
            "account": number,
            "meter_serial": number[-8:],
            "tariff": tariff,
            "surname": "Иванова",
            "address": "Красноярск",
            "digits": 5,
            "decimals": 0,
            "previous_reading": "10000",
            "previous_date": DAY - timedelta(days=31),
            "previous_kind": "actual",
            "monthly_average": 120.0,
            "ratio": 1.0,
            "phone": "",
            "email": "",
            "notify": "",
            "alias": "",
        }


def _history(
    connection: sa.Connection, numbers: list[str], first: int, months: int, dice: random.Random
) -> None:
    place = {"supplier": SUPPLIER, "file_id": 1, "slip": 1, "batch_id": 1, "channel": "sms", "station": ""}
    sheets, readings = [], []
    for offset, number in enumerate(numbers):
        for month in range(months):
            day = DAY - timedelta(days=31 * (months - month))
            ident = (first + offset) * months + month + 1
            sheets.append(
                {"id": ident, "page": ident, "collected": day, "received_at": _AT, "state": "delivered"}
                | {"reasons": "", "account": number, "updated_at": _AT}
                | place
            )
            for row in _rows(number):
                readings.append(
                    {"supplier": SUPPLIER, "sheet_id": ident, "account": number}
                    | {"meter_serial": row["meter_serial"], "tariff": row["tariff"]}
                    | {"reading": f"{10_000 - 120 * (months - month) + dice.randint(0, 40):05d}"}
                    | {"reading_date": day, "period": f"{day:%Y-%m}", "received_at": _AT, "channel": "sms"}
                    | {"accepted_by": "machine", "accepted_at": _AT, "evidence": "x", "flags": ""}
                )
    connection.execute(sa.insert(sheet), sheets)
    connection.execute(sa.insert(reading), readings)


def claim_of(number: str, zones: int, dice: random.Random) -> Claim:
    """What a customer sends: mostly true."""
    use = dice.choices((120, -500, 8000), (0.9, 0.05, 0.05))[0]
    values = [f"{10_000 + use + dice.randint(0, 30):05d}" for _ in range(zones)]
    return Claim(
        account=Value(number, 1.0),
        readings=tuple(ClaimedReading(Value(text, 1.0)) for text in values),
        required=frozenset({"account", "reading"}),
        typed=True,
        in_order=True,
    )


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--accounts", type=int, default=200_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--readings", type=int, default=5000)
    asked = parser.parse_args()
    dice = random.Random(6)
    here = Circumstances(suppliers()[SUPPLIER], "sms", DAY)
    with (
        tempfile.TemporaryDirectory() as folder,
        Records.open(RecordsSettings(f"sqlite:///{Path(folder)}/records.db")) as records,
    ):
        chosen = build(records, asked.accounts, asked.months, asked.readings, dice)
        alone, together, rules, all_of_it = _measure(records, chosen, here, dice)
    print(f"{asked.accounts} accounts, {asked.months} months of readings, n = {len(together)}")
    _print("rules alone", alone)
    _print("with the records", together)
    each = (rules / len(alone), all_of_it / len(alone))
    print(f"processor: rules alone {each[0]:.3f} ms, with the records {each[1]:.3f} ms")


def _measure(
    records: Records, chosen: list[str], here: Circumstances, dice: random.Random
) -> tuple[list[float], list[float], float, float]:
    """Milliseconds a reading, judged alone, and looked up and judged; the same of the processor, in all."""
    alone, together = [], []
    rules = used = 0.0
    with records.read() as tx:
        for number in chosen:
            started, began = time.perf_counter(), time.process_time()
            state: AccountState = account_state(tx, SUPPLIER, number, DAY, 0)
            looked_up, looked = time.perf_counter(), time.process_time()
            claim = claim_of(number, len(state.rows), dice)
            asked, resumed = time.perf_counter(), time.process_time()
            decision: Decision = judge(claim, state, here, _NONE)
            ended, stopped = time.perf_counter(), time.process_time()
            assert decision.readings
            alone.append(1000 * (ended - asked))
            together.append(1000 * (looked_up - started + ended - asked))
            rules += 1000 * (stopped - resumed)
            used += 1000 * (looked - began + stopped - resumed)
    return alone, together, rules, used


def _print(what: str, values: list[float]) -> None:
    ordered = sorted(values)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    print(f"{what}: mean {statistics.mean(values):.3f} ms, 99 % {p99:.3f} ms, worst {ordered[-1]:.3f} ms")


if __name__ == "__main__":
    main()
