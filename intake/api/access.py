"""Who calls: the holder of a key, in the header, or in the path where a gateway can set no header."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from services import api_keys
from services.context import Context
from storage.records.api_keys import ApiKeyRow
from web.limits import Limiter

#: The channel of keys that billing calls back with.
BILLING = "billing"

_bearer = HTTPBearer(auto_error=False, description="A key made by `meterdrop keys add`.")


def context_of(request: Request) -> Context:
    """The open services."""
    ctx: Context = request.app.state.context
    return ctx


def today(ctx: Context) -> date:
    """The day by this machine's own time zone, which is the supplier's."""
    return ctx.clock().astimezone().date()


def holder_of(request: Request, key: str) -> ApiKeyRow:
    """The holder of ``key``; 401 for one that is not in force, 429 for somebody who tries many."""
    limiter: Limiter = request.app.state.wrong_keys
    address = request.client.host if request.client is not None else ""
    wait = limiter.wait(address)
    if wait:
        raise HTTPException(429, "too many wrong keys", {"Retry-After": str(wait)})
    found = api_keys.holder(context_of(request), key)
    if found is None:
        limiter.hit(address)
        raise HTTPException(401, "the key is missing or not in force", {"WWW-Authenticate": "Bearer"})
    return found


def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> ApiKeyRow:
    """The holder of the key in the header ``Authorization: Bearer``."""
    return holder_of(request, credentials.credentials if credentials is not None else "")


def channel_caller(key: Annotated[ApiKeyRow, Depends(caller)]) -> ApiKeyRow:
    """A caller who brings readings."""
    if key.channel == BILLING:
        raise HTTPException(403, "this key is for billing's answers alone")
    return key


def billing_caller(key: Annotated[ApiKeyRow, Depends(caller)]) -> ApiKeyRow:
    """A caller who answers for billing."""
    if key.channel != BILLING:
        raise HTTPException(403, f"this key is for channel {key.channel!r}; billing needs one of its own")
    return key


Channel = Annotated[ApiKeyRow, Depends(channel_caller)]
Billing = Annotated[ApiKeyRow, Depends(billing_caller)]
