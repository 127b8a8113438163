"""Everything that the meters' networks are trained on, kept in training/cache: made once, in pieces.

``photo-*``: whole photographs; ``scene-*``: drawn ones; ``strip-*``: displays with a little around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from simulate.meters.drums import draw_drums
from simulate.meters.model import Digit, Picture, Row
from simulate.meters.scene import draw_scene
from simulate.meters.segments import draw_lcd
from training.meters import composed, real, store

#: Pictures in one file of drawn ones.
_PIECE = 2000
#: Files of each drawn kind.
PIECES = {"composed": 5, "drums": 5, "lcd": 5, "scene": 3}
PHOTOS: dict[str, Callable[[], Iterator[tuple[str, Picture]]]] = {
    "chongqing": real.chongqing,
    "lebanon": real.lebanon,
    "vietnam": real.vietnam,
}


def around(picture: Picture, row: Row, margin: float = 1.3) -> Picture:
    """The part of a picture that holds a row and ``margin`` digit heights around it."""
    quad = row.quad
    across = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    high, wide = picture.image.shape[:2]
    left, top = np.maximum(np.floor(quad.min(axis=0) - margin * across), 0).astype(int)
    right, bottom = np.minimum(np.ceil(quad.max(axis=0) + margin * across), [wide, high]).astype(int)
    corner = np.array([left, top], np.float32)
    digits = tuple(Digit(d.value, d.quad - corner, d.turn, d.decimal) for d in row.digits)
    part = np.ascontiguousarray(picture.image[top:bottom, left:right])
    return Picture(part, (Row(row.kind, digits, row.means, row.tariff),))


def photos(name: str) -> None:
    """One set of photographs, whole and its displays alone."""
    whole, strips = store.FOLDER / f"photo-{name}.npz", store.FOLDER / f"strip-{name}.npz"
    if whole.exists() and strips.exists():
        return
    every = list(PHOTOS[name]())
    store.write(whole, (store.encoded(picture, group) for group, picture in every))
    store.write(strips, (store.encoded(around(p, p.rows[0]), group) for group, p in every))
    print(name, len(every), flush=True)


def japan() -> None:
    """The one Japanese meter."""
    path = store.FOLDER / "strip-japan.npz"
    if not path.exists():
        print("japan", store.write(path, (store.encoded(p, g) for g, p in real.japan())), flush=True)


def drawn(kind: str, piece: int) -> None:
    """One file of drawn or composed pictures."""
    folder = "scene" if kind == "scene" else f"strip-{kind}"
    path = store.FOLDER / f"{folder}-{piece}.npz"
    if path.exists():
        return
    rng = np.random.default_rng([7, sorted(PIECES).index(kind), piece])
    make = {"composed": _composed, "drums": _drums, "lcd": _lcds, "scene": _scenes}[kind]
    print(path.name, store.write(path, make(rng, _PIECE)), flush=True)


def _drums(rng: np.random.Generator, count: int) -> Iterator[store.Stored]:
    for k in range(count):
        yield store.encoded(draw_drums(rng), f"drums-{k}")


def _lcds(rng: np.random.Generator, count: int) -> Iterator[store.Stored]:
    for k in range(count):
        yield store.encoded(draw_lcd(rng), f"lcd-{k}")


def _scenes(rng: np.random.Generator, count: int) -> Iterator[store.Stored]:
    """A third show a display put together from real digits."""
    shelves = composed.shelves()
    for k in range(count):
        display = _one_composed(shelves, rng)[0] if rng.random() < 0.33 else None
        yield store.encoded(draw_scene(rng, display=display), f"scene-{k}", 90)


def _composed(rng: np.random.Generator, count: int) -> Iterator[store.Stored]:
    shelves = composed.shelves()
    for _ in range(count):
        yield store.encoded(*_one_composed(shelves, rng))


def _one_composed(shelves: list[composed.Shelf], rng: np.random.Generator) -> tuple[Picture, str]:
    chance = np.array([len(shelf.images) ** 0.5 for shelf in shelves])
    while True:
        shelf = shelves[int(rng.choice(len(shelves), p=chance / chance.sum()))]
        decimals = 0 if rng.random() < 0.75 else int(rng.integers(1, 4))
        picture = composed.compose(shelf, rng, int(rng.integers(3, 8)), decimals)
        if picture is not None:
            return picture, shelf.name
