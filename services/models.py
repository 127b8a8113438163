"""Which model reads a supplier's batches: the one that ships, or one that was switched to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.errors import ConflictError, UsageError
from domain.window import ALWAYS
from services.context import Context
from services.thresholds import in_force
from storage.records import Transaction
from storage.records.shadows import ModelChoice

#: Where slips come from before the first one has come.
_PAPER = "station"


@dataclass(frozen=True)
class ModelInUse:
    """What reads a supplier's batches; ``since``: None when it came with the program."""

    supplier: str
    model: str
    choice: ModelChoice | None


def models_in_use(ctx: Context, shipped: str) -> list[ModelInUse]:
    """One a supplier. ``shipped``: the model that comes with the program."""
    with ctx.records.read() as tx:
        chosen = {name: tx.shadows.active(name) for name in sorted(ctx.suppliers)}
    return [
        ModelInUse(name, shipped if choice is None or not choice.weights else choice.model, choice)
        for name, choice in chosen.items()
    ]


def model_of(ctx: Context, supplier: str, shipped: str) -> ModelInUse:
    """What reads the supplier's next batch."""
    return next(each for each in models_in_use(ctx, shipped) if each.supplier == supplier)


def history(ctx: Context, supplier: str | None = None) -> list[ModelChoice]:
    """Every switch, oldest first."""
    with ctx.records.read() as tx:
        return tx.shadows.choices(supplier)


def switch(
    ctx: Context,
    supplier: str,
    model: str,
    *,
    shipped: str,
    at_hand: Mapping[str, bytes],
    who: str,
) -> ModelInUse:
    """From the next batch on, ``model`` reads the supplier's slips.

    ``at_hand``: weights by their ``name@version``, beside the shipped ones and those switched to before. A
    model that has read for the supplier before may come back without a new proof; any other one needs proven
    thresholds of its own at the target, wherever the present one has some. Raises ``ConflictError`` while a
    window of the supplier is open or a proof is missing, ``UsageError`` for what is not known.
    """
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    at = ctx.clock()
    with ctx.records.begin() as tx:
        tx.lock("models")
        active = tx.shadows.active(supplier)
        present = shipped if active is None or not active.weights else active.model
        before = {each.model: each.weights for each in tx.shadows.choices(supplier) if each.weights}
        if model == present:
            raise UsageError(f"{model} reads the slips of {supplier} already")
        if model != shipped and model not in before and model not in at_hand:
            known = sorted({shipped, *before, *at_hand})
            raise UsageError(f"no weights of {model} are at hand, only of {', '.join(known)}")
        _refuse_inside_a_window(ctx, tx, supplier, at.astimezone().date())
        if model != shipped and model not in before:
            _refuse_without_proof(ctx, tx, supplier, present, model)
        weights = "" if model == shipped else before.get(model) or ctx.objects.put(at_hand[model])
        tx.shadows.choose(supplier, model, weights, at=at, who=who)
        details = {"from": present, "to": model, "weights": weights}
        tx.audits.add(at, who, "model.switched", supplier=supplier, details=details)
    return model_of(ctx, supplier, shipped)


def _refuse_inside_a_window(ctx: Context, tx: Transaction, supplier: str, today: date) -> None:
    """No switch while a channel on which slips are read takes readings.

    A window of all days never closes and so is none: there the next batch is early enough.
    """
    rules = ctx.suppliers[supplier].at(today)
    channels = {channel for channel, _ in tx.shadows.channels(supplier)} or {_PAPER}
    for channel in sorted(channels):
        window = rules.window(channel)
        if window is not None and window != ALWAYS and window.contains(today):
            raise ConflictError(
                f"{supplier} takes readings by {channel!r} today ({today}); no model is switched inside a "
                "window: do it when it has closed"
            )


def _refuse_without_proof(ctx: Context, tx: Transaction, supplier: str, present: str, model: str) -> None:
    """A new model has to have proven itself wherever the present one accepts slips alone."""
    forms = [
        key
        for key, template in ctx.templates.items()
        if template.supplier == supplier and template.purpose == "slip"
    ]
    places = tx.shadows.channels(supplier) or [(_PAPER, form) for form in forms]
    needed = [place for place in places if in_force(ctx, tx, *place, present).main is not None]
    lacking = [place for place in needed or places if not _proven(ctx, tx, place, model)]
    # Where the present model accepts nothing alone, one form is enough to be better.
    if lacking and (needed or len(lacking) == len(places)):
        channel, template = lacking[0]
        raise ConflictError(
            f"{model} has no proven threshold of its own at {ctx.settings.target_risk:g} for {template} by "
            f"{channel!r}; let it read in shadow, then see 'meterdrop models compare'"
        )


def _proven(ctx: Context, tx: Transaction, place: tuple[str, str], model: str) -> bool:
    proof = in_force(ctx, tx, *place, model).proof
    if proof is None or proof.provisional or proof.main is None:
        return False
    return proof.target <= ctx.settings.target_risk
