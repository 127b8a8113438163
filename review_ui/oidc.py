"""Logging in with the organisation's own accounts: OpenID Connect, authorisation code flow with PKCE.

The provider says who somebody is; what they may do here stays with ``meterdrop users``. The ID token
comes straight from the token endpoint over TLS, which stands in for checking its signature (OpenID Connect
Core 1.0, 3.1.3.7, point 6); issuer, audience, expiry and nonce are checked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, HTTPException, Query, Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import RedirectResponse, Response

from review_ui.staff import SINGLE_SIGN_ON, context_of, stamp_of
from services import users
from web.app import local_path
from web.pages import pages_of, visitor_of

log = logging.getLogger(__name__)

router = APIRouter()

#: Somebody has so long to log in at the provider.
PATIENCE = timedelta(minutes=10)
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


class Oidc:
    """One provider. ``transport``: for tests.

    A log-in that was begun is remembered nowhere: its state, signed, goes to the provider and back, and what
    must stay secret is derived from it, the session and the client's secret. So any process may finish what
    another began; the provider takes a code but once.
    """

    def __init__(self, settings: OidcSettings, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self._client = httpx.Client(timeout=15.0, transport=transport)
        self._discovered: dict[str, Any] | None = None
        self._signer = URLSafeSerializer(settings.client_secret, salt="meterdrop-oidc")

    def begin(self, session: str, back: str, to: str, now: datetime) -> str:
        """The provider's address to send the browser to; raises ``ProviderError``."""
        token = secrets.token_urlsafe(24)
        nonce, verifier = self._derived("nonce", token, session), self._derived("verifier", token, session)
        owner = self._derived("session", token, session)
        state = self._signer.dumps([token, owner, to, int(now.timestamp())])
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
        try:
            token, owner, to, since = self._signer.loads(state)
            late = now.timestamp() - since > PATIENCE.total_seconds()
            mine = secrets.compare_digest(str(owner), self._derived("session", token, session))
        except (BadSignature, ValueError, TypeError):
            late, mine = True, False
        if late or not mine:
            raise ProviderError("this log-in was not begun here, or too long ago")
        claims = self._claims(code, back, self._derived("verifier", token, session))
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        expires = claims.get("exp")
        if claims.get("iss") != self.settings.issuer or self.settings.client_id not in audiences:
            raise ProviderError("the token is from somebody else, or for somebody else")
        if claims.get("azp", self.settings.client_id) != self.settings.client_id:
            raise ProviderError("the token was made for another program")
        if not isinstance(expires, int | float) or expires + _LEEWAY < now.timestamp():
            raise ProviderError("the token has expired")
        if not secrets.compare_digest(str(claims.get("nonce")), self._derived("nonce", token, session)):
            raise ProviderError("the token belongs to another log-in")
        name = claims.get(self.settings.name_claim)
        if not isinstance(name, str) or not name:
            raise ProviderError(f"the token has no {self.settings.name_claim}")
        return name, str(to)

    def _derived(self, what: str, token: str, session: str) -> str:
        """43 characters that only this program can make of a log-in's token and the visitor's session."""
        key = self.settings.client_secret.encode()
        made = hmac.new(key, f"{what} {token} {session}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()

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
    state: Annotated[str, Query(max_length=4000)] = "",
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
