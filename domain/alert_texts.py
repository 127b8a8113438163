"""What each alert says and what to do about it, in one line; ``docs/observability.md`` says more."""

from __future__ import annotations

from domain.alerts import Alert, AlertCode

_DAY, _HOUR, _MINUTE = 86400.0, 3600.0, 60.0

_SAYS: dict[AlertCode, tuple[str, str]] = {
    AlertCode.SHEETS_WAIT: (
        "a sheet has waited {age} to be read",
        "start more workers, or look why they stand",
    ),
    AlertCode.WORKERS_SILENT: (
        "sheets wait and nothing was read for {age}",
        "start meterdrop worker or meterdrop ingest again and read its log",
    ),
    AlertCode.REVIEW_WAITS: (
        "a slip has been in review for {age}",
        "more reviewers, or look why so much goes there",
    ),
    AlertCode.BOUND_EXCEEDED: (
        "up to {share} of what the machine accepts may be wrong ({level} is carried)",
        "meterdrop report and meterdrop calibrate tell more",
    ),
    AlertCode.WRONG_PROVEN: (
        "at least {share} of what the machine accepts is wrong ({level} is carried)",
        "withdraw the threshold: meterdrop calibrate",
    ),
    AlertCode.CONFIDENCE_DRIFTS: (
        "confidences lie otherwise than when the threshold was proven (PSI {value:.2f})",
        "look at recent scans; audit more",
    ),
    AlertCode.AUDITS_WAIT: (
        "a blind audit has waited {age}",
        "somebody has to answer it: without answers no bound",
    ),
    AlertCode.STATION_SILENT: ("nothing came for {age} while the window is open", "call the station"),
    AlertCode.OUTBOX_STUCK: (
        "billing has not answered a reading for {age}",
        "meterdrop deliver tells its last error",
    ),
    AlertCode.NOTICES_STUCK: (
        "a notice has waited {age} to be sent",
        "meterdrop notices tells the last error",
    ),
    AlertCode.VERIFY_FAILED: (
        "the last meterdrop verify found {value:.0f} problems",
        "run it again and follow each of its lines",
    ),
    AlertCode.DISK_NEARLY_FULL: ("{share} of the disk is free", "make room, or move METERDROP_HOME"),
}


def alert_text(alert: Alert) -> str:
    """What is wrong, and what to do."""
    what, remedy = _SAYS[alert.code]
    said = what.format(
        age=duration(alert.value), share=share(alert.value), level=share(alert.level), value=alert.value
    )
    subject = f"{alert.subject}: " if alert.subject else ""
    return f"{subject}{said}; {remedy}"


def duration(seconds: float) -> str:
    """Seconds as people say them: in the largest unit that gives at least 2."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def share(value: float) -> str:
    """A share in per cent, with two digits that count."""
    return f"{100 * value:.2g} %"
