"""One reading a call: for robots, terminals, portals and apps."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from domain.notices import customer_text
from domain.reasons import Reason
from intake.api.access import Channel, context_of, today
from intake.api.answers import Failure, ReadingAnswer, ReasonAnswer, answer_of
from services.incoming import Incoming, Spoken
from services.messages import receive_message
from services.standing import status_of

router = APIRouter(tags=["readings"])

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        description="The caller's own name for the call; a repeated call has the same.",
    ),
]
Language = Annotated[str, Header(alias="Accept-Language")]
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure} for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}


class ReadingEntry(BaseModel):
    """One meter and tariff; several without tariffs stand in the order of the account's meters or tariffs."""

    reading: str = Field(
        pattern=r"^[0-9]{1,9}([.,][0-9]{0,4})?$",
        description="The digits before the mark, zeros kept; decimals are left out.",
        examples=["0563"],
    )
    tariff: Literal["", "T1", "T2", "T3"] = ""


class ReadingOrder(BaseModel):
    """Readings of one account."""

    account: str = Field(min_length=1, max_length=20, pattern=r"^[0-9 ]+$", examples=["121000000000"])
    readings: list[ReadingEntry] = Field(min_length=1, max_length=9)
    meter_serial: str = Field("", max_length=40, description="Where the account has several meters.")
    name: str = Field("", max_length=200, description="The surname or organisation that was given.")
    contact: str = Field(
        "", max_length=200, description="Telephone or mail address for the notice that billing accepted it."
    )
    day: date | None = Field(None, description="The day it was given; default today, never later.")


@router.post("/readings", responses=FAILURES, summary="Hand in readings of one account")
def hand_in(
    request: Request,
    order: ReadingOrder,
    key: Channel,
    idempotency_key: IdempotencyKey,
    language: Language = "ru",
) -> ReadingAnswer:
    """Judged at once by the same rules as every other channel."""
    ctx = context_of(request)
    now = today(ctx)
    if order.day is not None and order.day > now:
        raise HTTPException(422, "day: it is later than today")
    incoming = Incoming(
        supplier=key.supplier,
        channel=key.channel,
        source=key.name,
        external_id=idempotency_key,
        sender=order.contact,
        text="",
        day=order.day or now,
        language=_language(language),
        spoken=Spoken(
            order.account.replace(" ", ""),
            tuple((re.split("[.,]", each.reading)[0], each.tariff) for each in order.readings),
            order.meter_serial,
            order.name,
        ),
        answered_here=True,
    )
    return answer_of(receive_message(ctx, incoming), incoming.language)


@router.get("/readings/{reference}", responses=FAILURES, summary="How a reading stands")
def standing(
    request: Request,
    reference: Annotated[str, Path(max_length=40)],
    key: Channel,
    language: Language = "ru",
) -> ReadingAnswer:
    """What the customer may be told now; only readings of the key's own supplier are known."""
    found = status_of(context_of(request), reference, key.supplier)
    if found is None:
        raise HTTPException(404, "there is no such reference")
    return answer_of(found, _language(language))


@router.get("/reasons", summary="Every reason, in words")
def reasons(language: Language = "ru") -> list[ReasonAnswer]:
    """Codes never change their meaning; new ones may come."""
    code: Literal["ru", "en"] = "en" if _language(language) == "en" else "ru"
    return [ReasonAnswer(code=each, text=customer_text(each, code)) for each in Reason]


def _language(header: str) -> str:
    return "en" if header.strip().lower().startswith("en") else "ru"
