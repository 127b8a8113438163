"""Eight reviewers at once, to be killed: ``reviewing.py URL OBJECTS``, then a line ``SECONDS`` a session.

A session begins so many seconds after the first by the reviewers' clock, and is worked on by a child, so that
the imports are paid for once. Its answers: its process id when it is ready to work, then how it ended.
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Thread

from domain.reasons import Reason
from services import review, settling
from services.context import Context
from services.results import ReviewSheet
from storage.records import Records, RecordsSettings
from tests.paper import open_services

settling.same_slip = lambda a, b: float(bool(a) and a == b)  # paper files have words for ink

REVIEWERS = tuple(f"reviewer {number}" for number in range(8))
START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
#: How often somebody closes the browser over a slip and goes home.
CLOSES = 0.01


class Session:
    """Reviewers who work until the queue is empty or they go home."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.held: dict[int, str] = {}
        self.lock = Lock()
        self.failures: list[str] = []

    def work(self, name: str) -> None:
        rng = random.Random(f"{name} {self.ctx.clock()}")
        try:
            while (sheet := review.claim_next(self.ctx, name)) is not None:
                with self.lock:
                    other = self.held.get(sheet.sheet_id)
                    if other not in (None, name):
                        raise AssertionError(f"{sheet.sheet_id} is held by {other} and {name}")
                    self.held[sheet.sheet_id] = name
                if rng.random() < CLOSES:
                    return
                self.judge(name, sheet, rng)
        except BaseException:
            self.failures.append(traceback.format_exc())

    def judge(self, name: str, sheet: ReviewSheet, rng: random.Random) -> None:
        if rng.random() < 0.1:
            review.reject(self.ctx, name, sheet.sheet_id, Reason.ILLEGIBLE)
            return
        values = {field.name: field.value for field in sheet.fields}
        answer = review.accept(self.ctx, name, sheet.sheet_id, values)
        assert answer.outcome == "accepted", answer


def work(url: str, objects: str, later: float) -> None:
    records = Records.open(RecordsSettings(url, pool=10))
    session = Session(open_services(records, Path(objects), lambda: START + timedelta(seconds=later)))
    print(os.getpid(), flush=True)
    threads = [Thread(target=session.work, args=(name,)) for name in REVIEWERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if session.failures:
        raise AssertionError("\n".join(session.failures))


def main(url: str, objects: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(url, objects, float(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            # Without the parent's clean-up.
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
