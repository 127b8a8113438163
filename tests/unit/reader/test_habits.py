"""What people do with the form: read rightly, or sent to a person with a reason. Never silently wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.decode.evidence import BLANK, SYMBOLS
from ocr.forms import FormReader
from ocr.forms.fields import decode_field
from ocr.forms.finding import find_slips
from ocr.forms.fluid import painted_cells
from ocr.forms.habits import Observed, observe, usual_ink
from ocr.forms.heavy import ink_in_digits
from ocr.forms.ink import black_of
from ocr.forms.registration import Registered, register
from ocr.forms.row import Row, row_ink
from ocr.load import PageImage
from ocr.results import FieldResult
from simulate import damage
from simulate.fill import Manner, Writer
from simulate.habits import HABITS, Habitual, Slip, draw
from simulate.habits.slip import stroke, with_marks
from simulate.hands import HANDS
from simulate.scanner import Scan, scan
from simulate.strokes import Pen
from tests.tree import ROOT
from tests.unit.reader.slips import ACCOUNT, SETTINGS, Grey, blank, dropbox, values

DPI = 200
#: The confidence from which the machine might accept a field.
ACCEPTED = 0.9

#: Habit → the reasons that may keep its slip from being accepted; none: it is read like any other.
REASONS: dict[str, set[Reason]] = {
    "struck_alone": {Reason.STRUCK_OUT},
    "rewritten_above": {Reason.REWRITTEN_BESIDE, Reason.STRUCK_OUT},
    "rewritten_below": {Reason.REWRITTEN_BESIDE, Reason.STRUCK_OUT},
    "number_above": {Reason.REWRITTEN_BESIDE, Reason.STRUCK_OUT},
    "next_cell": {Reason.STRUCK_OUT},
    "written_over": {Reason.STRUCK_OUT},
    "dashes": set(),
    "dash_through": set(),
    "z_through": {Reason.CELL_CROSSED},
    "comma_between": {Reason.DECIMALS_WRITTEN},
    "comma_in_cell": {Reason.DECIMALS_WRITTEN},
    "right_aligned": set(),
    "two_in_a_cell": {Reason.TWO_DIGITS_IN_CELL, Reason.STRUCK_OUT},
    "oversized": set(),
    "off_centre": set(),
    "fluid": {Reason.CORRECTION_FLUID},
    "fluid_rewritten": {Reason.CORRECTION_FLUID},
    "short_year": set(),
    "dots_in_cells": set(),
    "dots_between": set(),
    "no_leading_zeros": set(),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """A slip with a habit, as it lies on its page."""

    habitual: Habitual
    page: Grey
    registered: Registered


def written(name: str, seed: int, reading: str = "05630", at: str = "reading") -> Habitual:
    rng = np.random.default_rng(seed)
    writer = Writer(
        HANDS[seed % len(HANDS)], Pen(width=0.42, darkness=0.95, shade=45), size=0.7, unsteady=0.05
    )
    says = values(reading=reading, date="05112026")
    return HABITS[name](Slip(dropbox(), says, writer, rng, at, Manner()))


def on_page(habitual: Habitual, seed: int) -> Seen:
    """Scanned and registered."""
    rng = np.random.default_rng(seed)
    page = scan(draw(habitual, blank(DPI), DPI, rng), Scan(skew_deg=0.8, noise=3.0), rng)
    (candidate,) = find_slips(page, float(DPI), (dropbox(),), SETTINGS).slips
    registered = register(page, candidate, SETTINGS)
    assert registered is not None and registered.accepted
    return Seen(habitual, page, registered)


@cache
def _page(name: str, seed: int, reading: str) -> Seen:
    return on_page(written(name, seed, reading), seed)


def row_of(seen: Seen, name: str) -> Row:
    return row_ink(
        seen.registered.slip,
        dropbox(),
        dropbox().field(name),
        seen.registered.correction.shifts[name].mean(axis=0),
        dpi=SETTINGS.dpi,
        black=black_of(seen.registered.slip),
    )


def sharp(text: str) -> np.ndarray:
    """What a classifier that knows every cell would say."""
    table = np.full((len(text), 12), 1e-4)
    table[np.arange(len(text)), [SYMBOLS.index(symbol) for symbol in text]] = 1.0
    return table / table.sum(axis=1, keepdims=True)


def judged(
    name: str, seed: int, says: str | None = None, reading: str = "05630", sure: float = 1.0
) -> tuple[Observed, FieldResult]:
    """The row as it is seen when the classifier says ``says`` (default: the truth of every cell).

    ``sure``: how sure of what it says.
    """
    seen = _page(name, seed, reading)
    habitual = seen.habitual
    field = dropbox().field(habitual.field)
    cells = {each: sharp(habitual.filled.cells[each]) for each in ("account", habitual.field)}
    if says is not None:
        cells[field.name] = sharp(says) * sure + (1.0 - sure) / 12
    rows = {each: row_of(seen, each) for each in cells}
    both = sharp("0")[0]
    found = observe(rows[field.name], cells[field.name], usual_ink(rows, cells), lambda *_: both)
    return found, decode_field(field, cells[field.name], None, found)


@cache
def reader() -> FormReader:
    accounts = AccountIndex.build([ACCOUNT, "121000999999", "300000000001"])
    return FormReader([dropbox()], CellClassifier.load(), accounts)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [name for name in HABITS if name != "no_comma"])
def test_no_habit_is_accepted_with_a_wrong_value(name: str, seed: int) -> None:
    habitual = written(name, seed, "0563" if name == "comma_in_cell" else "05630")
    seen = on_page(habitual, seed)
    (slip,) = reader().read_page(PageImage(seen.page, float(DPI)))
    result = slip.fields[habitual.field]
    meant = habitual.meant[habitual.field]
    if habitual.field == "date":
        meant = f"{meant[4:]}-{meant[2:4]}-{meant[:2]}"
    named = set(result.reasons)
    assert result.value == meant or named or result.confidence < ACCEPTED
    assert named <= REASONS[name] | {Reason.STRUCK_OUT, Reason.READING_MISSING}
    if REASONS[name] and name not in {"written_over", "z_through"}:
        assert named & REASONS[name] or result.confidence < ACCEPTED


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", ["struck_alone", "next_cell"])
def test_a_struck_out_digit_is_named(name: str, seed: int) -> None:
    found, result = judged(name, seed)
    assert Reason.STRUCK_OUT in found.reasons
    assert result.confidence < ACCEPTED


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", ["rewritten_below", "number_above"])
def test_a_digit_beside_the_row_draws_the_eye_there(name: str, seed: int) -> None:
    found, result = judged(name, seed)
    assert Reason.REWRITTEN_BESIDE in found.reasons
    assert result.confidence < ACCEPTED


def test_a_digit_over_the_label_is_at_least_a_struck_out_one() -> None:
    seen = [judged("rewritten_above", seed)[0].reasons for seed in (3, 4, 5, 6)]
    assert all(set(each) & REASONS["rewritten_above"] for each in seen)
    assert any(Reason.REWRITTEN_BESIDE in each for each in seen)


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", ["dashes", "dash_through"])
@pytest.mark.parametrize("reading", ["05630", "0563"])
def test_dashes_in_unused_cells_leave_the_number_as_it_is(name: str, seed: int, reading: str) -> None:
    found, result = judged(name, seed, reading=reading)
    assert found.reasons == ()
    assert result.value == reading
    assert result.confidence > ACCEPTED
    assert set((result.raw or "")[len(reading) :]) == {"#"}
    # A dash that the classifier takes for a digit stays one, with the classifier's doubt.
    doubtful = written(name, seed, reading).filled.cells["reading"].replace("#", "1")
    assert judged(name, seed, doubtful, reading)[1].value != reading or name == "dash_through"


@pytest.mark.parametrize("seed", [3, 5])
def test_a_z_through_two_cells_leaves_them_unused_whatever_the_classifier_says(seed: int) -> None:
    for says in ("0563##", "056321", "05637_"):
        found, result = judged("z_through", seed, says, "0563")
        assert found.reasons == ()
        assert (result.value, sorted(found.unused)) == ("0563", [4, 5])


def test_a_scribble_that_spills_into_the_next_cell_is_no_z() -> None:
    rng = np.random.default_rng(7)
    writer = Writer(HANDS[0], Pen(width=0.6, darkness=0.95, shade=45), size=0.75)
    slip = Slip(dropbox(), values(reading="0563"), writer, rng)
    cell = dropbox().field("reading").cells[3]
    points = [(cell.x_mm + (0.3 if n % 2 else 8.7), cell.y_mm + 1.2 + 0.8 * n) for n in range(10)]
    filled = with_marks(slip.filled(), [stroke(slip, points)], "reading", "056#__")
    seen = on_page(Habitual(filled, slip.values, "reading"), 7)
    row = row_of(seen, "reading")
    assert sum(area > 0.5 for area in row.of_cell[3][0].inside) == 2
    found = observe(row, sharp("056#__"), 0.0, lambda *_: sharp("0")[0])
    assert found.unused == frozenset()
    assert Reason.STRUCK_OUT in found.reasons


def test_a_z_in_one_cell_may_be_a_two() -> None:
    seen = [judged("z_through", seed, "056302") for seed in range(3, 7)]
    assert sum(Reason.CELL_CROSSED in found.reasons for found, _ in seen) >= 3


@pytest.mark.parametrize("seed", [3, 6])
def test_what_follows_a_comma_is_no_part_of_the_reading(seed: int) -> None:
    found, result = judged("comma_between", seed)
    assert found.reasons == (Reason.DECIMALS_WRITTEN,)
    assert result.value == "05630"
    found, result = judged("comma_in_cell", seed, reading="0563")
    assert found.reasons == (Reason.DECIMALS_WRITTEN,)
    assert result.value == "0563"
    assert [c.value for c in result.characters] == [*"0563__"]


def test_without_a_comma_the_digits_stay_for_the_meters_count_to_judge() -> None:
    found, result = judged("no_comma", 3)
    assert found.reasons == ()
    assert len(result.value or "") == 6


@pytest.mark.parametrize("seed", [3, 4])
def test_two_digits_in_a_cell_are_never_one(seed: int) -> None:
    habitual = written("two_in_a_cell", seed)
    says = habitual.filled.cells["reading"].replace("#", "7")
    for classifier in (None, says):
        # What a calibrated classifier says of two digits is never sure.
        found, result = judged("two_in_a_cell", seed, classifier, sure=0.9)
        assert set(found.reasons) & REASONS["two_in_a_cell"]
        assert result.confidence < ACCEPTED


@pytest.mark.parametrize("seed", [3, 4])
def test_a_digit_written_over_another_is_too_heavy(seed: int) -> None:
    says = written("written_over", seed).filled.cells["reading"].replace("#", "8")
    found, result = judged("written_over", seed, says, sure=0.9)
    assert Reason.STRUCK_OUT in found.reasons
    assert result.confidence < ACCEPTED


def test_ink_is_weighed_beside_what_the_digit_has() -> None:
    row = row_of(on_page(written("right_aligned", 3), 3), "reading")
    (cell, *_) = (k for k in range(len(row.field.cells)) if row.ink_in(k) > 1.0)
    as_nothing, as_one, as_eight = (ink_in_digits(row, cell, best, 0.1) for best in (11, 1, 8))
    assert as_nothing == pytest.approx(row.ink_in(cell) / row.field.cells[cell].h_mm ** 2 / 0.1)
    assert as_one > 1.5 * as_nothing > 1.5 * as_eight > 0
    assert ink_in_digits(row, cell, 8, 0.0) == 0.0


@pytest.mark.parametrize("seed", [3, 4])
def test_a_heavy_digit_that_the_classifier_is_sure_of_is_one(seed: int) -> None:
    says = written("written_over", seed).filled.cells["reading"].replace("#", "8")
    assert judged("written_over", seed, says)[0].struck == frozenset()


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", ["right_aligned", "off_centre", "oversized", "dots_between", "short_year"])
def test_plain_writing_has_no_habit_in_it(name: str, seed: int) -> None:
    found, result = judged(name, seed)
    assert found.reasons == ()
    assert result.confidence > ACCEPTED


@pytest.mark.parametrize("seed", [3, 5])
@pytest.mark.parametrize("name", ["fluid", "fluid_rewritten"])
def test_correction_fluid_is_seen_by_the_lines_it_covers(name: str, seed: int) -> None:
    habitual = written(name, seed)
    seen = on_page(habitual, seed)
    found = painted_cells(seen.registered.slip, dropbox(), seen.registered.correction, SETTINGS.dpi)
    assert set(found) == {"reading"}
    box = habitual.fluid[0]
    middle = box.x_mm + box.w_mm / 2
    near = [k for k, cell in enumerate(dropbox().field("reading").cells) if abs(cell.x_mm + 4 - middle) < 5]
    assert found["reading"] & set(near)


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("name", ["right_aligned", "oversized"])
def test_ink_and_dirt_are_no_correction_fluid(name: str, seed: int) -> None:
    habitual = written(name, seed)
    rng = np.random.default_rng(seed)
    page = damage.dust(damage.fold(draw(habitual, blank(DPI), DPI, rng), DPI, rng), DPI, rng)
    (candidate,) = find_slips(page, float(DPI), (dropbox(),), SETTINGS).slips
    registered = register(page, candidate, SETTINGS)
    assert registered is not None and registered.accepted
    assert painted_cells(registered.slip, dropbox(), registered.correction, SETTINGS.dpi) == {}


def test_a_scan_that_lost_its_lines_says_nothing_of_fluid() -> None:
    rng = np.random.default_rng(8)
    page = blank(DPI)
    thin = scan(page, Scan(bilevel=True, fade=0.35), rng)
    seen = find_slips(thin, float(DPI), (dropbox(),), SETTINGS).slips
    registered = register(thin, seen[0], SETTINGS)
    assert registered is not None
    assert painted_cells(registered.slip, dropbox(), registered.correction, SETTINGS.dpi) == {}


def test_under_a_stamp_shapes_say_nothing() -> None:
    habitual = written("right_aligned", 3)
    rng = np.random.default_rng(3)
    box = dropbox().field("reading").box
    paper = draw(habitual, blank(DPI), DPI, rng)
    page = damage.stamp(paper, DPI, (box.x_mm + box.w_mm / 2, box.y_mm + 4), rng)
    (candidate,) = find_slips(page, float(DPI), (dropbox(),), SETTINGS).slips
    registered = register(page, candidate, SETTINGS)
    assert registered is not None
    row = row_of(Seen(habitual, page, registered), "reading")
    assert row.stamped
    cells = sharp(habitual.filled.cells["reading"])
    assert observe(row, cells, 0.2, lambda *_: cells[0]).reasons == ()


@pytest.mark.parametrize(
    ("reason", "where"), [(Reason.STRUCK_OUT, "struck"), (Reason.TWO_DIGITS_IN_CELL, "doubled")]
)
def test_an_unclear_cell_of_the_account_is_settled_only_by_the_register(reason: Reason, where: str) -> None:
    habitual = written("struck_alone", 4, at="account")
    table = sharp(habitual.filled.cells["account"])
    struck = frozenset({habitual.filled.cells["account"].index("#")})
    seen = Observed(table, (reason,), **{where: struck})
    field = dropbox().field("account")
    alone = decode_field(field, table, AccountIndex.build([ACCOUNT, "300000000001"]), seen)
    assert alone.value == ACCOUNT
    assert alone.reasons == ()
    (place,) = struck
    close = ACCOUNT[:place] + str((int(ACCOUNT[place]) + 1) % 10) + ACCOUNT[place + 1 :]
    rivals = decode_field(field, table, AccountIndex.build([ACCOUNT, close]), seen)
    assert reason in rivals.reasons
    assert reason in decode_field(field, table, None, seen).reasons
    # A second such cell may be the sign of a number that is shifted.
    twice = replace(seen, struck=frozenset({0}), doubled=frozenset({1}))
    assert reason in decode_field(field, table, AccountIndex.build([ACCOUNT, "300000000001"]), twice).reasons


def test_blank_rows_are_left_alone() -> None:
    seen = on_page(written("right_aligned", 3), 3)
    row = row_of(seen, "reading_t2")
    cells = sharp("______")
    found = observe(row, cells, 0.2, lambda *_: cells[0])
    assert found.reasons == ()
    assert (found.probabilities.argmax(axis=1) == BLANK).all()


def test_the_table_shows_every_habit_and_names_every_reason() -> None:
    table = (ROOT / Path("docs/habits.md")).read_text(encoding="utf-8")
    for name in HABITS:
        assert f"](habits/{name}.png)" in table
        assert (ROOT / "docs" / "habits" / f"{name}.png").stat().st_size < 20_000
    for reasons in REASONS.values():
        assert not [reason for reason in reasons if f"`{reason.value}`" not in table]
