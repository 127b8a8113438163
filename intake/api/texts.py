"""Text messages as aggregators hand them over: one a call, as form, JSON or query, under a secret path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from intake.api.access import context_of, holder_of, today
from intake.api.answers import answer_of
from intake.api.readings import FAILURES
from services.context import Context
from services.incoming import Incoming, name_for
from services.messages import receive_message
from storage.records.api_keys import ApiKeyRow

router = APIRouter(tags=["text messages"])

#: Ours → what aggregators call it.
NAMES = {
    "text": ("text", "message", "mes", "body", "content", "msg"),
    "sender": ("from", "sender", "phone", "msisdn", "source", "src", "from_number"),
    "id": ("id", "message_id", "messageid", "smsid", "sms_id", "uid", "mid"),
}


@router.get("/sms/{key}", responses=FAILURES, summary="A text message came in", operation_id="text_by_query")
@router.post("/sms/{key}", responses=FAILURES, summary="A text message came in", operation_id="text_by_body")
async def text_message(
    request: Request,
    key: Annotated[
        str, Path(max_length=200, description="The key of a channel `sms`, as part of the address.")
    ],
    reply: Annotated[
        Literal["gateway", "text", "json"],
        Query(
            description="`text`: the answer is what the aggregator sends back; else it goes by the gateway."
        ),
    ] = "gateway",
) -> Response:
    """Takes the message under the names that aggregators use for text, sender and id.

    The same message again is answered the same and handled once.
    """
    values = await _values(request)
    found = {ours: _first(values, names) for ours, names in NAMES.items()}
    text, sender = found["text"], found["sender"]
    if text is None or not sender:
        raise HTTPException(422, "the message needs a text and a sender, such as text=…&from=…")
    return await run_in_threadpool(_receive, request, key, reply, (text, sender, found["id"] or ""))


def _receive(request: Request, key: str, reply: str, said: tuple[str, str, str]) -> Response:
    holder = holder_of(request, key)
    if holder.channel.partition("/")[0] != "sms":
        raise HTTPException(403, f"this key is for channel {holder.channel!r}, not for text messages")
    ctx = context_of(request)
    answered = receive_message(ctx, _incoming(ctx, holder, said, here=reply != "gateway"))
    if reply == "text":
        return PlainTextResponse(answered.text)
    return JSONResponse(answer_of(answered, "ru").model_dump(mode="json"))


def _incoming(ctx: Context, holder: ApiKeyRow, said: tuple[str, str, str], *, here: bool) -> Incoming:
    text, sender, name = said
    day = today(ctx)
    return Incoming(
        supplier=holder.supplier,
        channel=holder.channel,
        source=holder.name,
        # Without a name of its own: the same words of the same sender on the same day are one message.
        external_id=name or name_for(sender, text, day.isoformat()),
        sender=sender,
        text=text,
        day=day,
        answered_here=here,
    )


async def _values(request: Request) -> Mapping[str, str]:
    """The call's fields, by their names in lower case."""
    values: dict[str, str] = {name: value for name, value in request.query_params.items() if name != "reply"}
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise HTTPException(422, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise HTTPException(422, "the body is no JSON object")
        values |= {str(name): str(value) for name, value in body.items() if isinstance(value, (str, int))}
    elif request.method == "POST":
        form = await request.form()
        values |= {name: value for name, value in form.items() if isinstance(value, str)}
    return {name.lower(): value for name, value in values.items()}


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((values[name] for name in names if name in values), None)
