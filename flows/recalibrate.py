"""The flow that recalibrates thresholds from reviewed and blindly audited slips."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows import runtime
from services import recalibrate as recalibrating
from services.recalibrate import Step
from storage.records.findings import Period

WHO = "recalibrate"


@task(cache_policy=NO_CACHE)
async def plan(since: datetime | None, until: datetime | None) -> list[Step]:
    """What the evidence says; changes nothing."""
    return await asyncio.to_thread(recalibrating.plan, runtime.current(), Period(since, until))


@task(cache_policy=NO_CACHE)
async def put_in_force(steps: list[Step]) -> list[Step]:
    """Add what was planned to the history. Not tried again: a changed threshold wants a new plan."""
    return await asyncio.to_thread(recalibrating.apply, runtime.current(), steps, WHO)


@flow(name="recalibrate", validate_parameters=False)
async def recalibrate(
    since: datetime | str | None = None, until: datetime | str | None = None, apply: bool = False
) -> list[str]:
    """Say of every threshold what the evidence between two moments proves; with ``apply`` act on it.

    Returns a line a threshold: its key and the action.
    """
    with runtime.opened():
        steps = await plan(_moment(since), _moment(until))
        if apply:
            await put_in_force(steps)
    lines = [f"{' '.join(step.key)}: {step.decision.action}" for step in steps]
    for line in lines:
        get_run_logger().info(line)
    return lines


def _moment(value: datetime | str | None) -> datetime | None:
    """A deployment's parameters come as JSON; a moment without a zone is the machine's own."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone() if moment is not None and moment.tzinfo is None else moment
