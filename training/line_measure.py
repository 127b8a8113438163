"""How right a run over lines is: exact strings and characters with intervals, confidence against truth."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from domain.risk import choose_threshold, interval, upper_bound
from ocr.lines import ctc
from ocr.lines.prepare import prepare
from ocr.lines.reader import LineReading, decode
from training import line_cache
from training.line_cache import Lines
from training.measure import Score
from training.sources import data_folder

TARGET, DELTA = 0.001, 0.05
_STEPS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
#: What is measured, by name.
SETS = ("mnist", "unipen", "mnist-form", "unipen-form", "strings")


@dataclass(frozen=True)
class Told:
    """Readings of lines and what was written on them; a text with ``#`` is right when it is read so."""

    readings: list[LineReading]
    texts: list[str]

    @property
    def right(self) -> np.ndarray:
        """Whether each was read exactly."""
        return np.array([r.raw == text for r, text in zip(self.readings, self.texts, strict=True)])

    @property
    def confidence(self) -> np.ndarray:
        """Joint confidence of each value."""
        return np.array([reading.confidence for reading in self.readings])


def lines_of(name: str) -> Lines:
    """A set by name: drawn lines of writers left out, or ``strings``: UNIPEN's, never trained on."""
    if name == "strings":
        return strings()
    source, _, form = name.partition("-")
    return line_cache.read(line_cache.held_out(source, form=bool(form)))


def strings() -> Lines:
    """UNIPEN's digit strings, prepared; the writer is the number of its file in the manifest's notes."""
    folder = data_folder() / "unipen_strings"
    strips, texts, writers = [], [], []
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            image = cv2.imread(str(folder / row["path"]), cv2.IMREAD_GRAYSCALE)
            strips.append(prepare(np.asarray(image, dtype=np.uint8)))
            texts.append(row["label"])
            writers.append(int(row["notes"].split("writer_file=")[1].split()[0]))
    return Lines(strips, texts, np.array(writers, np.int32))


def read_all(logits: list[list[np.ndarray]], texts: list[str], temperature: float) -> Told:
    """Decode the logits of each line's views."""
    return Told([decode(_frames(each, temperature)) for each in logits], texts)


def _frames(views: list[np.ndarray], temperature: float) -> list[ctc.Frames]:
    return [ctc.distributions(each, temperature) for each in views]


def summary(told: Told) -> str:
    """Exact lines, those of digits alone, characters wrong, and what became of lines without digits."""
    right, texts = told.right, told.texts
    digits = np.array([bool(text) and "#" not in text for text in texts])
    marks = np.array(["#" in text for text in texts])
    blank = np.array([not text for text in texts])
    out = [f"exact {Score(int(right.sum()), len(right))}"]
    if digits.any():
        out.append(f"digits alone {Score(int(right[digits].sum()), int(digits.sum()))}")
    for low, high in ((1, 3), (4, 6), (7, 14)):
        here = digits & np.array([low <= len(text) <= high for text in texts])
        if here.any():
            out.append(f"{low}-{high} digits {Score(int(right[here].sum()), int(here.sum()))}")
    if marks.any():
        taken = marks & np.array(["#" not in reading.raw for reading in told.readings])
        sure = taken & (told.confidence > 0.9)
        out.append(f"with something else {Score(int(right[marks].sum()), int(marks.sum()))}")
        out.append(f"of them called digits with over 0.9 {Score(int(sure.sum()), int(marks.sum()))}")
    if blank.any():
        out.append(f"blank {Score(int(right[blank].sum()), int(blank.sum()))}")
    out.append(f"calibration error {calibration_error(told):.2%}")
    return "; ".join(out)


def calibration_error(told: Told, bins: int = 10) -> float:
    """Expected calibration error of the joint confidence of values, over equally filled bins."""
    confidence, right = told.confidence, values_right(told)
    parts = np.array_split(np.argsort(confidence), bins)
    return float(
        sum(len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts if len(p)) / len(right)
    )


def values_right(told: Told) -> np.ndarray:
    """Whether the line held exactly the digits of ``value`` and nothing else: what confidence is about."""
    return np.array([r.value == text for r, text in zip(told.readings, told.texts, strict=True)])


def confusions(told: Told, most: int = 12) -> str:
    """The commonest mistakes between strings of one length, written>read."""
    pairs: Counter[str] = Counter()
    for reading, text in zip(told.readings, told.texts, strict=True):
        if len(reading.raw) == len(text):
            pairs.update(f"{a}>{b}" for a, b in zip(text, reading.raw, strict=True) if a != b)
        else:
            pairs["length"] += 1
    return ", ".join(f"{name} {count}" for name, count in pairs.most_common(most))


def fit_temperature(logits: list[list[np.ndarray]], texts: list[str]) -> float:
    """The temperature at which the true strings are likeliest (Guo et al. 2017, on joint probabilities)."""
    grid = np.linspace(np.log(0.6), np.log(2.0), 7)
    losses = np.array([_loss(logits, texts, float(np.exp(log))) for log in grid])
    k = int(np.clip(losses.argmin(), 1, len(grid) - 2))
    bend, tilt, _ = np.polyfit(grid[k - 1 : k + 2], losses[k - 1 : k + 2], 2)
    return float(np.exp(np.clip(-tilt / (2 * bend), grid[0], grid[-1]))) if bend > 0 else 1.0


def _loss(logits: list[list[np.ndarray]], texts: list[str], temperature: float) -> float:
    """Mean negative log-likelihood of the true strings; one absurd label counts for 30 at most."""
    return -float(
        np.mean(
            [
                max(float(ctc.log_means(_frames(each, temperature), [text])[0]), -30.0)
                for each, text in zip(logits, texts, strict=True)
            ]
        )
    )


def report(told: Told, temperature: float, model: str, data: str) -> dict[str, object]:
    """Temperature, calibration error, and risk against coverage of whole lines; a JSON beside the weights.

    Bounds are one-sided Clopper-Pearson, each at ``DELTA`` over the number of rows.
    """
    confidence, right = told.confidence, values_right(told)
    read = np.array([not reading.blank for reading in told.readings])
    rows = []
    for threshold in _STEPS:
        accepted = read & (confidence >= threshold)
        n, wrong = int(accepted.sum()), int((accepted & ~right).sum())
        rows.append(
            {
                "threshold": threshold,
                "coverage": round(n / max(1, int(read.sum())), 5),
                "accepted": n,
                "wrong": wrong,
                "bound": round(upper_bound(wrong, n, DELTA / len(_STEPS)), 6) if n else 1.0,
            }
        )
    chosen = choose_threshold(confidence[read].tolist(), right[read].tolist(), TARGET, DELTA)
    exact = int(told.right.sum())
    return {
        "made_by": "python -m training.lines export",
        "model": model,
        "temperature": round(temperature, 4),
        "provisional": True,
        "data": data,
        "lines": len(told.texts),
        "right": exact,
        "right_interval_95": [round(v, 5) for v in interval(exact, len(told.texts))],
        "expected_calibration_error": round(calibration_error(told), 5),
        "target": TARGET,
        "delta": DELTA,
        "threshold_for_target": chosen.threshold,
        "threshold_accepted": chosen.accepted,
        "threshold_wrong": chosen.wrong,
        "risk_coverage": rows,
    }


def worst(told: Told, lines: Lines, path: Path, most: int = 60) -> None:
    """A sheet of the surest mistakes: both channels of the strip, what was written, what was read."""
    order = np.argsort(-told.confidence)
    wrong = [int(i) for i in order if not told.right[i]][:most]
    rows = []
    for i in wrong:
        strip = 255 - np.vstack(list(lines.strips[i]))
        row = np.full((100, 620), 235, np.uint8)
        part = strip[:, :610]
        row[16 : 16 + part.shape[0], 4 : 4 + part.shape[1]] = part
        reading = told.readings[i]
        label = f"{told.texts[i]} -> {reading.raw} {reading.confidence:.2f}"
        cv2.putText(row, label, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
        rows.append(row)
    if rows:
        rows += [np.full((100, 620), 235, np.uint8)] * (-len(rows) % 3)
        third = len(rows) // 3
        sheet = np.hstack([np.vstack(rows[k * third : (k + 1) * third]) for k in range(3)])
        cv2.imwrite(str(path), sheet)
