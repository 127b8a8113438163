"""What customers are told: every reason has its sentence, in both languages."""

from __future__ import annotations

import pytest

from domain.notices import NoticeKind, Told, customer_text, text_of
from domain.reasons import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_sentence(reason: Reason) -> None:
    for language in ("ru", "en"):
        sentence = customer_text(reason, language)  # type: ignore[arg-type]
        assert sentence.endswith((".", "?"))
        assert "_" not in sentence, "no code"
        body = text_of(NoticeKind.NOT_ACCEPTED, language, reasons=[reason]).body  # type: ignore[arg-type]
        assert sentence in body
    assert customer_text(reason, "en").isascii()
    assert any("а" <= letter <= "я" for letter in customer_text(reason))


#: What customers have no use for, and must not be told of the house's ways.
_OURS = ("порог", "шаблон", "модел", "threshold", "template", "reviewer")


@pytest.mark.parametrize("reason", list(Reason))
def test_nobody_is_told_of_thresholds(reason: Reason) -> None:
    said = (customer_text(reason, "ru") + customer_text(reason, "en")).lower()
    assert not [word for word in _OURS if word in said]


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_notice_reads_well_whatever_is_known(kind: NoticeKind, language: str) -> None:
    full = text_of(
        kind,
        language,  # type: ignore[arg-type]
        account="121000000000",
        told=[Told("0563", "T1"), Told("0412", "T2")],
        reasons=[Reason.ACCOUNT_UNKNOWN, Reason.ACCOUNT_UNKNOWN],
        month="2026-11",
        reference="ABC",
        hint="121000000000*0563",
    )
    bare = text_of(kind, language)  # type: ignore[arg-type]
    for text in (full.subject, full.body, bare.subject, bare.body):
        assert text
        assert "  " not in text
        assert "{" not in text
        assert not text.endswith((":", ","))
    assert full.body.count(customer_text(Reason.ACCOUNT_UNKNOWN, language)) <= 1  # type: ignore[arg-type]


def test_the_words_of_acceptance() -> None:
    told = [Told("0563")]
    accepted = text_of(NoticeKind.ACCEPTED, "ru", account="121000000000", told=told, month="2026-11")
    assert accepted.body == "Показание 0563 по счёту 121000000000 принято к расчёту за 11.2026."
    assert len(accepted.body) <= 134, "two text messages"
    received = text_of(NoticeKind.RECEIVED, "en", account="1", told=[Told("5", "T1"), Told("7", "T2")])
    assert received.body == "Reading T1 5, T2 7 for account 1 received. We will tell you when it is accepted."
