"""What the API answers, as OpenAPI describes it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from domain.notices import customer_text
from domain.reasons import Reason
from services.portal import spelled
from services.standing import Answered
from services.telling import language_of


class ReasonAnswer(BaseModel):
    """Why a reading was not accepted."""

    code: Reason
    text: str = Field(description="One sentence for the customer.")


class ReadingAnswer(BaseModel):
    """How a reading stands.

    `received`: it is on its way to billing, or a person looks at it. `accepted`: billing has acknowledged it.
    """

    reference: str
    outcome: Literal["received", "accepted", "not_accepted", "not_understood", "duplicate"]
    reasons: list[ReasonAnswer] = []
    text: str = Field(description="The same in words for the customer.")
    account: str = ""
    readings: list[str] = []
    repeated: bool = Field(False, description="The call was known: nothing was done again.")


class Failure(BaseModel):
    """What went wrong."""

    error: str
    message: str


def answer_of(answered: Answered, language: str) -> ReadingAnswer:
    """The answer in the caller's language."""
    code = language_of(language)
    return ReadingAnswer(
        reference=spelled(answered.reference),
        outcome=answered.outcome,
        reasons=[ReasonAnswer(code=each, text=customer_text(each, code)) for each in answered.reasons],
        text=answered.text,
        account=answered.account,
        readings=list(answered.readings),
        repeated=answered.again,
    )
