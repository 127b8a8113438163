"""A batch on another host: ``far_batch.py URL OBJECTS FOLDER``; says when it begins to read."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from services import batch, settling
from storage.records import Records, RecordsSettings
from tests.paper import ORDER, Clock, PaperReader, open_services

settling.same_slip = lambda a, b: float(bool(a) and a == b)  # paper files have words for ink


def main(url: str, objects: str, folder: str) -> None:
    records = Records.open(RecordsSettings(url, pool=2))
    ctx = open_services(records, Path(objects), Clock(), chunk_sheets=2, patience_seconds=60)
    assert isinstance(ctx.reader, PaperReader)
    told: list[int] = []

    def reading() -> None:
        if not told:
            print("reading", flush=True)
        told.append(1)
        time.sleep(0.15)

    ctx.reader.before_reading = reading
    batch.run_batch(ctx, [Path(folder)], ORDER)


if __name__ == "__main__":
    main(*sys.argv[1:])
