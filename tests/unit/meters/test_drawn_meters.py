"""Drawn meters: what the truth says must be what the pixels show."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simulate.meters import engraved, typefaces
from simulate.meters.drums import draw_drums, drawn
from simulate.meters.glow import Glass
from simulate.meters.looks import some_look
from simulate.meters.model import Picture, Row
from simulate.meters.scene import draw_scene
from simulate.meters.screens import DARK, Line, Screen, some_screen
from simulate.meters.segments import draw_lcd
from simulate.meters.sevenseg import Atlas, Cut, some_cut
from simulate.meters.stage import View, matrix, through
from simulate.meters.turning import Stand, some_stand, turns

_PLAIN_GLASS = Glass((200.0,) * 3, (20.0,) * 3, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, (120.0,) * 3)
_SEGMENTS = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _is_convex_clockwise(quad: np.ndarray) -> bool:
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    return bool(np.all(edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] > 0))


def _crop(picture: Picture, quad: np.ndarray) -> np.ndarray:
    x0, y0 = np.round(quad.min(axis=0)).astype(int)
    x1, y1 = np.round(quad.max(axis=0)).astype(int)
    return picture.image[max(y0, 0) : y1, max(x0, 0) : x1]


@pytest.mark.parametrize("draw", [draw_drums, draw_lcd, draw_scene])
def test_a_seed_draws_the_same_again(draw) -> None:
    one, other = draw(_rng(7)), draw(_rng(7))
    assert np.array_equal(one.image, other.image)
    assert [row.value for row in one.rows] == [row.value for row in other.rows]
    assert not np.array_equal(one.image, draw(_rng(8)).image[: one.image.shape[0], : one.image.shape[1]])


def test_a_drum_turns_only_while_all_on_its_right_pass_from_nine_to_nought() -> None:
    assert turns([1, 9, 9], 0.4) == pytest.approx((0.4, 0.4, 0.4))
    assert turns([1, 8, 9], 0.4) == pytest.approx((0.0, 0.4, 0.4))
    assert turns([9, 9, 3], 0.4) == pytest.approx((0.0, 0.0, 0.4))


def test_stands_are_what_a_meter_can_stand_at() -> None:
    carries = 0
    for seed in range(400):
        stand = some_stand(_rng(seed), 6)
        last = stand.turns[-1]
        count = int("".join(map(str, stand.digits))) + last
        for place, (digit, turn, shown) in enumerate(
            zip(stand.digits, stand.turns, stand.shown, strict=True)
        ):
            # The arithmetic of a counter, without its mechanism: the part below this place, in units of it.
            below = (count % 10 ** (5 - place)) / 10 ** (5 - place)
            carried = max(below * 10 ** (5 - place) - (10 ** (5 - place) - 1), 0.0)
            assert digit == int(count // 10 ** (5 - place)) % 10
            assert turn == pytest.approx(carried if place < 5 else last, abs=1e-6)
            assert abs(shown - digit - turn) < 0.5
        carries += stand.turns[-2] > 0
    assert 60 < carries < 160


@pytest.mark.parametrize("seed", range(40))
def test_drums_stand_in_their_windows_in_reading_order(seed: int) -> None:
    picture = draw_drums(_rng(seed))
    (row,) = picture.rows
    assert 4 <= len(row.digits) <= 8
    assert len(row.decimals) <= 3
    assert [digit.decimal for digit in row.digits] == sorted(digit.decimal for digit in row.digits)
    tall, wide = picture.image.shape[:2]
    edges = [digit.quad[:, 0].min() for digit in row.digits]
    assert edges == sorted(edges)
    for digit in row.digits:
        assert _is_convex_clockwise(digit.quad)
        assert np.all(digit.quad >= 0)
        assert np.all(digit.quad <= [wide, tall])
        assert _crop(picture, digit.quad).std() > 3  # there is ink in it


def test_places_asked_for_are_drawn() -> None:
    (row,) = draw_drums(_rng(3), 5, 2, height=30.0).rows
    assert (len(row.value), len(row.decimals)) == (5, 2)


@pytest.mark.parametrize("seed", range(6))
def test_a_drum_shows_its_digit_and_half_of_the_next_when_it_turns(seed: int) -> None:
    look = some_look(_rng(seed), 4, 0, 60.0, (200.0, 200.0, 200.0))
    quiet = {"wear": 0.0, "teeth": 0.0, "upward": True, "style": "long", "shade": 0.0, "drum": look.pitch}
    look = type(look)(**{**look.__dict__, **quiet})

    def seen(shown: float) -> np.ndarray:
        stand = Stand((0, 0, 0, 0), (0.0,) * 4, (shown, shown, shown, shown))
        picture = drawn(_rng(1), look, stand)
        return _crop(picture, picture.rows[0].digits[1].quad).astype(np.float64).mean(axis=2)

    still, turned, following = seen(3.0), seen(3.3), seen(4.0)
    shift = round(0.3 * look.ring)
    middle = slice(len(still) // 2 - 6, len(still) // 2 + 6)
    moved = slice(middle.start - shift, middle.stop - shift)
    assert np.corrcoef(still[middle].ravel(), turned[moved].ravel())[0, 1] > 0.6
    assert np.abs(still - following).mean() > 4


def test_segments_light_as_their_digits_say() -> None:
    cut = Cut(width=0.55, thick=0.12, gap=0.02, slant=0.0, waist=0.5, ends="mitred")
    atlas = Atlas(cut, 100)
    spots = {
        "a": (6, 27),
        "b": (28, 49),
        "c": (72, 49),
        "d": (94, 27),
        "e": (72, 6),
        "f": (28, 6),
        "g": (50, 27),
    }
    for digit, on in enumerate(_SEGMENTS):
        glyph = atlas.glyph(str(digit))
        assert {name for name, spot in spots.items() if glyph[spot] > 128} == set(on)


@pytest.mark.parametrize("seed", range(12))
def test_every_cut_fills_its_box(seed: int) -> None:
    atlas = Atlas(some_cut(_rng(seed)), 80)
    rows, columns = np.flatnonzero(atlas.ghost.any(axis=1)), np.flatnonzero(atlas.ghost.any(axis=0))
    assert rows[0] <= 2
    assert rows[-1] >= atlas.box[0] - 3
    assert columns[0] <= 3
    assert columns[-1] >= atlas.box[1] - 4


@pytest.mark.parametrize("seed", range(10))
def test_lit_pixels_of_a_screen_lie_where_the_truth_says(seed: int) -> None:
    screen = Screen(Line("  8.8", decimals=1), None, None, ())
    picture = draw_lcd(_rng(seed), height=60.0, screen=screen, glass=_PLAIN_GLASS)
    (row,) = picture.rows
    assert (row.value, row.decimals) == ("8", "8")
    for digit in row.digits:
        crop = _crop(picture, digit.quad).mean(axis=2)
        assert crop.min() < 110 < crop.max()  # segments and back
    left = row.digits[0].quad[0, 0]
    dark_places = picture.image[
        int(row.digits[0].quad[0, 1]) : int(row.digits[0].quad[3, 1]), : int(left) - 8
    ]
    inner = dark_places[:, int(0.5 * 60) :].mean(axis=2)
    assert inner.size == 0 or np.median(inner) > 110


def test_screens_say_what_they_show() -> None:
    meanings: dict[str, int] = {}
    for seed in range(300):
        screen = some_screen(_rng(seed))
        meanings[screen.main.means] = meanings.get(screen.main.means, 0) + 1
        digits = [character for character in screen.main.characters if character.isdigit()]
        assert 0 <= screen.main.decimals < len(digits)
        if screen.main.tariff is not None:
            assert screen.main.means == "reading"
            assert screen.lit
    assert meanings["reading"] > 200
    assert {"date", "time", "serial", "other"} <= set(meanings)


def test_a_screen_that_is_off_has_no_row() -> None:
    assert draw_lcd(_rng(2), screen=DARK).rows == ()


def test_a_view_keeps_the_middle_in_its_place_and_the_order_of_corners() -> None:
    quad = np.array([[10, 10], [110, 10], [110, 40], [10, 40]], np.float64)
    for seed in range(50):
        rng = _rng(seed)
        view = View(float(rng.uniform(-3, 3)), (float(rng.normal(0, 0.3)), float(rng.normal(0, 0.3))), 600.0)
        place = np.array([300.0, 200.0])
        transform = matrix(view, quad.mean(axis=0), 1.3, place)
        assert through(transform, quad.mean(axis=0)[None])[0] == pytest.approx(place)
        seen = through(transform, quad)
        assert _is_convex_clockwise(seen)
        heading = np.arctan2(*(seen[1] + seen[2] - seen[0] - seen[3])[::-1])
        assert abs(np.angle(np.exp(1j * (heading - view.turn)))) < 0.5


def _rows(count: int) -> list[tuple[Picture, Row]]:
    pictures = [draw_scene(_rng(seed), (320, 400)) for seed in range(count)]
    return [(picture, row) for picture in pictures for row in picture.rows]


def test_rows_of_scenes_are_in_the_frame_and_run_as_they_are_read() -> None:
    pairs = _rows(24)
    assert len(pairs) > 14
    whole = 0
    for picture, row in pairs:
        for digit in row.digits:
            assert _is_convex_clockwise(digit.quad)
        run = row.quad[1] - row.quad[0]
        places = [float(digit.quad.mean(axis=0) @ run) for digit in row.digits]
        assert places == sorted(places)
        tall, wide = picture.image.shape[:2]
        whole += bool(np.all(row.quad > 0) and np.all(row.quad < [wide, tall]))
    assert whole > 0.9 * len(pairs)


def test_a_given_display_comes_back_under_its_quad() -> None:
    mean = []
    for seed in range(6):
        display = draw_drums(_rng(seed), 5, 0, height=40.0)
        picture = draw_scene(_rng(seed), (480, 640), display)
        (row,) = picture.rows
        assert row.value == display.rows[0].value
        source, target = display.rows[0].quad, row.quad
        size = (display.image.shape[1], display.image.shape[0])
        back = cv2.getPerspectiveTransform(target, source)
        seen = cv2.warpPerspective(picture.image, back, size)
        first, second = (
            cv2.resize(_crop(Picture(image, ()), source), (60, 16), interpolation=cv2.INTER_AREA).mean(axis=2)
            for image in (display.image, seen)
        )
        mean.append(np.corrcoef(first.ravel(), second.ravel())[0, 1])
    assert np.median(mean) > 0.7


def test_some_scenes_hold_no_meter() -> None:
    assert any(not draw_scene(_rng(seed), (240, 320)).rows for seed in range(40))


@pytest.mark.parametrize("seed", range(5))
def test_engraved_figures_are_all_of_one_height_and_unlike(seed: int) -> None:
    masks = engraved.engraved(_rng(seed))
    assert {mask.shape[0] for mask in masks} == {typefaces.FIGURE_HEIGHT}
    resized = [cv2.resize(mask, (32, 48)).astype(np.float64) for mask in masks]
    for one in range(10):
        for other in range(one):
            assert np.abs(resized[one] - resized[other]).mean() > 8


def test_figures_are_found_whatever_fonts_there_are(monkeypatch) -> None:
    monkeypatch.setattr(typefaces, "_FOLDERS", ())
    typefaces.families.cache_clear()
    try:
        face = typefaces.digit_face(_rng(1))
        assert len(typefaces.figures(face)) == 10
        assert typefaces.text("Меркурий", typefaces.text_face(_rng(2)), 20).any()
    finally:
        typefaces.families.cache_clear()
