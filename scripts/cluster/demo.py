"""A batch through a running cluster: printed, filled, scanned, handed in, read by the workers, checked."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace

from domain.errors import UsageError
from scripts.cluster.layout import Cluster


def demo(cluster: Cluster, slips: int, accounts: int) -> int:
    """0 when every sheet ended as planned and ``verify`` finds nothing."""
    os.environ |= cluster.environment()
    from meterdrop.demo import run
    from meterdrop.demo.checking import check
    from meterdrop.demo.screen import Screen
    from meterdrop.wiring import context
    from services import digitise
    from services.deliver import export_readings
    from services.results import BatchOrder
    from services.verify import verify
    from services.waiting import hand_in

    screen = Screen()
    folder = cluster.folder / "demo" / f"{time.time():.0f}"
    folder.mkdir(parents=True)
    order = replace(run.Order(folder), slips=slips, accounts=accounts)
    with context() as ctx:
        with ctx.records.read() as tx:
            if tx.sheets.counts():
                raise UsageError("the cluster has sheets already; the demo needs an empty one")
        made, days = run.prepare(ctx, order, screen)
        screen.step("Передаю рабочим процессам", "handing in; the workers read")
        began = time.monotonic()
        rows = []
        for paths, day in ((made.files, days[0]), (made.late, days[1])):
            batch = BatchOrder(run.SUPPLIER, run.CHANNEL, run.STATION, day)
            result = hand_in(ctx, paths, batch, time.sleep, screen.progress)
            with ctx.records.read() as tx:
                rows += tx.sheets.of_batch(result.batch_id)
        seconds = time.monotonic() - began
        readings = folder / "readings.csv"
        export_readings(ctx, readings)
        screen.step("Сверяю записи, файлы и журнал", "verifying records, objects and audit log")
        outcomes = {row.id: digitise.outcome(row, row.state, row.reasons) for row in rows}
        findings = check(made, outcomes.values(), readings).with_deviations(verify(ctx).problems)
    screen.table(findings)
    screen.line(f"{len(outcomes)} sheets, {seconds:.1f} s from the first byte to the last commit; {readings}")
    for deviation in findings.deviations:
        screen.line(f"!! {deviation}")
    shutil.rmtree(folder / "scans", ignore_errors=True)
    return 1 if findings.deviations else 0
