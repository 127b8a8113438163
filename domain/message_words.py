"""Words that people write around the numbers of a message, and what each is worth.

Only words listed here are passed over. Anything else may turn the meaning round ("не", "было", a number in
words), so that it makes a message not understood.
"""

from __future__ import annotations

import re
from typing import Final

#: Words right before an account number.
ACCOUNT: Final = frozenset(
    {
        "лс",
        "ls",
        "счет",
        "счёт",
        "счета",
        "счёта",
        "лицевой",
        "лицевого",
        "лицевой счет",
        "лицевой счёт",
        "лицевого счета",
        "лицевого счёта",
        "лиц счет",
        "лиц счёт",
        "лицсчет",
        "лицсчёт",
        "номер лицевого счета",
        "номер лицевого счёта",
        "номер счета",
        "номер счёта",
        "аккаунт",
        "абонент",
        "уин",
        "uin",
        "елс",
        "уникальный идентификационный номер",
        "schet",
    }
)
#: Words right before a reading.
READING: Final = frozenset(
    {
        f"{adjective}{noun}{of}"
        for adjective in ("", "текущее ", "текущие ", "новое ", "новые ")
        for noun in ("показание", "показания", "показаний", "пок", "показ", "показания")
        for of in (
            "",
            " счетчика",
            " счётчика",
            " электросчетчика",
            " электросчётчика",
            " сч",
            " по счетчику",
            " по счётчику",
            " эл счетчика",
            " эл счётчика",
            " прибора учета",
            " прибора учёта",
            " электроэнергии",
        )
    }
    | {"pokazania", "pokazaniya", "pokazanie", "значение"}
)
#: Words for a meter's zones; day is T1 and night T2 where there are two.
TARIFFS: Final = {"т1": 1, "t1": 1, "т2": 2, "t2": 2, "т3": 3, "t3": 3, "день": 1, "ночь": 2}
#: Words that change nothing.
COURTESY: Final = frozenset(
    {
        "здравствуйте",
        "здравствуй",
        "привет",
        "добрый день",
        "доброго дня",
        "добрый вечер",
        "доброе утро",
        "доброго времени суток",
        "спасибо",
        "большое спасибо",
        "заранее спасибо",
        "спс",
        "пожалуйста",
        "прошу",
        "прошу принять",
        "примите",
        "принять",
        "передаю",
        "передаем",
        "передаём",
        "отправляю",
        "посылаю",
        "высылаю",
        "сообщаю",
        "направляю",
        "мои",
        "мой",
        "с уважением",
        "электроэнергия",
        "электроэнергию",
        "электричество",
        "за электроэнергию",
        "за электричество",
        "по электроэнергии",
        "за свет",
        "свет",
    }
)
#: Words that look like surnames and are not.
NO_NAMES: Final = frozenset({"один", "половина", "причина", "машина", "далеко", "только", "столько"})

#: Longest phrase above, in words.
LONGEST_PHRASE: Final = 3

_SURNAME = (
    r"[А-ЯЁ][а-яё]+(?:ов|ев|ёв|ин|ын|ова|ева|ёва|ина|ына|ский|цкий|ская|цкая|енко|чук|нюк|вич|ых|их|ян|дзе)"
)
_TWO_INITIALS = r"[А-ЯЁ]\.\s?[А-ЯЁ]\."
_GIVEN = r"[А-ЯЁ][а-яё]+\s+[А-ЯЁ][а-яё]+(?:вич|ична|вна)"
#: A customer's name: a surname alone or with both given names, or any word with two initials.
NAME: Final = re.compile(
    rf"(?<![\w.])(?:"
    rf"(?P<with_initials>[А-ЯЁ][а-яё]+)\s+{_TWO_INITIALS}"
    rf"|{_TWO_INITIALS}\s?(?P<after_initials>[А-ЯЁ][а-яё]+)"
    rf"|(?P<alone>{_SURNAME})(?:\s+{_GIVEN})?"
    rf")(?![\w])"
)
#: Units after a number.
UNIT: Final = re.compile(
    r"(?<![^\W\d_])(?:квт(?:\s?[*·./]?\s?ч(?:ас(?:ов|а)?)?)?|kwt?(?:\s?[*·./]?\s?h)?)(?![\w])\.?",
    re.IGNORECASE,
)
#: "л/с", "л.с." and the like, for "лс".
ACCOUNT_SHORT: Final = re.compile(r"(?<![^\W\d_])л\s?[/\\.]\s?сч?(?:[её]т)?(?![^\W\d_])\.?", re.IGNORECASE)
#: What mail programs put before an answered or forwarded subject.
REPLY: Final = re.compile(r"^\s*(?:(?:re|fw|fwd|отв|на|ha)\s*:\s*)+", re.IGNORECASE)
