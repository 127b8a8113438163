"""The weights for lines without cells, from data to the shipped file: render, train, measure, export.

METERDROP_DATA names the folder of data sets (default ../shared/data). One thread, steps under two hours,
each resumable: what is done already is not done again. The network's body begins as that of the run `more`
over cells, where `make train-digits` has left one.

\b
    python -m training.lines render            lines into training/cache
    python -m training.lines train lines       all but UNIPEN fold 0 and MNIST test, drawn as it goes
    python -m training.lines train lines-more  goes on from there, half of it from disk
    python -m training.lines train lines-long  and once more, on more pictures; then lines-far
    python -m training.lines measure lines-long+lines-far   their mean: writers left out, real strings
    python -m training.lines export lines-long+lines-far --version 5
    python -m training.lines all               all of these; `make train-lines`
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from training import line_cache
from training import line_measure as measuring
from training.line_train import Plan, logits_of, run, trained

_HELP = __doc__

WEIGHTS = Path("ocr/weights/lines.onnx")

RUNS = {
    # Quick lines alone, to be stopped at any step; the body comes from the classifier of cells.
    "lines": Plan("lines", steps=9000, quick=1.0, flat=True, cells="more"),
    # Half of it drawn on paper and prepared as at run time; cooled down.
    "lines-more": Plan("lines-more", steps=9000, quick=0.5, start_from="lines", seed=2),
    "lines-long": Plan("lines-long", steps=8500, quick=0.35, start_from="lines-more", seed=3),
    "lines-far": Plan("lines-far", steps=9000, quick=0.35, start_from="lines-long", seed=4),
}
#: What is shipped: the mean of the last two.
SHIPPED = "lines-long+lines-far"
#: What the temperature is fitted on: drawn lines of writers left out, of both kinds.
_HELD = ("mnist", "unipen")


@click.group(help=_HELP)
def main() -> None:
    """Make the weights for lines."""


@main.command()
def render() -> None:
    """Draw lines into training/cache; files that exist are kept."""
    line_cache.render()
    for name in measuring.SETS[:-1]:
        measuring.lines_of(name)


@main.command()
@click.argument("name", type=click.Choice(sorted(RUNS)))
@click.option("--minutes", default=110.0, show_default=True, help="Stop after so long; call again to go on.")
def train(name: str, minutes: float) -> None:
    """Train a run, or go on with it."""
    run(RUNS[name], minutes)


@main.command()
@click.argument("name")
@click.option("--set", "sets", multiple=True, type=click.Choice(measuring.SETS), default=measuring.SETS)
@click.option("--temperature", default=1.0, show_default=True)
@click.option("--worst", type=click.Path(path_type=Path), help="Folder for sheets of the surest mistakes.")
def measure(name: str, sets: tuple[str, ...], temperature: float, worst: Path | None) -> None:
    """Exact match of a run, with 95 % Clopper-Pearson intervals."""
    model = trained(name)
    for each in sets:
        lines = measuring.lines_of(each)
        told = measuring.read_all(logits_of(model, lines.strips), lines.texts, temperature)
        click.echo(f"## {name} on {each}: {measuring.summary(told)}")
        click.echo(f"mistakes: {measuring.confusions(told)}\n")
        if worst is not None:
            measuring.worst(told, lines, worst / f"{name}-{each}.png")


@main.command()
@click.argument("name")
@click.option("--version", required=True, help="Version that records will carry.")
@click.option("--to", "path", default=WEIGHTS, show_default=True, type=click.Path(path_type=Path))
def export(name: str, version: str, path: Path) -> None:
    """Write the ONNX file and its calibration; the temperature is fitted on writers left out."""
    from training import line_export

    model = trained(name)
    strips, texts = [], []
    for each in _HELD:
        lines = measuring.lines_of(each)
        strips += lines.strips
        texts += lines.texts
    logits = logits_of(model, strips)
    # Fitted on every other line, told on the rest.
    temperature = measuring.fit_temperature(logits[::2], texts[::2])
    line_export.export(model, path, version=version, temperature=temperature)
    told = measuring.read_all(logits[1::2], texts[1::2], temperature)
    data = "drawn lines of UNIPEN writers of fold 0 and MNIST test writers, left out of training"
    report = measuring.report(told, temperature, f"lines@{version}", data)
    path.with_suffix(".calibration.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps({"file": str(path), "version": version, "temperature": round(temperature, 4)}))


@main.command("all")
@click.option("--version", default="1", show_default=True, help="Version that records will carry.")
@click.pass_context
def everything(context: click.Context, version: str) -> None:
    """Render, train, measure and export; stop and call again at any time."""
    context.invoke(render)
    for name in RUNS:
        context.invoke(train, name=name)
    context.invoke(measure, name=SHIPPED, sets=measuring.SETS)
    context.invoke(export, name=SHIPPED, version=version, path=WEIGHTS)


if __name__ == "__main__":
    main()
