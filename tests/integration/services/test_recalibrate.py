"""Thresholds follow what people found, and never the other way round."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from domain.errors import ConflictError
from domain.proof import Evidence, ProvenThreshold
from domain.sheet import SheetState
from meterdrop.commands.calibrate import as_dict, in_words
from meterdrop.main import cli
from ocr.thresholds import ProvenThresholds
from services import blind, digitise, recalibrate, receive, review
from services.context import Context
from services.recalibrate import Step
from services.thresholds import in_force
from storage.records import StaffRow
from storage.records.findings import Period
from tests.paper import FORM, ORDER, Clock, account_row, file_of, register, slip

KEY = ("station", FORM, "paper@1")
PAPER = {"date": "24.11.2026", "signature": "yes", "address": "yes"}
#: 14 audits with none wrong prove 20 %.
TARGET = 0.2


def number(n: int) -> str:
    return f"1210000{n:05d}"


def proof(lowest: float | None, target: float = 0.5) -> ProvenThreshold:
    names = ("account", "reading", "meter_serial", "date")
    return ProvenThreshold(
        *KEY, lowest={**dict.fromkeys(names, lowest), "date": 0.5, "signature": 0.5, "address": 0.5},
        target=target, delta=0.05, n=100, accepted=90, wrong=0, bound=0.19, date="2026-11-01", data="old",
        provisional=True,
    )  # fmt: skip


@pytest.fixture
def house(ctx: Context) -> Context:
    """Services that audit everything, with 0.95 from simulated slips, 20 % asked for."""
    register(ctx, *(account_row(number(n)) for n in range(300)))
    with ctx.records.begin() as tx:
        for name, role in (("anna", "reviewer"), ("boris", "reviewer"), ("vera", "supervisor")):
            tx.staff.add(StaffRow(name, role, "-", ctx.clock()))
    settings = replace(ctx.settings, audit_share=1.0, audit_key=b"k" * 32, target_risk=TARGET)
    return replace(ctx, settings=settings, thresholds=ProvenThresholds((proof(0.95),)))


def take_in(ctx: Context, numbers: range, confidence: float) -> list[int]:
    """One slip an account, reading 1100 each."""
    pages = [[slip(number(n), "1100", confidence=confidence, ink=str(n))] for n in numbers]
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def audit_all(ctx: Context, wrong: int = 0) -> None:
    """Answer every open audit; in the first ``wrong`` ones the truth is another account."""
    with ctx.records.begin() as tx:
        for sheet in tx.sheets.get(range(1, 400)):
            row = tx.blind.of_sheet(sheet.id)
            if row is None or row.state != "open":
                continue
            values = {"second_by": "anna", "truth": row.first, "wrong": wrong > 0}
            tx.blind.answer(row, "done", values | {"wrong_registered": wrong > 0})
            wrong -= 1


def review_all(ctx: Context, wrong: int = 0) -> None:
    """Accept everything in review; ``wrong`` of the machine's readings are corrected."""
    left = wrong
    while (sheet := review.claim_next(ctx, "boris")) is not None:
        values = {field.name: field.value for field in sheet.fields} | PAPER
        values["reading"] = "1101" if left > 0 else "1100"
        left -= 1
        assert review.accept(ctx, "boris", sheet.sheet_id, values).outcome == "accepted"


def only(steps: list[Step]) -> Step:
    [step] = steps
    return step


def main_of(ctx: Context) -> float | None:
    with ctx.records.read() as tx:
        return in_force(ctx, tx, *KEY).main


def test_too_few_audits_change_nothing_and_say_what_is_missing(house: Context) -> None:
    take_in(house, range(5), 0.99)
    audit_all(house)
    step = only(recalibrate.plan(house))
    assert (step.decision.action, step.decision.needed, step.proof) == ("keep", 9, None)
    assert recalibrate.apply(house, [step], "vera") == []
    assert main_of(house) == 0.95
    assert "9 more audits with none wrong would prove 20 %" in in_words(step, applied=False)


def test_enough_audits_make_a_provisional_threshold_a_proven_one(house: Context) -> None:
    take_in(house, range(15), 0.99)
    audit_all(house)
    step = only(recalibrate.plan(house))
    assert step.decision.action == "prove"
    recalibrate.apply(house, [step], "vera")
    with house.records.read() as tx:
        standing = in_force(house, tx, *KEY)
        [logged] = tx.audits.latest(what="thresholds.changed")
    assert standing.proof is not None
    assert (standing.main, standing.proof.provisional, standing.proof.evidence) == (
        0.95, False, Evidence.AUDITS,
    )  # fmt: skip
    assert (standing.proof.accepted, standing.proof.wrong, standing.proof.wrong_registered) == (15, 0, 0)
    assert standing.proof.bound <= TARGET
    assert (logged.who, (logged.details or {})["action"]) == ("vera", "prove")
    again = only(recalibrate.plan(house))
    assert (again.decision.action, again.proof) == ("prove", None), "the same audits give no second row"


def test_reviewed_slips_alone_do_not_loosen(house: Context) -> None:
    take_in(house, range(30), 0.93)
    review_all(house)
    step = only(recalibrate.plan(house))
    assert (step.decision.action, step.decision.needed) == ("keep", 14)
    assert main_of(house) == 0.95


def test_audits_above_and_reviewed_slips_below_loosen(house: Context) -> None:
    take_in(house, range(40), 0.99)
    take_in(house, range(40, 78), 0.93)
    audit_all(house)
    review_all(house)
    step = only(recalibrate.plan(house))
    assert step.decision.action == "loosen"
    chosen = step.decision.chosen
    assert chosen is not None
    assert (chosen.audits, chosen.reviewed) == (40, 38)
    assert chosen.weight == pytest.approx(40 / 78)
    recalibrate.apply(house, [step], "vera")
    assert main_of(house) == chosen.threshold < 0.93
    [later] = take_in(house, range(290, 291), 0.93)
    with house.records.read() as tx:
        assert tx.sheets.get([later])[0].state is SheetState.ACCEPTED
        standing = in_force(house, tx, *KEY)
    assert standing.proof is not None
    assert standing.proof.evidence is Evidence.AUDITS_AND_REVIEWED


def test_what_the_reviewers_corrected_speaks_against_loosening(house: Context) -> None:
    take_in(house, range(40), 0.99)
    take_in(house, range(40, 78), 0.93)
    audit_all(house)
    review_all(house, wrong=16)
    assert only(recalibrate.plan(house)).decision.action == "prove"


def test_slips_that_wait_for_review_count_as_wrong(house: Context) -> None:
    take_in(house, range(40), 0.99)
    take_in(house, range(40, 78), 0.93)
    audit_all(house)
    step = only(recalibrate.plan(house))
    assert (step.decision.action, step.collected.waiting) == ("prove", 38)


def test_a_broken_bound_is_withdrawn_and_says_so(house: Context) -> None:
    take_in(house, range(20), 0.99)
    audit_all(house, wrong=18)
    step = only(recalibrate.plan(house))
    assert step.decision.action == "withdraw"
    assert step.decision.present is not None
    assert step.decision.present.wrong_registered == 18
    assert "withdraws it: at least 7" in in_words(step, applied=False)
    recalibrate.apply(house, [step], "vera")
    assert main_of(house) is None
    [later] = take_in(house, range(100, 101), 0.9999)
    with house.records.read() as tx:
        assert tx.sheets.get([later])[0].state is SheetState.REVIEW
    step = only(recalibrate.plan(house))
    assert (step.decision.action, step.standing.withdrawn) == ("nothing", True)
    assert "withdrawn, everything goes to review" in in_words(step, applied=False)


def test_a_broken_bound_tightens_where_a_higher_threshold_holds(house: Context, clock: Clock) -> None:
    take_in(house, range(20), 0.955)
    audit_all(house, wrong=18)
    take_in(house, range(20, 60), 0.9999)
    audit_all(house)
    step = only(recalibrate.plan(house))
    assert step.decision.action == "tighten"
    assert step.decision.chosen is not None
    assert step.decision.chosen.threshold == 0.96
    clock.forward(1)
    recalibrate.apply(house, [step], "vera")
    assert main_of(house) == 0.96
    assert only(recalibrate.plan(house)).decision.action == "keep", "its own audits begin now"


def test_disputed_audits_count_as_wrong(house: Context) -> None:
    take_in(house, range(1), 0.99)
    task = blind.claim_next(house, "anna")
    assert task is not None
    blind.submit(house, "anna", task.audit_id, {"account": number(5), "reading": "1100"})
    step = only(recalibrate.plan(house))
    assert step.collected.undecided == 1
    assert step.decision.present is not None
    assert (step.decision.present.wrong, step.decision.present.n) == (1, 1)


def test_a_first_threshold_comes_from_reviewed_slips(house: Context) -> None:
    house = replace(house, thresholds=ProvenThresholds(()))
    take_in(house, range(40), 0.99)
    review_all(house)
    step = only(recalibrate.plan(house))
    assert step.decision.action == "start"
    assert step.proof is not None
    assert (step.proof.evidence, step.proof.lowest["date"]) == (Evidence.REVIEWED, 0.5)
    assert step.proof.lowest["reading"] == 0.5


def test_only_the_period_asked_for_is_looked_at(house: Context, clock: Clock) -> None:
    take_in(house, range(15), 0.99)
    audit_all(house)
    later = Period(since=clock.now.replace(day=25))
    assert [step.decision.action for step in recalibrate.plan(house, later)] == ["keep"]
    clock.forward(86_400)
    assert only(recalibrate.plan(house)).decision.action == "prove"


def test_a_plan_that_was_overtaken_is_refused(house: Context) -> None:
    take_in(house, range(15), 0.99)
    audit_all(house)
    step = only(recalibrate.plan(house))
    with house.records.begin() as tx:
        tx.proven.add(proof(0.99), house.clock(), "somebody")
    with pytest.raises(ConflictError, match="plan again"):
        recalibrate.apply(house, [step], "vera")
    assert main_of(house) == 0.99


def test_the_json_names_every_number(house: Context) -> None:
    take_in(house, range(5), 0.99)
    audit_all(house, wrong=1)
    line = json.loads(json.dumps(as_dict(only(recalibrate.plan(house)), applied=False)))
    assert (line["action"], line["in_force"], line["applied"]) == ("keep", 0.95, False)
    assert line["present"]["wrong_registered"] == 1
    assert 0 < line["least_wrong"] < 1 / 5 < line["present"]["bound"]


def test_the_command_says_when_nothing_is_known(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))
    answer = CliRunner().invoke(cli, ["calibrate", "--json"])
    assert answer.exit_code == 0, answer.output
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert {line["action"] for line in lines} <= {"keep"}
    assert all(line["audits_needed"] == 2995 for line in lines)
