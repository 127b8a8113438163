"""Processes to be killed: ``at_work.py URL OBJECTS``, then lines ``ingest FOLDER`` or ``export FILE``.

Each line is worked on by a child, so that the imports are paid for once. The answers: the child's process id
when it is ready to work, then how it ended.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from services import batch, deliver, settling
from storage.records import Records, RecordsSettings
from tests.paper import ORDER, PaperReader, open_services

settling.same_slip = lambda a, b: float(bool(a) and a == b)  # paper files have words for ink


def work(url: str, objects: str, what: str, path: str) -> None:
    records = Records.open(RecordsSettings(url))
    ctx = open_services(records, Path(objects), lambda: datetime.now(UTC), chunk_sheets=5)
    print(os.getpid(), flush=True)
    if what == "ingest":
        assert isinstance(ctx.reader, PaperReader)
        # Reading takes its time, so that kills fall into every step.
        ctx.reader.before_reading = lambda: time.sleep(0.02)
        batch.run_batch(ctx, [Path(path)], ORDER)
    else:
        deliver.export_readings(ctx, Path(path))


def main(url: str, objects: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            what, path = line.rstrip("\n").split(" ", 1)
            try:
                work(url, objects, what, path)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            # Without the parent's clean-up.
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
