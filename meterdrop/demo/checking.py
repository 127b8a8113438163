"""What became of the sheets, held against the plan and the known truth."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from domain.sheet import SheetState
from meterdrop.demo.papers import Papers, Place
from meterdrop.demo.plan import UNCLEAR, Expectation
from services.results import SheetOutcome

#: Of the slips that break no rule, at least this share must need no person, or the demo shows nothing.
LEAST_ACCEPTED = 0.5


@dataclass(frozen=True)
class Findings:
    """``deviations``: one line for each sheet that did not end as planned, and for each wrong value."""

    sheets: int
    by_state: Mapping[str, int]
    to_review: Mapping[str, int]
    rule_keeping: int
    straight_through: int
    wrong: int
    deviations: tuple[str, ...]

    def with_deviations(self, more: Iterable[str]) -> Findings:
        """These findings and further deviations."""
        return replace(self, deviations=(*self.deviations, *more))


def check(papers: Papers, outcomes: Iterable[SheetOutcome], readings: Path) -> Findings:
    """Compare the ended sheets, and the rows of the exported ``readings``, with the plan."""
    ended = {(each.file_name, each.page, each.slip): each for each in outcomes}
    deviations = [
        f"{_at(place)}: a sheet that nobody planned" for place in ended.keys() - papers.sheets.keys()
    ]
    expected = _after_twins(papers, ended)
    for place, plan in expected.items():
        deviations += _deviation(place, plan, ended.get(place))
    wrong = _wrong_rows(papers, readings)
    deviations += [f"wrong value accepted: {row}" for row in wrong]
    regular = [place for place, plan in expected.items() if SheetState.ACCEPTED in plan.states]
    through = sum(ended[place].state is SheetState.ACCEPTED for place in regular if place in ended)
    if through < LEAST_ACCEPTED * len(regular):
        deviations.append(f"only {through} of {len(regular)} slips that keep all rules were accepted")
    in_review = [each for each in ended.values() if each.state is SheetState.REVIEW]
    return Findings(
        sheets=len(ended),
        by_state=Counter(each.state.value for each in ended.values()),
        to_review=Counter(reason.value for each in in_review for reason in each.reasons),
        rule_keeping=len(regular),
        straight_through=through,
        wrong=len(wrong),
        deviations=tuple(deviations),
    )


def _after_twins(papers: Papers, ended: Mapping[Place, SheetOutcome]) -> dict[Place, Expectation]:
    """Which of two scans of one paper is the duplicate depends on which was committed first."""
    expected = dict(papers.sheets)
    for first, second in papers.twins:
        outcome = ended.get(first)
        if outcome is not None and outcome.state is SheetState.DUPLICATE:
            expected[first], expected[second] = expected[second], expected[first]
    return expected


def _deviation(place: Place, plan: Expectation, outcome: SheetOutcome | None) -> list[str]:
    if outcome is None:
        return [f"{_at(place)} ({plan.what}): lost"]
    reasons = ", ".join(reason.value for reason in outcome.reasons)
    if outcome.state not in plan.states:
        may = " or ".join(sorted(state.value for state in plan.states))
        return [f"{_at(place)} ({plan.what}): {outcome.state.value} [{reasons}] instead of {may}"]
    if plan.reasons and not set(outcome.reasons) & (plan.reasons | UNCLEAR):
        return [f"{_at(place)} ({plan.what}): {outcome.state.value} for another reason [{reasons}]"]
    return []


def _wrong_rows(papers: Papers, readings: Path) -> list[str]:
    """Rows of billing's file that no slip says."""
    truth = {plan.account: plan.reading for plan in papers.sheets.values() if plan.account}
    with readings.open(encoding="utf-8", newline="") as text:
        rows: Sequence[Mapping[str, str]] = list(csv.DictReader(text))
    seen: set[str] = set()
    wrong = []
    for row in rows:
        account, reading = row["account"], row["reading"]
        if truth.get(account) != reading or account in seen:
            wrong.append(f"{account} {reading}")
        seen.add(account)
    return wrong


def _at(place: Place) -> str:
    name, page, slip = place
    return f"{name} page {page} slip {slip}"
