"""Windows and the words for reasons."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import InputError, TemplateError
from domain.reason_texts import reason_text
from domain.reasons import Reason
from domain.sheet import SheetState, may_follow
from domain.window import ALWAYS, Window, billing_period


@pytest.mark.parametrize(
    ("window", "day", "inside"),
    [
        (Window(23, 26), date(2026, 2, 22), False),
        (Window(23, 26), date(2026, 2, 26), True),
        (Window(6, -2), date(2026, 2, 27), True),
        (Window(6, -2), date(2026, 2, 28), False),
        (Window(6, -2), date(2028, 2, 28), True),
        (ALWAYS, date(2026, 12, 31), True),
    ],
)
def test_windows_follow_the_length_of_the_month(window, day, inside):
    assert window.contains(day) is inside


def test_a_reading_belongs_to_the_month_of_its_collection():
    assert billing_period(date(2026, 3, 1)) == "2026-03"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_in_both_languages(reason):
    russian, english = reason_text(reason), reason_text(reason, "en")
    assert russian.endswith(".")
    assert english.endswith(".")
    assert any("а" <= letter <= "я" for letter in russian.lower())
    assert english.isascii()


def test_sheets_never_leave_a_final_state():
    for final in (SheetState.BLANK, SheetState.UNREADABLE):
        assert not any(may_follow(final, after) for after in SheetState)
    # Corrected by a person, or replaced by a reading of higher rank; both are reversed at billing.
    back = {after for after in SheetState if may_follow(SheetState.DELIVERED, after)}
    assert back == {SheetState.REVIEW, SheetState.DUPLICATE}
    for verdict in (SheetState.ACCEPTED, SheetState.REJECTED, SheetState.DUPLICATE):
        assert may_follow(verdict, SheetState.REVIEW), "a person may take a verdict back"
    assert not may_follow(SheetState.REJECTED, SheetState.ACCEPTED)
    assert may_follow(SheetState.PENDING, SheetState.REVIEW)
    assert not may_follow(SheetState.REVIEW, SheetState.PENDING)


def test_errors_say_where_and_survive_a_process_border():
    import pickle

    assert str(TemplateError("a.yaml", 3, "unknown key 'widht'", "write 'width'")) == (
        "a.yaml:3: unknown key 'widht'; write 'width'"
    )
    copy = pickle.loads(pickle.dumps(InputError(Reason.TOO_LARGE, "900 megapixels")))
    assert copy.reason is Reason.TOO_LARGE
    assert str(copy) == "900 megapixels"
