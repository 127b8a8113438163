"""A second model on the cells that are cut already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader, seeing
from ocr.forms.settings import Floats, Grey
from ocr.load import PageImage
from ocr.results import SlipReading
from services import recognition
from templates import all_templates
from tests.unit.reader.slips import ACCOUNT, filled


class Other:
    """The shipped network under another name; it takes every 5 for a 6 where it is told to."""

    model = "other@1"

    def __init__(self, confuses: bool) -> None:
        self._network = CellClassifier.load()
        self._confuses = confuses

    def probabilities(self, crops: Sequence[Grey], margin: float) -> Floats:
        table = self._network.probabilities(crops, margin)
        if self._confuses:
            table = table.copy()
            table[:, [5, 6]] = table[:, [6, 5]]
        return table


def read(shadow: Other | None) -> SlipReading:
    slip, _ = filled(200, np.random.default_rng(5))
    accounts = AccountIndex.build([ACCOUNT, "121000999999"])
    forms = FormReader(all_templates(), CellClassifier.load(), accounts, shadow=shadow)
    [found] = forms.read_page(PageImage(slip, 200.0))
    return found


def test_the_same_model_reads_the_same() -> None:
    found = read(Other(confuses=False))
    assert found.shadow is not None
    assert (found.shadow.model, found.shadow.slip, found.shadow.template) == (
        "other@1", found.slip, found.template,
    )  # fmt: skip
    assert found.shadow.fields == found.fields


def test_another_model_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    registrations: list[int] = []
    register = seeing.register
    monkeypatch.setattr(seeing, "register", lambda *a: (registrations.append(1), register(*a))[1])
    alone, beside = read(None), read(Other(confuses=True))
    assert alone.shadow is None
    assert beside.fields == alone.fields
    assert beside.shadow is not None
    assert (alone.fields["reading"].value, beside.shadow.fields["reading"].value) == ("05630", "06530")
    assert len(registrations) == 2, "one for each of the two pages, none for the shadow"


def test_the_stored_recognition_is_the_deciding_models() -> None:
    stored = recognition.to_json(read(Other(confuses=True)))
    assert "shadow" not in stored
    assert stored["fields"]["reading"]["value"] == "05630"
