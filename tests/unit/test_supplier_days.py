"""Each supplier's rules on each day of two months, written down from the suppliers' own announcements.

The table says the days as the documents do; the test asks the gate itself, day by day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import cache

import pytest

from domain.account import AccountState, RegisterRow
from domain.gate import Circumstances, Claim, ClaimedReading, Thresholds, Value, Verdict, judge
from domain.reasons import Reason
from domain.supplier import SupplierRules
from templates import suppliers

Days = tuple[int, int] | None
ANY: Days = (1, 31)
#: A month of 2012 under the rules of its time, and one of 2028, a leap year, under the newest.
OLD, NEW = (2012, 11), (2028, 2)

#: supplier, channel, days in November 2012, days in February 2028. None: readings are not taken this way.
TABLE: list[tuple[str, str, Days, Days]] = [
    # "Все сервисы доступны только в период с 23 по 26 число каждого месяца" (15.10.2012); the later leaflet:
    # "в течение всего месяца, кроме первых пяти дней и последнего дня", "только в период с 23 по 26 число".
    ("krasnoyarskenergosbyt", "sms", (23, 26), (6, 28)),
    ("krasnoyarskenergosbyt", "email", (23, 26), (6, 28)),
    ("krasnoyarskenergosbyt", "portal", (23, 26), (6, 28)),
    ("krasnoyarskenergosbyt", "app", None, (6, 28)),
    ("krasnoyarskenergosbyt", "terminal/citypay", None, (6, 28)),
    ("krasnoyarskenergosbyt", "terminal/platezhka", (23, 26), (23, 26)),
    ("krasnoyarskenergosbyt", "terminal/kasservice", None, (23, 26)),
    ("krasnoyarskenergosbyt", "atm/sberbank", (23, 26), (23, 26)),
    ("krasnoyarskenergosbyt", "phone", (23, 26), (23, 26)),
    ("krasnoyarskenergosbyt", "station", (23, 26), (23, 26)),
    ("krasnoyarskenergosbyt", "desk", (23, 26), (23, 26)),
    ("krasnoyarskenergosbyt", "voice", None, None),
    # "Передать показания можно в течение всего месяца любым из нижеперечисленных способов".
    ("altaienergosbyt", "sms", ANY, ANY),
    ("altaienergosbyt", "email", ANY, ANY),
    ("altaienergosbyt", "portal", ANY, ANY),
    ("altaienergosbyt", "phone", ANY, ANY),
    ("altaienergosbyt", "web", ANY, ANY),
    ("altaienergosbyt", "app", ANY, ANY),
    ("altaienergosbyt", "station", None, None),
    # The robot, the site, e-mail, offices' telephones, the receipt; the days by another notice of 2018.
    ("khakasenergo", "voice", (23, 26), (23, 26)),
    ("khakasenergo", "web", (23, 26), (23, 26)),
    ("khakasenergo", "email", (23, 26), (23, 26)),
    ("khakasenergo", "phone", (23, 26), (23, 26)),
    ("khakasenergo", "receipt", (23, 26), (23, 26)),
    ("khakasenergo", "sms", None, None),
    # "с 15 по 25 число каждого месяца".
    ("mosenergosbyt", "portal", (15, 25), (15, 25)),
    ("mosenergosbyt", "sms", None, None),
]

#: supplier: the first month, counted from 1, that is billed by the norm. "Первые три месяца … с 4-го месяца";
#: "дольше чем полгода"; "в течение квартала … с четвёртого месяца". The fourth supplier's is not said.
FIRST_NORM = {"krasnoyarskenergosbyt": 4, "altaienergosbyt": 7, "khakasenergo": 4}

CASES = [
    pytest.param(name, channel, month, days, id=f"{name}-{channel}-{month[0]}")
    for name, channel, old, new in TABLE
    for month, days in ((OLD, old), (NEW, new))
]


@cache
def rules_of(name: str) -> SupplierRules:
    return suppliers()[name]


def days_of(year: int, month: int) -> Iterator[date]:
    return (date(year, month, day + 1) for day in range(monthrange(year, month)[1]))


@pytest.mark.parametrize(("name", "channel", "month", "days"), CASES)
def test_each_day_by_each_channel(name: str, channel: str, month: tuple[int, int], days: Days) -> None:
    rules = rules_of(name)
    account = "1" * rules.account.digits_max
    known = AccountState((RegisterRow(name, account, "77", digits=4, previous_reading="0500"),))
    claim = Claim(
        account=Value(account, 1.0),
        readings=(ClaimedReading(Value("0563", 1.0)),),
        required=frozenset({"account", "reading"}),
        typed=True,
    )
    for day in days_of(*month):
        decision = judge(claim, known, Circumstances(rules, channel, day), Thresholds({}))
        inside = days is not None and days[0] <= day.day <= days[1]
        assert (decision.verdict is Verdict.ACCEPT) is inside, day
        if days is None:
            assert decision.reasons == (Reason.CHANNEL_NOT_OFFERED,), day
        elif not inside:
            assert decision.reasons == (Reason.OUTSIDE_WINDOW,), day
            paper = channel in {"station", "desk", "receipt"}
            assert decision.verdict is (Verdict.REVIEW if paper else Verdict.REJECT), day


def test_the_table_names_every_channel_of_every_supplier() -> None:
    """A channel that somebody adds to the settings has to be in the table with its days."""
    for name, rules in suppliers().items():
        offered = {channel for period in rules.periods for channel in period.windows}
        listed = {channel for supplier, channel, old, new in TABLE if supplier == name and (old or new)}
        assert offered == listed, name


@pytest.mark.parametrize(("name", "first"), FIRST_NORM.items())
def test_months_without_a_reading_are_averaged_and_then_billed_by_the_norm(name: str, first: int) -> None:
    for period in rules_of(name).periods:
        rule = period.no_reading
        assert (rule.average_months + 1, rule.then) == (first, "norm")


def test_an_old_sheet_is_judged_by_the_rules_of_its_own_day() -> None:
    rules = rules_of("krasnoyarskenergosbyt")
    last_old, first_new = date(2015, 12, 10), date(2016, 1, 10)
    windows = [rules.at(day).window("portal") for day in (last_old, first_new)]
    assert [w is not None and w.contains(d) for w, d in zip(windows, (last_old, first_new), strict=True)] == [
        False,
        True,
    ]


def test_the_examples_in_the_texts_are_understood() -> None:
    from domain.messages import parse_message

    for name in ("krasnoyarskenergosbyt", "altaienergosbyt"):
        rules = rules_of(name)
        for period in rules.periods:
            example = period.texts["how_to_send"].partition(" — ")[0]
            assert parse_message(example, rules.account).outcome == "parsed", example
