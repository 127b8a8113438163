"""The digits' weights, from data to the shipped file: render, train, measure, export.

METERDROP_DATA names the folder of data sets (default ../shared/data). One thread, steps under two hours,
each resumable: what is done already is not done again.

\b
    python -m training.digits render            examples into training/cache
    python -m training.digits train warm        everything but bhmsds and a fifth of the writers
    python -m training.digits train base        the same, cooled down
    python -m training.digits train base-more   the same, on bent shapes: what is measured
    python -m training.digits measure base-more  bhmsds, with intervals and confusion
    python -m training.digits train ship        goes on from warm with every source
    python -m training.digits train more        the same, on bent shapes: what is shipped
    python -m training.digits held-out more     writers left out, marks and blanks too
    python -m training.digits train long        then deep, deep-more, one, fresh: a deeper network beside it
    python -m training.digits export more fresh --version 6
    python -m training.digits all               all of these; `make train-digits`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from training import cache, calibrate
from training.measure import (
    calibration_error,
    combined,
    confusion,
    false_digits,
    per_class,
    score,
    softmax,
    table_text,
)
from training.net import DEEP
from training.sources import SAME_AS_DIGITS, fold
from training.train import Plan, load_mix, logits_of, run, trained

_HELP = __doc__

WEIGHTS = Path("ocr/weights/digits.onnx")
_FILE = click.Path(path_type=Path, exists=True)

#: Rendered examples in a part.
COUNT = 15_000
#: Parts of a source, rendered in rounds so that training may begin with the first.
PARTS = {"unipen": 24, "shapes": 8, "bhmsds": 6, "mnist": 10, "semeion": 3, "optdigits": 3}
#: Shares in a batch.
MIX = {"unipen": 0.38, "shapes": 0.22, "bhmsds": 0.16, "mnist": 0.12, "semeion": 0.07, "optdigits": 0.05}


#: The first network and the one that is asked where it is not sure.
SHIPPED = ("more", "fresh")


def _mix(*without: str) -> tuple[tuple[str, float], ...]:
    return tuple((name, share) for name, share in MIX.items() if name not in without)


def _further(name: str, steps: int, start_from: str, seed: int, **how: Any) -> Plan:
    """A run that goes on with every source but the writers left out, labels as they are."""
    return Plan(
        name,
        _mix(),
        steps=steps,
        leave_out_fold=0,
        rate=1.5e-3,
        start_from=start_from,
        smoothing=0.0,
        seed=seed,
        **how,
    )


RUNS = {
    # Leaves out bhmsds and a fifth of the UNIPEN writers: what both are measured on.
    "warm": Plan("warm", _mix("bhmsds"), steps=26_000, leave_out_fold=0, rate=2e-3, flat=True),
    "base": Plan("base", _mix("bhmsds"), steps=6000, leave_out_fold=0, rate=2e-3, start_from="warm", seed=3),
    # Goes on from there with every source; the writers stay left out, for the thresholds need them.
    "ship": Plan(
        "ship", _mix(), steps=40_000, leave_out_fold=0, rate=2e-3, start_from="warm", smoothing=0.0, seed=2
    ),
    # Both go on with shapes bent at random and marks that no view of a picture hides.
    "base-more": Plan(
        "base-more",
        _mix("bhmsds"),
        steps=9000,
        leave_out_fold=0,
        rate=1.5e-3,
        start_from="base",
        smoothing=0.0,
        seed=5,
    ),
    "more": _further("more", 9000, "ship", 6),
    "long": _further("long", 17_000, "more", 7, flat=True),
    # Deeper networks that begin as the ones before them, on examples without letters drawn like digits.
    "deep": _further("deep", 1500, "long", 8, flat=True, depths=DEEP),
    "deep-more": _further("deep-more", 2400, "deep", 9, depths=DEEP),
    # The deeper network alone, taught by both: as right as they are, with two thirds of their arithmetic.
    "one": _further("one", 16_000, "deep-more", 11, depths=DEEP, teachers=("more", "deep-more")),
    # On more pictures, digits written over others among them, taught by itself and the first.
    "fresh": _further("fresh", 20_000, "one", 12, depths=DEEP, teachers=("more", "one")),
    "base-deep": Plan(
        "base-deep",
        _mix("bhmsds"),
        steps=9000,
        leave_out_fold=0,
        rate=1.5e-3,
        start_from="base-more",
        smoothing=0.0,
        seed=10,
        depths=DEEP,
    ),
    "no-semeion": Plan("no-semeion", _mix("semeion"), steps=8000, leave_out_fold=0, rate=2e-3),
    "no-optdigits": Plan("no-optdigits", _mix("optdigits"), steps=8000, leave_out_fold=0, rate=2e-3),
    "no-mnist": Plan("no-mnist", _mix("mnist"), steps=8000, leave_out_fold=0, rate=2e-3),
    "no-unipen": Plan("no-unipen", _mix("unipen"), steps=8000, rate=2e-3),
}


@click.group(help=_HELP)
def main() -> None:
    """Make the digits' weights."""


@main.command()
@click.option("--source", "only", multiple=True, help="Only these sources.")
def render(only: tuple[str, ...]) -> None:
    """Render examples into training/cache; files that exist are kept."""
    for part in range(max(PARTS.values())):
        for source, parts in PARTS.items():
            if part < parts and (not only or source in only):
                cache.render(source, part, COUNT)


@main.command()
@click.argument("name", type=click.Choice(sorted(RUNS)))
@click.option("--minutes", default=110.0, show_default=True, help="Stop after so long; call again to go on.")
def train(name: str, minutes: float) -> None:
    """Train a run, or go on with it."""
    run(RUNS[name], minutes)


@main.command()
@click.argument("name")
@click.option("--source", "sources", multiple=True, default=("bhmsds", "usps"), show_default=True)
@click.option("--picture", is_flag=True, help="Each digit in a picture of its box alone, all views combined.")
@click.option("--hard", is_flag=True, help="Cells as bad as in training, not as ordinary slips have them.")
@click.option("--limit", default=15_000, show_default=True)
@click.option("--file", default=None, type=_FILE, help="A written file of the run instead of itself.")
def measure(
    name: str, sources: tuple[str, ...], picture: bool, hard: bool, limit: int, file: Path | None = None
) -> None:
    """Accuracy of a run on whole sources in boxes, with 95 % Clopper-Pearson intervals."""
    for source in sources:
        with np.load(cache.evaluate_set(source, limit=limit, picture=picture, hard=hard)) as data:
            x, y, group, owner = data["x"], data["y"], data["group"], data["owner"]
        probabilities = combined(softmax(_logits(name, file, x)), owner)
        plan = RUNS.get(name)
        if source == "unipen" and plan is not None and plan.leave_out_fold is not None:
            out = fold(group) == plan.leave_out_fold
            probabilities, y = probabilities[out], y[out]
        how = f"{'hard' if hard else 'ordinary'} {'pictures' if picture else 'scans'}"
        click.echo(f"## {name} on {source} ({how}): {score(probabilities, y)}")
        for digit, text in per_class(probabilities, y).items():
            click.echo(f"- {digit}: {text}")
        click.echo(table_text(confusion(probabilities, y)))
        click.echo(f"calibration error {calibration_error(probabilities, y):.2%}\n")


@main.command()
@click.argument("name")
@click.option("--file", default=None, type=_FILE, help="A written file of the run instead of itself.")
def held_out(name: str, file: Path | None = None) -> None:
    """Accuracy on the rendered examples of writers that the run left out, marks and blanks included."""
    plan = RUNS[name]
    if plan.leave_out_fold is None:
        raise click.UsageError(f"{name} leaves out no fold of writers; take fold0")
    x, y, what = _left_out(plan.leave_out_fold)
    logits = _logits(name, file, x)
    clear = np.array([of[7:] not in SAME_AS_DIGITS for of in what])
    click.echo(f"## {name}, UNIPEN and MNIST writers left out: {score(logits[clear], y[clear])}")
    probabilities = softmax(logits)
    click.echo(f"false digits above 0.9: {false_digits(probabilities[clear], y[clear])}")
    click.echo(f"with the letters that are drawn as digits are: {false_digits(probabilities, y)}")
    for kind in sorted({of.split()[0] for of in what[y >= 10] if of.split()}):
        of_kind = np.array([of.split()[:1] == [kind] for of in what]) & clear
        click.echo(f"- {kind}: {false_digits(probabilities[of_kind], y[of_kind])}")
    logits, y = logits[clear], y[clear]
    click.echo(table_text(confusion(logits, y)))


def _left_out(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y, and what each that is no digit shows."""
    parts = [np.load(path) for path in cache.held_out(number)]
    x, y, what = (np.concatenate([part[key] for part in parts]) for key in ("x", "y", "what"))
    return x, y, what


def _logits(name: str, file: Path | None, x: np.ndarray) -> np.ndarray:
    from training.export import logits_of_file

    return logits_of(trained(name), x) if file is None else logits_of_file(file, x)


@main.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(sorted(RUNS)))
@click.option("--version", required=True, help="Version that records will carry.")
@click.option("--to", "path", default=WEIGHTS, show_default=True, type=click.Path(path_type=Path))
def export(names: tuple[str, ...], version: str, path: Path) -> None:
    """Write the ONNX file and its calibration; the temperature is fitted on the writers left out.

    Several runs become one file: where the first is not sure, the geometric mean of what they say.
    """
    from training import export as writing

    folds = {RUNS[name].leave_out_fold for name in names}
    left_out = folds.pop()
    if left_out is None or folds:
        raise click.UsageError(
            f"{names} do not leave out the same writers: nothing to fit the temperature on"
        )
    examples, _, chance = load_mix(RUNS[names[0]])
    drawn = np.random.default_rng(1).choice(len(examples), 2000, replace=False, p=chance)
    writing.write(names, path, examples[np.sort(drawn)])
    x, y, what = _left_out(left_out)
    clear = np.array([of[7:] not in SAME_AS_DIGITS for of in what])
    x, y = x[clear], y[clear]
    logits = writing.logits_of_file(path, x)
    temperature = writing.fit_temperature(logits, y)
    told = {"name": "digits", "version": version, "temperature": f"{temperature:.4f}"}
    writing.describe(path, told)
    data = (
        f"simulated cells of UNIPEN writers of fold {left_out} and MNIST test writers, left out of training"
    )
    report = calibrate.report(logits, y, temperature, f"digits@{version}", data)
    path.with_suffix(".calibration.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps({"file": str(path), "version": version, "temperature": round(temperature, 4)}))


@main.command("all")
@click.option("--version", default="1", show_default=True, help="Version that records will carry.")
@click.pass_context
def everything(context: click.Context, version: str) -> None:
    """Render, train, measure and export; stop and call again at any time."""
    context.invoke(render)
    context.invoke(train, name="warm")
    context.invoke(train, name="base")
    context.invoke(train, name="base-more")
    context.invoke(measure, name="base-more")
    context.invoke(train, name="ship")
    context.invoke(train, name="more")
    for name in ("long", "deep", "deep-more", "one", "fresh"):
        context.invoke(train, name=name)
    context.invoke(export, names=SHIPPED, version=version, path=WEIGHTS)
    context.invoke(held_out, name="more", file=WEIGHTS)


if __name__ == "__main__":
    main()
