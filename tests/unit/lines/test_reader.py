"""The shipped weights do what their card says, on lines written by invented hands."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from domain.errors import SettingsError
from meterdrop.commands.read import command
from ocr.lines import LineReader, LineReading
from ocr.lines.reader import DEFAULT_WEIGHTS
from simulate.hands import HANDS
from simulate.strokes import Pen, draw, lay
from tests.unit.lines.lines import line, noisy, numbers
from training.marks import struck_out

#: Invented hands whose digits are plain enough that a person reads all of them.
PLAIN = [hand for hand in HANDS if hand.name in ("Schoolteacher", "Engineer")]


@pytest.fixture(scope="module")
def reader() -> LineReader:
    return LineReader.load()


def test_model_has_a_name_and_a_version(reader: LineReader) -> None:
    name, version = reader.model.split("@")
    assert name == "lines"
    assert version


@pytest.mark.parametrize("box", ["box", "rule", "none"])
def test_lines_are_read(reader: LineReader, box: str) -> None:
    right = confident = total = 0
    for k, text in enumerate(numbers(12, 4, 1) + numbers(12, 8, 2)):
        reading = reader.read(line(text, k, hand=PLAIN[k % len(PLAIN)], height=40 + k, box=box))
        total += 1
        right += reading.value == text
        confident += reading.confidence > 0.8
        assert 0.0 <= reading.confidence <= 1.0
        assert [c.value for c in reading.characters] == list(reading.raw)
    assert right >= total - 2
    assert confident >= total // 2


def test_touching_digits_are_read(reader: LineReader) -> None:
    texts = numbers(20, 5, 3)
    found = [reader.read(line(t, k, hand=PLAIN[k % 2], gap=-0.02)).value for k, t in enumerate(texts)]
    assert sum(a == b for a, b in zip(found, texts, strict=True)) >= 15


def test_repeated_digits_are_all_counted(reader: LineReader) -> None:
    texts = ["0000", "111", "222222", "55005500", "11"]
    found = [reader.read(line(text, 5, hand=PLAIN[1])).value for text in texts]
    assert sum(a == b for a, b in zip(found, texts, strict=True)) >= 4


def test_what_is_no_digit_never_passes_as_a_sure_number(reader: LineReader) -> None:
    sure = 0
    for seed in range(20):
        page = line(f"{seed % 10}305", seed, hand=PLAIN[seed % 2], box="none")
        rng = np.random.default_rng(seed)
        pen = Pen(width=0.08, shade=40)
        ink = struck_out(draw(PLAIN[0].digit(seed % 10, rng), 44, pen, rng), 44, pen, rng)
        wide = np.full((page.shape[0], page.shape[1] + ink.shape[1] + 10), 240, np.uint8)
        wide[:, : page.shape[1]] = page
        lay(wide, ink, page.shape[1] - 20, 24, 40)
        reading = reader.read(wide)
        sure += "#" not in reading.raw and reading.confidence > 0.9
    assert sure <= 1


@pytest.mark.parametrize("box", ["box", "rule", "none"])
def test_nothing_written_is_blank(reader: LineReader, box: str) -> None:
    for seed in range(6):
        assert reader.read(line("", seed, box=box, height=30 + 5 * seed)).blank


def test_the_picture_may_be_anything_like_a_picture(reader: LineReader) -> None:
    text, page = "20563", line("20563", 4, hand=PLAIN[1])
    colour = cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)
    alpha = np.dstack([np.zeros((*page.shape, 3), np.uint8), 255 - page])
    ways = {
        "grey": page,
        "colour": colour,
        "clear paper": alpha,
        "negative": 255 - page,
        "black and white": np.where(page > 140, 255, 0).astype(np.uint8),
        "large": cv2.resize(page, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC),
        "small": cv2.resize(page, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
        "dim": (page * 0.5).astype(np.uint8),
    }
    found = {name: reader.read(image).value for name, image in ways.items()}
    assert found == dict.fromkeys(ways, text)


@pytest.mark.parametrize(
    "size", [(1, 1), (3, 400), (400, 3), (28, 28), (900, 3000), (40, 40, 4), (30, 300, 3)]
)
def test_any_picture_gives_a_reading(reader: LineReader, size: tuple[int, ...]) -> None:
    for image in (
        np.random.default_rng(0).integers(0, 256, size).astype(np.uint8),
        np.zeros(size, np.uint8),
        np.full(size, 255, np.uint8),
    ):
        reading = reader.read(image)
        assert isinstance(reading, LineReading)
        assert 0.0 <= reading.confidence <= 1.0
    assert reader.read(np.full(size, 255, np.uint8)).blank


def test_a_known_number_of_digits_is_kept(reader: LineReader) -> None:
    page = line("90417", 3, hand=PLAIN[1])
    free = reader.read(page)
    known = reader.read(page, digits=5)
    assert known.value == free.value == "90417"
    assert known.confidence >= free.confidence
    other = reader.read(page, digits=4)
    assert len(other.value) == 4


def test_missing_or_foreign_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no weights at"):
        LineReader.load(tmp_path / "none.onnx")
    for foreign in (DEFAULT_WEIGHTS.with_name("digits.onnx"), tmp_path / "text.onnx"):
        if not foreign.exists():
            foreign.write_text("no network")
        with pytest.raises(SettingsError, match="holds no weights for lines"):
            LineReader.load(foreign)


def test_the_calibration_belongs_to_the_weights(reader: LineReader) -> None:
    told = json.loads(DEFAULT_WEIGHTS.with_suffix(".calibration.json").read_text(encoding="utf-8"))
    assert told["model"] == reader.model
    assert told["provisional"] is True


def test_the_command(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pages = {"a.png": line("20563", 4, hand=PLAIN[1]), "b.png": noisy(np.full((80, 300), 240, np.uint8), rng)}
    for name, page in pages.items():
        (tmp_path / name).write_bytes(cv2.imencode(".png", page)[1].tobytes())
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\nno more than this")
    result = CliRunner().invoke(command, [str(tmp_path), "--as", "line", "--json"])
    assert result.exit_code == 1
    first, second, third = (json.loads(text) for text in result.stdout.splitlines())
    assert (first["as"], first["outcome"], first["value"], first["raw"]) == ("line", "read", "20563", "20563")
    assert first["reasons"] == []
    assert first["confidence"] > 0.5
    assert [each["value"] for each in first["characters"]] == list("20563")
    assert (second["outcome"], second["value"], second["characters"]) == ("blank", "", [])
    assert (third["outcome"], third["reasons"]) == ("unreadable", ["corrupt_file"])


def test_the_command_with_a_known_number_of_digits(tmp_path: Path) -> None:
    page = line("20563", 4, hand=PLAIN[1])
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", page)[1].tobytes())
    arguments = [str(tmp_path / "a.png"), "--as", "line", "--json", "--digits", "5"]
    (told,) = CliRunner().invoke(command, arguments).stdout.splitlines()
    assert json.loads(told)["value"] == "20563"
