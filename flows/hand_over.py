"""The flow that keeps the outboxes moving: readings to every billing system, notices to customers."""

from __future__ import annotations

import asyncio

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from delivery.pump import deliver, open_target
from delivery.sender import send_all, transports
from flows import runtime


@task(cache_policy=NO_CACHE)
async def to_billing(supplier: str) -> str:
    """One round for a supplier's billing system; what fails is tried by the next run: the outbox knows."""
    return await asyncio.to_thread(_to_billing, supplier)


def _to_billing(supplier: str) -> str:
    ctx = runtime.current()
    billing = runtime.connections(ctx).billing[supplier]
    target = open_target(billing)
    try:
        done = deliver(ctx, supplier, target, billing.wait_minutes)
    finally:
        target.close()
    return (
        f"{supplier}: {done.acknowledged} acknowledged, {done.refused} refused, {done.failed} runs not taken"
    )


@task(cache_policy=NO_CACHE)
async def to_customers() -> str:
    """One round of notices."""
    return await asyncio.to_thread(_to_customers)


def _to_customers() -> str:
    ctx = runtime.current()
    done = send_all(ctx, transports(runtime.connections(ctx)))
    return f"notices: {done.sent} sent, {done.later} later, {done.doubtful} in doubt, {done.failed} failed"


@flow(name="hand-over", validate_parameters=False)
async def hand_over() -> list[str]:
    """Hand over what was accepted since and send the notices that are due; a line a system."""
    with runtime.opened() as ctx:
        suppliers = sorted(runtime.connections(ctx).billing)
        lines = [await to_billing(supplier) for supplier in suppliers]
        lines.append(await to_customers())
    for line in lines:
        get_run_logger().info(line)
    return lines
