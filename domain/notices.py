"""What a customer is told: received, accepted, not accepted with the reason, not understood.

Pure texts, Russian first, English second. Each fits two text messages of 67 letters where it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.reason_texts import Language, reason_text
from domain.reasons import Reason


class NoticeKind(StrEnum):
    """What a notice says."""

    #: it came in and is being checked, or is on its way to billing
    RECEIVED = "received"
    #: billing has acknowledged it
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    #: no account and reading could be told from the message
    NOT_UNDERSTOOD = "not_understood"
    #: the same reading was there already
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Told:
    """A reading as its customer knows it: digits before the mark, and the tariff ("" for the only one)."""

    reading: str
    tariff: str = ""


@dataclass(frozen=True)
class NoticeText:
    """A notice in words; ``subject`` is for mails."""

    subject: str
    body: str


#: What is said of a reason that staff read in other words, or that only concerns them.
_CHECKED = ("Показание проверит сотрудник.", "A member of staff will check the reading.")
_PHOTO = (
    "Пришлите новый снимок: счётчик целиком, резко и при свете.",
    "Send another photo: the whole meter, sharp and well lit.",
)
_CUSTOMER_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NO_THRESHOLD: _CHECKED,
    Reason.BELOW_THRESHOLD: _CHECKED,
    Reason.ACCOUNT_NEIGHBOUR: _CHECKED,
    Reason.DECODER_CRASHED: ("Файл не удалось прочитать.", "The file could not be read."),
    Reason.TIMED_OUT: ("Файл не удалось прочитать.", "The file could not be read."),
    Reason.CORRUPT_FILE: (
        "Файл повреждён: пришлите его ещё раз.",
        "The file is damaged: send it again.",
    ),
    Reason.TOO_LARGE: ("Изображение слишком велико.", "The picture is too large."),
    Reason.TOO_SMALL: ("Изображение слишком мало. " + _PHOTO[0], "The picture is too small. " + _PHOTO[1]),
    Reason.BLURRED: ("Изображение размыто. " + _PHOTO[0], "The picture is blurred. " + _PHOTO[1]),
    Reason.TOO_DARK: ("Изображение слишком тёмное. " + _PHOTO[0], "The picture is too dark. " + _PHOTO[1]),
    Reason.NO_DISPLAY_FOUND: (
        "Табло счётчика не найдено. " + _PHOTO[0],
        "No meter display was found. " + _PHOTO[1],
    ),
    Reason.TEMPLATE_NOT_FOUND: (
        "На изображении нет ни бланка, ни табло счётчика.",
        "The picture shows neither a slip nor a meter.",
    ),
    Reason.ACCOUNT_UNKNOWN: (
        "Такого лицевого счёта нет: проверьте номер по квитанции.",
        "There is no such account: check the number on your receipt.",
    ),
    Reason.LOWER_THAN_LAST: (
        "Показание меньше предыдущего: проверьте цифры на счётчике.",
        "The reading is lower than the last one: check the digits on the meter.",
    ),
    Reason.IMPLAUSIBLY_HIGH: (
        "Показание неправдоподобно велико: пишите только цифры до запятой.",
        "The reading is implausibly high: write only the digits before the comma.",
    ),
    Reason.READING_TOO_LONG: (
        "В показании больше цифр, чем на счётчике: пишите только цифры до запятой.",
        "The reading has more digits than the meter: write only those before the comma.",
    ),
    Reason.REJECTED_BY_PERSON: (
        "Показание не принято сотрудником: передайте его ещё раз.",
        "The reading was not accepted by our staff: send it again.",
    ),
    Reason.RESCAN: (
        "Изображение не читается: пришлите его ещё раз.",
        "The picture cannot be read: send it again.",
    ),
    Reason.NOT_A_SLIP: (
        "На изображении нет показаний.",
        "The picture shows no reading.",
    ),
    Reason.NOT_FOUND: ("Файл не найден.", "There is no file."),
}


def customer_text(reason: Reason, language: Language = "ru") -> str:
    """One sentence for the customer about a reason."""
    russian, english = _CUSTOMER_TEXTS.get(reason, (reason_text(reason, "ru"), reason_text(reason, "en")))
    return russian if language == "ru" else english


def text_of(
    kind: NoticeKind,
    language: Language,
    *,
    account: str = "",
    told: Sequence[Told] = (),
    reasons: Sequence[Reason] = (),
    month: str = "",
    reference: str = "",
    hint: str = "",
    report_to: str = "",
) -> NoticeText:
    """The notice. ``month``: billing period YYYY-MM; ``hint``: how a message to this supplier is written;
    ``report_to``: who takes the readings of an account that is not ours.
    """
    values = _values(told)
    russian = language == "ru"
    whose = "" if not account else (f" по счёту {account}" if russian else f" for account {account}")
    why = " ".join(dict.fromkeys(customer_text(reason, language) for reason in reasons))
    words = _RUSSIAN if russian else _ENGLISH
    subject, body = words[kind]
    body = body.format(values=values, whose=whose, why=why, month=_month(month, russian=russian), hint=hint)
    if report_to and kind is NoticeKind.NOT_ACCEPTED:
        body += f" Передавайте показания сюда: {report_to}." if russian else f" Report to: {report_to}."
    if reference and kind in {NoticeKind.RECEIVED, NoticeKind.NOT_ACCEPTED}:
        body += f" Номер обращения {reference}." if russian else f" Reference {reference}."
    return NoticeText(subject.format(whose=whose), " ".join(body.split()))


_RUSSIAN: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.RECEIVED: (
        "Показание получено{whose}",
        "Показание{values}{whose} получено. О приёме сообщим отдельно.",
    ),
    NoticeKind.ACCEPTED: ("Показание принято{whose}", "Показание{values}{whose} принято к расчёту{month}."),
    NoticeKind.NOT_ACCEPTED: ("Показание не принято{whose}", "Показание{values}{whose} не принято. {why}"),
    NoticeKind.NOT_UNDERSTOOD: (
        "Показание не принято",
        "Показание не принято: сообщение не понято. {why} {hint}",
    ),
    NoticeKind.DUPLICATE: ("Показание уже получено{whose}", "Показание{values}{whose} уже получено раньше."),
}
_ENGLISH: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.RECEIVED: (
        "Reading received{whose}",
        "Reading{values}{whose} received. We will tell you when it is accepted.",
    ),
    NoticeKind.ACCEPTED: ("Reading accepted{whose}", "Reading{values}{whose} accepted{month}."),
    NoticeKind.NOT_ACCEPTED: ("Reading not accepted{whose}", "Reading{values}{whose} not accepted. {why}"),
    NoticeKind.NOT_UNDERSTOOD: (
        "Reading not accepted",
        "Reading not accepted: the message was not understood. {why} {hint}",
    ),
    NoticeKind.DUPLICATE: ("Reading already received{whose}", "Reading{values}{whose} was received before."),
}


def _values(told: Sequence[Told]) -> str:
    each = [f"{t.tariff} {t.reading}" if t.tariff and len(told) > 1 else t.reading for t in told]
    return f" {', '.join(each)}" if each else ""


def _month(month: str, *, russian: bool) -> str:
    if not month:
        return ""
    year, number = month.split("-")
    return f" за {number}.{year}" if russian else f" for {number}/{year}"
