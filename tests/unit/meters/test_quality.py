"""Why a photo was not read: each thing that spoils one is told from the others, and a good one has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.photo_advice import first_advice, photo_advice
from domain.reasons import Reason
from ocr.meters import quality
from tests.unit.meters.pictures import QUAD, display, reading, wall


def spoiled(name: str) -> np.ndarray:
    picture = display()
    if name == "blurred":
        return cv2.GaussianBlur(picture, (0, 0), 9)
    if name == "moved":
        return cv2.filter2D(picture, -1, np.full((1, 41), 1 / 41, np.float32))
    if name == "dark":
        return (picture * 0.08).astype(np.uint8)
    cv2.circle(picture, (300, 230), 40, (255, 255, 255), -1)
    return picture


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("blurred", Reason.BLURRED),
        ("moved", Reason.BLURRED),
        ("dark", Reason.TOO_DARK),
        ("glare", Reason.GLARE),
    ],
)
def test_what_spoils_the_digits_is_named(name: str, reason: Reason) -> None:
    assert quality.explained(reading(), spoiled(name)).reasons == (reason,)


def test_good_digits_that_were_read_unsurely_are_unclear_and_sure_ones_need_no_reason() -> None:
    assert quality.explained(reading(), display()).reasons == (Reason.READING_UNCLEAR,)
    assert quality.explained(reading(0.99), spoiled("blurred")).reasons == ()


def test_small_digits_are_small_before_they_are_blurred() -> None:
    small = cv2.resize(display(), None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    quad = tuple((x * 0.2, y * 0.2) for x, y in QUAD)
    assert quality.explained(reading(quad=quad), small).reasons == (Reason.DISPLAY_TOO_SMALL,)  # type: ignore[arg-type]


def test_a_screen_with_nothing_lit_is_off() -> None:
    picture = wall()
    cv2.rectangle(picture, (130, 180), (470, 280), (120, 130, 120), -1)
    assert quality.explained(reading(display="lcd"), picture).reasons == (Reason.DISPLAY_OFF,)


def test_a_display_at_the_edge_is_cut_off_unless_it_has_all_its_digits() -> None:
    picture = display()[:, 160:]
    quad = tuple((max(0.0, x - 160), y) for x, y in QUAD)
    sure = reading(0.99, quad)  # type: ignore[arg-type]
    assert quality.explained(sure, picture).reasons == (Reason.CUT_OFF,)
    assert quality.explained(sure, picture, digits=6).reasons == (Reason.CUT_OFF,)
    assert quality.explained(sure, picture, digits=5).reasons == ()


def test_a_whole_photo_is_dark_blurred_empty_or_none_of_it() -> None:
    picture = wall()
    assert quality.of_photo(picture).reasons == ()
    assert quality.of_photo((picture * 0.15).astype(np.uint8)).reasons == (Reason.TOO_DARK,)
    assert quality.of_photo(cv2.GaussianBlur(picture, (0, 0), 10)).reasons == (Reason.BLURRED,)
    assert quality.of_photo(np.full_like(picture, 200)).reasons == (Reason.NOT_A_METER,)


def test_the_customer_is_told_the_cause_first_in_both_languages() -> None:
    both = (Reason.NO_DISPLAY_FOUND, Reason.TOO_DARK)
    assert first_advice(both) == "Слишком темно: включите свет или вспышку."
    assert first_advice(both, "en") == photo_advice(Reason.TOO_DARK, "en")
    assert first_advice([Reason.LOWER_THAN_LAST]) is None
    assert photo_advice(Reason.DUPLICATE) == "Это показание уже принято."
