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


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


_SURNAMES = _words(
    """Иванов Петров Сидоров Кузнецов Смирнов Попов Волков Лебедев Козлов Новиков Морозов Соловьёв Зайцев
    Павлов Семёнов Голубев Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев Тарасов Белоусов
    Орлов Киселёв Макаров Андреев Ковалёв Ильин Гусев Титов Кудрин Баранов Куликов Алексеев Степанов
    Яковлев Сорокин Сергеев Романов Захаров Борисов Королёв Герасимов Пономарёв Григорьев Лазарев
    Медведев Ершов"""
)
_STREETS = _words(
    """Мира Ленина Карла_Маркса Красной_Армии Сурикова Перенсона Дубровинского Весны Молокова Взлётная
    Батурина Алексеева Шахтёров Партизана_Железняка Вавилова Матросова Семафорная Судостроительная
    Парашютная Свердловская Мичурина Кутузова Тельмана Крупской Высотная Телевизорная Калинина
    Норильская"""
)
_TOWNS = ("Красноярск", "Дивногорск", "Сосновоборск", "Емельяново", "Берёзовка", "Железногорск")


@dataclass(frozen=True)
class Entry:
    """One row of a register: an account, its one meter and that meter's history."""

    account: str
    surname: str
    address: str
    meter_serial: str
    digits: int
    previous_reading: str
    previous_date: date
    monthly_average: int
    previous_kind: str = "actual"


def accounts(n: int, rng: np.random.Generator, consecutive: bool = False, blocks_of: int = 1) -> list[str]:
    """``n`` different accounts of 12 digits, sorted.

    Scattered at random; or in runs of ``blocks_of`` neighbours, as the flats of one house get them; or all
    ``consecutive``, one after the other.
    """
    if consecutive:
        start = 120_000_000_000 + int(rng.integers(0, 10**9))
        return [str(start + i) for i in range(n)]
    drawn: set[int] = set()
    while len(drawn) < n:
        for first in rng.integers(100_000_000_000, 999_999_000_000, -(-(n - len(drawn)) // blocks_of)):
            drawn.update(range(int(first), int(first) + min(blocks_of, n - len(drawn))))
    return [str(a) for a in sorted(drawn)]


def register(numbers: Iterable[str], rng: np.random.Generator, today: date) -> Iterator[Entry]:
    """An entry for each account: surname, address, meter, a last reading about a month before ``today``."""
    for number in numbers:
        name, street = (
            _SURNAMES[int(rng.integers(len(_SURNAMES)))],
            _STREETS[int(rng.integers(len(_STREETS)))],
        )
        town = _TOWNS[min(int(rng.integers(0, 12)), len(_TOWNS) - 1) if rng.random() < 0.3 else 0]
        digits = 6 if rng.random() < 0.25 else 5
        average = int(rng.gamma(4.0, 50.0)) + 20
        previous = int(rng.integers(300, 9 * 10 ** (digits - 1)))
        yield Entry(
            account=number,
            surname=name if rng.random() < 0.5 else name + "а",
            address=f"{town}, {street} {int(rng.integers(1, 180))}, кв. {int(rng.integers(1, 200))}",
            meter_serial=f"{int(rng.integers(10**7, 10**8))}",
            digits=digits,
            previous_reading=f"{previous:0{digits}d}",
            previous_date=today - timedelta(days=int(rng.integers(27, 35))),
            monthly_average=average,
        )


def write_csv(path: Path, entries: Iterable[Entry], encoding: str = "utf-8") -> int:
    """Write a register file; returns its rows. ``encoding``: cp1251 as older billing programs do."""
    rows = 0
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for e in entries:
            row = (e.account, e.surname, e.address, e.meter_serial, e.digits, 0, "", e.previous_reading)
            writer.writerow((*row, e.previous_date.isoformat(), e.monthly_average, e.previous_kind))
            rows += 1
    return rows
