"""Thresholds for photos, a row for each kind of display, from photos that no weights were trained on.

    python -m training.meters.prove held-out.csv

The manifest is that of ``meterdrop evaluate --as meter`` (``path``, ``value``, and ``digits`` where the
register would know them). A row is written only where a target can be proven: with no error seen, 1 % takes
574 accepted photos of a kind.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from domain.errors import MeterdropError
from domain.risk import choose_threshold
from ocr.load import open_document
from ocr.meters.photo import PHOTO_LIMITS, photo_of
from ocr.meters.reader import MeterReader
from ocr.meters.reading import read_photo
from ocr.thresholds import PHOTO_CHANNEL, PHOTO_TEMPLATES, SHIPPED
from training.thresholds import COVERAGES, DELTA

OUT = Path("ocr/weights") / SHIPPED
TARGETS = (0.001, 0.002, 0.005, 0.01, 0.02)


@click.command()
@click.argument("manifests", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--simulated/--real", default=False, help="Drawn photos give provisional rows.")
@click.option("--dry", is_flag=True, help="Write nothing.")
def main(manifests: tuple[Path, ...], *, simulated: bool, dry: bool) -> None:
    """Read the photos, choose a threshold for each kind of display, and put the rows into the table."""
    reader = MeterReader.load()
    by_kind: dict[str, list[tuple[float, bool]]] = {}
    for kind, confidence, right in _read(reader, manifests):
        by_kind.setdefault(kind, []).append((confidence, right))
    data = hashlib.sha256(b"".join(path.read_bytes() for path in manifests)).hexdigest()[:16]
    rows = []
    for kind, answers in sorted(by_kind.items()):
        row = _row(kind, reader.model, answers, data, simulated=simulated)
        right = sum(ok for _, ok in answers)
        said = json.dumps(row) if row else "nothing proven"
        click.echo(f"{kind}: {right} of {len(answers)} right; {said}")
        rows += [row] if row else []
    if rows and not dry:
        document = json.loads(OUT.read_text("utf-8"))
        keys = {(row["channel"], row["template"], row["model"]) for row in rows}
        others = document["thresholds"]
        kept = [row for row in others if (row["channel"], row["template"], row["model"]) not in keys]
        document["thresholds"] = kept + rows
        OUT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(reader: MeterReader, manifests: tuple[Path, ...]) -> Iterator[tuple[str, float, bool]]:
    """(kind of display, confidence, whether right) of every photo on which a display was found."""
    for manifest in manifests:
        with manifest.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                count = int(row["digits"]) if row.get("digits") else None
                try:
                    with open_document(manifest.parent / row["path"], row["path"], PHOTO_LIMITS) as document:
                        found = read_photo(reader, photo_of(document), count)
                except MeterdropError as error:
                    click.echo(f"{row['path']}: {error}", err=True)
                    continue
                # What the gate would hold for another reason is accepted at no threshold.
                if found.displays and not found.reasons and not found.displays[0].reasons:
                    best = found.displays[0]
                    yield best.display, best.confidence, best.value == row["value"]


def _row(
    kind: str, model: str, answers: list[tuple[float, bool]], data: str, *, simulated: bool
) -> dict[str, Any] | None:
    confidence, right = [c for c, _ in answers], [ok for _, ok in answers]
    for target in TARGETS:
        chosen = choose_threshold(confidence, right, target, DELTA, COVERAGES)
        if chosen.threshold is not None:
            break
    else:
        return None
    return {
        "channel": PHOTO_CHANNEL,
        "template": f"{PHOTO_TEMPLATES}{kind}@1",
        "model": model,
        # The account was typed, not read; a number on the plate counts only where it was proven.
        "lowest": {"account": 0.9, "reading": chosen.threshold, "meter_serial": 0.9},
        "target": target,
        "delta": DELTA,
        "n": chosen.n,
        "accepted": chosen.accepted,
        "wrong": chosen.wrong,
        "bound": round(chosen.bound, 6),
        "date": datetime.now(UTC).date().isoformat(),
        "data": data,
        "provisional": simulated,
        "note": "photos that no weights were trained on",
    }


if __name__ == "__main__":
    main()
