"""The weights that find and read meters' displays, from data to the shipped files.

METERDROP_DATA names the folder of data sets (default ../shared/data). One thread and a loader, steps under
two hours, each resumable: what is done already is not done again.

\b
    python -m training.meters.make render            photographs and drawn pictures into training/cache
    python -m training.meters.make train read-base   a beginning without Chongqing
    python -m training.meters.make train read-ship   goes on with everything that may be trained on
    python -m training.meters.make train find-ship
    python -m training.meters.make train read-long   both go on: what is shipped
    python -m training.meters.make train find-long
    python -m training.meters.make export read-long find-long --version 2
    python -m training.meters.make measure           every set of photographs
    python -m training.meters.make all               all of these but the last; `make train-meters`
    python -m training.meters.confidence collect     then fit and draw: what a confidence is worth
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from training.meters import cache, find_train, read_train
from training.meters.calibration import calibrated
from training.meters.export import export_finder, export_reader
from training.meters.report import report

_HELP = __doc__

WEIGHTS = Path("ocr/weights")

_DRAWN = (("strip-composed", 0.32), ("strip-drums", 0.30), ("strip-lcd", 0.24))
READ = {
    "read-base": read_train.Plan(
        "read-base", (*_DRAWN, ("strip-lebanon", 0.10), ("strip-japan", 0.04)), steps=1600
    ),
    "read-ship": read_train.Plan(
        "read-ship",
        (*_DRAWN, ("strip-lebanon", 0.10), ("strip-japan", 0.02), ("strip-chongqing", 0.10)),
        steps=8000,
        rate=2e-3,
        start_from="read-base",
        seed=2,
    ),
    "read-long": read_train.Plan(
        "read-long",
        (*_DRAWN, ("strip-lebanon", 0.10), ("strip-japan", 0.02), ("strip-chongqing", 0.08)),
        steps=6000,
        rate=2e-3,
        start_from="read-ship",
        seed=3,
    ),
}
_CLOSE = (("strip-drums", 0.05), ("strip-lcd", 0.05), ("strip-composed", 0.05))
FIND = {
    "find-ship": find_train.Plan(
        "find-ship", (("scene", 0.5), ("photo-lebanon", 0.2), ("photo-chongqing", 0.2), *_CLOSE), steps=6000
    ),
    "find-long": find_train.Plan(
        "find-long",
        (("scene", 0.5), ("photo-lebanon", 0.2), ("photo-chongqing", 0.17), *_CLOSE),
        steps=4500,
        rate=1.5e-3,
        start_from="find-ship",
        seed=2,
    ),
}


@click.group(help=_HELP)
def main() -> None:
    """Make the weights for meters."""


@main.command()
def render() -> None:
    """Keep and draw pictures; files that exist are kept."""
    for name in cache.PHOTOS:
        cache.photos(name)
    cache.japan()
    for kind, pieces in cache.PIECES.items():
        for piece in range(pieces):
            cache.drawn(kind, piece)


@main.command()
@click.argument("name", type=click.Choice(sorted({*READ, *FIND})))
@click.option("--minutes", default=110.0, show_default=True, help="Stop after so long; call again to go on.")
def train(name: str, minutes: float) -> None:
    """Train a run, or go on with it."""
    if name in READ:
        read_train.run(READ[name], minutes)
    else:
        find_train.run(FIND[name], minutes)


@main.command()
@click.argument("reader", type=click.Choice(sorted(READ)))
@click.argument("finder", type=click.Choice(sorted(FIND)))
@click.option("--version", required=True)
@click.option("--to", "folder", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def export(reader: str, finder: str, version: str, folder: Path) -> None:
    """Write both files, the temperature fitted on drawn strips and photographs that no run saw."""
    model = read_train.trained(reader)
    temperature = calibrated(model, np.random.default_rng(99))
    export_reader(model, folder / "meter-reader.onnx", version, temperature)
    export_finder(find_train.trained(finder), folder / "meter-finder.onnx", version)
    click.echo(f"temperature {temperature:.3f}")


@main.command()
@click.option("--weights", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
@click.option("--most", type=int, help="Only so many photographs of each set.")
def measure(weights: Path, most: int | None) -> None:
    """Every set of photographs, finder and reader, with intervals."""
    for line in report(weights, most):
        click.echo(line)


@main.command(name="all")
@click.option("--version", default="2", show_default=True)
@click.pass_context
def everything(context: click.Context, version: str) -> None:
    """From data to the shipped files; what is done already is not done again."""
    context.invoke(render)
    for name in (*READ, *FIND):
        context.invoke(train, name=name, minutes=10_000.0)
    context.invoke(export, reader="read-long", finder="find-long", version=version, folder=WEIGHTS)
    context.invoke(measure, weights=WEIGHTS, most=None)


if __name__ == "__main__":
    main()
