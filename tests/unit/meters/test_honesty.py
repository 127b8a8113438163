"""Honesty of photos: the same one again, a screen instead of a meter, another day; the plate; the history."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest

from domain.history import Band, Expectation
from ocr.meters import evidence
from ocr.meters.honesty import another_day
from ocr.meters.likeness import ALIKE_BITS, SAME_LOOK, distance, distances, look, mark, same_look
from ocr.meters.plate import Number, edit_cost, judged, read_plate
from ocr.meters.results import Alternative, Quad
from ocr.meters.screens import SCREEN, screen_score
from ocr.results import Character, FieldResult
from simulate.screens import on_screen
from tests.unit.meters.pictures import QUAD, display, reading, wall


def changed(name: str) -> tuple[np.ndarray, Quad]:
    picture, quad = display(), np.array(QUAD)
    if name == "saved again":
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 1)
    elif name == "smaller":
        picture, quad = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), quad / 2
    elif name == "cropped":
        picture, quad = picture[100:400, 40:600], quad - [40, 100]
    elif name == "lighter":
        picture = np.clip(picture * 1.2 + 10, 0, 255).astype(np.uint8)
    else:
        turn = cv2.getRotationMatrix2D((320, 240), 6, 1.0)
        picture = cv2.warpAffine(picture, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE)
        quad = quad @ turn[:, :2].T + turn[:, 2]
    return picture, tuple(map(tuple, quad))


@pytest.mark.parametrize("name", ["saved again", "smaller", "cropped", "lighter", "turned"])
def test_the_same_photo_is_known_again(name: str) -> None:
    picture, quad = changed(name)
    assert distance(mark(display(), QUAD), mark(picture, quad)) <= ALIKE_BITS
    assert same_look(look(display(), QUAD), look(picture, quad)) >= SAME_LOOK


def test_other_photos_are_others_and_marks_of_another_kind_are_far_away() -> None:
    mine = mark(display(0), QUAD)
    others = [mark(display(seed), QUAD) for seed in (1, 2, 3)]
    assert max(same_look(look(display(0), QUAD), look(display(seed), QUAD)) for seed in (1, 2, 3)) < SAME_LOOK
    assert list(distances(mine, [*others, b"", b"\x09" + mine[1:]]))[3:] == [128, 128]
    assert same_look(b"", look(display())) == 0.0


@pytest.mark.parametrize("pitch", [2.3, 3.1, 4.5])
def test_a_screens_pixels_give_it_away(pitch: float) -> None:
    rng = np.random.default_rng(3)
    assert screen_score(on_screen(display(), pitch, rng, size=(900, 700))) >= SCREEN


def test_a_plain_photo_is_no_screen_even_with_blocks_of_jpeg() -> None:
    picture = cv2.resize(wall(5), (1200, 900), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(picture + np.random.default_rng(1).normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    blocks = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)
    assert screen_score(picture) < SCREEN and screen_score(blocks) < SCREEN
    assert screen_score(picture[:100, :100]) == 0.0


def test_a_day_far_away_is_another_day() -> None:
    day = date(2026, 11, 24)
    assert not another_day(None, day)
    assert not another_day(date(2026, 11, 20), day) and not another_day(date(2026, 11, 25), day)
    assert another_day(date(2026, 11, 10), day) and another_day(date(2026, 11, 27), day)


def test_a_plate_proves_or_contradicts_and_mostly_does_neither() -> None:
    serials = ["0091234567", "0091234576"]

    def said(*numbers: str, confidence: float = 95.0) -> str:
        return judged([Number(number, confidence, "text") for number in numbers], serials).verdict

    assert judged([Number("0091234567", 40.0, "text")], serials).serial == "0091234567"
    assert said("0091Z34567".replace("Z", "7"), "2019") == "proven"
    assert said("0091234556") == "unseen"
    assert said("0087654321") == "contradicted"
    assert said("0087654321", confidence=50.0) == "unseen"
    assert said("3181811201") == said() == said("1000010000") == "unseen"
    assert judged([Number("46000091234567", 100.0, "code")], serials).serial == "0091234567"
    assert judged([Number("1234", 99.0, "text")], ["1234"]).verdict == "unseen"
    assert edit_cost("0091234567", "0041234567") == 1.0 and edit_cost("18", "78") == 0.5


def test_a_printed_number_is_read_from_the_plate() -> None:
    picture = cv2.resize(display(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(picture, (300, 620), (900, 760), (235, 235, 235), -1)
    cv2.putText(picture, "N 91234567", (340, 715), cv2.FONT_HERSHEY_DUPLEX, 2.2, (20, 20, 20), 4, cv2.LINE_AA)
    quad: Quad = tuple((2 * x, 2 * y) for x, y in QUAD)  # type: ignore[assignment]
    turned = cv2.rotate(picture, cv2.ROTATE_180)
    high, wide = picture.shape[:2]
    upside: Quad = tuple((wide - x, high - y) for x, y in quad)  # type: ignore[assignment]
    assert read_plate(turned, upside, ["0091234567", "0095555555"]).serial == "0091234567"


EXPECTED = Expectation(5, (Band(5990, 6100, 1.0),), 1 / 8)


def result(value: str, confidence: float, *others: tuple[str, float]) -> FieldResult:
    alternatives = tuple(Alternative(text, "", chance) for text, chance in others)
    packed = evidence.pack(reading(confidence, value=value, alternatives=alternatives))
    return FieldResult(value, confidence, characters=tuple(Character(d, 0.9) for d in value), evidence=packed)


def test_history_breaks_a_tie_between_whole_readings_and_never_raises_a_confidence() -> None:
    turning = evidence.again(result("06999", 0.5, ("05999", 0.45)), [EXPECTED])
    assert turning.value == "05999" and turning.confidence <= 0.45 / 0.95
    assert evidence.again(result("05999", 0.6), [EXPECTED]).confidence <= 0.6


def test_clear_readings_stay_whatever_history_says() -> None:
    clear = evidence.again(result("95999", 0.92, ("05999", 0.08)), [EXPECTED])
    assert clear.value == "95999" and clear.confidence < 0.92


def test_a_reading_of_another_length_than_the_meters_is_less_sure() -> None:
    assert evidence.again(result("059991", 0.97), [EXPECTED]).confidence < 0.5
    assert (
        evidence.unpack(b"\x00" * 24) == {} and evidence.again(FieldResult("1", 0.9), [EXPECTED]).value == "1"
    )
