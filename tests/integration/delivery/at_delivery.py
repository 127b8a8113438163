"""Processes to be killed: ``at_delivery.py URL OBJECTS PORT SECRET``, then lines ``billing`` or ``notices``.

Each line is worked on by a child, so that the imports are paid for once. The answers: the child's process id
when it begins, then how it ended.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.connections import HttpBilling, SmsGateway
from delivery.http import HttpTarget
from delivery.pump import deliver
from delivery.sender import send_all
from delivery.transports import SmsTransport
from services import outbox
from storage.records import Records, RecordsSettings
from tests.delivery_desk import SUPPLIER
from tests.paper import open_services

#: The tests' slips were accepted on a day of their own; their delivery comes later.
AFTER = timedelta(days=3650)
# Nobody wants to wait for the next try in a test.
outbox._FIRST_WAIT = outbox._LONGEST_WAIT = datetime.resolution


def work(url: str, objects: str, base: str, secret: str, what: str) -> None:
    records = Records.open(RecordsSettings(url))
    ctx = open_services(records, Path(objects), lambda: datetime.now(UTC) + AFTER)
    print(os.getpid(), flush=True)
    if what == "billing":
        deliver(ctx, SUPPLIER, HttpTarget(HttpBilling(f"{base}/readings", secret, rows=7, timeout=0.5)))
    else:
        gateway = SmsGateway(f"{base}/sms", {"to": "{to}", "text": "{text}"}, body="json", timeout=0.5)
        send_all(ctx, {(SUPPLIER, "sms"): SmsTransport(gateway)})


def main(url: str, objects: str, port: str, secret: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(url, objects, f"http://127.0.0.1:{port}", secret, line.strip())
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            # Without the parent's clean-up.
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
