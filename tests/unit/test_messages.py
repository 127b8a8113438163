"""Text messages as people type them: what is understood, and what is doubtful and therefore is not."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.messages import MOST_DIGITS, Message, parse_message
from domain.reasons import Reason
from domain.supplier import AccountAlias, AccountFormat
from meterdrop.commands.message import command

KRASNOYARSK = AccountFormat(12, 12)
ALTAI = AccountFormat(5, 12, "УИН", (AccountAlias("лицевой счёт", 5, 12),))
K = "121000000000"

#: (text, readings) by the format ``account*reading``; the account is always ``K``.
STARRED = [
    ("121000000000*0563", "0563"),
    ("100000000000*54678".replace("100000000000", K), "54678"),
    (" 121000000000*0563 ", "0563"),
    ("121000000000 * 0563", "0563"),
    ("121000000000* 0563", "0563"),
    ("121000000000 *0563", "0563"),
    ("121000000000**0563", "0563"),
    ("121000000000*0563.", "0563"),
    ("121000000000*0563,", "0563"),
    ("121000000000*0563!", "0563"),
    ("121000000000*0563;", "0563"),
    ("121000000000*0563*", "0563"),
    ("121000000000*0563#", "0563"),
    ("*121000000000*0563#", "0563"),
    ("*121000000000*0563", "0563"),
    ("[121000000000][*][0563]", "0563"),
    ("[121000000000]*[0563]", "0563"),
    ("[121000000000] [0563]", "0563"),
    ("<121000000000>*<0563>", "0563"),
    ("«121000000000*0563»", "0563"),
    ('"121000000000*0563"', "0563"),
    ("121000000000 0563", "0563"),
    ("121000000000  0563", "0563"),
    ("121000000000\t0563", "0563"),
    ("121000000000\u00a00563", "0563"),
    ("121000000000\n0563", "0563"),
    ("121000000000\r\n0563", "0563"),
    ("121000000000*\n0563", "0563"),
    ("\n121000000000*0563\n\n", "0563"),
    ("121000000000,0563", "0563"),
    ("121000000000, 0563", "0563"),
    ("121000000000 , 0563", "0563"),
    ("121000000000.0563", "0563"),
    ("121000000000. 0563", "0563"),
    ("121000000000;0563", "0563"),
    ("121000000000; 0563", "0563"),
    ("121000000000:0563", "0563"),
    ("121000000000: 0563", "0563"),
    ("121000000000=0563", "0563"),
    ("121000000000/0563", "0563"),
    ("121000000000|0563", "0563"),
    ("121000000000#0563", "0563"),
    ("121000000000х0563", "0563"),
    ("121000000000Х0563", "0563"),
    ("121000000000x0563", "0563"),
    ("121000000000X0563", "0563"),
    ("121000000000 х 0563", "0563"),
    ("121000000000×0563", "0563"),
    ("121000000000＊0563", "0563"),
    ("１２１０００００００００*０５６３", "0563"),
    ("\ufeff121000000000*0563", "0563"),
    ("121000000000*\u200b0563", "0563"),
    # letters for noughts, and З for 3 where the account's length proves it
    ("121ООООООООО*0563", "0563"),
    ("121оооооо000*О563", "0563"),
    ("121OOOOOOOOO*O563", "0563"),
    ("121000000000*56О", "560"),
    ("121000000000*о563", "0563"),
    # missing noughts
    ("121000000000*563", "563"),
    ("121000000000*5", "5"),
    ("121000000000*0", "0"),
    ("121000000000*00563", "00563"),
    ("121000000000*00000563", "00000563"),
    # decimals are left out
    ("121000000000*5630,7", "5630"),
    ("121000000000*5630.7", "5630"),
    ("121000000000*0563,0", "0563"),
    ("121000000000*0563.45", "0563"),
    ("121000000000 5630,7", "5630"),
    ("121000000000*5630,7.", "5630"),
    ("121000000000,5630,7", "5630"),
    # the account in groups
    ("1210 0000 0000*0563", "0563"),
    ("121 000 000 000*0563", "0563"),
    ("121 000 000 000 0563", "0563"),
    ("12 10 00 00 00 00*0563", "0563"),
    ("121000 000000 * 5630", "5630"),
    # the other way round
    ("0563*121000000000", "0563"),
    ("0563 121000000000", "0563"),
    ("0563х121000000000", "0563"),
    ("0563\n121000000000", "0563"),
    ("5630,7 121000000000", "5630"),
    ("0563*1210 0000 0000", "0563"),
    # labels and units
    ("л/с 121000000000 показания 0563", "0563"),
    ("Л/С 121000000000 ПОКАЗАНИЯ 0563", "0563"),
    ("л/с:121000000000 показание:0563", "0563"),
    ("л.с. 121000000000 пок. 0563", "0563"),
    ("лс 121000000000, показание 0563", "0563"),
    ("ЛС №121000000000 показания: 0563", "0563"),
    ("л/сч 121000000000 показание 563", "563"),
    ("№121000000000*0563", "0563"),
    ("Лицевой счет 121000000000, показания счетчика 0563", "0563"),
    ("Лицевой счёт: 121000000000. Показание: 0563.", "0563"),
    ("лиц. счёт 121000000000 показание 0563", "0563"),
    ("номер лицевого счета 121000000000 текущие показания 0563", "0563"),
    ("счет 121000000000 показания прибора учета 0563", "0563"),
    ("121000000000, показания сч. 0563", "0563"),
    ("показания: день 5630 ночь 412. ЛС 121000000000", "5630 412"),
    ("121000000000*Т1*5630*Т2*412", "5630 412"),
    ("Л/С121000000000 показания по счетчику 0563", "0563"),
    ("показания 121000000000*0563", "0563"),
    ("Показания: 121000000000 0563", "0563"),
    ("показание 0563 лс 121000000000", "0563"),
    ("121000000000*0563 показания", "0563"),
    ("121000000000*0563кВт", "0563"),
    ("121000000000*0563 кВт*ч", "0563"),
    ("121000000000*0563 квт/ч.", "0563"),
    ("121000000000*0563 квтч", "0563"),
    ("121000000000*0563 kWh", "0563"),
    ("лс121000000000*0563", "0563"),
    ("121000000000 показания0563", "0563"),
    # courtesies and names
    ("Добрый день! 121000000000*0563", "0563"),
    ("Здравствуйте, 121000000000*0563", "0563"),
    ("Здравствуйте! Передаю показания 121000000000*0563. Спасибо!", "0563"),
    ("121000000000*0563 спасибо", "0563"),
    ("121000000000*0563, с уважением Иванова", "0563"),
    ("прошу принять показания 121000000000*0563", "0563"),
    ("за электроэнергию 121000000000*0563", "0563"),
    ("121000000000*0563 Иванов", "0563"),
    ("121000000000*0563 Иванов И.И.", "0563"),
    ("121000000000*0563 И.И. Кузьмук", "0563"),
    ("Петрова Анна Сергеевна 121000000000*0563", "0563"),
    ("Иванова, 121000000000, 0563", "0563"),
    ("121000000000*0563\nСидоренко А. Б.", "0563"),
    # several meters or zones
    ("121000000000*5630*412", "5630 412"),
    ("121000000000*5630 412", "5630 412"),
    ("121000000000 5630 412", "5630 412"),
    ("121000000000*05630*00412", "05630 00412"),
    ("121000000000*5630;412", "5630 412"),
    ("121000000000*5630; 412; 98", "5630 412 98"),
    ("121000000000*5630, 412", "5630 412"),
    ("121000000000*5630/412", "5630 412"),
    ("121000000000*5630\n412\n120", "5630 412 120"),
    ("121000000000 T1 5630 T2 412", "5630 412"),
    ("121000000000 т1 5630 т2 412", "5630 412"),
    ("121000000000 Т1:5630 Т2:412", "5630 412"),
    ("121000000000 т1=5630, т2=412", "5630 412"),
    ("121000000000\nТ1 5630\nТ2 412\nТ3 77", "5630 412 77"),
    ("121000000000 день 5630 ночь 412", "5630 412"),
    ("121000000000 Ночь 412 День 5630", "5630 412"),
    ("121000000000 т2 412 т1 5630", "5630 412"),
    ("121000000000 т1 5630,7 т2 412,3", "5630 412"),
    ("т1 5630 т2 412 лс 121000000000", "5630 412"),
    ("121000000000*5630,7 412,3", "5630 412"),
]

#: (text, account, readings) by the format ``УИН reading [reading …]``.
SPACED = [
    ("1234567 5630", "1234567", "5630"),
    ("1234567 5630 412", "1234567", "5630 412"),
    ("1234567  05630", "1234567", "05630"),
    ("УИН 1234567 5630", "1234567", "5630"),
    ("уин:1234567 показания:5630", "1234567", "5630"),
    ("УИН1234567 5630", "1234567", "5630"),
    ("УИН № 1234567, показание 5630", "1234567", "5630"),
    ("уин 1234567 показания 56301", "1234567", "56301"),
    ("показания 5630 УИН 1234567", "1234567", "5630"),
    ("показания 56301 УИН 123456", "123456", "56301"),
    ("уникальный идентификационный номер 1234567 5630", "1234567", "5630"),
    ("лицевой счёт 1234567 5630", "1234567", "5630"),
    ("1234567,5630", "1234567", "5630"),
    ("1234567, 5630", "1234567", "5630"),
    ("1234567,5630,412", "1234567", "5630 412"),
    ("1234567, 5630, 412", "1234567", "5630 412"),
    ("1234567;5630;412", "1234567", "5630 412"),
    ("1234567*5630", "1234567", "5630"),
    ("1234567х5630", "1234567", "5630"),
    ("1234567\n5630\n412", "1234567", "5630 412"),
    ("1234567 5630,7", "1234567", "5630"),
    ("1234567 5630.7 412.3", "1234567", "5630 412"),
    ("12345 5630", "12345", "5630"),
    ("123456789012 56301", "123456789012", "56301"),
    ("12345 56301", "12345", "56301"),
    ("5630 1234567", "1234567", "5630"),
    ("5630,7 1234567890", "1234567890", "5630"),
    ("1234567 т1 5630 т2 412", "1234567", "5630 412"),
    ("[1234567] [5630]", "1234567", "5630"),
    ("12З4567 5630".replace("З", "3"), "1234567", "5630"),
    ("123456О 563О", "1234560", "5630"),
    ("1234567 5", "1234567", "5"),
    ("Сидоров 1234567 5630", "1234567", "5630"),
    ("Re: 1234567 5630", "1234567", "5630"),
    ("RE: Fwd: 1234567 5630", "1234567", "5630"),
]

#: Texts that no one may guess at, by either format.
DOUBTFUL = [
    "",
    " ",
    "?",
    "Спасибо",
    "121000000000*0563?",
    "121000000000*?",
    "121000000000*05?3",
    "121000000000*-0563",
    "121000000000-0563",
    "121000000000 - 0563",
    "121000000000*0563-",
    "121000000000 − 0563",
    "121000000000—0563",
    "121000000000*05-63",
    "121000000000",
    "121000000000*",
    "*0563",
    "0563",
    "121000000000*123456789",
    "121000000000*0563121000000001",
    "1210000000000563",
    "121000000000*0563 121000000001*0777",
    "121000000000*0563\n121000000001*0777",
    "121000000000*0563\n121000000000*0777",
    "121000000000 121000000001",
    "12100000000*0563",
    "1210000000001*0563",
    "121000000000*пятьсот шестьдесят три",
    "121000000000 ноль пятьсот",
    "сто двадцать один",
    "121000000000*0563 было 0500",
    "было 0500 стало 0563 лс 121000000000",
    "не 121000000000*0563",
    "121000000000*0563 не верно",
    "121000000000*0563 Ошибка",
    "121000000000*0563 кв 12",
    "121000000000*0563 ул. Ленина 105",
    "121000000000 0563 Ленина 105",
    "121000000000 0563 Мира Д. 5",
    "121000000000*0563 тел 89131234567",
    "121000000000*0563 23.10.2012",
    "121000000000*0563 за октябрь",
    "25.10 121000000000 0563",
    "121000000000 12.10 0563",
    "121000000000*0563 12:30",
    "12:30 121000000000*0563",
    "+79131234567 121000000000*0563",
    "89131234567 121000000000 0563",
    "121000000000*0563 89131234567",
    "121000000000*0563 рублей",
    "121000000000*0563 5 рублей",
    "121.000.000.000*0563",
    "121000000000*0563 счетчик 12345678",
    "121000000000*05 63",
    "121000000000*0 5630",
    "121000000000*5630 7",
    "121000000000*5630, 7",
    "121000000000*56 30 412",
    "121000000000*5630,412",
    "121000000000*5630,7,3",
    "121000000000*05з3",
    "121000000000*O5З3",
    "121000000000*05x3",
    "121000000000*05l3",
    "121000000000*05б3",
    "121000000000*5630+412",
    "121000000000+0563",
    "121000000000(0563)",
    "121000000000*0563 (0500)",
    "121000000000*0563 🙂",
    "121000000000*½",
    "121000000000*56²",
    "121000000000*٠٥٦٣",
    "121000000000*0563%",
    "121000000000*0563$",
    "121000000000*5630_7",
    "121000000000 т2 412",
    "121000000000 т1 5630 412",
    "121000000000 5630 т2 412",
    "121000000000 т1 5630 т1 412",
    "121000000000 5630 день, 412 ночь",
    "121000000000 т15630",
    "0563 1210 0000 0000",
    "1210 0000 0000 0563",
    "счет 0563 121000000000",
    "Один 121000000000*0563",
    "121000000000 половина 563",
    "https://example.org/121000000000*0563",
    "121000000000*0563 сообщите баланс",
    "1 2 3 4 5 6 7 8 9 0 1 2 3",
    "121000000000*" + "0563 " * 10,
    "121000000000*0563" + " " * 700 + "1",
]

#: Doubtful where the length of an account is not fixed.
DOUBTFUL_SPACED = [
    "89131234567 1234567 5630",
    "1234567 5630 89131234567",
    "656000 1234567 5630",
    "1234567 1234567",
    "1234567 5630 7654321 412",
    "1234567 5630\n7654321 412",
    "1234567 5630 765432 412",
    "56301 1234567",
    "56301 123456",
    "показания 123456 56301",
    "1234567 5630,41,5",
    "1234567,5630,41",
    "1234567 56301 7654321",
    "12З4567 5630",
    "1234567",
    "5630",
    "1234567 123456789",
    "Ленина 105 1234567 5630",
]


def _known(message: Message, account: str, readings: str) -> None:
    assert message == Message(account, tuple(readings.split()), surname=message.surname)
    assert message.outcome == "parsed"


@pytest.mark.parametrize(("text", "readings"), STARRED)
def test_what_customers_of_krasnoyarsk_type(text: str, readings: str) -> None:
    _known(parse_message(text, KRASNOYARSK), K, readings)


@pytest.mark.parametrize(("text", "account", "readings"), SPACED)
def test_what_customers_of_altai_type(text: str, account: str, readings: str) -> None:
    _known(parse_message(text, ALTAI, subject=True), account, readings)


@pytest.mark.parametrize("text", DOUBTFUL)
@pytest.mark.parametrize(
    "account", [KRASNOYARSK, AccountFormat(12, 12, "УИН", (AccountAlias("ЕЛС", 10, 10),))]
)
def test_what_is_doubtful_is_not_understood(text: str, account: AccountFormat) -> None:
    message = parse_message(text, account)
    assert message.outcome == "not_understood", message
    assert (message.account, message.readings) == ("", ())


@pytest.mark.parametrize("text", DOUBTFUL_SPACED)
def test_what_is_doubtful_where_no_length_is_fixed(text: str) -> None:
    assert parse_message(text, ALTAI).outcome == "not_understood"


def test_the_tables_are_large_enough_to_mean_something() -> None:
    assert len(STARRED) + len(SPACED) + len(DOUBTFUL) + len(DOUBTFUL_SPACED) >= 250


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOT_UNDERSTOOD),
        ("0563", Reason.ACCOUNT_MISSING),
        ("121000000000", Reason.READING_MISSING),
        ("12100000000*0563", Reason.ACCOUNT_FORMAT),
        ("121000000000*123456789", Reason.READING_TOO_LONG),
        ("121000000000*0563 121000000001*0777", Reason.SEVERAL_ACCOUNTS),
    ],
)
def test_the_answer_says_what_is_wrong(text: str, reason: Reason) -> None:
    assert parse_message(text, KRASNOYARSK).reasons == (reason,)


def test_a_surname_is_kept_for_the_gate() -> None:
    assert parse_message("Иванова, 121000000000, 0563", KRASNOYARSK).surname == "Иванова"
    assert parse_message("121000000000*0563 И.И. Кузьмук", KRASNOYARSK).surname == "Кузьмук"


def test_another_number_of_the_account_is_understood_by_its_own_length() -> None:
    both = AccountFormat(12, 12, aliases=(AccountAlias("ЕЛС", 10, 10),))
    assert parse_message("елс 1234567890*0563", both).account == "1234567890"
    assert parse_message("121000000000*0563", both).account == K


#: How long an example takes says more of the machine than of the parser.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)

accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
readings = st.from_regex(rf"[0-9]{{3,{MOST_DIGITS}}}", fullmatch=True)
spaces = st.text(" \t\u00a0\n", max_size=3)


@untimed
@given(accounts, st.lists(readings, min_size=1, max_size=4), spaces, st.sampled_from("*xхХ;:=/,|"), spaces)
def test_any_account_and_readings_are_read_back(
    account: str, values: list[str], before: str, separator: str, after: str
) -> None:
    text = f"{before}{account}{before}{separator}{after}{'; '.join(values)}"
    message = parse_message(text, KRASNOYARSK)
    assert (message.account, message.readings) == (account, tuple(values))


@untimed
@given(
    accounts, readings, st.sampled_from(["{0} {1}", "{1} {0}", "{1}*{0}", "[{0}]*[{1}]", "лс {0} пок {1},5"])
)
def test_any_order_and_brackets_are_read_back(account: str, value: str, form: str) -> None:
    message = parse_message(form.format(account, value), KRASNOYARSK)
    assert (message.account, message.readings) == (account, (value,))


@untimed
@given(
    accounts,
    readings,
    st.integers(0, 17),
    st.sampled_from(["?", "-", "—", "−", "(", "%", "я", "ж", "№№", "²"]),
)
def test_one_doubtful_sign_anywhere_makes_the_message_doubtful(
    account: str, value: str, place: int, sign: str
) -> None:
    text = f"{account}*{value}"
    place = min(place, len(text))
    assert parse_message(text[:place] + sign + text[place:], KRASNOYARSK).outcome == "not_understood"


sevens = st.from_regex(r"[1-9][0-9]{6}", fullmatch=True)
shorter = st.from_regex(r"[0-9]{3,6}", fullmatch=True)
between = st.sampled_from([" ", "\n", ", ", "; ", " и "])


@untimed
@given(st.one_of(st.tuples(accounts, accounts), st.tuples(sevens, sevens)), shorter, shorter, between)
def test_two_customers_in_one_message_are_never_taken_for_one(
    pair: tuple[str, str], first: str, second: str, gap: str
) -> None:
    form = KRASNOYARSK if len(pair[0]) == 12 else ALTAI
    text = f"{pair[0]} {first}{gap}{pair[1]} {second}"
    assert parse_message(text, form).outcome == "not_understood"


@untimed
@given(st.text("0123456789оОзЗхХ*.,;: \n[]T1т2лспок?-№", max_size=60))
def test_nothing_is_invented(text: str) -> None:
    """Whatever comes in: no exception, and every digit that goes out was written, in its place."""
    for account in (KRASNOYARSK, ALTAI):
        message = parse_message(text, account)
        if message.outcome == "parsed":
            assert account.may_name(message.account)
            plain = re.sub(r"[^0-9]", "", text.translate(str.maketrans("оОзЗ", "0033")))
            assert all(part in plain for part in (message.account, *message.readings))
            assert message.readings
            assert all(1 <= len(value) <= MOST_DIGITS for value in message.readings)
        else:
            assert message.reasons


@untimed
@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_parser(text: str) -> None:
    assert parse_message(text, KRASNOYARSK, subject=True).outcome in {"parsed", "not_understood"}


def _run(*arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(command, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_the_command_prints_one_object_a_message() -> None:
    lines = _run("121000000000*0563", "121000000000*0563?", "--supplier", "krasnoyarskenergosbyt")
    assert lines[0] == {
        "text": "121000000000*0563",
        "outcome": "parsed",
        "account": K,
        "readings": ["0563"],
        "reasons": [],
    }
    assert (lines[1]["outcome"], lines[1]["readings"], lines[1]["reasons"]) == (
        "not_understood",
        [],
        ["not_understood"],
    )


def test_the_command_takes_each_suppliers_account_numbers() -> None:
    arguments = ("--supplier", "altaienergosbyt", "--channel", "email")
    [line] = _run("Re: 12345 5630 412", *arguments)
    assert (line["account"], line["readings"]) == ("12345", ["5630", "412"])
    [line] = _run("-12345 5630", *arguments)
    assert line["outcome"] == "not_understood"


def test_a_supplier_that_there_is_none_of_is_wrong_use() -> None:
    result = CliRunner().invoke(command, ["1*2", "--supplier", "nobody"])
    assert "krasnoyarskenergosbyt" in str(result.exception)
