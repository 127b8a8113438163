"""A questionnaire's way: recognised, checked by a person, exported once, kept for its own term."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import AlreadyExistsError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop.commands.export import command as export_command
from ocr.results import FieldResult, SlipReading
from services import deliver, digitise, purge, questionnaire_export, questionnaires, receive, review, undo
from services.context import Context, PageRead, PageRef
from services.questionnaire_export import export_questionnaires
from services.verify import verify
from storage.records import SheetRow, StaffRow
from tests.paper import ORDER, Clock, PaperReader, account_row, file_of, register, slip

FORM = "krasnoyarsk-consent@1"
A, B = "121000000001", "121000000002"
GOOD = {
    "account": A,
    "surname": "Иванова Анна",
    "consent_bill": "yes",
    "consent_debt": "",
    "consent_check": "yes",
    "email": "Ivanova@Mail.ru",
    "phone": "913 123 45 67",
    "date": "24.11.2026",
    "signature": "yes",
}


class Answered(PaperReader):
    """Reads pages ``[{"answers": {field: value}}]`` as questionnaires, and all others as slips."""

    def _read(self, ref: PageRef) -> PageRead:
        page = json.loads(self._objects.get(ref.key))["pages"][ref.page - 1]
        if not (isinstance(page, list) and "answers" in page[0]):
            return super()._read(ref)
        readings = tuple(_questionnaire(each, number) for number, each in enumerate(page, 1))
        return PageRead(ref, readings, json.dumps(page))


def _questionnaire(page: dict, number: int) -> SlipReading:
    said = {"account": A, "consent_bill": "ticked", "consent_debt": "empty", "consent_check": "ticked"}
    said |= {"date": "2026-11-24", "phone": "9131234567"} | page["answers"]
    fields = {name: FieldResult(value, 0.999) for name, value in said.items()}
    fields |= {
        name: FieldResult(present=True, confidence=0.999) for name in ("surname", "email", "signature")
    }
    reasons = tuple(Reason(code) for code in page.get("reasons", ()))
    return SlipReading("read", number, FORM, fields, reasons, model="paper@1")


@pytest.fixture
def office(ctx: Context) -> Context:
    register(ctx, account_row(A), account_row(B, surname="Петров"))
    with ctx.records.begin() as tx:
        tx.staff.add(StaffRow("anna", "reviewer", "-", ctx.clock()))
    return replace(ctx, reader=Answered(ctx.objects))


def bring(ctx: Context, *pages: list[dict]) -> list[int]:
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def sheet(ctx: Context, sheet_id: int) -> SheetRow:
    with ctx.records.read() as tx:
        return tx.sheets.get([sheet_id])[0]


def checked(ctx: Context, **more: str) -> int:
    [sheet_id] = bring(
        ctx, [{"answers": {"account": more.get("account", A), "email": more.get("email", "")}}]
    )
    review.claim(ctx, "anna", sheet_id)
    assert review.accept(ctx, "anna", sheet_id, GOOD | more).outcome == "accepted"
    return sheet_id


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_machine_accepts_a_questionnaire(office: Context) -> None:
    [sheet_id] = bring(office, [{"answers": {}}])
    row = sheet(office, sheet_id)
    assert (row.state, row.reasons[0], row.account) == (SheetState.REVIEW, Reason.QUESTIONNAIRE, A)
    shown = review.claim_next(office, "anna")
    assert shown is not None
    fields = {field.name: field for field in shown.fields}
    assert fields["consent_bill"].value == "yes"
    assert fields["consent_debt"].value == ""
    assert fields["email"].value == "", "handwriting is typed by a person"
    assert fields["email"].weak
    assert not fields["consent_bill"].weak


def test_an_empty_one_is_rejected(office: Context) -> None:
    [sheet_id] = bring(office, [{"answers": {}, "reasons": ["empty"]}])
    assert sheet(office, sheet_id).state is SheetState.REJECTED


def test_checked_answers_go_out_once_and_in_no_export_of_readings(office: Context, tmp_path: Path) -> None:
    sheet_id = checked(office)
    assert deliver.export_readings(office, tmp_path / "readings.csv").readings == 0
    result = export_questionnaires(office, tmp_path / "answers.csv")
    assert result.readings == 1
    [row] = rows(tmp_path / "answers.csv")
    assert row["account"] == A
    assert (row["form"], row["accepted_by"]) == (FORM, "anna")
    answers = {name: row[name] for name in ("consent_bill", "consent_debt", "consent_check")}
    assert answers == {"consent_bill": "yes", "consent_debt": "", "consent_check": "yes"}
    assert (row["email"], row["phone"], row["date"]) == ("ivanova@mail.ru", "'+79131234567", "2026-11-24")
    assert row["evidence"].endswith("#page=1&slip=1")
    assert sheet(office, sheet_id).state is SheetState.DELIVERED
    assert export_questionnaires(office, tmp_path / "next.csv").readings == 0
    assert (tmp_path / "next.csv").read_text("utf-8").count("\n") == 1
    questionnaire_export.export_again(office, result.run_id, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "answers.csv").read_bytes()
    assert verify(office).problems == ()


def test_an_existing_file_is_refused_and_nothing_is_lost(office: Context, tmp_path: Path) -> None:
    checked(office)
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(AlreadyExistsError):
        export_questionnaires(office, tmp_path / "there.csv")
    with pytest.raises(UsageError):
        questionnaire_export.export_again(office, 7, tmp_path / "again.csv")
    assert export_questionnaires(office, tmp_path / "here.csv").readings == 1


def test_a_run_killed_before_its_file_was_there_is_taken_over(office: Context, tmp_path: Path) -> None:
    checked(office)
    with office.records.begin() as tx:
        run = tx.questionnaires.start(str(tmp_path / "lost.csv"), office.clock())
        tx.questionnaires.set_state(run.id, ("writing",), "written")
    (tmp_path / f".lost.csv.questionnaires-{run.id}.tmp").write_text("half")
    assert export_questionnaires(office, tmp_path / "out.csv").readings == 1
    assert [path.name for path in tmp_path.glob(".*")] == []
    assert verify(office).problems == ()


def test_a_run_killed_after_its_file_was_there_is_finished(office: Context, tmp_path: Path) -> None:
    sheet_id = checked(office)
    with office.records.begin() as tx:
        run = tx.questionnaires.start(str(tmp_path / "out.csv"), office.clock())
        tx.questionnaires.set_state(run.id, ("writing",), "written")
    (tmp_path / "out.csv").write_text("whole")
    assert export_questionnaires(office, tmp_path / "next.csv").readings == 0
    assert sheet(office, sheet_id).state is SheetState.DELIVERED


@pytest.mark.parametrize(
    ("wrong", "reason", "outcome"),
    [
        ({"account": ""}, Reason.ACCOUNT_MISSING, "refused"),
        ({"account": "121000000099"}, Reason.ACCOUNT_UNKNOWN, "refused"),
        ({"signature": ""}, Reason.SIGNATURE_MISSING, "refused"),
        ({"email": "ivanova mail.ru"}, Reason.CONTACT_UNCLEAR, "refused"),
        ({"email": "ivanova@mail"}, Reason.CONTACT_UNCLEAR, "refused"),
        ({"phone": "12345"}, Reason.CONTACT_UNCLEAR, "refused"),
        ({"surname": "Сидорова"}, Reason.SURNAME_DIFFERS, "confirm"),
        ({"date": ""}, Reason.DATE_MISSING, "confirm"),
        ({"date": "31.02.2026"}, Reason.DATE_UNCLEAR, "confirm"),
    ],
)
def test_what_cannot_be_kept_is_said(
    office: Context, wrong: dict[str, str], reason: Reason, outcome: str
) -> None:
    [sheet_id] = bring(office, [{"answers": {}}])
    review.claim(office, "anna", sheet_id)
    assert review.preview(office, sheet_id, GOOD | wrong).reasons == (reason,)
    answer = review.accept(office, "anna", sheet_id, GOOD | wrong)
    assert (answer.outcome, answer.reasons) == (outcome, (reason,))
    assert sheet(office, sheet_id).state is SheetState.REVIEW
    again = review.accept(office, "anna", sheet_id, GOOD | wrong, [reason])
    assert again.outcome == ("accepted" if outcome == "confirm" else "refused")


def test_the_same_answers_twice_are_a_duplicate_and_other_answers_are_not(office: Context) -> None:
    first = checked(office)
    [second] = bring(office, [{"answers": {"phone": "1"}}])
    review.claim(office, "anna", second)
    answer = review.accept(office, "anna", second, GOOD)
    assert (answer.outcome, answer.duplicate_of) == ("duplicate", first)
    checked(office, consent_debt="yes", email="other@mail.ru")
    assert verify(office).problems == ()


def test_a_verdict_is_taken_back_until_the_answers_went_out(office: Context, tmp_path: Path) -> None:
    sheet_id = checked(office)
    undo.undo(office, "anna", sheet_id)
    assert sheet(office, sheet_id).state is SheetState.REVIEW
    assert export_questionnaires(office, tmp_path / "none.csv").readings == 0
    assert review.accept(office, "anna", sheet_id, GOOD).outcome == "accepted"
    export_questionnaires(office, tmp_path / "one.csv")
    with pytest.raises(undo.TooLateError):
        undo.undo(office, "anna", sheet_id)


def test_questionnaires_have_a_term_of_their_own(office: Context, clock: Clock, tmp_path: Path) -> None:
    sheet_id = checked(office)
    bring(office, [slip(B, "01100")])
    clock.forward(timedelta(days=400).total_seconds())
    terms = purge.Terms({"station": 365, "questionnaire": 365})
    dry = purge.purge(office, terms, "Ольга", dry=True)
    assert dry.unjudged == 1, "what did not go out is not destroyed"
    export_questionnaires(office, tmp_path / "out.csv")
    assert purge.purge(office, purge.Terms({"station": 365}), "Ольга").no_term == ["questionnaire"]
    act = purge.purge(office, purge.Terms({"questionnaire": 365}), "Ольга")
    assert set(act.kinds) == {"questionnaire"}
    with office.records.read() as tx:
        kept = tx.questionnaires.of_sheet(sheet_id)
    assert kept is not None
    assert (kept.account, kept.answers) == ("", {})
    assert verify(office).problems == ()


def test_telephone_numbers_of_any_shape() -> None:
    shapes = ("9131234567", "8 (913) 123-45-67", "+7 913 123 45 67", "79131234567")
    assert {questionnaires.phone_of(text) for text in shapes} == {"+79131234567"}
    assert [questionnaires.phone_of(text) for text in ("", "913", "+1 913 123 45 67", "91312345ab")] == [
        ""
    ] * 4


def test_the_command_says_that_it_writes_questionnaires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path / "home"))
    arguments = ["--questionnaires", "-o", str(tmp_path / "q.csv"), "--json"]
    result = CliRunner().invoke(export_command, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["questionnaires"] == 0
