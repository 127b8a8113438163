"""Everything that proves a reading: picture, what the machine read, who decided what when, billing's word.

``facts_of`` gathers it; ``made`` keeps a page that was given out, so that it can be checked years later: the
page and its facts are objects under their SHA-256, and the audit log, which nothing changes, names both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError, ObjectCorruptError, ObjectNotFoundError, UsageError
from services import review_view, telling
from services.context import Context
from services.slip_picture import picture_of
from storage.records import AuditRow, SheetRow, Transaction
from storage.records.readings import ReadingRow

WHO = "evidence"
MADE = "evidence.made"
_DPI = 150


@dataclass(frozen=True)
class Evidence:
    """The facts about a reading, as plain values, and its picture (grey H×W; None where it cannot be had)."""

    facts: Mapping[str, Any]
    picture: NDArray[np.uint8] | None

    @property
    def canonical(self) -> bytes:
        """The facts as bytes: the same facts have the same."""
        return json.dumps(self.facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """Of the facts."""
        return hashlib.sha256(self.canonical).hexdigest()


@dataclass(frozen=True)
class Checked:
    """What became of a page that was given out. ``problems``: one line each; none: it still holds."""

    reading_id: int
    made_at: datetime
    problems: tuple[str, ...]


def facts_of(ctx: Context, reading_id: int) -> Evidence:
    """Everything that the records know about a reading; raises ``UsageError`` when there is none."""
    with ctx.records.read() as tx:
        reading = tx.readings.get(reading_id)
        if reading is None:
            raise UsageError(f"there is no reading {reading_id}; 'meterdrop export' and billing name them")
        [sheet] = tx.sheets.get([reading.sheet_id])
        facts = {
            "reading": _reading(reading),
            "original": _original(tx, sheet),
            "collection": _collection(sheet),
            "machine": _machine(ctx, sheet),
            "entered": dict(sheet.entered or {}),
            "rules": _rules(ctx, sheet),
            "history": [_step(row) for row in tx.audits.of_sheet(sheet.id)],
            "billing": _billing(tx, reading),
            "notices": _notices(tx, sheet),
        }
    return Evidence(facts, _picture(ctx, sheet))


def made(ctx: Context, evidence: Evidence, page: bytes, who: str = WHO) -> str:
    """Keep a page that is given out; returns its SHA-256."""
    key, facts = ctx.objects.put(page), ctx.objects.put(evidence.canonical)
    reading = evidence.facts["reading"]
    with ctx.records.begin() as tx:
        details = {
            "reading": reading["id"],
            "page": key,
            "facts": facts,
            "original": evidence.facts["original"]["sha256"],
        }
        tx.audits.add(ctx.clock(), who, MADE, supplier=reading["supplier"], details=details)
    return key


def given_out(tx: Transaction) -> dict[str, set[str]]:
    """SHA-256 of an original → those of the pages and facts that were given out about it."""
    found: dict[str, set[str]] = {}
    for row in tx.audits.of_what(MADE):
        details = row.details or {}
        found.setdefault(str(details["original"]), set()).update((details["page"], details["facts"]))
    return found


def check(ctx: Context, page: bytes) -> Checked:
    """Whether a page was given out here as it is, and whether the records still say what it says.

    Raises ``UsageError`` for a page that was never given out, or was changed since.
    """
    key = hashlib.sha256(page).hexdigest()
    with ctx.records.read() as tx:
        row = next((r for r in tx.audits.of_what(MADE) if (r.details or {}).get("page") == key), None)
    if row is None:
        raise UsageError(
            f"no such page was given out here (SHA-256 {key}): it was changed, or made elsewhere"
        )
    details = row.details or {}
    return Checked(int(details["reading"]), row.at, tuple(problems_of(ctx, details)))


def problems_of(ctx: Context, details: Mapping[str, Any]) -> list[str]:
    """What speaks against a page that was given out, by the audit log's entry about it."""
    name = f"evidence of reading {details['reading']}"
    try:
        now = facts_of(ctx, int(details["reading"])).facts
    except UsageError:
        return [f"{name}: the records have no such reading"]
    try:
        recorded = json.loads(ctx.objects.get(details["facts"]))
        ctx.objects.get(details["page"])
    except (ObjectNotFoundError, ObjectCorruptError):
        if now["original"]["destroyed_at"] is not None:
            # Our own copy went with the original at the end of its term; its SHA-256 is in the log for ever.
            return []
        return [f"{name}: the page or its facts are missing or damaged; restore a backup"]
    return [f"{name}: {problem}" for problem in _differences(recorded, json.loads(json.dumps(now)))]


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What the records no longer say; that more happened since is no difference."""
    found = []
    gone = now["original"]["destroyed_at"] is not None
    # At the end of its term the file's name goes with it.
    free = {"destroyed_at", "name"} if gone else {"destroyed_at"}
    for part in ("original", "collection"):
        kept = {k: v for k, v in recorded[part].items() if k not in free}
        if any(now[part].get(name) != value for name, value in kept.items()):
            found.append(f"the records say something else of its {part}")
    # What was read may go with the original at the end of its term; a form's labels may be put better.
    if not gone and _read(recorded["machine"]) != _read(now["machine"]):
        found.append("the records say something else of what the machine read")
    stable = {"withdrawn_at", "withdrawn_why"}
    if any(now["reading"].get(k) != v for k, v in recorded["reading"].items() if k not in stable):
        found.append("the records say something else of the reading itself")
    steps = recorded["history"]
    if now["history"][: len(steps)] != steps:
        found.append("its history was changed")
    return found


def _read(machine: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    return [(each["name"], each["value"], each["confidence"]) for each in machine["fields"]]


def _reading(row: ReadingRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "supplier": row.supplier,
        "account": row.account,
        "meter_serial": row.meter_serial,
        "tariff": row.tariff,
        "reading": row.reading,
        "reading_date": row.reading_date.isoformat(),
        "period": row.period,
        "accepted_by": row.accepted_by,
        "accepted_at": _moment(row.accepted_at),
        "flags": row.flags,
        "withdrawn_at": _moment(row.withdrawn_at),
        "withdrawn_why": row.withdrawn_why,
    }


def _original(tx: Transaction, sheet: SheetRow) -> dict[str, Any]:
    file = tx.files.file(sheet.file_id)
    assert file is not None
    return {
        "sha256": sheet.sha256,
        "name": sheet.file_name,
        "bytes": file.size,
        "page": sheet.page,
        "slip": sheet.slip,
        "destroyed_at": _moment(file.purged_at),
    }


def _collection(sheet: SheetRow) -> dict[str, Any]:
    return {
        "channel": sheet.channel,
        "station": sheet.station,
        "collected": sheet.collected.isoformat(),
        "received_at": _moment(sheet.received_at),
        "batch": sheet.batch_id,
    }


def _machine(ctx: Context, sheet: SheetRow) -> dict[str, Any]:
    slip = review_view.slip_of(sheet)
    template = review_view.template_of(ctx, sheet) if sheet.template else None
    labels = {} if template is None else {field.name: field.label for field in template.fields}
    fields = [] if slip is None else list(slip.fields.items())
    return {
        "template": sheet.template or "",
        "model": sheet.model or "",
        "fields": [
            {
                "name": name,
                "label": labels.get(name, name),
                "value": "yes" if result.present else result.value or "",
                "raw": result.raw or "",
                "confidence": round(result.confidence, 4),
            }
            for name, result in fields
            if result.value or result.present
        ],
    }


def _rules(ctx: Context, sheet: SheetRow) -> dict[str, Any]:
    supplier = ctx.suppliers[sheet.supplier]
    rules = supplier.at(sheet.collected)
    window = rules.window(sheet.channel)
    return {
        "supplier": supplier.title,
        "since": rules.since.isoformat(),
        "window": None if window is None else [window.first_day, window.last_day],
        "outside_window": rules.outside(sheet.channel),
    }


def _step(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": _moment(row.at),
        "who": row.who,
        "what": row.what,
        "before": row.state_before,
        "after": row.state_after,
        "details": dict(row.details or {}),
    }


def _billing(tx: Transaction, reading: ReadingRow) -> list[dict[str, Any]]:
    rows = [
        {
            "kind": row.kind,
            "key": row.key,
            "state": row.state,
            "answered_at": _moment(row.answered_at),
            "receipt": row.receipt,
            "code": row.code,
            "words": row.words,
        }
        for row in tx.outbox.of_readings([reading.id])
    ]
    run = tx.exports.run_of(reading.id)
    if run is not None:
        rows.insert(
            0,
            {
                "kind": "export",
                "key": str(run.id),
                "state": run.state,
                "answered_at": _moment(run.finished_at),
                "receipt": run.path,
                "code": "",
                "words": "",
            },
        )
    return rows


def _notices(tx: Transaction, sheet: SheetRow) -> list[dict[str, Any]]:
    return [
        {
            "kind": notice.kind,
            "channel": notice.channel,
            "state": notice.state,
            "at": _moment(notice.at),
            "body": notice.body,
        }
        for notice in telling.told_of(tx, sheet.id)
    ]


def _picture(ctx: Context, sheet: SheetRow) -> NDArray[np.uint8] | None:
    try:
        return picture_of(ctx, sheet, _DPI).grey
    except (InputError, ObjectNotFoundError, ObjectCorruptError):
        return None


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
