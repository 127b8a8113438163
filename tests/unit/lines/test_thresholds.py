"""Thresholds of forms whose readings stand on a line: what is collected of a slip, and what it proves."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pytest

from domain.reasons import Reason
from ocr.results import FieldResult, SlipReading
from simulate.hands import HANDS
from simulate.registers import accounts
from templates import find
from training import line_slips, line_thresholds, thresholds
from training.slips import RecordedHand, Truth
from training.sources import Source

TRUTH = Truth("121000000001", "01234", "2026-11-24", {}, "somebody")
RECEIPT = find("khakas-receipt")


def slip(**fields: FieldResult) -> SlipReading:
    said = {
        "account": FieldResult(TRUTH.account, 0.99999, in_register=True),
        "reading": FieldResult(TRUTH.reading, 0.98),
        "date": FieldResult(TRUTH.date, 0.97),
    }
    return SlipReading("read", template=RECEIPT.key, fields=said | fields, model="digits@1+lines@1")


def collected(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([line_thresholds.COLUMNS, *rows])
    return path


def row(said: SlipReading) -> dict[str, object]:
    return dict(zip(line_thresholds.COLUMNS, line_thresholds.row_of(1, RECEIPT, said, TRUTH), strict=True))


def test_a_slip_is_a_line_of_the_file() -> None:
    right = row(slip())
    assert (right["account_right"], right["reading_right"], right["date_right"]) == (1, 1, 1)
    assert (right["in_register"], right["plausible"], right["held"]) == (1, 1, 0)
    wrong = row(slip(reading=FieldResult("91234", 0.9)))
    assert (wrong["reading_right"], wrong["plausible"]) == (0, 0)


def test_what_the_reader_doubts_is_held_back_whatever_its_confidence() -> None:
    unsure = replace(slip(), reasons=(Reason.FORM_UNSURE,))
    struck = slip(reading=FieldResult(TRUTH.reading, 0.99, reasons=(Reason.STRUCK_OUT,)))
    # The date may be missing on a receipt.
    dateless = slip(date=FieldResult("", 0.5, reasons=(Reason.STRUCK_OUT,)))
    assert [row(each)["held"] for each in (unsure, struck, dateless)] == [1, 1, 0]
    assert row(replace(slip(), outcome="unreadable"))["account_right"] == 0


def test_a_row_is_proven_by_enough_right_slips_and_by_nothing_less(tmp_path: Path) -> None:
    line = line_thresholds.row_of(1, RECEIPT, slip(), TRUTH)
    wrong = line_thresholds.row_of(1, RECEIPT, slip(reading=FieldResult("01239", 0.98)), TRUTH)
    many = collected(tmp_path / "many.csv", [line] * 1300)
    (proven,) = line_thresholds.proven("khakas-receipt", line_thresholds.rows_of(many), many)
    assert proven["template"] == RECEIPT.key
    assert proven["model"] == "digits@1+lines@1"
    assert proven["target"] == 0.005
    assert proven["wrong"] == 0
    few = collected(tmp_path / "few.csv", [line] * 300)
    assert line_thresholds.proven("khakas-receipt", line_thresholds.rows_of(few), few) == []
    bad = collected(tmp_path / "bad.csv", [line] * 1000 + [wrong] * 40)
    assert line_thresholds.proven("khakas-receipt", line_thresholds.rows_of(bad), bad) == []


def test_slips_of_two_models_prove_nothing(tmp_path: Path) -> None:
    line = line_thresholds.row_of(1, RECEIPT, slip(), TRUTH)
    other = line_thresholds.row_of(2, RECEIPT, replace(slip(), model="digits@1+lines@2"), TRUTH)
    with pytest.raises(click.UsageError, match="mixes"):
        line_thresholds.rows_of(collected(tmp_path / "two.csv", [line, other]))
    with pytest.raises(click.UsageError, match="nothing was collected"):
        line_thresholds.rows_of(tmp_path / "none.csv")


def test_choosing_leaves_the_rows_of_other_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "thresholds.json"
    table.write_text(json.dumps({"thresholds": [{"template": "other@1"}, {"template": RECEIPT.key}]}))
    monkeypatch.setattr(thresholds, "OUT", table)
    monkeypatch.setattr(thresholds, "RUNS", tmp_path)
    line = line_thresholds.row_of(1, RECEIPT, slip(), TRUTH)
    collected(line_thresholds.file_of("khakas-receipt"), [line] * 1300)
    line_thresholds.choose.callback(("khakas-receipt",))  # type: ignore[misc]
    rows = json.loads(table.read_text("utf-8"))["thresholds"]
    assert [each["template"] for each in rows] == ["other@1", RECEIPT.key]
    assert rows[1]["target"] == 0.005


@pytest.mark.parametrize("form", line_thresholds.FORMS)
def test_a_form_is_filled_by_a_recorded_hand(form: str) -> None:
    rng = np.random.default_rng(4)
    strokes = [list(HANDS[0].digit(d, rng)) for d in range(10)]
    source = Source("drawn", np.arange(10), np.zeros(10, np.int64), strokes=strokes)
    hand = RecordedHand("drawn", source, {d: [d] for d in range(10)}, {d: [d] for d in range(10)})
    numbers = accounts(10, rng, consecutive=True)
    page, dpi, truth = next(line_slips.simulated(find(form), numbers, [hand], 7))
    again, _, _ = next(line_slips.simulated(find(form), numbers, [hand], 7))
    assert truth.account in numbers
    assert np.array_equal(page, again)
    # It may lie any way up.
    assert max(page.shape) > 0.9 * find(form).width_mm * dpi / 25.4
