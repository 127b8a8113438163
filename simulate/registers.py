"""Registers of accounts that never existed, and the CSV that ``meterdrop register import`` takes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

COLUMNS = (
    "account",
    "surname",
    "address",
    "meter_serial",
    "digits",
    "decimals",
    "tariff",
    "previous_reading",
    "previous_date",
    "monthly_average",
    "previous_kind",
)

_STEMS = (
    "Иван Петр Сидор Кузнец Смирн Попо Волк Лебед Козл Новик Мороз Соловь Зайц Павл Семен Голуб Виноград Богдан "
    "Воробь Федор Михайл Беля Тарас Белоус Орл Киселе Макар Андре Ковале Ильин Гусе Титар Кудря Баран Кули "
    "Алексе Степан Яковле Сорок Серге Роман Захар Борис Корол Герасим Понома Григор Лазар Медведе Ершо"
).split()
_STREETS = (
    "Мира,Ленина,Карла Маркса,Красной Армии,Сурикова,Перенсона,Дубровинского,Весны,Молокова,Взлётная,Батурина,"
    "Алексеева,Шахтёров,Партизана Железняка,Ладо Кецховели,Вавилова,Матросова,Семафорная,Судостроительная,"
    "Парашютная,Свердловская,Мичурина,Кутузова,Тельмана,Крупской,Высотная,Телевизорная,Калинина,Норильская"
).split(",")
_TOWNS = ("Красноярск", "Дивногорск", "Сосновоборск", "Емельяново", "Берёзовка", "Железногорск")


@dataclass(frozen=True)
class Entry:
    """One row of a register: an account with one meter and its history. ``previous_reading`` keeps its zeros."""

    account: str
    surname: str
    address: str
    meter_serial: str
    digits: int
    previous_reading: str
    previous_date: date
    monthly_average: int
    previous_kind: str = "actual"


def accounts(n: int, rng: np.random.Generator, consecutive: bool = False) -> list[str]:
    """``n`` different accounts of 12 digits, sorted; ``consecutive``: one after the other from a random start."""
    if consecutive:
        start = 120_000_000_000 + int(rng.integers(0, 10**9))
        return [str(start + i) for i in range(n)]
    drawn: set[int] = set()
    while len(drawn) < n:
        drawn.update(int(a) for a in rng.integers(100_000_000_000, 999_999_999_999, n - len(drawn)))
    return [str(a) for a in sorted(drawn)]


def register(numbers: Iterable[str], rng: np.random.Generator, today: date) -> Iterator[Entry]:
    """An entry for each account number: surname, address, meter and a last reading about a month before ``today``."""
    for number in numbers:
        stem, street = _STEMS[int(rng.integers(len(_STEMS)))], _STREETS[int(rng.integers(len(_STREETS)))]
        town = _TOWNS[min(int(rng.integers(0, 12)), len(_TOWNS) - 1) if rng.random() < 0.3 else 0]
        digits = 6 if rng.random() < 0.25 else 5
        average = int(rng.gamma(4.0, 50.0)) + 20
        previous = int(rng.integers(300, 9 * 10 ** (digits - 1)))
        yield Entry(
            account=number,
            surname=stem + ("ов" if rng.random() < 0.5 else "ова"),
            address=f"{town}, {street} {int(rng.integers(1, 180))}, кв. {int(rng.integers(1, 200))}",
            meter_serial=f"{int(rng.integers(10**7, 10**8))}",
            digits=digits,
            previous_reading=f"{previous:0{digits}d}",
            previous_date=today - timedelta(days=int(rng.integers(27, 35))),
            monthly_average=average,
        )


def write_csv(path: Path, entries: Iterable[Entry], encoding: str = "utf-8") -> int:
    """Write a register file; returns its rows. ``encoding`` may be cp1251, as older billing programs export."""
    rows = 0
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for e in entries:
            row = (e.account, e.surname, e.address, e.meter_serial, e.digits, 0, "", e.previous_reading)
            writer.writerow((*row, e.previous_date.isoformat(), e.monthly_average, e.previous_kind))
            rows += 1
    return rows
