"""The reader's temperature: fitted so that the probabilities of whole readings mean what they say."""

from __future__ import annotations

import numpy as np
import torch

from simulate.meters.drums import draw_drums
from simulate.meters.segments import draw_lcd
from training.meters.cache import around
from training.meters.read_net import ReadNet, losses
from training.meters.read_train import gathered, stacked
from training.meters.strips import example

#: Drawn anew: no run has seen them. Beside them stand the photographs that were kept back.
_DRAWN = 300


def calibrated(model: ReadNet, rng: np.random.Generator) -> float:
    """The temperature with the least loss over whole texts (Guo et al. 2017, on a grid)."""
    pool = []
    for k in range(2 * _DRAWN):
        picture = draw_drums(rng) if k % 2 else draw_lcd(rng)
        rows = [row for row in picture.rows if row.means == "reading" and len(row.digits) >= 3]
        if rows:
            pool.append(example(around(picture, rows[0]), around(picture, rows[0]).rows[0], rng))
    for stored in gathered("strip-chongqing:held"):
        picture = stored.picture()
        pool.append(example(picture, picture.rows[0], rng))
    pool = [(strip, text) for strip, text in pool if text]
    kept = []
    model = model.eval()
    with torch.inference_mode():
        for strip, text in pool:
            x, frames, texts = stacked([(strip, text)])
            kept.append((model(x), frames, texts))
        best, least = 1.0, np.inf
        for temperature in np.exp(np.linspace(np.log(0.7), np.log(3.0), 25)).tolist():
            # The worst are not what a threshold is about, and one hopeless strip would rule them all.
            total = sum(
                min(8.0, float(losses(logits / temperature, frames, texts)[0]))
                for logits, frames, texts in kept
            )
            if total < least:
                best, least = float(temperature), total
    return best
