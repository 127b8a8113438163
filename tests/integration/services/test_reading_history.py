"""Register and history reach the reading before the gate does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.account import RegisterRow
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.decode.evidence import SYMBOLS
from ocr.decode.history import with_register
from ocr.decode.packed import unpack
from ocr.results import FieldResult, SlipReading
from services import digitise, receive, review
from services.context import Context
from services.recognition import from_json
from services.results import SheetOutcome
from storage.records import SheetRow
from templates import find
from tests.paper import DAY, FORM, ORDER, account_row, file_of, register, slip
from tests.paper import _slip as read_slip

A = "121000000001"
TEMPLATE = find("krasnoyarsk-dropbox")


def run(ctx: Context, written: dict[str, object]) -> tuple[SheetOutcome, FieldResult, SheetRow]:
    receipt = receive.receive_file(ctx, file_of([written]), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    [outcome] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    with ctx.records.read() as tx:
        row = tx.sheets.get([outcome.sheet_id])[0]
    assert row.recognition is not None
    return outcome, from_json(row.recognition).fields["reading"], row


def test_clear_ink_with_a_usual_history_is_accepted(ctx: Context) -> None:
    register(ctx, account_row(A))
    outcome, reading, _ = run(ctx, slip(A, "01100", doubts={}))
    assert outcome.state is SheetState.ACCEPTED
    assert reading.value == "01100"
    assert 0.99 < reading.confidence < 1.0


def test_an_unusual_history_takes_the_sureness_that_a_threshold_asks_for(ctx: Context) -> None:
    # 1,680 is believable (under 600 a month more), yet far above the usual; 1,180 would be usual.
    doubts = {"2": {"6": 0.993, "1": 0.006}}
    register(ctx, account_row(A, previous_reading="01100"))
    outcome, reading, _ = run(ctx, slip(A, "01680", doubts=doubts, confidence=0.999))
    assert (outcome.state, outcome.reasons) == (SheetState.REVIEW, (Reason.READING_UNCLEAR,))
    assert reading.value == "01680", "ink this clear is not overruled"
    assert 0.9 < reading.confidence < 0.99


def test_a_near_tie_is_broken_and_a_person_decides(ctx: Context) -> None:
    register(ctx, account_row(A))
    doubts = {"1": {"7": 0.52, "1": 0.47}}
    outcome, reading, row = run(ctx, slip(A, "07100", doubts=doubts, confidence=0.5))
    assert reading.value == "01100"
    assert reading.confidence < 0.5
    assert reading.raw == "07100", "the ink alone"
    assert [c.value for c in reading.characters] == list("01100")
    assert reading.characters[1].confidence == pytest.approx(0.47, abs=0.01)
    assert (outcome.state, Reason.READING_UNCLEAR in outcome.reasons) == (SheetState.REVIEW, True)
    # The page shows the better guess; what the person types is taken as it is.
    seen = review.claim(ctx, "anna", row.id)
    assert next(f.value for f in seen.fields if f.name == "reading") == "01100"
    typed = {"account": A, "reading": "01150", "date": DAY.isoformat(), "signature": "yes", "address": "yes"}
    assert review.accept(ctx, "anna", row.id, typed).outcome == "accepted"
    with ctx.records.read() as tx:
        assert [r.reading for r in tx.readings.of_sheet(row.id)] == ["01150"]


def test_the_digit_count_settles_what_a_speck_before_the_reading_is(ctx: Context) -> None:
    register(ctx, account_row(A))
    doubts = {"0": {"_": 0.7, "1": 0.3}}
    outcome, reading, _ = run(ctx, slip(A, "01100", cells="_01100", doubts=doubts, confidence=0.999))
    assert (outcome.state, reading.value) == (SheetState.ACCEPTED, "01100")
    register(ctx, account_row(A, digits=None, previous_reading=None))
    again, reading, _ = run(ctx, slip(A, "01100", cells="_01100", doubts=doubts, confidence=0.7, ink="b"))
    assert again.state is SheetState.REVIEW
    assert reading.confidence < 0.75


ROW = RegisterRow("s", A, "7", digits=5, previous_reading="01000", previous_date=DAY.replace(month=10))


def tie(**more: object) -> SlipReading:
    """A slip whose reading may be 07100 or 01100."""
    return read_slip(slip(A, "07100", doubts={"1": {"7": 0.52, "1": 0.47}}, confidence=0.5, **more), 1)


def test_an_unknown_account_changes_nothing() -> None:
    assert with_register(tie(), TEMPLATE, (), DAY) == tie()
    no_account = replace(tie(), fields={**tie().fields, "account": FieldResult("", 0.9)})
    assert with_register(no_account, TEMPLATE, (ROW,), DAY) == no_account


def test_a_doubtful_account_lends_little_history() -> None:
    doubtful = replace(tie(), fields={**tie().fields, "account": FieldResult(A, 0.01)})
    assert with_register(doubtful, TEMPLATE, (ROW,), DAY).fields["reading"].value == "07100"
    sure = replace(tie(), fields={**tie().fields, "account": FieldResult(A, 0.99)})
    assert with_register(sure, TEMPLATE, (ROW,), DAY).fields["reading"].value == "01100"


@pytest.mark.parametrize(("serial", "value"), [("8", "07100"), ("7", "01100")])
def test_the_written_meter_number_says_whose_history_counts(serial: str, value: str) -> None:
    rows = (ROW, replace(ROW, meter_serial="8", previous_reading="07000"))
    written = replace(
        tie(),
        fields={**tie().fields, "account": FieldResult(A, 0.99), "meter_serial": FieldResult(serial, 0.99)},
    )
    assert with_register(written, TEMPLATE, rows, DAY).fields["reading"].value == value


def test_a_value_that_the_reader_took_from_elsewhere_is_left_alone() -> None:
    corrected = replace(tie().fields["reading"], value="00999", confidence=0.98)
    own = replace(tie(), fields={**tie().fields, "reading": corrected})
    assert with_register(own, TEMPLATE, (ROW,), DAY) == own


def test_a_confidence_that_the_reader_lowered_stays_low() -> None:
    clear = read_slip(slip(A, "01100", doubts={}), 1)
    lowered = replace(clear.fields["reading"], confidence=0.4)
    held = replace(clear, fields={**clear.fields, "reading": lowered})
    assert with_register(held, TEMPLATE, (ROW,), DAY).fields["reading"].confidence == 0.4
    assert with_register(clear, TEMPLATE, (ROW,), DAY).fields["reading"].confidence > 0.99


def test_without_a_day_only_the_digit_count_is_used() -> None:
    sure = replace(tie(), fields={**tie().fields, "account": FieldResult(A, 0.99)})
    assert with_register(sure, TEMPLATE, (ROW,), None).fields["reading"].value == "07100"


def test_cells_that_the_digit_count_decides_show_what_was_decided() -> None:
    doubts = {"0": {"_": 0.4, "1": 0.59}}
    reader = read_slip(slip(A, "101100", doubts=doubts, confidence=0.59), 1)
    known = replace(reader, fields={**reader.fields, "account": FieldResult(A, 0.99)})
    reading = with_register(known, TEMPLATE, (ROW,), None).fields["reading"]
    assert reading.value == "01100"
    assert [c.value for c in reading.characters] == list("_01100")


def test_kept_cells_are_those_of_the_reading() -> None:
    cells = unpack(tie().fields["reading"].evidence)
    assert cells.shape == (5, 12)
    assert "".join(SYMBOLS[i] for i in cells.argmax(axis=1)) == "07100"
    assert FORM.startswith(TEMPLATE.name)
