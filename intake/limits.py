"""What one visitor may ask within a time, whatever the visitor's cookies say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from fastapi import HTTPException, Request

from intake.settings import PublicSettings
from services.context import Context
from services.visits import SharedHits
from web.limits import Limiter
from web.pages import visitor_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class PublicLimits:
    """Limits by network address; ``one_account`` by address and account."""

    photos: Limiter
    one_account: Limiter
    wrong_accounts: Limiter
    lookups: Limiter

    @classmethod
    def of(cls, settings: PublicSettings, ctx: Context) -> Self:
        """The limits of all processes that share these records."""

        def limiter(kind: str, most: int, window: timedelta) -> Limiter:
            return Limiter(most, window, ctx.clock, SharedHits(ctx, kind))

        return cls(
            photos=limiter("photo", settings.photos, settings.photos_window),
            one_account=limiter("photo account", settings.photos_account_address, DAY),
            wrong_accounts=limiter("wrong account", settings.wrong_accounts, settings.photos_window),
            lookups=limiter("lookup", settings.lookups, settings.lookups_window),
        )


def limits_of(request: Request) -> PublicLimits:
    """The app's limits."""
    limits: PublicLimits = request.app.state.public_limits
    return limits


def check(limiter: Limiter, request: Request) -> None:
    """Raise 429 when this address has to wait; does not count."""
    wait = limiter.wait(visitor_of(request).address)
    if wait:
        raise HTTPException(429, headers={"Retry-After": str(wait)})


def take(limiter: Limiter, request: Request) -> None:
    """Count one, or raise 429 when this address has to wait."""
    wait = limiter.take(visitor_of(request).address)
    if wait:
        raise HTTPException(429, headers={"Retry-After": str(wait)})
