"""The thresholds that ship with the weights: which confidence suffices, for what, proven from which data."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from domain.errors import SettingsError
from domain.gate import Thresholds
from domain.proof import ProvenThreshold

SHIPPED = "thresholds.json"
#: Photos are alike however they came: their rows stand under this channel, one for each kind of display.
PHOTO_CHANNEL, PHOTO_TEMPLATES = "photo", "photo-"

__all__ = ["SHIPPED", "ProvenThreshold", "ProvenThresholds", "load_thresholds"]


class ProvenThresholds:
    """Looks thresholds up by (channel, template version, model version); no row means no threshold at all.

    ``most_risk``: rows whose target, the bound that they keep, is above it are not used.
    """

    def __init__(self, rows: tuple[ProvenThreshold, ...], most_risk: float = 1.0) -> None:
        self.rows = tuple(row for row in rows if row.target <= most_risk)
        self._by_key = {(row.channel, row.template, row.model): row for row in self.rows}

    def __call__(self, channel: str, template: str, model: str) -> Thresholds:
        """The thresholds of this combination, all absent where nothing was proven."""
        row = self.row(channel, template, model)
        return Thresholds(row.lowest if row is not None else {})

    def row(self, channel: str, template: str, model: str) -> ProvenThreshold | None:
        """The row of this combination with what it was proven from, or None."""
        found = self._by_key.get((channel, template, model))
        if found is None and template.startswith(PHOTO_TEMPLATES):
            return self._by_key.get((PHOTO_CHANNEL, template, model))
        return found


def load_thresholds(path: Path | None = None, most_risk: float = 1.0) -> ProvenThresholds:
    """The shipped table, or the one at ``path``; raises ``SettingsError`` when it is damaged.

    No shipped table means that no machine acceptance was proven yet: everything goes to review.
    """
    source = files("ocr").joinpath("weights", SHIPPED) if path is None else path
    if not source.is_file():
        return ProvenThresholds(())
    try:
        document = json.loads(source.read_text("utf-8"))
        return ProvenThresholds(tuple(ProvenThreshold(**row) for row in document["thresholds"]), most_risk)
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{source} is damaged ({error}); make it again or restore it") from error
