"""What a scrape of ``/metrics`` costs: ``python -m benchmarks.vitals [--sheets 200000]``.

The records are filled with sheets that all carry what was recognised on them, as a month leaves them; then
the questions behind the metrics are asked, several times. Processor seconds stand beside the clock's, which
other work on the machine changes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from services import drifting, vitals
from services.recognition import to_json
from storage.records import Records, RecordsSettings
from storage.records.tables import batch, sheet, source_file
from tests import paper

_STATES = ("accepted",) * 80 + ("review",) * 12 + ("duplicate", "blank", "unreadable", "rejected") * 2
_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
_CHUNK = 2000


def fill(records: Records, sheets: int) -> None:
    """So many sheets of one batch, a file each thousand."""
    read = to_json(paper._slip(paper.slip("121000000001", "05630", doubts={}), 1))
    with records.begin() as tx:
        c = tx.connection
        place = {"supplier": paper.SUPPLIER, "channel": "station", "station": "1", "collected": paper.DAY}
        c.execute(sa.insert(batch).values(id=1, created_at=_AT, **place))
        files = range(1, sheets // 1000 + 2)
        c.execute(
            sa.insert(source_file),
            [
                {"id": n, "supplier": paper.SUPPLIER, "sha256": f"{n:064x}", "name": "x.pdf", "size": 1,
                 "batch_id": 1, "state": "split", "pages": 1000, "received_at": _AT}
                for n in files
            ],
        )  # fmt: skip
        for start in range(0, sheets, _CHUNK):
            c.execute(
                sa.insert(sheet),
                [
                    {"file_id": n // 1000 + 1, "page": n % 1000 + 1, "slip": 1, "batch_id": 1, **place,
                     "received_at": _AT, "state": _STATES[n % len(_STATES)], "reasons": "",
                     "template": paper.FORM, "model": "paper@1", "account": f"{121_000_000_000 + n}",
                     "recognition": read, "updated_at": _AT}
                    for n in range(start, min(start + _CHUNK, sheets))
                ],
            )  # fmt: skip


def measured(call: Callable[[], object], times: int = 7) -> dict[str, float]:
    """Median seconds on the clock and of the processor."""
    clock, processor = [], []
    for _ in range(times):
        began, spent = time.perf_counter(), time.process_time()
        call()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - spent)
    return {"clock": round(statistics.median(clock), 4), "processor": round(statistics.median(processor), 4)}


def main() -> None:
    """Fill, ask, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=200_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meterdrop-vitals-") as folder:
        records = Records.open(RecordsSettings(f"sqlite:///{folder}/records.db"))
        fill(records, given.sheets)
        ctx = paper.open_services(records, Path(folder) / "objects", lambda: _AT + timedelta(hours=1))

        def pace() -> None:
            with records.begin() as tx:
                tx.vitals.pace("one", [0.04] * 32, _AT)

        print(
            json.dumps(
                {
                    "sheets": given.sheets,
                    "megabytes": round((Path(folder) / "records.db").stat().st_size / 1e6),
                    "look": measured(lambda: vitals.look(ctx)),
                    "drift": measured(lambda: drifting.drifts(ctx), 3),
                    "pace of a chunk": measured(pace),
                }
            )
        )
        records.close()


if __name__ == "__main__":
    main()
