"""Seconds and memory of a month's end over a whole register.

    python -m benchmarks.month_end [--accounts 1000000] [--months 6] [--share 0.7]

So many accounts in an SQLite file, ``--share`` of them with a reading in each of so many months, the last
one of half of these; every tenth of the others is long silent. Then ``close_month``, as the command runs
it. The processor's seconds stand beside the clock's.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from benchmarks.gate import DAY, SUPPLIER
from services.context import Context, ServiceSettings
from services.month_end import close_month
from storage.objects import FolderStore
from storage.records import Records, RecordsSettings
from storage.records.tables import batch, reading, sheet, source_file
from templates import suppliers

_AT = datetime(2026, 11, 25, tzinfo=UTC)
_CHUNK = 20_000
_PERIOD = "2026-11"


def build(records: Records, accounts: int, months: int, share: float, dice: random.Random) -> None:
    """A register and its readings; the present month's among them for half of those who send."""
    days = [date(2026 - (10 - n < 0), (10 - n) % 12 + 1, 24) for n in range(months)]
    with records.begin() as tx:
        place: dict[str, Any] = {"supplier": SUPPLIER, "channel": "sms", "station": "", "collected": DAY}
        tx.connection.execute(sa.insert(batch), [{"id": 1, "created_at": _AT, **place}])
        file = {"id": 1, "supplier": SUPPLIER, "sha256": "0" * 64, "name": "x", "size": 1, "batch_id": 1}
        tx.connection.execute(
            sa.insert(source_file), [{**file, "state": "split", "pages": 1, "received_at": _AT}]
        )
        row = {"id": 1, "file_id": 1, "page": 1, "slip": 1, "batch_id": 1, "state": "delivered"}
        tx.connection.execute(
            sa.insert(sheet), [{**row, **place, "reasons": "", "received_at": _AT, "updated_at": _AT}]
        )
    for start in range(0, accounts, _CHUNK):
        numbers = [f"{121_000_000_000 + n:012d}" for n in range(start, min(start + _CHUNK, accounts))]
        with records.begin() as tx:
            tx.registers.upsert([_row(number) for number in numbers])
            sending = [number for number in numbers if dice.random() < share]
            found = [
                _reading(n, day, at)
                for n in sending
                for at, day in enumerate(days)
                if at or dice.random() < 0.5
            ]
            if found:
                tx.connection.execute(sa.insert(reading), found)


def _row(number: str) -> dict[str, Any]:
    return {
        "supplier": SUPPLIER,
        "account": number,
        "meter_serial": number[-8:],
        "tariff": "",
        "surname": "Иванова",
        "address": f"Красноярск, Мира {number[-4:]}",
        "digits": 5,
        "decimals": 0,
        "previous_reading": "05000",
        "previous_date": date(2026, 3 if number.endswith("0") else 9, 24),
        "previous_kind": "actual",
        "monthly_average": 120.0,
        "ratio": 1.0,
        "phone": "+79030000000",
        "email": "",
        "notify": "",
        "alias": "",
        "route": number[-3:],
    }


def _reading(number: str, day: date, back: int) -> dict[str, Any]:
    return {
        "supplier": SUPPLIER,
        "sheet_id": 1,
        "account": number,
        "meter_serial": number[-8:],
        "tariff": "",
        "reading": f"{10_000 - 120 * back:05d}",
        "reading_date": day,
        "period": f"{day:%Y-%m}",
        "received_at": _AT,
        "channel": "sms",
        "accepted_by": "machine",
        "accepted_at": _AT,
        "evidence": "x",
        "flags": "",
        # one sheet stands for them all: the key of its readings must still differ
        "revision": int(number) * 100 + back,
    }


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--share", type=float, default=0.7)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Records.open(RecordsSettings(f"sqlite:///{Path(folder)}/records.db")) as records,
    ):
        build(records, asked.accounts, asked.months, asked.share, random.Random(7))
        ctx = Context(
            records=records,
            objects=FolderStore(Path(folder) / "objects"),
            clock=lambda: _AT,
            suppliers=suppliers(),
            templates={},
            reader=cast(Any, None),
            thresholds=cast(Any, None),
            settings=ServiceSettings(),
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, used = time.perf_counter(), time.process_time()
        done = close_month(ctx, SUPPLIER, _PERIOD, DAY, Path(folder))
        seconds, processor = time.perf_counter() - started, time.process_time() - used
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{asked.accounts} accounts, {asked.months} months of readings from {asked.share:.0%} of them")
    print(f"{seconds:.1f} s, processor {processor:.1f} s; memory at most {max(before, after) / 1024:.0f} MiB")
    print(f"{done.no_reading} without a reading, {done.reminders} to remind, {done.field_checks} to look at")


if __name__ == "__main__":
    main()
