"""The flow that recalibrates thresholds from reviewed and blindly audited slips."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows import runtime
from services import recalibrate as recalibrating
from storage.records.findings import Period

WHO = "recalibrate"


@task(cache_policy=NO_CACHE)
async def weigh(since: datetime | None, until: datetime | None, apply: bool) -> list[str]:
    """A line a threshold: its key and what the evidence says.

    Not tried again: a threshold changed meanwhile wants a new plan.
    """
    return await asyncio.to_thread(_weigh, Period(since, until), apply)


def _weigh(period: Period, apply: bool) -> list[str]:
    # One task: Prefect would walk through every case of a plan that goes from task to task.
    ctx = runtime.current()
    steps = recalibrating.plan(ctx, period)
    if apply:
        recalibrating.apply(ctx, steps, WHO)
    return [f"{' '.join(step.key)}: {step.decision.action}" for step in steps]


@flow(name="recalibrate", validate_parameters=False)
async def recalibrate(
    since: datetime | str | None = None, until: datetime | str | None = None, apply: bool = False
) -> list[str]:
    """Say of every threshold what the evidence between two moments proves; with ``apply`` act on it.

    Returns a line a threshold: its key and the action.
    """
    with runtime.opened():
        lines = await weigh(_moment(since), _moment(until), apply)
    for line in lines:
        get_run_logger().info(line)
    return lines


def _moment(value: datetime | str | None) -> datetime | None:
    """A deployment's parameters come as JSON; a moment without a zone is the machine's own."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone() if moment is not None and moment.tzinfo is None else moment
