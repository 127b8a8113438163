"""What one visitor may ask within a time, whatever the visitor's cookies say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fastapi import HTTPException, Request

from intake.settings import PublicSettings
from web.clock import Clock
from web.limits import Limiter
from web.pages import visitor_of


@dataclass(frozen=True)
class PublicLimits:
    """Limits by network address."""

    photos: Limiter
    wrong_accounts: Limiter
    lookups: Limiter

    @classmethod
    def of(cls, settings: PublicSettings, clock: Clock) -> Self:
        """Fresh limits."""
        return cls(
            photos=Limiter(settings.photos, settings.photos_window, clock),
            wrong_accounts=Limiter(settings.wrong_accounts, settings.photos_window, clock),
            lookups=Limiter(settings.lookups, settings.lookups_window, clock),
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
