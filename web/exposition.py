"""The vitals of the installation as metrics in Prometheus's format; see ``docs/observability.md``.

They come from the records, not from this process's memory: however many processes and machines read and
serve, each number is there once. Names and labels are an interface: dashboards and alerts use them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from domain.errors import MeterdropError
from services.vitals import Vitals, disk, what_is_wrong
from storage.records.vitals import PACE

log = logging.getLogger(__name__)

Row = tuple[Sequence[str], float | None]


class VitalMetrics:
    """A collector: asks ``vitals`` at each scrape. ``home``: the folder whose disk is watched."""

    def __init__(self, vitals: Callable[[], Vitals], home: Path) -> None:
        self._vitals, self._home = vitals, home

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering must not ask the records."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family; of the records only ``meterdrop_records_up`` 0 while they cannot be reached."""
        free, size = disk(self._home)
        yield _gauge("disk_free_bytes", "Free bytes of the disk of METERDROP_HOME.", (), [((), free)])
        yield _gauge("disk_size_bytes", "Size of that disk in bytes.", (), [((), size)])
        try:
            vitals = self._vitals()
        except MeterdropError as error:
            log.warning("no metrics from the records: %s", error)
            yield _gauge("records_up", "Whether the records could be asked.", (), [((), 0)])
            return
        yield _gauge("records_up", "Whether the records could be asked.", (), [((), 1)])
        yield from _work(vitals)
        yield _pace(vitals)
        yield from _out(vitals)
        yield from _quality(vitals)
        yield from _places(vitals)
        yield _alerts(vitals, free / size)


def _gauge(name: str, text: str, labels: Sequence[str], rows: Sequence[Row]) -> Metric:
    """A family; rows without a value are left out: nothing waits, or nothing is known."""
    family = GaugeMetricFamily(f"meterdrop_{name}", text, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def _work(v: Vitals) -> Iterator[Metric]:
    yield _gauge(
        "sheets",
        "Sheets in each state; template is empty where no form was found.",
        ("supplier", "channel", "template", "state"),
        [((s.supplier, s.channel, s.template, s.state), s.n) for s in v.sheets],
    )
    yield _gauge(
        "sheet_reasons",
        "Sheets that have this reason; one with two reasons counts under both.",
        ("reason", "state"),
        [((reason, state), n) for reason, state, n in v.reasons],
    )
    yield _gauge(
        "pending_oldest_seconds", "Age of the sheet that waits longest for a reader.", (), [((), v.pending)]
    )
    yield _gauge("review_oldest_seconds", "Age of the sheet that is longest in review.", (), [((), v.review)])
    yield _gauge("workers_holding", "Processes that hold sheets to read.", (), [((), len(v.working))])
    yield _gauge(
        "sheets_held", "Pending sheets that a process holds.", (), [((), sum(n for _, n in v.working))]
    )
    yield _gauge(
        "worker_seen_seconds",
        "Seconds since a machine committed pages that it had read.",
        ("worker",),
        [((name,), age) for name, age, _ in v.machines],
    )


def _pace(v: Vitals) -> Metric:
    family = HistogramMetricFamily(
        "meterdrop_page_seconds",
        "Seconds from fetching a page's file to what was read on it, by machine.",
        labels=("worker",),
    )
    for worker in sorted({row.worker for row in v.paces}):
        mine = {row.upto: row for row in v.paces if row.worker == worker}
        total, buckets = 0, []
        for upto in PACE:
            total += mine[upto].pages if upto in mine else 0
            buckets.append(("+Inf" if upto == PACE[-1] else str(upto), float(total)))
        family.add_metric((worker,), buckets, sum(row.seconds for row in mine.values()))
    return family


def _out(v: Vitals) -> Iterator[Metric]:
    yield _gauge(
        "outbox",
        "Readings and reversals in the outbox to billing.",
        ("supplier", "state"),
        [((o.supplier, o.state), o.n) for o in v.outbox],
    )
    yield _gauge(
        "outbox_oldest_seconds",
        "Age of the reading that waits longest for billing's answer.",
        ("supplier",),
        [((supplier,), age) for supplier, age in v.outbox_ages],
    )
    yield _gauge(
        "outbox_failing_runs",
        "Runs that billing has not taken and whose last try failed.",
        ("supplier",),
        [((supplier,), n) for supplier, n in v.failing],
    )
    yield _gauge(
        "notices",
        "Notices to customers.",
        ("channel", "state"),
        [((channel, state), n) for channel, state, n in v.notices],
    )
    yield _gauge(
        "notices_oldest_seconds",
        "Age of the notice that waits longest to be sent.",
        (),
        [((), v.oldest_notice)],
    )


def _quality(v: Vitals) -> Iterator[Metric]:
    key = ("supplier", "channel")
    audits = [((a.supplier, a.channel), a) for a in v.audits]
    yield _gauge(
        "audited_sheets",
        "Sheets of the machine audited blindly, of three months.",
        key,
        [(k, a.n) for k, a in audits],
    )
    yield _gauge(
        "audited_wrong_sheets", "Wrong or undecided ones among them.", key, [(k, a.wrong) for k, a in audits]
    )
    yield _gauge(
        "wrong_bound_ratio",
        "The share of wrong sheets is at most this, with 95 % confidence.",
        key,
        [(k, a.high) for k, a in audits],
    )
    yield _gauge(
        "wrong_proven_ratio",
        "The share of wrong sheets is at least this, with 95 % confidence.",
        key,
        [(k, a.low) for k, a in audits],
    )
    yield _gauge("wrong_allowed_ratio", "METERDROP_MOST_RISK.", (), [((), v.allowed)])
    yield _gauge(
        "audits_needed", "Audits, none wrong, that prove so small a share.", (), [((), v.audits_needed)]
    )
    yield _gauge(
        "audit_backlog",
        "Blind audits that wait: open for a second answer, disputed for a third.",
        ("state",),
        [(("open",), v.audits_open), (("disputed",), v.audits_disputed)],
    )
    yield _gauge("audit_oldest_seconds", "Age of the audit that waits longest.", (), [((), v.oldest_audit)])
    form = ("channel", "template", "model", "against")
    drifts = [((*each.key, each.against), each.drift) for each in v.drifts]
    yield _gauge(
        "confidence_drift_psi",
        "Population stability index of recent sheets' confidences.",
        form,
        [(k, d.psi) for k, d in drifts],
    )
    yield _gauge(
        "confidence_drift_chance_psi",
        "What the index stays under with 99.9 % probability when nothing has changed.",
        form,
        [(k, d.chance) for k, d in drifts],
    )
    yield _gauge("confidence_drift_sheets", "Recent sheets behind it.", form, [(k, d.n) for k, d in drifts])
    yield _gauge(
        "confidence_drift_lower",
        "1 where confidences are lower than they were, 0 where they are higher.",
        form,
        [(k, float(d.lower)) for k, d in drifts],
    )


def _places(v: Vitals) -> Iterator[Metric]:
    key = ("supplier", "station")
    yield _gauge(
        "station_silent_seconds",
        "Seconds since a station handed something in, or since the window opened.",
        key,
        [((s.supplier, s.name), s.silent) for s in v.stations],
    )
    yield _gauge(
        "station_expected",
        "1 while the window is open and the station usually hands something in.",
        key,
        [((s.supplier, s.name), float(s.expected)) for s in v.stations],
    )
    checked = v.checked
    yield _gauge(
        "verify_problems",
        "Problems that the last meterdrop verify found.",
        (),
        [((), None if checked is None else checked.problems)],
    )
    yield _gauge(
        "verify_age_seconds",
        "Seconds since the last meterdrop verify.",
        (),
        [((), None if checked is None else checked.ago)],
    )


def _alerts(v: Vitals, disk_free: float) -> Metric:
    counts: dict[tuple[str, str], int] = {}
    for alert in what_is_wrong(v, disk_free):
        key = (alert.code.value, alert.severity)
        counts[key] = counts.get(key, 0) + 1
    return _gauge(
        "alerts",
        "What meterdrop status calls wrong now, by its own rules.",
        ("alert", "severity"),
        list(counts.items()),
    )
