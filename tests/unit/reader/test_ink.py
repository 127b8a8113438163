from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.forms.ink import presence
from simulate import damage
from tests.unit.reader.slips import Grey, line, sheet


def box(shade: float = 1.0, *strokes: list[tuple[float, float]]) -> Grey:
    """42 × 9 mm of paper at 200 dpi."""
    paper = sheet(200, 42.0, 9.0)
    for points in strokes:
        line(paper, 200, points)
    return np.asarray(255 - (255 - paper.astype(float)) * shade, dtype=np.uint8)


SIGNATURE = [(5.0 + i * 1.5, 4.5 + 3.0 * (-1) ** i) for i in range(12)]


@pytest.mark.parametrize("shade", [1.0, 0.5, 0.25])
def test_a_signature_is_seen(shade: float) -> None:
    found = presence(box(shade, SIGNATURE), 200.0, 200.0)
    assert found.present and found.confidence > 0.9


def test_clean_and_noisy_paper_is_empty() -> None:
    rng = np.random.default_rng(1)
    for noise in (0.0, 4.0, 12.0):
        paper = np.clip(box() + rng.normal(0, noise, box().shape), 0, 255).astype(np.uint8)
        found = presence(paper, 200.0, 200.0)
        assert not found.present and found.confidence > 0.9


def test_a_ruled_line_a_fold_and_specks_are_not_ink() -> None:
    ruled = box(1.0, [(0.0, 7.0), (42.0, 7.0)])
    assert not presence(ruled, 200.0, 200.0).present
    folded = damage.fold(box(), 200, np.random.default_rng(2), across=True)
    assert not presence(folded, 200.0, 200.0).present
    specks = box()
    for x in range(20, 320, 40):
        cv2.circle(specks, (x, 30), 2, 80, -1, cv2.LINE_AA)
    assert not presence(specks, 200.0, 200.0).present


def test_the_other_sides_ink_is_not_ink() -> None:
    back = sheet(200, 42.0, 9.0)
    line(back, 200, SIGNATURE)
    assert not presence(damage.bleed(box(), back), 200.0, 200.0).present


def test_a_dash_is_something_but_not_sure() -> None:
    found = presence(box(1.0, [(10.0, 4.0), (13.0, 4.0)]), 200.0, 200.0)
    assert found.confidence < 0.99


def test_light_and_shadow_do_not_matter() -> None:
    slope = np.linspace(0.5, 1.0, box().shape[1])[None, :]
    assert not presence(np.asarray(box() * slope, dtype=np.uint8), 200.0, 200.0).present
    assert presence(np.asarray(box(1.0, SIGNATURE) * slope, dtype=np.uint8), 200.0, 200.0).present
