"""The forms and rules that come with meterdrop are what the suppliers announced."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from domain.errors import TemplateError
from domain.window import ALWAYS
from templates import all_templates, find, suppliers
from templates.catalogue import form_files
from templates.loader import load_template
from templates.printing.proof import proof
from templates.supplier_rules import load_supplier

CELLS = {"account": 12, "reading": 6, "reading_t2": 6, "reading_t3": 6, "date": 8}


@pytest.mark.parametrize("name", ["krasnoyarsk-dropbox", "krasnoyarsk-dropbox-large"])
def test_the_blank_has_its_fields(name: str) -> None:
    template = find(name)
    required = {field.name for field in template.fields if field.required}
    assert required == {"account", "address", "reading", "date", "signature"}
    assert {f.name for f in template.fields} - required == {
        "surname",
        "meter_serial",
        "reading_t2",
        "reading_t3",
    }
    assert {f.name: len(f.cells) for f in template.fields if f.name in CELLS} == CELLS
    assert [template.field(f).tariff for f in ("reading", "reading_t2", "reading_t3")] == ["T1", "T2", "T3"]
    assert template.field("address").kind == "line"
    assert template.code is None


def test_the_blank_is_a5_and_its_cells_are_wide_enough() -> None:
    template = find("krasnoyarsk-dropbox")
    assert (template.width_mm, template.height_mm) == (148, 210)
    assert all(cell.w_mm >= 6 and cell.h_mm >= 8 for field in template.fields for cell in field.cells)


def test_large_print_is_large_and_shows_a_filled_sample() -> None:
    template = find("krasnoyarsk-dropbox-large")
    assert all(cell.w_mm >= 8 and cell.h_mm >= 10 for field in template.fields for cell in field.cells)
    art = template.artwork
    assert min(text.size_pt for text in art.texts) >= 14
    assert min(min(label.size_pt, label.hint_size_pt) for label in art.labels) >= 14
    assert "121000000000" in {sample.text.replace(" ", "") for sample in art.samples}


def test_only_reading_date_and_signature_are_written_on_a_personal_slip() -> None:
    template = find("krasnoyarsk-personal")
    assert template.personal
    assert template.code is not None
    assert template.field("account").kind == "printed"
    assert {f.name for f in template.fields if f.required} == {"account", "reading", "date", "signature"}
    assert not {"surname", "address"} & {field.name for field in template.fields}


def test_every_form_says_who_it_is_and_what_becomes_of_the_data() -> None:
    for template in all_templates():
        texts = " ".join(text.text for text in template.artwork.texts)
        assert f"{template.name} · версия {template.version}" in texts
        if template.purpose == "header":
            continue  # filled in by the staff
        assert "152-ФЗ" in texts
        assert "не согласие" in texts
        rules = suppliers()[template.supplier].periods[-1]
        windows = {rules.windows.get("station"), rules.windows.get("receipt")} - {None}
        if template.purpose == "slip" and windows:
            window = windows.pop()
            assert ("с 23 по 26 число" in texts) == ((window.first_day, window.last_day) == (23, 26))
            assert ("весь месяц" in texts) == (window == ALWAYS)


def test_every_form_passes_proof_reading() -> None:
    for path in form_files():
        template = load_template(path)
        proof(template, path, suppliers()[template.supplier])


def test_markers_name_form_and_corner() -> None:
    marked = [template for template in all_templates() if template.form_code >= 0]
    assert {t.name for t in all_templates() if not t.markers} == {t.name for t in all_templates()} - {
        t.name for t in marked
    }
    for template in marked:
        assert [marker.id for marker in template.markers] == [4 * template.form_code + i for i in range(4)]
        assert [marker.corner for marker in template.markers] == ["tl", "tr", "br", "bl"]
        assert min(marker.box.w_mm for marker in template.markers) >= 8
    assert len({template.form_code for template in marked}) == len(marked)


def test_forms_and_rules_cross_process_borders() -> None:
    assert pickle.loads(pickle.dumps(all_templates())) == all_templates()
    assert pickle.loads(pickle.dumps(dict(suppliers()))) == suppliers()


def test_krasnoyarsk_collects_drop_boxes_from_the_23rd_to_the_26th() -> None:
    rules = suppliers()["krasnoyarskenergosbyt"]
    assert rules.account.accepts("121000000000")
    assert not rules.account.accepts("12100000000")
    for day in (date(2012, 11, 1), date(2026, 11, 1)):
        window = rules.at(day).windows["station"]
        inside = [n for n in range(1, 31) if window.contains(day.replace(day=n))]
        assert inside == [23, 24, 25, 26]


def test_krasnoyarsk_widened_its_portal_later() -> None:
    rules = suppliers()["krasnoyarskenergosbyt"]
    assert not rules.at(date(2012, 11, 10)).windows["portal"].contains(date(2012, 11, 10))
    later = rules.at(date(2020, 2, 10)).windows["portal"]
    assert [later.contains(date(2020, 2, n)) for n in (5, 6, 28, 29)] == [False, True, True, False]
    assert rules.at(date(2020, 2, 1)).no_reading.average_months == 3


@pytest.mark.parametrize(
    ("name", "channel", "first", "last", "months"),
    [
        ("altaienergosbyt", "sms", 1, 31, 6),
        ("khakasenergo", "voice", 23, 26, 3),
        ("mosenergosbyt", "portal", 15, 25, 3),
    ],
)
def test_the_other_suppliers(name: str, channel: str, first: int, last: int, months: int) -> None:
    rules = suppliers()[name].at(date(2026, 10, 1))
    days = [n for n in range(1, 32) if rules.windows[channel].contains(date(2026, 10, n))]
    assert (days[0], days[-1], len(days)) == (first, last, last - first + 1)
    assert rules.no_reading.average_months == months


RULES = """name: testsbyt
title: Тест
account: {digits: 12}
periods:
  - since: 2012-01-01
    windows:
      station: [23, 26]
      sms: any_day
"""


EARLIER = "  - since: 2011-01-01\n    windows: {sms: any_day}\n"


def rules_file(folder: Path, text: str) -> Path:
    (folder / "testsbyt").mkdir(exist_ok=True)
    path = folder / "testsbyt" / "supplier.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_supplier_of_ones_own_joins_the_shipped(tmp_path: Path) -> None:
    rules_file(tmp_path, RULES)
    known = suppliers(tmp_path)
    assert known["testsbyt"].at(date(2026, 1, 1)).windows["sms"] == ALWAYS
    assert set(known) == {*suppliers(), "testsbyt"}


@pytest.mark.parametrize(
    ("old", "new", "problem", "remedy", "line"),
    [
        ("name: testsbyt", "name: other", "not the folder's", "name: testsbyt", 1),
        ("digits: 12", "digits: [12, 6]", "reversed", "меньшее", 3),
        ("digits: 12", "digits: двенадцать", "not a number", "число", 3),
        ("station:", "ящик:", "unknown channel", "station", 7),
        ("[23, 26]", "[26, 23]", "reversed", "[23, 26]", 7),
        ("[23, 26]", "[0, 26]", "no day 0", "-1", 7),
        ("[23, 26]", "[23, 32]", "out of range", "31", 7),
        ("any_day", "всегда", "not one of the choices", "any_day", 8),
        ("2012-01-01", "01.01.2012", "date expected", "ГГГГ-ММ-ДД", 5),
        ("title: Тест", "titel: Тест", "missing key", "title", 1),
        (RULES[RULES.index("  - since") :], "  []\n", "no periods", "since", 5),
        ("sms: any_day\n", f"sms: any_day\n{EARLIER}", "order", "старых", 9),
    ],
)  # fmt: skip
def test_wrong_rules_are_refused(
    tmp_path: Path, old: str, new: str, problem: str, remedy: str, line: int
) -> None:
    assert old in RULES
    path = rules_file(tmp_path, RULES.replace(old, new, 1))
    with pytest.raises(TemplateError) as caught:
        load_supplier(path)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert caught.value.line == line
