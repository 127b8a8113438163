"""Hand readings to billing by HTTP: one signed POST a run, answered row by row.

The body is ``{"key": …, "rows": [{…}]}`` with the fields of ``delivery.rows``. Headers: ``Idempotency-Key``
(the same for the same rows), ``X-Meterdrop-Timestamp`` (seconds since 1970) and ``X-Meterdrop-Signature``:
``v1=`` and the hexadecimal HMAC-SHA256, under the shared secret, of timestamp, ".", key, "." and the body.

Billing answers 200 with ``{"results": [{"key", "status": "accepted" | "refused", "receipt", "code",
"text"}]}``, or 202 when it will call back. Anything else, or nothing, is asked again later with the same
key, and so is a call whose call-back does not come.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from delivery.connections import HttpBilling
from delivery.rows import fields_of
from delivery.targets import Handed, NotHandedOverError, TooMuchError
from services.context import Context
from services.outbox import Answer, Call

#: Largest answer that is read.
MOST_ANSWER = 8 << 20
_TOO_MUCH = frozenset({400, 413, 422})
_ANSWERS = {"accepted": True, "refused": False}


def signature(secret: str, timestamp: str, key: str, body: bytes) -> str:
    """What the header ``X-Meterdrop-Signature`` says after ``v1=``."""
    signed = timestamp.encode() + b"." + key.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class HttpTarget:
    """Calls of billing's own HTTP interface."""

    kind = "http"

    def __init__(self, to: HttpBilling, transport: httpx.BaseTransport | None = None) -> None:
        self.to = to
        self.place = to.url
        self.rows = to.rows
        self.reasons = to.reasons
        self.patience: timedelta | None = timedelta(minutes=to.ask_again_minutes)
        self._client = httpx.Client(
            timeout=to.timeout, follow_redirects=False, transport=transport, trust_env=False
        )

    def hand_over(self, ctx: Context, call: Call) -> Handed:
        """One POST; raises ``NotHandedOverError`` or ``TooMuchError``."""
        body = json.dumps(
            {"key": call.key, "rows": [fields_of(row) for row in call.rows]}, ensure_ascii=False
        ).encode()
        timestamp = str(int(ctx.clock().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/json",
            "Idempotency-Key": call.key,
            "X-Meterdrop-Timestamp": timestamp,
            "X-Meterdrop-Signature": f"v1={signature(self.to.secret, timestamp, call.key, body)}",
        }
        try:
            with self._client.stream("POST", self.to.url, content=body, headers=headers) as response:
                status = response.status_code
                content = _read(response)
        except httpx.HTTPError as error:
            raise NotHandedOverError(f"{type(error).__name__}: {error}") from error
        if status in _TOO_MUCH and len(call.rows) > 1:
            raise TooMuchError(f"billing answered {status}")
        if status == 422:
            words = content.decode("utf-8", "replace").strip() or "billing answered 422"
            return Handed((Answer(call.rows[0].key, accepted=False, code="422", words=words[:1000]),))
        if status == 202:
            return Handed()
        if status != 200:
            raise NotHandedOverError(f"billing answered {status}")
        answers = tuple(answers_in(content, [row.key for row in call.rows]))
        if not answers:
            raise NotHandedOverError("billing's answer names no row of the call")
        return Handed(answers, complete=len({a.key for a in answers}) == len(call.rows))

    def answers(self, ctx: Context, waiting: Sequence[str]) -> list[Answer]:
        """Nothing to fetch: billing calls back."""
        return []

    def taken(self) -> None:
        """Nothing to tidy."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def answers_in(content: bytes, asked: Sequence[str]) -> list[Answer]:
    """Billing's answers to the rows ``asked``; raises ``NotHandedOverError`` for what is no such answer."""
    try:
        results = json.loads(content)["results"]
        found = [_answer(each) for each in results]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotHandedOverError(f"billing's answer is not understood: {error}") from error
    known = set(asked)
    return [answer for answer in found if answer.key in known]


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(
        key=str(said["key"]),
        accepted=_ANSWERS[said["status"]],
        receipt=str(said.get("receipt") or ""),
        code=str(said.get("code") or ""),
        words=str(said.get("text") or ""),
    )


def _read(response: httpx.Response) -> bytes:
    content = b""
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MOST_ANSWER:
            raise NotHandedOverError("billing's answer is too large")
    return content
