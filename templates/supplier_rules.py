"""A supplier's ``supplier.yaml`` -> ``SupplierRules``: account format, channels, windows, dated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

from domain.supplier import AccountFormat, DatedRules, NoReadingRule, SupplierRules
from domain.window import ALWAYS, Window
from templates.yaml_nodes import Section, Value, read_mapping

#: ``station`` is the drop-boxes' channel: slips that a scanning station sends in.
CHANNELS = (
    "station",
    "desk",
    "sms",
    "email",
    "portal",
    "web",
    "app",
    "phone",
    "voice",
    "receipt",
    "terminal",
    "citypay",
    "atm",
)
SHIPPED = Path(__file__).resolve().parent


def suppliers(extra: Path | None = None) -> Mapping[str, SupplierRules]:
    """The rules of every supplier, by name: the shipped ones, replaced or joined by those in ``extra``."""
    shipped = load_suppliers(SHIPPED)
    return shipped if extra is None else {**shipped, **load_suppliers(extra)}


def load_suppliers(folder: Path) -> Mapping[str, SupplierRules]:
    """The rules in ``*/supplier.yaml`` of a folder; raises ``TemplateError``."""
    loaded = (load_supplier(path) for path in sorted(folder.glob("*/supplier.yaml")))
    return {rules.name: rules for rules in loaded}


def load_supplier(path: Path) -> SupplierRules:
    """Loads one supplier; its name must be its folder's. Raises ``TemplateError`` with the line."""
    root = read_mapping(path, "поставщик")
    name_value = root.need("name", path.parent.name)
    name = name_value.text("name")
    if name != path.parent.name:
        raise name_value.error(
            f"имя «{name}» не совпадает с папкой «{path.parent.name}» (name is not the folder's)",
            f"напишите name: {path.parent.name}",
        )
    title = root.need("title", "ПАО «Красноярскэнергосбыт»").text("title")
    account = _account(root.need("account", "{digits: 12}").section("account"))
    value = root.need("periods", "и список сроков действия")
    periods = tuple(_period(item.section("срок действия")) for item in value.items("periods"))
    if not periods:
        raise value.error("нет ни одного срока действия (no periods)", "добавьте «- since: ГГГГ-ММ-ДД»")
    root.done()
    for before, after, item in zip(periods, periods[1:], value.items("periods")[1:], strict=False):
        if after.since <= before.since:
            raise item.error(
                f"срок с {after.since} стоит после срока с {before.since} (periods out of order)",
                "расположите сроки от старых к новым",
            )
    return SupplierRules(name, title, account, periods)


def _account(section: Section) -> AccountFormat:
    value = section.need("digits", "12")
    if value.is_list():
        low, high = value.numbers("digits", 2, 1, 20)
    else:
        low = high = value.integer("digits", 1, 20)
    if low > high:
        raise value.error(f"от {low:g} до {high:g} цифр (reversed)", "сначала меньшее число: [6, 12]")
    called = section.get("called")
    aliases = section.get("aliases")
    section.done()
    return AccountFormat(
        int(low),
        int(high),
        called.text("called") if called is not None else "лицевой счёт",
        tuple(item.text("aliases") for item in aliases.items("aliases")) if aliases is not None else (),
    )


def _period(section: Section) -> DatedRules:
    since = section.need("since", "2012-10-23").day("since")
    source = section.get("source")
    if source is not None:
        source.text("source")
    channels = section.need("windows", "и строки «канал: [первый день, последний день]»").section("windows")
    windows = {name: _window(channels, name) for name in channels.names()}
    if not windows:
        raise channels.error("не назван ни один канал (no channels)", "добавьте строку station: [23, 26]")
    no_reading = section.get("no_reading")
    outside = section.get("outside_window")
    section.done()
    return DatedRules(
        since,
        windows,
        _no_reading(no_reading.section("no_reading")) if no_reading is not None else NoReadingRule(),
        cast(
            'Literal["review", "reject"]',
            outside.choice("outside_window", ("review", "reject")) if outside is not None else "review",
        ),
    )


def _window(channels: Section, name: str) -> Window:
    if name not in CHANNELS:
        raise channels.key(name).error(
            f"неизвестный канал «{name}» (unknown channel)", "напишите один из: " + ", ".join(CHANNELS)
        )
    value = channels.value(name)
    if not value.is_list():
        value.choice(name, ("any_day",))
        return ALWAYS
    first, last = (int(n) for n in value.numbers(name, 2, -31, 31))
    if first == 0 or last == 0:
        raise value.error("нулевого дня нет (no day 0)", "дни считаются с 1; -1 — последний день месяца")
    if (first > 0) == (last > 0) and first > last:
        raise value.error(f"день {first} позже дня {last} (reversed)", f"напишите [{last}, {first}]")
    return Window(first, last)


def _no_reading(section: Section) -> NoReadingRule:
    months = section.need("average_months", "3").integer("average_months", 0, 60)
    then: Value = section.need("then", "norm")
    then.choice("then", ("norm",))
    section.done()
    return NoReadingRule(months)
