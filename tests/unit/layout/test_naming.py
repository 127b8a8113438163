"""The print beside a place says what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.layout import name_places, naming
from ocr.layout.naming import Word, guess
from ocr.layout.places import Place
from templates.model import Box

PAGE = np.full((100, 100), 255, np.uint8)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Лицевой счёт, 12 цифр", "account"),
        ("УИН", "account"),
        ("Л/С", "account"),
        ("Номер счётчика", "meter_serial"),
        ("Заводской № прибора учёта", "meter_serial"),
        ("Показание счётчика", "reading"),
        ("Т2, ночь", "reading_t2"),
        ("T3 полупик", "reading_t3"),
        ("Дата", "date"),
        ("Подпись потребителя", "signature"),
        ("Адрес", "address"),
        ("Адрес электронной почты", "email"),
        ("Ф.И.О.", "surname"),
        ("Телефон", "phone"),
        ("Итого к оплате", ""),
        ("", ""),
    ],
)
def test_words_name_fields(label: str, name: str) -> None:
    assert guess(label) == name


def words(*placed: tuple[str, float, float]) -> list[Word]:
    return [Word(text, Box(x, y, 3.0 * len(text), 3.0)) for text, x, y in placed]


def named(
    monkeypatch: pytest.MonkeyPatch, places: list[Place], *placed: tuple[str, float, float]
) -> list[tuple[str, str, str]]:
    monkeypatch.setattr(naming, "read_words", lambda grey, dpi: words(*placed))
    return [(n.label, n.name, n.kind) for n in name_places(PAGE, 200, places)]


def row(x: float, y: float, count: int, w: float = 8) -> Place:
    cells = tuple(Box(x + w * n, y, w, 10) for n in range(count))
    return Place("cells", Box.around(cells), cells)


def test_labels_stand_above_or_to_the_left_or_behind_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [
        row(10, 20, 8),
        Place("box", Box(60, 50, 40, 9)),
        Place("tick", Box(10, 80, 4, 4)),
        Place("rule", Box(60, 90, 40, 8)),
    ]
    found = named(
        monkeypatch,
        places,
        ("Дата", 10, 15.5),
        ("Подпись", 30, 53),
        ("Согласен", 17, 80.5),
        ("(адрес)", 70, 99),
    )
    assert found == [
        ("Дата", "date", "date"),
        ("Подпись", "signature", "signature"),
        ("Согласен", "", "tick"),
        ("(адрес)", "address", "line"),
    ]


def test_of_two_readings_the_larger_is_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    found = named(
        monkeypatch, [row(10, 20, 4, w=4), row(10, 50, 6)], ("показание", 10, 15), ("Показание", 10, 45)
    )
    assert [name for _, name, _ in found] == ["", "reading"]


def test_a_date_needs_eight_cells_and_a_signature_no_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    found = named(monkeypatch, [row(10, 20, 6), row(10, 50, 5)], ("Дата", 10, 15), ("Подпись", 10, 45))
    assert [(name, kind) for _, name, kind in found] == [("", "digits"), ("", "digits")]


def test_a_steps_number_is_no_part_of_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    assert named(monkeypatch, [row(10, 20, 6)], ("1", 10, 15), ("Счёт", 14, 15))[0][0] == "Счёт"


def test_without_tesseract_there_are_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[str]:
        raise naming.pytesseract.TesseractNotFoundError

    monkeypatch.setattr(naming.pytesseract, "get_languages", missing)
    assert [n.label for n in name_places(PAGE, 200, [row(10, 20, 6)])] == [""]
