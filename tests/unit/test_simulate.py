"""The simulator is deterministic, and its truth is where the layout says."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from simulate import damage, files, paper, registers, scanner
from simulate.curves import spline
from simulate.fill import Filled, Manner, Writer, align, fill
from simulate.hands import HANDS, InventedHand, hand
from templates import find
from templates.model import Box

DPI = 150.0
VALUES = {
    "account": "120345678901",
    "reading": "05630",
    "date": "24112026",
    "address": "ул. Мира 15",
    "signature": "да",
}
COLLECTED = date(2026, 11, 24)


def white() -> np.ndarray:
    return np.full((round(210 * DPI / 25.4), round(148 * DPI / 25.4)), 255, np.uint8)


def slip(
    seed: int = 1, manner: Manner = Manner(), values: dict[str, str] = VALUES
) -> tuple[Filled, np.ndarray]:
    rng = np.random.default_rng(seed)
    filled = fill(find("krasnoyarsk-dropbox"), values, Writer(HANDS[0]), rng, manner)
    return filled, paper.written(filled, white(), DPI, rng)


@lru_cache
def scanned(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    sheet = paper.sheet([paper.Placed(slip()[1], 20, 30, 3.0)], DPI)
    sheet = damage.stamp(damage.fold(sheet, DPI, rng), DPI, (90, 120), rng)
    return scanner.scan(sheet, scanner.random_scan(rng), rng).tobytes()


def ink(picture: np.ndarray, box: Box, shrink: float = 0.0) -> float:
    s = DPI / 25.4
    part = picture[
        round((box.y_mm + shrink) * s) : round((box.y_mm + box.h_mm - shrink) * s),
        round((box.x_mm + shrink) * s) : round((box.x_mm + box.w_mm - shrink) * s),
    ]
    return float((part < 128).mean())


def test_same_seed_same_pixels_other_seed_others() -> None:
    assert scanned(5) == scanned.__wrapped__(5)
    assert scanned(5) != scanned(6)


def test_ink_lies_in_the_cells_that_truth_names() -> None:
    filled, picture = slip(manner=Manner(align="right"))
    template = filled.template
    assert filled.cells["reading"] == "_05630"
    assert filled.cells["reading_t2"] == "______"
    for name, says in filled.cells.items():
        for cell, character in zip(template.field(name).cells, says, strict=True):
            if character == "_":
                assert ink(picture, cell, shrink=1.5) == 0, (name, says)
            else:
                assert ink(picture, cell) > 0.015, (name, character)
    for name in ("address", "signature"):
        assert ink(picture, template.field(name).box) > 0.005


def test_struck_cell_is_no_digit_and_has_more_ink() -> None:
    struck, picture = slip(manner=Manner(struck=frozenset({("account", 4)})))
    _, plain = slip()
    cell = struck.template.field("account").cells[4]
    assert struck.cells["account"] == "1203#5678901"
    assert ink(picture, cell) > ink(plain, cell) * 1.2


def test_too_long_a_value_is_refused() -> None:
    assert align("12", 4, "right") == "__12"
    with pytest.raises(ValueError, match="does not fit"):
        slip(values={"reading": "1234567"})


@pytest.mark.parametrize("writer", HANDS, ids=lambda each: each.name)
def test_every_hand_writes_ten_different_digits(writer: InventedHand) -> None:
    plain = replace(writer, wobble=0.0, tremor=0.0)
    shapes = []
    for d in range(10):
        points = np.concatenate(plain.digit(d, np.random.default_rng(3)))
        shapes.append(points[np.linspace(0, len(points) - 1, 30).astype(int)])
    for a, b in itertools.combinations(shapes, 2):
        assert np.abs(a - b).max() > 0.2
    for digit in range(10):
        points = np.concatenate(writer.digit(digit, np.random.default_rng(digit)))
        assert -0.3 < points[:, 1].min() < 0.3
        assert 0.7 < points[:, 1].max() < 1.25


def test_hands_differ_where_they_should() -> None:
    rng = np.random.default_rng(0)
    assert len(hand("Schoolteacher").digit(7, rng)) == 2  # crossed
    assert len(hand("Accountant").digit(7, rng)) == 1
    assert len(hand("Engineer").digit(4, rng)) == 1  # closed


def test_spline_keeps_corners_and_ends() -> None:
    curve = spline([(0, 0), (1, 0), (1, 0), (1, 1)])
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]
    assert np.abs(curve - [1, 0]).sum(axis=1).min() < 1e-9  # the corner is on the line
    assert spline([(0.5, 0.5)]).shape == (1, 2)


def test_torn_corner_folds_and_photo_change_what_they_should() -> None:
    rng = np.random.default_rng(2)
    _, picture = slip()
    torn = damage.torn(picture, DPI, "br", rng, backing=100)
    assert torn[-5, -5] == 100
    assert (torn[:100, :100] == picture[:100, :100]).all()
    photo = scanner.photograph(picture, rng, height_px=900)
    assert photo.shape == (900, 675)
    bilevel = scanner.scan(picture, scanner.Scan(bilevel=True, quarter_turns=1), rng)
    assert set(np.unique(bilevel)) <= {0, 255}
    assert bilevel.shape == picture.shape[::-1]


def test_quarter_turn_is_clockwise() -> None:
    page = np.full((20, 10), 255, np.uint8)
    page[:5, :5] = 0  # top left
    turned = scanner.scan(page, scanner.Scan(quarter_turns=1, blur_px=0, noise=0), np.random.default_rng(0))
    assert turned[2, -3] < 50  # top right after a clockwise quarter


def test_files_open_again() -> None:
    _, picture = slip()
    with pikepdf.open(io.BytesIO(files.pdf([picture, picture], 150))) as pdf:
        assert len(pdf.pages) == 2
        (image,) = pdf.pages[0].get_images().values()
        assert (int(image.Width), int(image.Height)) == picture.shape[::-1]
        width_mm = float(pdf.pages[0].mediabox[2]) / 72 * 25.4
        assert width_mm == pytest.approx(148, abs=0.2)
    with Image.open(io.BytesIO(files.tiff_g4([picture] * 3, 150))) as tiff:
        assert (tiff.n_frames, tiff.mode) == (3, "1")
    assert files.pdf([picture], 150) == files.pdf([picture], 150)


def test_register_is_what_was_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    row = registers.accounts(500, rng, consecutive=True)
    assert [int(b) - int(a) for a, b in itertools.pairwise(row)] == [1] * 499
    scattered = registers.accounts(500, rng)
    assert len(set(scattered)) == 500
    entries = list(registers.register(scattered, rng, COLLECTED))
    assert all(len(e.previous_reading) == e.digits and e.previous_date < COLLECTED for e in entries)
    path = tmp_path / "r.csv"
    assert registers.write_csv(path, entries, "cp1251") == 500
    assert path.read_text("cp1251").splitlines()[1].startswith(scattered[0])
