"""A page of print is told from an empty one without looking for strokes, with the same answer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr import blank
from ocr.blank import is_blank, marks_mm2


def pages() -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    empty = np.full((700, 500), 250, np.uint8)
    noisy = np.clip(empty + rng.normal(0, 4, empty.shape), 0, 255).astype(np.uint8)
    word, text, stain = noisy.copy(), noisy.copy(), noisy.copy()
    cv2.putText(word, "0563", (200, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 90, 1, cv2.LINE_AA)
    for y in range(60, 660, 30):
        cv2.putText(text, "account and reading", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 20, 2, cv2.LINE_AA)
    cv2.circle(stain, (250, 350), 25, 90, -1)
    return [empty, noisy, word, text, cv2.GaussianBlur(stain, (0, 0), 6), np.full((700, 500), 30, np.uint8)]


@pytest.mark.parametrize("page", pages())
def test_whether_a_page_is_blank_is_what_its_marks_say(page: np.ndarray) -> None:
    assert is_blank(page) == (marks_mm2(page) == 0.0)


def test_strokes_are_not_looked_for_on_a_page_of_print(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> float:
        raise AssertionError("nobody has to know how much ink there is")

    monkeypatch.setattr(blank, "_ink_area", asked)
    assert not is_blank(pages()[3])
    with pytest.raises(AssertionError):
        marks_mm2(pages()[3])
