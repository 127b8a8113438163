"""The rules for alerts, one by one, and that Prometheus's own file states the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.alert_texts import alert_text, duration
from domain.alerts import CRITICAL, Alert, AlertCode, BoundSigns, DriftSigns, Levels, Signs, alerts
from tests.tree import ROOT, text

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "meterdrop.json"
DOCUMENT = Path("docs/observability.md")
LEVELS = Levels()

HIGH = BoundSigns("a station", n=400, low=0.005, high=0.02)
#: What sets each alert off, and what just does not.
CASES: dict[AlertCode, tuple[Signs, Signs]] = {
    AlertCode.SHEETS_WAIT: (Signs(pending=1801, read=1), Signs(pending=1800, read=1)),
    AlertCode.WORKERS_SILENT: (Signs(pending=700, read=601), Signs(pending=700, read=599)),
    AlertCode.REVIEW_WAITS: (Signs(review=86401), Signs(review=86400)),
    AlertCode.BOUND_EXCEEDED: (
        Signs(bounds=[HIGH], allowed=0.01, audits_needed=299),
        Signs(bounds=[HIGH], allowed=0.01, audits_needed=401),
    ),
    AlertCode.WRONG_PROVEN: (
        Signs(bounds=[BoundSigns("a", 20, 0.011, 0.3)], allowed=0.01, audits_needed=299),
        Signs(bounds=[BoundSigns("a", 20, 0.009, 0.3)], allowed=0.01, audits_needed=299),
    ),
    AlertCode.CONFIDENCE_DRIFTS: (
        Signs(drifts=[DriftSigns("a", 300, 0.26, 0.1)]),
        Signs(drifts=[DriftSigns("a", 299, 0.26, 0.1), DriftSigns("b", 300, 0.26, 0.3)]),
    ),
    AlertCode.AUDITS_WAIT: (Signs(audits=LEVELS.audits + 1), Signs(audits=LEVELS.audits)),
    AlertCode.STATION_SILENT: (Signs(stations=[("a 1", 108001)]), Signs(stations=[("a 1", 108000)])),
    AlertCode.OUTBOX_STUCK: (Signs(outbox=[("a", 21601)]), Signs(outbox=[("a", 21600)])),
    AlertCode.NOTICES_STUCK: (Signs(notices=7201), Signs(notices=7200)),
    AlertCode.VERIFY_FAILED: (Signs(verify_problems=1), Signs(verify_problems=0)),
    AlertCode.DISK_NEARLY_FULL: (Signs(disk_free=0.09), Signs(disk_free=0.1)),
}


@pytest.mark.parametrize("code", AlertCode)
def test_each_begins_where_it_should(code: AlertCode) -> None:
    wrong, well = CASES[code]
    [found] = [alert for alert in alerts(wrong) if alert.code is code]
    assert found.severity == ("critical" if code in CRITICAL else "warning")
    said = alert_text(found)
    assert ";" in said and said.isprintable() and (not found.subject or said.startswith(found.subject))
    assert code not in {alert.code for alert in alerts(well)}


def test_nothing_is_wrong_where_nothing_is_known() -> None:
    assert alerts(Signs()) == []


def test_sheets_that_never_met_a_worker_are_told_of_workers() -> None:
    assert [each.code for each in alerts(Signs(pending=601))] == [AlertCode.WORKERS_SILENT]


def test_critical_ones_come_first() -> None:
    found = alerts(Signs(pending=10_000, disk_free=0.01))
    assert [each.severity for each in found] == ["critical", "critical", "warning"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return {rule["labels"]["code"]: rule for group in groups for rule in group["rules"]}


def test_prometheus_knows_the_same_alerts() -> None:
    found = rules()
    ours = {code.value for code in AlertCode}
    # Two more that only somebody from outside can see.
    assert set(found) == ours | {"records_down", "app_down"}
    for code in AlertCode:
        rule = found[code.value]
        assert rule["labels"]["severity"] == Alert(code, 0, 0).severity, code
        assert rule["annotations"]["runbook"].endswith(f"docs/observability.md#{code.value}")


def test_prometheus_begins_at_the_same_levels() -> None:
    levels = {
        AlertCode.SHEETS_WAIT: LEVELS.pending,
        AlertCode.WORKERS_SILENT: LEVELS.workers,
        AlertCode.REVIEW_WAITS: LEVELS.review,
        AlertCode.AUDITS_WAIT: LEVELS.audits,
        AlertCode.STATION_SILENT: LEVELS.station,
        AlertCode.OUTBOX_STUCK: LEVELS.outbox,
        AlertCode.NOTICES_STUCK: LEVELS.notices,
        AlertCode.CONFIDENCE_DRIFTS: LEVELS.drift,
        AlertCode.DISK_NEARLY_FULL: LEVELS.disk,
    }
    for code, level in levels.items():
        numbers = [float(n) for n in re.findall(r"[<>] ([0-9.]+)", rules()[code.value]["expr"])]
        assert level in numbers, code


def test_every_alert_has_a_runbook() -> None:
    document = text(DOCUMENT)
    for code in rules():
        assert f"### {code}\n" in document, "the runbook's anchor"


def test_the_rules_pass_promtool() -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    for command in (
        ["check", "rules", str(RULES)],
        ["test", "rules", str(RULES.parent / "alerts_test.yml")],
        ["check", "config", str(RULES.parent / "prometheus.yml")],
    ):
        done = subprocess.run([tool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def queries() -> dict[str, str]:
    """Where each query of the dashboard and of the rules stands, and the query."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    found = {f"rule {code}": rule["expr"] for code, rule in rules().items()}
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            found[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found[f"variable {variable['name']}"] = variable["query"]["query"]
    return found


def test_dashboard_and_rules_ask_only_for_metrics_that_exist() -> None:
    told = set(re.findall(r"^\| `(meterdrop_\w+)`", text(DOCUMENT), re.M))
    assert len(told) > 30
    for where, query in queries().items():
        names = set(re.findall(r"\bmeterdrop_\w+", query))
        assert names or "up{" in query, where
        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in names} <= told, where


def test_panels_do_not_overlap_and_have_titles() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert panel["title"] and place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
