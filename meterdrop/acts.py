"""An act of destruction as text for signature, with what order 179 of Roskomnadzor (28.10.2022) asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.purge import Act

_NAMES = {
    "station": "бланки показаний из ящиков (сканы)",
    "portal": "фотографии счётчиков со страницы для абонентов",
    "desk": "бланки и записи показаний, принятых в офисе",
    "phone": "записи показаний, названных по телефону",
    "voice": "показания, названные голосовому роботу",
    "email": "письма с показаниями",
    "sms": "текстовые сообщения с показаниями",
    "web": "показания со страницы для абонентов",
    "app": "показания из мобильного приложения",
    "receipt": "показания, вписанные в квитанции",
    "terminal": "показания из платёжных терминалов",
    "atm": "показания из банкоматов",
    "act": "акты контролёров",
    "smart": "показания дистанционного съёма",
    "questionnaire": "анкеты абонентов и файлы с ними",
    "draft": "фотографии, не подтверждённые абонентами",
}


def act_text(act: Act, operators: str) -> str:
    """The act in Russian; ``operators``: whose data it was."""
    day = f"{act.at.astimezone():%d.%m.%Y %H:%M}"
    lines = [
        f"АКТ № {act.number or '— (проба, ничего не уничтожено)'}",
        "об уничтожении персональных данных",
        "",
        f"Дата и время уничтожения: {day}",
        f"Оператор: {operators}",
        "Информационная система: meterdrop",
        "Причина: достигнуты сроки хранения — "
        + ", ".join(f"{_NAMES.get(name, name)}: {days} дн." for name, days in act.terms.items()),
        "Способ: удаление оригиналов из хранилища объектов и стирание персональных данных в записях",
        "Категории данных: лицевой счёт, показание, адрес и подпись на бланке, изображение счётчика",
        "Категории субъектов: потребители электрической энергии",
        "",
        "Уничтожено:",
    ]
    for name, kind in act.kinds.items():
        since = "" if kind.oldest is None else f", получены {kind.oldest:%d.%m.%Y}"
        until = "" if kind.newest is None else f" – {kind.newest:%d.%m.%Y}"
        lines.append(f"  {_NAMES.get(name, name)}: файлов {kind.files}, листов {kind.sheets}{since}{until}")
    if act.messages:
        lines.append(f"  сообщения, не принёсшие показаний: {act.messages}")
    if act.strays:
        lines.append(f"  объекты без записи (не были приняты, старше суток): {len(act.strays)}")
    if not act.kinds and not act.messages and not act.strays:
        lines.append("  ничего: сроки не истекли")
    lines += [
        "",
        f"Сохранено по запрету на уничтожение: файлов {act.held}",
        f"Сохранено до решения сотрудника: файлов {act.unjudged}",
        *([f"Сохранено по запрету: сообщений {act.messages_held}"] if act.messages_held else []),
        *([f"Срок хранения не задан: {', '.join(act.no_term)}"] if act.no_term else []),
        "",
        "Уничтоженные оригиналы (SHA-256):",
        *(f"  {key}" for key in (*act.keys, *act.strays)),
        "",
        f"Уничтожение выполнил: {act.who}  ____________________",
        "Ответственный за обработку персональных данных:  ____________________",
        "",
    ]
    return "\n".join(lines)
