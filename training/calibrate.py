"""What the confidence of one character is worth, on writers left out: a JSON beside the weights."""

from __future__ import annotations

import numpy as np

from domain.risk import choose_threshold, interval, upper_bound
from training.measure import calibration_error, false_digits, score, softmax

TARGET, DELTA = 0.001, 0.05
_STEPS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)


def report(
    logits: np.ndarray, labels: np.ndarray, temperature: float, model: str, data: str
) -> dict[str, object]:
    """Temperature, calibration error, and risk against coverage of single characters read as digits.

    A character is wrong when it is read as a digit and was another one, or none. Bounds are one-sided
    Clopper-Pearson, each at ``DELTA`` over the number of rows, so that all rows hold together.
    """
    probabilities = softmax(logits, temperature)
    taken = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    digits = taken < 10
    right = taken == labels
    rows = []
    for threshold in _STEPS:
        accepted = digits & (confidence >= threshold)
        n, wrong = int(accepted.sum()), int((accepted & ~right).sum())
        rows.append(
            {
                "threshold": threshold,
                "coverage": round(n / max(1, int((labels < 10).sum())), 5),
                "accepted": n,
                "wrong": wrong,
                "bound": round(upper_bound(wrong, n, DELTA / len(_STEPS)), 6) if n else 1.0,
            }
        )
    chosen = choose_threshold(confidence[digits].tolist(), right[digits].tolist(), TARGET, DELTA)
    total, false = score(logits, labels), false_digits(probabilities, labels)
    return {
        "made_by": "python -m training.digits export",
        "model": model,
        "temperature": round(temperature, 4),
        "provisional": True,
        "data": data,
        "characters": total.n,
        "right": total.right,
        "right_interval_95": [round(v, 5) for v in interval(total.right, total.n)],
        "expected_calibration_error": round(calibration_error(probabilities, labels), 5),
        "not_a_digit": {
            "n": false.n,
            "read_as_digit_above_0.9": false.right,
            "interval_95": [round(v, 5) for v in interval(false.right, max(1, false.n))],
        },
        "target": TARGET,
        "delta": DELTA,
        "threshold_for_target": chosen.threshold,
        "threshold_accepted": chosen.accepted,
        "threshold_wrong": chosen.wrong,
        "risk_coverage": rows,
    }
