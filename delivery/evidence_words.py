"""The page of evidence in words: sections of lines, the same for HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.reason_texts import reason_text
from domain.reasons import Reason
from domain.sheet import SheetState
from services.evidence import Evidence

_STATES = {
    SheetState.PENDING: "получен",
    SheetState.ACCEPTED: "принят",
    SheetState.REVIEW: "на проверке",
    SheetState.REJECTED: "отклонён",
    SheetState.BLANK: "пустой",
    SheetState.DUPLICATE: "повтор",
    SheetState.UNREADABLE: "не читается",
    SheetState.DELIVERED: "передан в расчёт",
}
_ACTORS = {"machine": "программа", "billing": "расчётная система", "export": "выгрузка"}
_WHAT = {
    "sheet.state": "Состояние",
    "delivery.acknowledged": "Расчётная система подтвердила",
    "delivery.refused": "Расчётная система отказала",
    "delivery.contradicted": "Расчётная система ответила иначе, чем прежде",
    "notice.again": "Уведомление отправлено ещё раз",
    "blind.drawn": "Выбран для слепой проверки",
}
_KINDS = {"reading": "Показание", "reversal": "Сторно", "export": "Файл выгрузки"}
_ANSWERS = {
    "queued": "в очереди",
    "sent": "передано, ответа ещё нет",
    "acknowledged": "подтверждено",
    "refused": "отказано",
    "cancelled": "не передавалось",
    "finished": "передано",
}


@dataclass(frozen=True)
class Section:
    """A heading and its lines: (label, text)."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """The page: ``title``, sections, and what proves it."""

    title: str
    sections: tuple[Section, ...]
    proof: str


def page_of(evidence: Evidence) -> Page:
    """The page about a reading."""
    facts = evidence.facts
    reading = facts["reading"]
    return Page(
        f"Показание {reading['reading']} по счёту {reading['account']}",
        (
            Section("Показание", _reading(reading)),
            Section("Как получено", _collected(facts["collection"], facts["original"])),
            Section("Что прочитала программа", _machine(facts["machine"])),
            Section("Что ввёл сотрудник", tuple((k, str(v)) for k, v in facts["entered"].items() if v)),
            Section("По каким правилам", _rules(facts["rules"])),
            Section("Кто и когда что решил", tuple(_step(step) for step in facts["history"])),
            Section("Расчётная система", tuple(_billed(row) for row in facts["billing"])),
            Section("Что сообщили потребителю", tuple(_told(row) for row in facts["notices"])),
        ),
        f"SHA-256 оригинала {facts['original']['sha256']}; SHA-256 сведений этой страницы {evidence.sha256}",
    )


def _reading(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    lines = [
        ("Номер", str(row["id"])),
        ("Лицевой счёт", row["account"]),
        ("Счётчик", row["meter_serial"]),
        ("Тариф", row["tariff"]),
        ("Показание", row["reading"]),
        ("Дата показания", day(row["reading_date"])),
        ("Расчётный месяц", row["period"]),
        ("Принято", f"{moment(row['accepted_at'])}, {actor(row['accepted_by'])}"),
        ("Отметки", " ".join(_reason(code) for code in row["flags"].split(",") if code)),
        (
            "Отозвано",
            f"{moment(row['withdrawn_at'])} ({row['withdrawn_why']})" if row["withdrawn_at"] else "",
        ),
    ]
    return _filled(lines)


def _collected(row: Mapping[str, Any], original: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    destroyed = original["destroyed_at"]
    lines = [
        ("Канал", f"{row['channel']} {row['station']}".strip()),
        ("День выемки или обращения", day(row["collected"])),
        ("Поступило", f"{moment(row['received_at'])}, пакет {row['batch']}"),
        (
            "Файл",
            f"{original['name']}, {original['bytes']} байт, "
            f"лист {original['page']}, бланк {original['slip']}",
        ),
        ("SHA-256 оригинала", original["sha256"]),
        ("Оригинал уничтожен", moment(destroyed) if destroyed else ""),
    ]
    return _filled(lines)


def _machine(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    fields = [
        (
            each["label"],
            f"{'есть' if each['value'] == 'yes' else each['value']}"
            + (f" (по чернилам {each['raw']})" if each["raw"] and each["raw"] != each["value"] else "")
            + f", уверенность {each['confidence']:.4f}",
        )
        for each in row["fields"]
    ]
    return _filled([("Форма", row["template"]), ("Модель", row["model"]), *fields])


def _rules(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    window = row["window"]
    days = "этим каналом показания не принимаются"
    if window is not None:
        last = {-1: "последнего дня", -2: "предпоследнего дня"}.get(window[1], f"{window[1]}-го числа")
        days = f"с {window[0]}-го числа до {last} месяца"
    outside = {
        "review": "решает сотрудник",
        "reject": "не принимаются",
        "next_period": "идут в следующий месяц",
    }
    return _filled(
        [
            ("Поставщик", row["supplier"]),
            ("Правила действуют с", day(row["since"])),
            ("Приём показаний", days),
            ("В другие дни", outside.get(row["outside_window"], row["outside_window"])),
        ]
    )


def _step(row: Mapping[str, Any]) -> tuple[str, str]:
    details = row["details"]
    what = _WHAT.get(row["what"], row["what"])
    if row["after"]:
        before = f"{_state(row['before'])} → " if row["before"] else ""
        what = f"{before}{_state(row['after'])}"
    more = [str(details[name]) for name in ("note", "code", "words", "receipt") if details.get(name)]
    codes = details.get("confirmed") or details.get("machine_reasons") or ()
    more += [_reason(code) for code in codes]
    said = f": {'; '.join(more)}" if more else ""
    return moment(row["at"]), f"{actor(row['who'])}: {what}{said}"


def _billed(row: Mapping[str, Any]) -> tuple[str, str]:
    at = f", {moment(row['answered_at'])}" if row["answered_at"] else ""
    more = "; ".join(part for part in (row["receipt"], row["code"], row["words"]) if part)
    said = f" ({more})" if more else ""
    return _KINDS.get(row["kind"], row["kind"]), f"{_ANSWERS.get(row['state'], row['state'])}{at}{said}"


def _told(row: Mapping[str, Any]) -> tuple[str, str]:
    return moment(row["at"]), f"{row['channel']}, {row['state']}: {row['body']}"


def _state(code: str) -> str:
    try:
        return _STATES[SheetState(code)]
    except ValueError:
        return code


def _reason(code: str) -> str:
    try:
        return reason_text(Reason(code))
    except ValueError:
        return code


def actor(who: str) -> str:
    """Who did something, in words."""
    return _ACTORS.get(who, who)


def day(text: str) -> str:
    """A date as it is written in Russia."""
    return date.fromisoformat(text).strftime("%d.%m.%Y")


def moment(text: str | None) -> str:
    """A moment as it is written in Russia, in UTC: a page must say the same wherever it is made."""
    return "" if text is None else datetime.fromisoformat(text).strftime("%d.%m.%Y %H:%M:%S UTC")


def _filled(lines: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in lines if text)
