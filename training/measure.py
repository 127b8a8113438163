"""How right a run is: accuracy with Clopper-Pearson intervals, per class, confusion, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.risk import interval
from ocr.cells.classifier import combine


@dataclass(frozen=True)
class Score:
    """``right`` of ``n``, and the 95 % Clopper-Pearson interval of the share."""

    right: int
    n: int

    def __str__(self) -> str:
        low, high = interval(self.right, self.n)
        return f"{self.right}/{self.n} = {self.right / max(self.n, 1):.2%} [{low:.2%}, {high:.2%}]"


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    return scaled / scaled.sum(axis=1, keepdims=True)


def combined(views: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Probabilities of views, (V, 12), to those of the cells that they show, (N, 12); ``owner`` (V,)."""
    ends = np.flatnonzero(np.diff(owner, append=-1)) + 1
    return np.stack([combine(part) for part in np.split(views, ends[:-1])])


def score(logits: np.ndarray, labels: np.ndarray) -> Score:
    return Score(int((logits.argmax(axis=1) == labels).sum()), len(labels))


def per_class(logits: np.ndarray, labels: np.ndarray) -> dict[str, str]:
    found = logits.argmax(axis=1)
    return {
        "0123456789_#"[c]: str(Score(int((found[labels == c] == c).sum()), int((labels == c).sum())))
        for c in np.unique(labels)
    }


def confusion(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Counts (12, 12), rows the truth, columns what was read."""
    table = np.zeros((12, 12), dtype=int)
    np.add.at(table, (labels.astype(int), logits.argmax(axis=1)), 1)
    return table


def table_text(table: np.ndarray) -> str:
    """The confusion as a Markdown table."""
    names = "0123456789_#"
    rows = ["| | " + " | ".join(names) + " |", "|---" * 13 + "|"]
    rows += [f"| **{names[i]}** | " + " | ".join(str(v) if v else "" for v in row) + " |"
             for i, row in enumerate(table) if row.sum()]  # fmt: skip
    return "\n".join(rows)


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over equally filled bins of confidence."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence)
    parts = np.array_split(order, bins)
    return float(
        sum(len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts if len(p)) / len(labels)
    )


def false_digits(probabilities: np.ndarray, labels: np.ndarray, above: float = 0.9) -> Score:
    """How many blanks and marks became a digit with more than this confidence (``right`` counts those)."""
    no_digit = labels >= 10
    taken = (probabilities.argmax(axis=1) < 10) & (probabilities.max(axis=1) > above) & no_digit
    return Score(int(taken.sum()), int(no_digit.sum()))
