"""How long ``meterdrop verify`` takes, and that its memory does not grow with the records.

    python -m benchmarks.verifying [--sheets 1000 10000 100000]

For each number a home of its own: as many accepted sheets with their readings and audit log, 50 to a file,
written straight into the tables (nothing is read from pictures), each file an object of 200 kB. Then
``meterdrop verify`` in a process of its own: seconds, peak memory; and once more with one reading doubled,
one object cut short and one row gone from the log, all of which it must name.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from storage.objects import FolderStore
from storage.records import Records, RecordsSettings
from storage.records.tables import audit, batch, reading, receipt, sheet, source_file

_SUPPLIER, _DAY, _AT = "krasnoyarskenergosbyt", date(2026, 10, 24), datetime(2026, 10, 24, 9, tzinfo=UTC)
_PAGES = 50
_OBJECT_BYTES = 200_000


def fill(home: Path, sheets: int) -> None:
    """A home with ``sheets`` accepted sheets that agree with themselves."""
    objects = FolderStore(home / "objects")
    dice = np.random.default_rng(sheets)
    with Records.open(RecordsSettings(f"sqlite:///{home / 'records.db'}")) as records:
        whose = {"supplier": _SUPPLIER, "channel": "station", "station": "1", "collected": _DAY}
        with records.begin() as tx:
            tx.connection.execute(sa.insert(batch).values(id=1, created_at=_AT, **whose))
        for number in range(1, sheets // _PAGES + 1):
            key = objects.put(dice.bytes(_OBJECT_BYTES))
            with records.begin() as tx:
                _file(tx.connection, number, key, whose)


def _file(connection: sa.Connection, number: int, key: str, whose: dict[str, Any]) -> None:
    name, first = f"{number}.pdf", (number - 1) * _PAGES
    row: dict[str, Any] = {"id": number, "supplier": _SUPPLIER, "sha256": key, "name": name, "batch_id": 1}
    row |= {"size": _OBJECT_BYTES, "state": "split", "pages": _PAGES, "received_at": _AT}
    connection.execute(sa.insert(source_file).values(row))
    connection.execute(
        sa.insert(receipt).values(supplier=_SUPPLIER, file_id=number, batch_id=1, name=name, at=_AT)
    )
    sheets, readings = [], []
    received = {"file": number, "batch": 1, "name": name, "again": False}
    log: list[dict[str, Any]] = [_log("1", "file.received", details=received)]
    for page in range(1, _PAGES + 1):
        identity = first + page
        common = {"supplier": _SUPPLIER, "account": f"{121_000_000_000 + identity}", "received_at": _AT}
        place = {"file_id": number, "page": page, "slip": 1, "batch_id": 1}
        state = {"id": identity, "state": "accepted", "reasons": "", "updated_at": _AT}
        sheets.append(whose | common | place | state)
        meter = {"sheet_id": identity, "meter_serial": f"{identity:08d}", "tariff": "", "channel": "station"}
        value = {"reading": "01100", "reading_date": _DAY, "period": "2026-10", "flags": ""}
        accepted = {"accepted_by": "machine", "accepted_at": _AT, "evidence": f"{key}#page={page}&slip=1"}
        readings.append(common | meter | value | accepted)
        log.append(_log("machine", "sheet.state", sheet_id=identity, after="pending"))
        log.append(_log("machine", "sheet.state", sheet_id=identity, before="pending", after="accepted"))
    connection.execute(sa.insert(sheet), sheets)
    connection.execute(sa.insert(reading), readings)
    connection.execute(sa.insert(audit), log)


def _log(
    who: str,
    what: str,
    *,
    sheet_id: int | None = None,
    before: str = "",
    after: str = "",
    details: Any = None,
) -> dict[str, Any]:
    states = {"state_before": before or None, "state_after": after or None}
    row = {"at": _AT, "who": who, "what": what, "supplier": _SUPPLIER, "sheet_id": sheet_id}
    return row | states | {"details": details}


def damage(home: Path, sheets: int) -> list[str]:
    """Three small harms; what ``verify`` has to say of each."""
    with Records.open(RecordsSettings(f"sqlite:///{home / 'records.db'}")) as records, records.begin() as tx:
        run = tx.connection.exec_driver_sql
        columns = [c.name for c in reading.columns if c.name not in {"id", "revision"}]
        some = ", ".join(columns)
        run(f"INSERT INTO reading ({some}, revision) SELECT {some}, 2 FROM reading WHERE sheet_id = {sheets}")
        [guard] = run("SELECT sql FROM sqlite_master WHERE name LIKE 'audit_no_delete'").scalars()
        run("DROP TRIGGER audit_no_DELETE")
        run("DELETE FROM audit WHERE sheet_id = 7 AND state_after = 'accepted'")
        run(guard)
        key = run("SELECT sha256 FROM source_file ORDER BY id DESC LIMIT 1").scalar_one()
    path = FolderStore(home / "objects").path_of(key)
    path.chmod(0o600)
    os.truncate(path, _OBJECT_BYTES - 1)
    return [f"sheet {sheets} has two readings", "sheet 7: the audit log", f"original {key} is damaged"]


def verified(home: Path) -> tuple[dict[str, Any], float, float]:
    """What ``meterdrop verify`` says, its seconds and its peak memory in MB."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "meterdrop", "verify", "--json"],
            env={**os.environ, "METERDROP_HOME": str(home)},
            stdout=said,
        )
        _, _, used = os.wait4(process.pid, 0)
        said.seek(0)
        answer: dict[str, Any] = json.loads(said.read())
    return answer, round(time.monotonic() - began, 1), round(used.ru_maxrss / 1024, 1)


def main() -> int:
    """Measure and print; exit status 1 when ``verify`` missed something or saw what is not there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, nargs="+", default=[1000, 10_000, 100_000])
    bad = 0
    for sheets in parser.parse_args().sheets:
        with tempfile.TemporaryDirectory(prefix="meterdrop-verifying-") as name:
            home = Path(name)
            fill(home, sheets)
            clean, seconds, peak = verified(home)
            expected = damage(home, sheets)
            found, _, _ = verified(home)
        missed = [each for each in expected if not any(each in problem for problem in found["problems"])]
        bad += bool(clean["problems"] or missed)
        load = os.getloadavg()[0]
        told = {"sheets": sheets, "seconds": seconds, "peak_mb": peak, "load": round(load, 1)}
        print(json.dumps(told | {"false": clean["problems"][:3], "missed": missed}), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
