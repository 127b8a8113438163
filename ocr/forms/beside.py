"""A second model on the cells that are cut already: no page is searched, no slip registered again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ocr.decode import AccountIndex
from ocr.forms.fields import decode_field, printed_reasons, read_cells
from ocr.forms.observing import observe_slip
from ocr.forms.registration import Registered
from ocr.forms.settings import CellReader, Grey
from ocr.results import FieldResult, SlipReading
from templates.model import Template


def read_beside(
    registered: Registered,
    template: Template,
    crops: Mapping[str, list[Grey]],
    fields: Mapping[str, FieldResult],
    classifier: CellReader,
    *,
    accounts: AccountIndex | None,
    dpi: float,
    black: float,
    number: int,
    stopwatch: Callable[[], float],
) -> SlipReading:
    """The slip as ``classifier`` reads it from ``crops`` (field name → its cut cells).

    What was not read from cells (signature, address line, printed account) is taken over from ``fields``; the
    rest is what ``FormReader`` would say with this model.
    """
    started = stopwatch()
    probabilities = read_cells(crops, classifier)
    observed = observe_slip(registered, template, probabilities, classifier, dpi=dpi, black=black)
    read = {
        field.name: decode_field(field, probabilities[field.name], accounts, observed.get(field.name))
        if field.cells
        else fields[field.name]
        for field in template.fields
    }
    return SlipReading(
        "read",
        slip=number,
        template=template.key,
        fields=read,
        reasons=printed_reasons(template, read),
        model=classifier.model,
        seconds=stopwatch() - started,
    )
