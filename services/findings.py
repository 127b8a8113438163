"""What people found about one (channel, template, model), ready for a decision about its threshold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.reasons import Reason
from domain.recalibration import Audited, Case, Findings, prove
from domain.sheet import SheetState
from services import answers
from services.context import Context
from services.recognition import from_json
from services.scores import Scores, held_by_gate, scores
from services.thresholds import InForce
from storage.records import Transaction
from storage.records.findings import Period, ReviewedSheet
from storage.records.sheets import split_reasons
from templates.model import Template
from templates.sides import form_of

#: Wrong dates among accepted ones: a date does not change what is billed, so it has a target of its own.
DATE_TARGET = 0.01


@dataclass(frozen=True)
class Collected:
    """``findings`` for the decision, with what they were made of.

    ``date_threshold``: in force, or else proven from the same slips; None: no date is sure enough.
    ``undecided``: audits whose two answers differ and nobody decided yet; they count as wrong. ``waiting``:
    slips in review that count as wrong until somebody reads them. ``fingerprint``: of all cases.
    """

    findings: Findings
    date_threshold: float | None
    undecided: int
    waiting: int
    fingerprint: str


def collect(
    ctx: Context,
    tx: Transaction,
    key: tuple[str, str, str],
    standing: InForce,
    *,
    period: Period,
    target: float,
    delta: float,
) -> Collected | None:
    """Everything that is known; None when this installation no longer has the form.

    ``target`` and ``delta`` are for the threshold of dates, where none is in force.
    """
    template = form_of(ctx.templates, key[1])
    if template is None:
        return None
    # What came before the threshold in force may have served to choose it: its own proof begins with it.
    since = _since(ctx, tx, key, standing, period)
    audited, undecided = _audited(tx, key, template, standing, since)
    dates: list[Case] = []
    candidates: list[tuple[Scores, Case]] = []
    for sheet in tx.findings.reviewed(key, since):
        case = _case(tx, template, sheet, dates)
        if case is not None:
            candidates.append(case)
    waiting = _waiting(tx, key, template)
    date_threshold = standing.lowest.lowest.get("date")
    if date_threshold is None:
        proven = prove(dates, max(DATE_TARGET, target), delta)
        date_threshold = proven.threshold if proven is not None else None
    reviewed = [case for seen, case in candidates + waiting if _dated(seen, date_threshold)]
    findings = Findings(audited, reviewed, tx.findings.accepted_by_machine(key, since))
    lines = [repr(case) for case in (*audited, *reviewed)] + [str(findings.accepted)]
    fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    return Collected(findings, date_threshold, undecided, len(waiting), fingerprint)


def _audited(
    tx: Transaction, key: tuple[str, str, str], template: Template, standing: InForce, period: Period
) -> tuple[list[Audited], int]:
    found, undecided = [], 0
    lowest = standing.lowest
    for sheet in tx.findings.audited(key, period):
        seen = scores(from_json(sheet.recognition), template)
        undecided += sheet.wrong is None
        passes = (
            lowest.passes("account", seen.account)
            and lowest.passes("reading", seen.reading)
            and (seen.date is None or lowest.passes("date", seen.date))
        )
        found.append(
            Audited(
                seen.main,
                wrong=sheet.wrong is not False,
                registered=sheet.wrong_registered is not False,
                floor=sheet.floor or 0.0,
                passes=passes,
            )
        )
    return found, undecided


def _case(
    tx: Transaction, template: Template, sheet: ReviewedSheet, dates: list[Case]
) -> tuple[Scores, Case] | None:
    """A reviewed slip, if a lower threshold would have accepted it; its date goes to ``dates``."""
    slip = from_json(sheet.recognition)
    seen = scores(slip, template)
    if seen.held or held_by_gate(_reasons(sheet.details)):
        return None
    truth = sheet.truth
    if truth is None and sheet.entered is not None:
        truth = answers.canonical(template, sheet.entered)
    if truth is None:
        # A person rejected what a lower threshold would have let through.
        return seen, Case(seen.main, wrong=True, registered=False)
    machine = answers.of_machine(template, slip)
    differing = answers.differences(machine, truth)
    meters: set[str] = set()
    if differing:
        meters = {row.meter_serial for row in tx.registers.rows(sheet.supplier, machine["account"])}
    wrong = answers.is_wrong(template, differing, several_meters=len(meters) > 1)
    if sheet.state == SheetState.DUPLICATE.value and not wrong:
        # Read rightly it is a duplicate for the machine, too, and nothing is accepted.
        return None
    if seen.date is not None:
        named = [field.name for field in template.fields if field.role == "date"]
        dates.append(Case(seen.date, wrong=any(name in differing for name in named)))
    return seen, Case(seen.main, wrong, registered="account" in differing and bool(meters))


def _waiting(tx: Transaction, key: tuple[str, str, str], template: Template) -> list[tuple[Scores, Case]]:
    found = []
    for reasons, recognition in tx.findings.waiting(key):
        seen = scores(from_json(recognition), template)
        if not seen.held and not held_by_gate(split_reasons(reasons)):
            found.append((seen, Case(seen.main, wrong=True, registered=True)))
    return found


def _reasons(details: Mapping[str, Any]) -> Iterable[Reason]:
    return [Reason(code) for code in details.get("machine_reasons", ())]


def _dated(seen: Scores, threshold: float | None) -> bool:
    return seen.date is None or (threshold is not None and seen.date >= threshold)


def _since(
    ctx: Context, tx: Transaction, key: tuple[str, str, str], standing: InForce, period: Period
) -> Period:
    """The part of the period since the present threshold is in force; proving it anew changes nothing."""
    if standing.row is None:
        return period
    begin, lowest = standing.row.at, standing.row.proof.lowest
    for row in reversed(tx.proven.history(*key)):
        if row.id > standing.row.id:
            continue
        if row.proof.lowest != lowest:
            break
        begin = row.at
    else:
        if dict(ctx.thresholds(*key).lowest) == dict(lowest):
            # It shipped with the weights: none of this installation's slips served to choose it.
            return period
    return replace(period, since=begin if period.since is None else max(period.since, begin))
