"""The printed forms of this installation, with what is proven for each."""

from __future__ import annotations

from dataclasses import dataclass

from domain.proof import ProvenThreshold
from services.context import Context
from services.thresholds import in_force, known_keys
from storage.records.taught import TaughtRow
from templates.model import Template


@dataclass(frozen=True)
class PrintedForm:
    """A form and the thresholds in force for it: (channel, model, what it was proven from).

    ``taught``: who published it on the pages, where somebody did.
    """

    template: Template
    supplier: str
    proofs: tuple[tuple[str, str, ProvenThreshold], ...]
    taught: TaughtRow | None = None


def printed_forms(ctx: Context) -> list[PrintedForm]:
    """Forms on paper: what was taught last first, then by supplier and name.

    What photos and messages are judged by is left out.
    """
    with ctx.records.read() as tx:
        found = []
        for key in known_keys(ctx, tx):
            standing = in_force(ctx, tx, *key)
            if standing.proof is not None and not standing.withdrawn:
                found.append((key, standing.proof))
        taught = {row.key: row for row in tx.taught.published()}
    # Photos and messages are nobody's paper.
    forms = [template for template in ctx.templates.values() if template.width_mm]
    newest = {key: row.id for key, row in taught.items()}
    return [
        PrintedForm(
            template,
            ctx.suppliers[template.supplier].title if template.supplier in ctx.suppliers else "",
            tuple((key[0], key[2], proof) for key, proof in found if key[1] == template.key),
            taught.get(template.key),
        )
        for template in sorted(
            forms, key=lambda form: (-newest.get(form.key, 0), form.supplier, form.name, form.version)
        )
    ]
