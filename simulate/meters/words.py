"""What is printed on meters and hung up around them: makers' names, ratings, numbers, dates."""

from __future__ import annotations

import numpy as np

ELECTRIC_MAKERS = (
    "Меркурий 201", "МЕРКУРИЙ 201.5", "Меркурий 206", "Меркурий 230 ART", "ЭНЕРГОМЕРА ЦЭ6803В",
    "ЦЭ6807П", "ЭНЕРГОМЕРА", "CE101 R5", "CE102M", "CE102 S6", "НЕВА 101 1SO", "НЕВА 103", "СО-505",
    "СО-ЭЭ6706", "СОЭ-55", "ИНКОТЕКС", "Гран-Электро", "МИРТЕК-1", "Landis+Gyr", "ELSTER", "ITRON",
    "HOLLEY", "Makel", "LUNA", "KÖHLER", "GELEX EMIC", "BLUE", "SECURE", "L&T", "HPL", "GENUS",
    "PAFAL", "ISKRA", "CHINT", "DDS666", "Лейне Электро",
)  # fmt: skip
WATER_MAKERS = (
    "БЕТАР СГВ-15", "СХВ-15", "СВ-15Х", "Метер", "ITELMA", "VALTEC", "СВК 15-3-2", "ЭКО НОМ",
    "ВСХ-15", "НОРМА", "Пульсар", "ДЕКАСТ", "Тритон", "SENSUS", "ZENNER", "Itron", "Actaris",
    "ELSTER", "APATOR", "BMeters", "Берегун", "ГЕРРИДА", "МИНОЛ", "NINGBO", "HYDROFIX", "ВСГ-15",
    "САЯНЫ",
)  # fmt: skip
GAS_MAKERS = ("ВК G4T", "BK-G4", "NPM G4", "СГК-4", "Гранд-4", "СГМН-1 G6", "ELSTER BK-G1,6", "ГАЗДЕВАЙС")
_ELECTRIC = (
    "220 В 5–60 А 50 Гц", "230 V 5(60) A 50 Hz", "3200 имп/кВт·ч", "A=6400 имп/(кВт·ч)",
    "1600 imp/kWh", "ГОСТ 31818.11-2012", "ГОСТ Р 52322-2005", "Класс точности 1", "Cl. 2",
    "CAT 1.0", "IP51", "IEC 62053-21", "СЧЁТЧИК ЭЛЕКТРИЧЕСКОЙ ЭНЕРГИИ", "однофазный", "трёхфазный",
    "SINGLE PHASE ELECTRONIC METER", "1 об = 450", "CONG TO DIEN 1 PHA 2 DAY", "450 vong/kWh",
    "3x230/400 V", "RS-485", "IrDA", "ТУ 4228-010", "Tip: C510", "2 W", "Сделано в России",
    "Made in China", "двухтарифный", "Ю-2, 220 В, 10–40 А", "T=+23 °C", "600 об/кВт·ч",
)  # fmt: skip
_WATER = (
    "Qn 1,5 м³/ч", "DN 15", "G 3/4", "L=110", "PN 16", "Q3=2.5 m³/h", "Q3/Q1=100", "R100",
    "Tmax 90 °C", "30 °C", "T50", "Класс A-V B-H", "H", "V", "B-H/A-V", "MAP 16", "Ду 15",
    "0,03–3 м³/ч", "1,0 МПа", "CLASS B", "T90", "горячая вода", "холодная вода", "MID", "имп 10 л",
    "Δp 63", "HOT WATER", "IP 54", "Qmin 0,03",
)  # fmt: skip
_ROOM = (
    "ВНИМАНИЕ", "Опасно! 220 В", "НЕ ВКЛЮЧАТЬ", "кв.", "ЩО-1", "этаж", "ОПЛОМБИРОВАНО", "DANGER",
    "LINE 1", "Fuse", "EXIT", "вода", "газ", "Поверка до", "Показания передавать до", "ООО УК",
    "Тел.", "OFF", "ON", "I", "WARNING",
)  # fmt: skip


def rating(rng: np.random.Generator, water: bool) -> str:
    """A line of technical print."""
    pool = _WATER if water else _ELECTRIC
    return pool[int(rng.integers(len(pool)))]


def serial(rng: np.random.Generator) -> str:
    """A serial number as makers write it."""
    digits = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(6, 13))))
    head = ("", "", "", "№ ", "No. ", "Зав. № ", "S/N ", "N ", "Nr ", "So SX: ", "Z", "SN:")[
        int(rng.integers(12))
    ]
    if rng.random() < 0.2:
        digits = f"{digits[:-2]}-{digits[-2:]}"
    if rng.random() < 0.12:
        digits = " ".join(digits)
    return head + digits


def number(rng: np.random.Generator) -> str:
    """Any other digits that people put up: phones, dates, prices, flats, counts."""
    kind = int(rng.integers(9))
    d = [int(v) for v in rng.integers(0, 10, 12)]
    run = "".join(map(str, d))
    return (
        f"8 (3{run[:2]}) {run[2:5]}-{run[5:7]}-{run[7:9]}",
        f"{1 + d[0] * 3:02}.{1 + d[1]:02}.20{10 + d[2] + d[3] % 7:02}",
        f"20{d[0] % 3}{d[1]}-{1 + d[2]:02}-{d[3] % 3}{d[4]} {d[5] % 2}{d[6]}:{d[7] % 6}{d[8]}",
        f"{d[0]}{d[1]}{d[2]},{d[3]}0",
        f"кв. {d[0] + 1}{d[1]}",
        run[: int(rng.integers(2, 5))],
        run[: int(rng.integers(4, 9))],
        f"+7 9{run[:2]} {run[2:5]} {run[5:7]} {run[7:9]}",
        f"{chr(65 + d[0])} {run[:3]} {chr(70 + d[1])}{chr(75 + d[2])} {run[3:5]}",
    )[kind]


def notice(rng: np.random.Generator) -> str:
    """A line from a paper on the wall."""
    word = _ROOM[int(rng.integers(len(_ROOM)))]
    return f"{word} {number(rng)}" if rng.random() < 0.5 else word
