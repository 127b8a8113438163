"""The shipped weights do what their card says, on cells drawn by the project itself."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from domain.errors import SettingsError
from ocr.cells import CLASSES, CellClassifier
from simulate.strokes import Pen, draw, lay, random_pen
from tests.unit.cells.cells import MARGIN, all_variants, box, digit, noisy, paper, write
from training.marks import scribble, struck_out, written_over
from training.shapes import shape

DRAWINGS = 25
#: A digit's, in a cell of ``paper`` (px).
HEIGHT = 0.66 * paper().shape[0] / (1 + 2 * MARGIN)


@pytest.fixture(scope="module")
def classifier() -> CellClassifier:
    return CellClassifier.load()


def _read(classifier: CellClassifier, crops: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    probabilities = classifier.probabilities(crops, MARGIN)
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def test_probabilities_are_probabilities(classifier: CellClassifier) -> None:
    probabilities = classifier.probabilities([digit(4, 1), digit(7, 2)], MARGIN)
    assert probabilities.shape == (2, len(CLASSES))
    assert probabilities.dtype == np.float64
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities >= 0).all()
    assert classifier.probabilities([], MARGIN).shape == (0, len(CLASSES))


def test_model_has_a_name_and_a_version(classifier: CellClassifier) -> None:
    name, version = classifier.model.split("@")
    assert name == "digits"
    assert version


@pytest.mark.parametrize("value", range(10))
def test_own_digits_are_read(classifier: CellClassifier, value: int) -> None:
    found, _ = _read(classifier, [digit(value, seed, lines=seed % 3 > 0) for seed in range(DRAWINGS * 2)])
    assert (found == value).mean() >= 0.96


def test_every_european_variant_is_read(classifier: CellClassifier) -> None:
    variants = all_variants()
    crops = [digit(value, 7 + k, variant=variant) for value, variant in variants for k in range(4)]
    truth = np.repeat([value for value, _ in variants], 4)
    found, _ = _read(classifier, crops)
    assert (found == truth).mean() >= 0.96
    each = (found == truth).reshape(-1, 4).sum(axis=1)
    worst = [variants[i] for i in np.flatnonzero(each < 2)]
    assert not worst, f"(digit, variant) read in fewer than two of four drawings: {worst}"


def test_other_batches_give_the_same_answer(classifier: CellClassifier) -> None:
    # Two digits over each other: of those the first network is not sure, so that the others are asked.
    doubtful = [np.minimum(digit(value, 3), digit(value + 1, 4)) for value in range(9)]
    crops = [*(digit(value, 3) for value in range(10)), *doubtful, paper()]
    together = classifier.probabilities(crops, MARGIN)
    assert (together.max(axis=1) > 0.998).any() and (together.max(axis=1) < 0.9).any()
    alone = np.concatenate([classifier.probabilities([crop], MARGIN) for crop in crops])
    assert np.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("lines", [True, False])
def test_blank_cells_are_blank_and_never_a_confident_digit(classifier: CellClassifier, lines: bool) -> None:
    crops = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        crop = paper(shade=int(rng.integers(190, 255)))
        if lines:
            box(crop, shade=int(rng.integers(0, 200)), thick=int(rng.integers(1, 4)))
        crops.append(noisy(crop, rng, float(rng.uniform(0, 7))))
    found, confidence = _read(classifier, crops)
    assert (found == 10).mean() >= 0.95
    assert not ((found < 10) & (confidence > 0.9)).any()


def test_a_neighbours_overflow_leaves_a_blank_cell_blank(classifier: CellClassifier) -> None:
    crops = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        crop = paper()
        box(crop)
        side = 1 if seed % 2 else -1
        write(
            crop, shape(seed % 10, rng, 0.6), random_pen(rng), rng, dx=side * float(rng.uniform(0.66, 0.74))
        )
        crops.append(noisy(crop, rng))
    found, confidence = _read(classifier, crops)
    assert (found == 10).mean() >= 0.8
    assert ((found < 10) & (confidence > 0.9)).mean() <= 0.025


def _in_box(ink: np.ndarray, pen: Pen, rng: np.random.Generator) -> np.ndarray:
    """A scanned cell with ``ink`` in its middle."""
    crop = paper()
    box(crop)
    y, x = (crop.shape[0] - ink.shape[0]) // 2, (crop.shape[1] - ink.shape[1]) // 2
    lay(crop, ink, x, y, pen.shade)
    return noisy(crop, rng)


def test_struck_out_digits_are_never_a_confident_digit(classifier: CellClassifier) -> None:
    crops = []
    for seed in range(120):
        rng = np.random.default_rng(1000 + seed)
        pen = random_pen(rng)
        ink = struck_out(draw(shape(seed % 10, rng, 0.6), HEIGHT, pen, rng), HEIGHT, pen, rng)
        crops.append(_in_box(ink, pen, rng))
    found, confidence = _read(classifier, crops)
    assert (found == 11).mean() >= 0.85
    assert ((found < 10) & (confidence > 0.9)).mean() <= 0.02


def test_a_digit_over_another_is_seldom_a_confident_digit(classifier: CellClassifier) -> None:
    crops = []
    for seed in range(200):
        rng = np.random.default_rng(2000 + seed)
        pen = random_pen(rng)
        pair = rng.choice(10, 2, replace=False)
        first, second = (draw(shape(int(d), rng, 0.6), HEIGHT, pen, rng) for d in pair)
        ink, shows = written_over(first, second, rng)
        _, hidden = written_over(second, first, rng)
        # One that hides the other is no such thing, and some are larger than the cell.
        if min(shows, hidden) >= 0.35 and all(np.less_equal(ink.shape, paper().shape)):
            crops.append(_in_box(ink, pen, rng))
    assert len(crops) > 100
    found, confidence = _read(classifier, crops)
    assert (found == 11).mean() >= 0.5
    assert ((found < 10) & (confidence > 0.9)).mean() <= 0.2


@pytest.mark.parametrize(
    "strokes",
    [
        pytest.param([np.array([[0.0, 0.5], [0.6, 0.5]])], id="dash"),
        pytest.param([np.array([[0.0, 0.4], [0.7, 0.45]]), np.array([[0.0, 0.6], [0.7, 0.62]])], id="equals"),
        pytest.param([np.array([[0.0, 0.0], [0.7, 1.0]]), np.array([[0.7, 0.0], [0.0, 1.0]])], id="cross"),
        pytest.param(scribble(np.random.default_rng(2), 0.6, 1.0), id="scribble"),
    ],
)
def test_marks_are_no_digits(classifier: CellClassifier, strokes: list[np.ndarray]) -> None:
    crops = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        crop = paper()
        box(crop)
        write(crop, strokes, Pen(width=float(rng.uniform(0.06, 0.12)), wobble=0.02), rng)
        crops.append(noisy(crop, rng))
    found, confidence = _read(classifier, crops)
    assert (found >= 10).mean() >= 0.9
    assert not ((found < 10) & (confidence > 0.9)).any()


def _photo(crop: np.ndarray, seed: int) -> np.ndarray:
    """The cut as a phone sees it: colour, another size, uneven and dim light, a little turned."""
    rng = np.random.default_rng(seed)
    scale = float(rng.uniform(0.6, 4.0))
    size = (round(crop.shape[1] * scale), round(crop.shape[0] * scale))
    big = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC)
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), float(rng.normal(0, 1.2)), 1.0)
    big = cv2.warpAffine(big, turn, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    light = np.linspace(float(rng.uniform(0.75, 1.0)), 1.0, size[0])[None, :]
    grey = np.clip(big * light * rng.uniform(0.6, 1.0) + rng.normal(0, 2, big.shape), 0, 255).astype(np.uint8)
    return np.dstack([grey, grey, np.clip(grey.astype(int) + 8, 0, 255).astype(np.uint8)])


@pytest.mark.parametrize("lines", [True, False])
def test_pictures_of_one_box_are_read(classifier: CellClassifier, lines: bool) -> None:
    right = 0
    for value in range(10):
        for seed in range(6):
            picture = _photo(digit(value, seed, lines=lines), seed)
            right += int(classifier.read_picture(picture).argmax()) == value
    assert right >= 56


def test_an_empty_box_as_a_picture_is_blank(classifier: CellClassifier) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        crop = paper()
        box(crop)
        assert int(classifier.read_picture(_photo(noisy(crop, rng), seed)).argmax()) == 10


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (28, 28), (900, 700), (40, 40, 4), (30, 30, 3)])
def test_pictures_of_any_size_give_probabilities(classifier: CellClassifier, size: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    probabilities = classifier.read_picture(image)
    assert probabilities.shape == (12,)
    assert probabilities.sum() == pytest.approx(1.0)


def test_missing_or_foreign_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no weights at"):
        CellClassifier.load(tmp_path / "none.onnx")
    foreign = tmp_path / "text.onnx"
    foreign.write_text("no network")
    with pytest.raises(SettingsError, match="holds no weights"):
        CellClassifier.load(foreign)


def test_a_negative_reads_as_its_positive(classifier: CellClassifier) -> None:
    for value in range(10):
        picture = digit(value, 2, lines=False)
        assert int(classifier.read_picture(255 - picture).argmax()) == int(
            classifier.read_picture(picture).argmax()
        )
