"""The page of evidence in words: sections of lines, the same for HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from delivery.evidence_english import ENGLISH
from domain.reason_texts import Language, reason_text
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


_NOTICES = {
    "queued": "в очереди",
    "sending": "отправляется",
    "sent": "отправлено",
    "doubtful": "неизвестно, дошло ли",
    "failed": "не отправлено",
}
#: Names of fields, for what a person entered where the machine read nothing.
_FIELDS = {
    "account": "Лицевой счёт",
    "reading": "Показание",
    "reading_t2": "Показание T2",
    "reading_t3": "Показание T3",
    "date": "Дата",
    "meter_serial": "Номер счётчика",
    "address": "Адрес",
    "signature": "Подпись",
}
#: English months are named, so that no reader takes the day for the month.
_DAY: Mapping[Language, str] = {"ru": "%d.%m.%Y", "en": "%d %b %Y"}
_MONTH_ENDS = {-1: "последнего дня", -2: "предпоследнего дня"}
_OUTSIDE = {
    "review": "решает сотрудник",
    "reject": "не принимаются",
    "next_period": "идут в следующий месяц",
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


def page_of(evidence: Evidence, language: Language = "ru") -> Page:
    """The page about a reading; both languages say the same facts."""
    return _Words(language).page(evidence)


def in_words(text: str, language: Language) -> str:
    """A Russian text of the page in its language."""
    return _Words(language).say(text)


@dataclass(frozen=True)
class _Words:
    """Puts facts into words. Every text is Russian here; ``evidence_english`` has its English."""

    language: Language

    def say(self, text: str) -> str:
        """``text`` in the page's language; raises ``KeyError`` for one that has no English."""
        return text if self.language == "ru" else ENGLISH[text]

    def page(self, evidence: Evidence) -> Page:
        """All sections."""
        facts, say = evidence.facts, self.say
        reading = facts["reading"]
        labels = {each["name"]: each["label"] for each in facts["machine"]["fields"]}
        entered = [
            (self.field(name, labels.get(name, name)), self.value(text))
            for name, text in facts["entered"].items()
        ]
        return Page(
            say("Показание {reading} по счёту {account}").format(**reading),
            (
                Section(say("Показание"), self.reading(reading)),
                Section(say("Как получено"), self.collected(facts["collection"], facts["original"])),
                Section(say("Что прочитала программа"), self.machine(facts["machine"])),
                Section(say("Что ввёл сотрудник"), _filled(entered)),
                Section(say("По каким правилам"), self.rules(facts["rules"])),
                Section(say("Кто и когда что решил"), tuple(self.step(step) for step in facts["history"])),
                Section(say("Расчётная система"), tuple(self.billed(row) for row in facts["billing"])),
                Section(say("Что сообщили потребителю"), tuple(self.told(row) for row in facts["notices"])),
            ),
            say("SHA-256 оригинала {original}; SHA-256 сведений этой страницы {facts}").format(
                original=facts["original"]["sha256"], facts=evidence.sha256
            ),
        )

    def reading(self, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """What billing gets."""
        accepted = f"{self.moment(row['accepted_at'])}, {self.actor(row['accepted_by'])}"
        withdrawn = (
            f"{self.moment(row['withdrawn_at'])} ({row['withdrawn_why']})" if row["withdrawn_at"] else ""
        )
        return self._lines(
            ("Номер", str(row["id"])),
            ("Лицевой счёт", row["account"]),
            ("Счётчик", row["meter_serial"]),
            ("Тариф", row["tariff"]),
            ("Показание", row["reading"]),
            ("Дата показания", self.day(row["reading_date"])),
            ("Расчётный месяц", row["period"]),
            ("Принято", accepted),
            ("Отметки", " ".join(self.reason(code) for code in row["flags"].split(",") if code)),
            ("Отозвано", withdrawn),
        )

    def collected(self, row: Mapping[str, Any], original: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Where the original came from."""
        arrived = self.say("{at}, пакет {batch}").format(
            at=self.moment(row["received_at"]), batch=row["batch"]
        )
        file = self.say("{name}, {bytes} байт, лист {page}, бланк {slip}").format(**original)
        return self._lines(
            ("Канал", f"{row['channel']} {row['station']}".strip()),
            ("День выемки или обращения", self.day(row["collected"])),
            ("Поступило", arrived),
            ("Файл", file),
            ("SHA-256 оригинала", original["sha256"]),
            ("Оригинал уничтожен", self.moment(original["destroyed_at"])),
        )

    def machine(self, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """What was read, and how surely."""
        fields = []
        for each in row["fields"]:
            text = self.value(each["value"])
            if each["raw"] and each["raw"] != each["value"]:
                text += self.say(" (по чернилам {raw})").format(raw=each["raw"])
            sure = self.say(", уверенность {share}").format(share=f"{each['confidence']:.4f}")
            fields.append((self.field(each["name"], each["label"]), text + sure))
        named = self._lines(("Форма", row["template"]), ("Модель", row["model"]))
        return (*named, *_filled(fields))

    def rules(self, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """The supplier's rules of the reading's own day."""
        window = row["window"]
        days = self.say("этим каналом показания не принимаются")
        if window is not None:
            last = (
                self.say(_MONTH_ENDS[window[1]])
                if window[1] in _MONTH_ENDS
                else self.say("{day}-го числа").format(day=window[1])
            )
            days = self.say("с {first}-го числа до {last} месяца").format(first=window[0], last=last)
        outside = row["outside_window"]
        return self._lines(
            ("Поставщик", row["supplier"]),
            ("Правила действуют с", self.day(row["since"])),
            ("Приём показаний", days),
            ("В другие дни", self.say(_OUTSIDE[outside]) if outside in _OUTSIDE else outside),
        )

    def step(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """Who did what when."""
        details = row["details"]
        what = self.say(_WHAT[row["what"]]) if row["what"] in _WHAT else row["what"]
        if row["after"]:
            before = f"{self.state(row['before'])} → " if row["before"] else ""
            what = f"{before}{self.state(row['after'])}"
        more = [str(details[name]) for name in ("note", "code", "words", "receipt") if details.get(name)]
        codes = details.get("confirmed") or details.get("machine_reasons") or ()
        more += [self.reason(code) for code in codes]
        said = f": {'; '.join(more)}" if more else ""
        return self.moment(row["at"]), f"{self.actor(row['who'])}: {what}{said}"

    def billed(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """What billing was told and what it said."""
        at = f", {self.moment(row['answered_at'])}" if row["answered_at"] else ""
        more = "; ".join(part for part in (row["receipt"], row["code"], row["words"]) if part)
        said = f" ({more})" if more else ""
        kind, state = _KINDS.get(row["kind"]), _ANSWERS.get(row["state"])
        return (
            self.say(kind) if kind else row["kind"],
            f"{self.say(state) if state else row['state']}{at}{said}",
        )

    def told(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """A notice, in the customer's own language."""
        state = _NOTICES.get(row["state"])
        said = f": {row['body']}" if row["body"] else ""
        return self.moment(row["at"]), f"{row['channel']}, {self.say(state) if state else row['state']}{said}"

    def field(self, name: str, label: str) -> str:
        """What a field is called: as its form prints it, or in English by its name."""
        if self.language == "ru":
            return label if label != name else _FIELDS.get(name, name)
        return ENGLISH[_FIELDS[name]] if name in _FIELDS else name.replace("_", " ").capitalize()

    def value(self, text: Any) -> str:
        """A field's value; a tick or a signature is there."""
        return self.say("есть") if text == "yes" else str(text)

    def state(self, code: str) -> str:
        """A sheet's state."""
        try:
            return self.say(_STATES[SheetState(code)])
        except ValueError:
            return code

    def reason(self, code: str) -> str:
        """Why, in a sentence."""
        try:
            return reason_text(Reason(code), self.language)
        except ValueError:
            return code

    def actor(self, who: str) -> str:
        """Who did something."""
        return self.say(_ACTORS[who]) if who in _ACTORS else who

    def day(self, text: str) -> str:
        """A date as it is written in the page's language."""
        return date.fromisoformat(text).strftime(_DAY[self.language])

    def moment(self, text: str | None) -> str:
        """A moment in UTC: a page must say the same wherever it is made."""
        form = f"{_DAY[self.language]} %H:%M:%S UTC"
        return "" if text is None else datetime.fromisoformat(text).strftime(form)

    def _lines(self, *lines: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        return _filled([(self.say(label), text) for label, text in lines])


def _filled(lines: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in lines if text)
