"""A supplier's ``supplier.yaml`` -> ``SupplierRules``: account format, channels, windows, all dated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeVar, cast

from domain.errors import TemplateError
from domain.supplier import (
    AccountAlias,
    AccountFormat,
    DatedRules,
    NoReadingRule,
    Outside,
    SupplierRules,
    TariffChanges,
)
from domain.window import ALWAYS, Window
from templates.faults import Faults
from templates.yaml_nodes import Section, Value, read_mapping

#: ``station`` is the drop-boxes' channel: slips that a scanning station sends in; ``desk`` a service office;
#: ``web`` the customers' page; ``act`` a controller's act; ``smart`` a meter that is read remotely.
CHANNELS: Final = (
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
    "atm",
    "act",
    "smart",
)
#: Texts that notices take from here: an example of a message, whom to ask, what is billed without a reading.
TEXTS: Final = ("how_to_send", "contact", "no_reading")
_OUTSIDE: Final = ("review", "reject", "next_period")
_PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
SHIPPED = Path(__file__).resolve().parent
#: In place of what a mistake keeps from being known, to go on looking for others.
_NO_WINDOWS: Final[dict[str, Window]] = {}
_LOOKED_AT: Final[tuple[Outside, dict[str, Outside]]] = ("review", {})
T = TypeVar("T")


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
    faults = Faults()
    name = faults.of(lambda: _name(root, path), path.parent.name)
    title = faults.of(lambda: root.need("title", "ПАО «Красноярскэнергосбыт»").text("title"), "")
    account = faults.of(lambda: _account(root.need("account", "{digits: 12}").section("account")), None)
    value = faults.of(lambda: root.need("periods", "и список сроков действия"), None)
    items = faults.of(partial(value.items, "periods"), None) if value is not None else None
    read = [faults.of(partial(_period_of, item), None) for item in items or ()]
    periods = tuple(period for period in read if period is not None)
    if value is not None and items is not None and not items:
        faults.add(
            [value.error("нет ни одного срока действия (no periods)", "добавьте «- since: ГГГГ-ММ-ДД»")]
        )
    faults.of(root.done, None)
    if len(periods) == len(read):
        faults.add(_out_of_order(periods, items or []))
    faults.refuse()
    assert account is not None, "what could not be read was refused"
    return SupplierRules(name, title, account, periods)


def _name(root: Section, path: Path) -> str:
    value = root.need("name", path.parent.name)
    name = value.text("name")
    if name != path.parent.name:
        raise value.error(
            f"имя «{name}» не совпадает с папкой «{path.parent.name}» (name is not the folder's)",
            f"напишите name: {path.parent.name}",
        )
    return name


def _out_of_order(periods: Sequence[DatedRules], items: Sequence[Value]) -> Iterator[TemplateError]:
    for before, after, item in zip(periods, periods[1:], items[1:], strict=False):
        if after.since <= before.since:
            yield item.error(
                f"срок с {after.since} стоит после срока с {before.since} (periods out of order)",
                "расположите сроки от старых к новым",
            )


def _period_of(item: Value) -> DatedRules:
    return _period(item.section("срок действия"))


def _account(section: Section) -> AccountFormat:
    low, high = _digits(section.need("digits", "12"))
    called = section.get("called")
    aliases = section.get("aliases")
    section.done()
    items = aliases.items("aliases") if aliases is not None else []
    return AccountFormat(
        low,
        high,
        called.text("called") if called is not None else "лицевой счёт",
        tuple(_alias(item, low, high) for item in items),
    )


def _alias(value: Value, low: int, high: int) -> AccountAlias:
    """A name alone means a number of the account's own length; ``{called: ЕЛС, digits: 10}`` another one."""
    if not value.is_mapping():
        return AccountAlias(value.text("aliases"), low, high)
    section = value.section("aliases")
    name = section.need("called", "ЕЛС").text("called")
    low, high = _digits(section.need("digits", "10"))
    section.done()
    return AccountAlias(name, low, high)


def _digits(value: Value) -> tuple[int, int]:
    """``12``, or ``[5, 12]`` where the length is not fixed."""
    if not value.is_list():
        digits = value.integer("digits", 1, 20)
        return digits, digits
    low, high = value.numbers("digits", 2, 1, 20)
    if low > high:
        raise value.error(f"от {low:g} до {high:g} цифр (reversed)", "сначала меньшее число: [6, 12]")
    return int(low), int(high)


def _period(section: Section) -> DatedRules:
    faults = Faults()
    since = faults.of(lambda: section.need("since", "2012-10-23").day("since"), date.min)
    source = section.get("source")
    if source is not None:
        faults.of(partial(source.text, "source"), None)
    windows = faults.of(lambda: _channels(section), _NO_WINDOWS)
    no_reading = section.get("no_reading")
    outside, by_channel = faults.of(lambda: _outside(section.get("outside_window")), _LOOKED_AT)
    ranks = section.get("ranks")
    same_period = section.get("same_period")
    season = section.get("season")
    changes = section.get("tariff_changes")
    texts = section.get("texts")
    asks = section.get("portal_asks")
    faults.of(section.done, None)
    plain = DatedRules(since, windows)

    def said(value: Value | None, read: Callable[[Value], T], otherwise: T) -> T:
        return otherwise if value is None else faults.of(partial(read, value), otherwise)

    rules = DatedRules(
        since,
        windows,
        said(no_reading, lambda v: _no_reading(v.section("no_reading")), plain.no_reading),
        outside,
        by_channel,
        said(ranks, lambda v: _ranks(v.section("ranks")), plain.ranks),
        said(same_period, _same_period, plain.same_period),
        said(season, lambda v: v.numbers("season", 12, 0.1, 5.0), plain.season),
        said(changes, lambda v: _tariff_changes(v.section("tariff_changes")), plain.tariff_changes),
        said(texts, lambda v: _texts(v.section("texts")), plain.texts),
        said(asks, _portal_asks, plain.portal_asks),
    )
    faults.refuse()
    return rules


def _channels(section: Section) -> dict[str, Window]:
    channels = section.need("windows", "и строки «канал: [первый день, последний день]»").section("windows")
    windows = _windows(channels)
    if not windows:
        raise channels.error("не назван ни один канал (no channels)", "добавьте строку station: [23, 26]")
    return windows


def _same_period(value: Value) -> Literal["review", "newer"]:
    return cast('Literal["review", "newer"]', value.choice("same_period", ("review", "newer")))


def _portal_asks(value: Value) -> tuple[Literal["meter_serial", "surname"], ...]:
    """What the public page asks beside the account: nothing, the meter's number, the surname, or both."""
    asked = (item.choice("portal_asks", ("meter_serial", "surname")) for item in value.items("portal_asks"))
    return cast('tuple[Literal["meter_serial", "surname"], ...]', tuple(asked))


def _windows(channels: Section) -> dict[str, Window]:
    """``channel`` or ``channel/provider`` to its days."""
    windows: dict[str, Window] = {}
    for name in channels.names():
        _known_channel(channels, name)
        value = channels.value(name)
        if not value.is_mapping():
            windows[name] = _window(value, name)
            continue
        providers = value.section(name)
        for provider in providers.names():
            if not _PROVIDER.fullmatch(provider):
                raise providers.key(provider).error(
                    f"«{provider}» не годится в названия (bad name of a provider)",
                    "напишите латинскими строчными буквами, например citypay",
                )
            windows[f"{name}/{provider}"] = _window(providers.value(provider), provider)
    return windows


def _known_channel(section: Section, name: str) -> None:
    if name not in CHANNELS:
        raise section.key(name).error(
            f"неизвестный канал «{name}» (unknown channel)", "напишите один из: " + ", ".join(CHANNELS)
        )


def _window(value: Value, name: str) -> Window:
    if not value.is_list():
        value.choice(name, ("any_day",))
        return ALWAYS
    first, last = (int(n) for n in value.numbers(name, 2, -31, 31))
    if first == 0 or last == 0:
        raise value.error("нулевого дня нет (no day 0)", "дни считаются с 1; -1 — последний день месяца")
    if (first > 0) == (last > 0) and first > last:
        raise value.error(f"день {first} позже дня {last} (reversed)", f"напишите [{last}, {first}]")
    return Window(first, last)


def _outside(value: Value | None) -> tuple[Outside, dict[str, Outside]]:
    """One word for all channels, or a section ``channel: word`` with ``other`` for those not named."""
    if value is None:
        return "review", {}
    if not value.is_mapping():
        return cast(Outside, value.choice("outside_window", _OUTSIDE)), {}
    section = value.section("outside_window")
    by_channel: dict[str, Outside] = {}
    for name in section.names():
        if name != "other":
            _known_channel(section, name)
        by_channel[name] = cast(Outside, section.value(name).choice(name, _OUTSIDE))
    return by_channel.pop("other", "review"), by_channel


def _ranks(section: Section) -> dict[str, int]:
    for name in section.names():
        _known_channel(section, name)
    return {name: section.value(name).integer(name, 1, 9) for name in section.names()}


def _tariff_changes(section: Section) -> TariffChanges:
    days = section.need("days", "[2026-07-01]")
    before, after, factor = (section.get(name) for name in ("before", "after", "factor"))
    section.done()
    usual = TariffChanges()
    return TariffChanges(
        tuple(item.day("days") for item in days.items("days")),
        before.integer("before", 0, 366) if before is not None else usual.before,
        after.integer("after", 0, 366) if after is not None else usual.after,
        factor.number("factor", 1, 100) if factor is not None else usual.factor,
    )


def _texts(section: Section) -> dict[str, str]:
    for name in section.names():
        if name not in TEXTS:
            raise section.key(name).error(
                f"неизвестный текст «{name}» (unknown text)", "напишите один из: " + ", ".join(TEXTS)
            )
    return {name: section.value(name).text(name) for name in section.names()}


def _no_reading(section: Section) -> NoReadingRule:
    months = section.need("average_months", "3").integer("average_months", 0, 60)
    section.need("then", "norm").choice("then", ("norm",))
    norm = section.get("norm_kwh")
    section.done()
    return NoReadingRule(months, norm_kwh=norm.number("norm_kwh", 0, 100_000) if norm is not None else None)
