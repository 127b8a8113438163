"""Logging in with the organisation's own accounts: OpenID Connect, authorisation code flow with PKCE.

The provider says who somebody is; what they may do here stays with ``meterdrop users``. The ID token
comes straight from the token endpoint over TLS, which stands in for checking its signature (OpenID Connect
Core 1.0, 3.1.3.7, point 6); issuer, audience, expiry and nonce are checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from review_ui.staff import SINGLE_SIGN_ON, context_of, stamp_of
from services import users
from web.app import local_path
from web.pages import pages_of, visitor_of

log = logging.getLogger(__name__)

router = APIRouter()

#: Somebody has so long to log in at the provider.
PATIENCE = timedelta(minutes=10)
_MOST_WAITING = 5000
_LEEWAY = 60


class ProviderError(Exception):
    """The provider does not answer, or answers what must not be believed."""


@dataclass(frozen=True)
class OidcSettings:
    """``issuer``: the provider's address; ``name_claim``: which claim is the name in ``meterdrop users``."""

    issuer: str
    client_id: str
    client_secret: str
    name_claim: str = "preferred_username"


@dataclass(frozen=True)
class _Waiting:
    session: str
    nonce: str
    verifier: str
    to: str
    since: datetime


class Oidc:
    """One provider. ``transport``: for tests."""

    def __init__(self, settings: OidcSettings, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self._client = httpx.Client(timeout=15.0, transport=transport)
        self._discovered: dict[str, Any] | None = None
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._lock = Lock()

    def begin(self, session: str, back: str, to: str, now: datetime) -> str:
        """The provider's address to send the browser to; raises ``ProviderError``."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._lock:
            self._waiting[state] = _Waiting(session, nonce, verifier, to, now)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "scope": "openid profile",
            "client_id": self.settings.client_id,
            "redirect_uri": back,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def finish(self, session: str, back: str, state: str, code: str, *, now: datetime) -> tuple[str, str]:
        """(name, where to go on) of who has logged in; raises ``ProviderError``."""
        with self._lock:
            waiting = self._waiting.pop(state, None)
        if waiting is None or waiting.session != session or now - waiting.since > PATIENCE:
            raise ProviderError("this log-in was not begun here, or too long ago")
        claims = self._claims(code, back, waiting.verifier)
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        expires = claims.get("exp")
        if claims.get("iss") != self.settings.issuer or self.settings.client_id not in audiences:
            raise ProviderError("the token is from somebody else, or for somebody else")
        if claims.get("azp", self.settings.client_id) != self.settings.client_id:
            raise ProviderError("the token was made for another program")
        if not isinstance(expires, int | float) or expires + _LEEWAY < now.timestamp():
            raise ProviderError("the token has expired")
        if not secrets.compare_digest(str(claims.get("nonce")), waiting.nonce):
            raise ProviderError("the token belongs to another log-in")
        name = claims.get(self.settings.name_claim)
        if not isinstance(name, str) or not name:
            raise ProviderError(f"the token has no {self.settings.name_claim}")
        return name, waiting.to

    def _claims(self, code: str, back: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        answer = self._json(
            "POST",
            self._endpoint("token_endpoint"),
            data=form,
            auth=(self.settings.client_id, self.settings.client_secret),
        )
        parts = str(answer.get("id_token", "")).split(".")
        if len(parts) != 3:
            raise ProviderError("the provider gave no ID token")
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except ValueError as error:
            raise ProviderError("the ID token cannot be read") from error
        if not isinstance(claims, dict):
            raise ProviderError("the ID token cannot be read")
        return claims

    def _endpoint(self, name: str) -> str:
        if self._discovered is None:
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = self._json("GET", address)
            if found.get("issuer") != self.settings.issuer:
                raise ProviderError("the provider calls itself something else: see METERDROP_OIDC_ISSUER")
            self._discovered = found
        address = str(self._discovered.get(name, ""))
        if not address.startswith("https://"):
            raise ProviderError(f"the provider's {name} is not reached over TLS")
        return address

    def _json(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, address, headers={"Accept": "application/json"}, **more)
            answer.raise_for_status()
            value = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"the provider does not answer well ({type(error).__name__})") from error
        if not isinstance(value, dict):
            raise ProviderError("the provider does not answer well")
        return value


@router.get("/login/oidc")
def begin(request: Request, to: Annotated[str, Query(max_length=400)] = "/") -> Response:
    """To the provider."""
    oidc = _oidc(request)
    visitor = visitor_of(request)
    visitor.needs_cookie = True
    try:
        address = oidc.begin(visitor.session.key, _back(request), local_path(to), context_of(request).clock())
    except ProviderError as error:
        return _refused(request, error)
    return RedirectResponse(address, 303)


@router.get("/login/oidc/back")
def come_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """From the provider: logs in whom it names, if the staff has somebody of that name."""
    oidc, ctx, visitor = _oidc(request), context_of(request), visitor_of(request)
    try:
        name, to = oidc.finish(visitor.session.key, _back(request), state, code, now=ctx.clock())
    except ProviderError as error:
        return _refused(request, error)
    user = users.get_user(ctx, name)
    if user is None:
        return _refused(request, ProviderError("nobody of that name is on the staff here"))
    visitor.begin(user.name, stamp_of(user) + SINGLE_SIGN_ON)
    return RedirectResponse(to, 303)


def _oidc(request: Request) -> Oidc:
    oidc: Oidc | None = request.app.state.oidc
    if oidc is None:
        raise HTTPException(404)
    return oidc


def _back(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/login/oidc/back"


def _refused(request: Request, error: ProviderError) -> Response:
    log.warning("single sign-on: %s", error)
    return pages_of(request).page(
        request, "login.html", 401, to="/", name="", problem="provider", wait=0, oidc=True
    )
