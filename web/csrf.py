"""Every request that changes something proves that it comes from one of our own pages."""

from __future__ import annotations

from fastapi import HTTPException, Request

from web.pages import visitor_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"
FIELD = "csrf_token"


async def check_csrf(request: Request) -> None:
    """A dependency of the whole app: no route can forget it. Refuses with 403."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, detail="csrf")
    token = request.headers.get(HEADER, "")
    if not token and request.headers.get("Content-Type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        form = await request.form()
        field = form.get(FIELD, "")
        token = field if isinstance(field, str) else ""
    visitor = visitor_of(request)
    if not visitor.known or not visitor.sessions.csrf_matches(visitor.session, token):
        raise HTTPException(403, detail="csrf")
