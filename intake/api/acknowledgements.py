"""Billing's answers, where it calls back instead of answering at once."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from intake.api.access import Billing, context_of
from intake.api.readings import FAILURES
from services.outbox import Answer, record

router = APIRouter(tags=["billing"])


class RowResult(BaseModel):
    """Billing's answer to a row; `code` and `text`: why it was refused."""

    key: str = Field(max_length=64)
    status: Literal["accepted", "refused"]
    receipt: str = Field("", max_length=200)
    code: str = Field("", max_length=64)
    text: str = Field("", max_length=1000)


class Acknowledgements(BaseModel):
    """Answers to rows that were handed over."""

    results: list[RowResult] = Field(min_length=1, max_length=10_000)


class AcknowledgedAnswer(BaseModel):
    """How many first answers were recorded, how many rows had been answered before, and keys nobody sent."""

    acknowledged: int
    refused: int
    repeated: int
    unknown: list[str]


@router.post("/acknowledgements", responses=FAILURES, summary="Billing answers for readings")
def acknowledge(request: Request, answers: Acknowledgements, key: Billing) -> AcknowledgedAnswer:
    """The first answer to a row counts; the same call again changes nothing."""
    done = record(
        context_of(request),
        [
            Answer(each.key, each.status == "accepted", each.receipt, each.code, each.text)
            for each in answers.results
        ],
        request.app.state.billing_reasons.get(key.supplier, {}),
        key.supplier,
    )
    return AcknowledgedAnswer(
        acknowledged=done.acknowledged,
        refused=done.refused,
        repeated=done.again,
        unknown=list(done.unknown),
    )
