"""How confidences were distributed when the shipped thresholds were proven: what drift is measured against.

    python -m training.confidences training/runs/slips-*.csv    # writes ocr/weights/confidences.json

From the slips that ``training.thresholds collect`` has read; one histogram serves every form whose threshold
was chosen from them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click

from domain.drift import EDGES, histogram

THRESHOLDS = Path("ocr/weights/thresholds.json")
OUT = Path("ocr/weights/confidences.json")


@click.command(help=__doc__)
@click.argument("collected", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", default=OUT, type=click.Path(path_type=Path), show_default=True)
def main(collected: tuple[Path, ...], to: Path) -> None:
    """Write the histograms."""
    slips = [row for path in collected for row in csv.DictReader(path.read_text("utf-8").splitlines())]
    read = [row for row in slips if row["outcome"] == "read"]
    models = {row["model"] for row in read}
    shipped = json.loads(THRESHOLDS.read_text("utf-8"))["thresholds"]
    made = []
    for row in shipped:
        if row["model"] in models:
            mine = [min(float(r["account"]), float(r["reading"])) for r in read if r["model"] == row["model"]]
            key = {name: row[name] for name in ("channel", "template", "model")}
            made.append({**key, "counts": list(histogram(mine))})
    if not made:
        raise click.ClickException(
            f"no threshold of {THRESHOLDS} was chosen from slips read by {sorted(models)}"
        )
    document = {"made_by": "python -m training.confidences", "edges": list(EDGES), "confidences": made}
    to.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    click.echo(f"{to}: {len(made)} histograms of {sum(made[0]['counts'])} slips")


if __name__ == "__main__":
    main()
