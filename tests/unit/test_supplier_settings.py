"""A supplier's file: every setting is read, and a wrong one is refused with its line and what to write."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.errors import TemplateError
from domain.supplier import AccountAlias, SupplierRules
from domain.window import Window
from templates.supplier_rules import load_supplier

FULL = """name: testsbyt
title: Тест
account: {digits: [5, 12], called: УИН, aliases: [лицевой счёт, {called: ЕЛС, digits: 10}]}
periods:
  - since: 2012-01-01
    source: объявление
    windows:
      sms: [23, 26]
      terminal: {citypay: [6, -2], kassa: any_day}
    outside_window: {sms: next_period, other: reject}
    ranks: {phone: 3}
    same_period: newer
    season: [1.4, 1.3, 1.2, 1, 0.8, 0.7, 0.7, 0.7, 0.8, 1, 1.1, 1.3]
    tariff_changes: {days: [2026-07-01, 2026-12-01], before: 20, after: 5, factor: 3}
    no_reading: {average_months: 6, then: norm, norm_kwh: 120}
    texts: {how_to_send: пример, contact: "112"}
"""


def load(folder: Path, text: str) -> SupplierRules:
    (folder / "testsbyt").mkdir(exist_ok=True)
    path = folder / "testsbyt" / "supplier.yaml"
    path.write_text(text, "utf-8")
    return load_supplier(path)


def test_every_setting_is_read(tmp_path: Path) -> None:
    rules = load(tmp_path, FULL)
    assert rules.account.aliases == (AccountAlias("лицевой счёт", 5, 12), AccountAlias("ЕЛС", 10, 10))
    assert not rules.account.fixed
    [period] = rules.periods
    assert period.window("terminal/citypay") == Window(6, -2)
    assert period.window("terminal") is None
    assert period.window("act") is not None
    assert [period.outside(name) for name in ("sms", "terminal/citypay")] == ["next_period", "reject"]
    assert [period.rank(name) for name in ("phone", "sms", "portal", "act")] == [3, 1, 3, 4]
    assert period.same_period == "newer"
    assert period.season[0] == 1.4
    assert period.tariff_changes.days == (date(2026, 7, 1), date(2026, 12, 1))
    assert [period.tariff_changes.near(date(2026, 6, day)) for day in (10, 11)] == [False, True]
    assert (period.no_reading.average_months, period.no_reading.norm_kwh) == (6, 120.0)
    assert period.texts["contact"] == "112"


@pytest.mark.parametrize(
    ("old", "new", "problem", "line"),
    [
        ("digits: 10", "digits: [10, 9]", "reversed", 3),
        ("digits: 10", "цифр: 10", "missing key", 3),
        ("terminal: {citypay", "terminal: {Сити", "bad name of a provider", 9),
        ("citypay: [6, -2]", "citypay: [6]", "wrong count", 9),
        ("sms: [23, 26]", "sms: {}", None, 8),
        ("sms: next_period", "sms: later", "not one of the choices", 10),
        ("sms: next_period", "telex: reject", "unknown channel", 10),
        ("phone: 3", "phone: 10", "out of range", 11),
        ("phone: 3", "telex: 3", "unknown channel", 11),
        ("same_period: newer", "same_period: older", "not one of the choices", 12),
        ("[1.4, 1.3,", "[1.4,", "wrong count", 13),
        ("[1.4, 1.3,", "[1.4, 0,", "out of range", 13),
        ("2026-07-01", "вчера", "date expected", 14),
        ("before: 20", "before: -1", "out of range", 14),
        ("then: norm", "then: nothing", "not one of the choices", 15),
        ("norm_kwh: 120", "norm_kwh: много", "not a number", 15),
        ("contact:", "phone:", "unknown text", 16),
        ("texts:", "text:", "unknown key", 16),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, problem: str | None, line: int
) -> None:
    assert old in FULL
    text = FULL.replace(old, new)
    if problem is None:
        # A channel that names no provider is simply not offered.
        assert load(tmp_path, text).periods[0].window("sms") is None
        return
    with pytest.raises(TemplateError, match=problem) as raised:
        load(tmp_path, text)
    assert raised.value.line == line


def test_all_mistakes_of_a_supplier_are_told_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "somebody"
    folder.mkdir()
    path = folder / "supplier.yaml"
    path.write_text(
        "name: nobody\n"
        "title: Кто-то\n"
        "account: {digits: 99}\n"
        "periods:\n"
        "  - since: 2012-10-23\n"
        "    windows: {station: [26, 23]}\n"
        "    ranks: 7\n"
        "  - since: когда-то\n"
        "    windows: {station: [23, 26]}\n"
        "colour: red\n",
        "utf-8",
    )
    with pytest.raises(TemplateError) as caught:
        load_supplier(path)
    assert [each.line for each in (caught.value, *caught.value.further)] == [1, 3, 6, 7, 8, 10]
