"""A form with an error is refused with file, line, problem and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import TemplateError, UsageError
from templates import all_templates, find, load_template
from templates.catalogue import SHIPPED
from templates.printing.proof import proof
from templates.supplier_rules import suppliers

BLANK = (SHIPPED / "krasnoyarskenergosbyt" / "dropbox.yaml").read_text("utf-8")
PERSONAL = (SHIPPED / "krasnoyarskenergosbyt" / "dropbox-personal.yaml").read_text("utf-8")
LARGE = (SHIPPED / "krasnoyarskenergosbyt" / "dropbox-large.yaml").read_text("utf-8")


def refused(folder: Path, text: str | bytes) -> TemplateError:
    path = folder / "form.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    with pytest.raises(TemplateError) as caught:
        proof(load_template(path), path, suppliers()["krasnoyarskenergosbyt"])
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}:{caught.value.line}: ")
    assert "\n" not in str(caught.value)
    return caught.value


def changed(text: str, old: str, new: str) -> tuple[str, int]:
    """The form with its first ``old`` replaced, and the line where that stands."""
    assert old in text
    return text.replace(old, new, 1), text[: text.index(old)].count("\n") + 1


#: what is changed in the blank, the English name of the problem, a part of the remedy, lines below the change
MISTAKES = [
    ("label: Адрес", "lable: Адрес", "missing key", "label: ", -3),
    ("title: Пок", "titel: Пок", "missing key", "title: ", None),
    ("hint: населённый", "hnit: населённый", "unknown key", "«hint»", 0),
    (
        "page: {width: 148, height: 210}",
        "page: {width: 148mm, height: 210}",
        "not a number",
        "миллиметрах",
        0,
    ),
    (
        "page: {width: 148, height: 210}",
        "page: {width: 148, height: 2100}",
        "out of range",
        "от 60 до 500",
        0,
    ),
    ("page: {width: 148, height: 210}", "page: 148", "mapping expected", "ключ: значение", 0),
    ("version: 1", "version: 1.5", "whole number", "целое", 0),
    ("version: 1", "version: [1]", "a single value", "одно значение", 0),
    ("version: 1", "version: 1\nversion: 2", "duplicate key", "одну", 1),
    ("code: 1 ", "code: 147 ", "out of range", "от 0 до 145", 0),
    ("name: krasnoyarsk-dropbox", "name: Бланк", "bad name", "латиницей", 0),
    ("title: Показания электросчётчика", "title: 12", "text expected", "в кавычках", 0),
    ("kind: signature", "kind: line", "wrong kind", "kind: signature", 0),
    ("kind: signature", "kind: podpis", "not one of the choices", "signature", 0),
    ("name: surname", "name: familia", "not one of the choices", "surname", 0),
    ("name: surname", "name: address", "duplicate field", "другое имя", 0),
    ("required: yes", "required: 5", "yes or no", "required: yes", 0),
    ("    required: yes\n", "", "must be required", "required: yes", -5),
    ("at: [12, 53]", "at: [12]", "wrong count", "ровно 2", 0),
    ("at: [12, 53]", "at: 12", "list of numbers", "at: [число, число]", 0),
    ("at: [12, 53]", "at: [50, 53]", "outside the page", "4 мм", 0),
    ("at: [12, 53]", "at: [12, 70]", "overlap", "70…80", 10),
    ("at: [12, 53]", "at: [12, 10]", "overlap", "17.875", 0),
    ("cell: [8, 10]", "cell: [4, 10]", "cells too small", "[5, 7]", 0),
    ("groups: [3, 3, 3, 3]", "groups: [20, 20]", "cell count", "[3, 3]", 0),
    ("groups: [3, 3, 3, 3]", "groups: [3, 3, 3]", "account length", "12", -8),
    ("    comma: yes\n", "", "note without comma", "comma: yes", 0),
    ("markers: {size: 10", "markers: {size: 7", "out of range", "от 8", 0),
    ("    size: [44, 10]\n", "", "missing key", "size: [124, 10]", -6),
    ('digits: "0123456789"', 'digits: "О123"', "digits only", "цифры", 0),
    ("fields:\n", "fields: нет\nother:\n", "list expected", "строки с «- »", 0),
    ("size: 15.5", "size: 5", "type too small", "6 пт", 0),
    ("at: [74, 6.4]", "at: [140, 6.4]", "text outside the page", "width:", 0),
    ("at: [74, 6.4]", "at: [40, 7]", "text over a field", "сдвиньте", 0),
    ("version: 1", "version: {1", "syntax", "скобки", None),
    ("version: 1", "version: 1\n\tcode: 1", "syntax", "отступы", None),
]


@pytest.mark.parametrize(("old", "new", "problem", "remedy", "below"), MISTAKES, ids=lambda v: str(v)[:24])
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, problem: str, remedy: str, below: int | None
) -> None:
    text, line = changed(BLANK, old, new)
    error = refused(tmp_path, text)
    assert problem in error.problem
    assert remedy in error.remedy
    if below is not None:
        assert error.line == line + below


@pytest.mark.parametrize("name", ["account", "address", "reading", "date", "signature"])
def test_a_missing_field_is_named(tmp_path: Path, name: str) -> None:
    start = BLANK.index(f"  - name: {name}\n")
    end = min(i for i in (BLANK.find("  - name:", start + 5), BLANK.find("\ntexts:", start)) if i > 0)
    error = refused(tmp_path, BLANK[:start] + BLANK[end:])
    assert "missing field" in error.problem
    assert f"«{name}»" in error.problem
    assert f"- name: {name}" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "problem", "remedy"),
    [
        ("size: 22", "size: 26", "account too wide", "уменьшите size: до 23"),
        ("qr: [15, 45, 30]", "qr: [15, 45, 12]", "code too small", "15"),
        ("qr: [15, 45, 30]", "qr: [15, 45, 45]", "overlap", "сдвиньте"),
        ("qr: [15, 45, 30]", "qr: [15, 80, 30]", "overlap", "сдвиньте"),
        ("text: [55, 52, 78, 12]", "text: [75, 52, 78, 12]", "outside the page", "сдвиньте"),
        ("text: [55, 52, 78, 12]", "text: [40, 52, 78, 12]", "overlap", "вправо"),
        ("code_area:", "samples2:", "unknown key", "samples"),
        ("kind: printed", "kind: digits", "wrong kind", "kind: printed"),
        ("personal: yes", "personal: no", "wrong kind", "kind: digits"),
    ],
)
def test_a_personal_slip_has_room_for_its_code(
    tmp_path: Path, old: str, new: str, problem: str, remedy: str
) -> None:
    error = refused(tmp_path, changed(PERSONAL, old, new)[0])
    assert problem in error.problem
    assert remedy in error.remedy


def test_a_personal_slip_needs_a_code_area(tmp_path: Path) -> None:
    start = PERSONAL.index("code_area:")
    error = refused(tmp_path, PERSONAL[:start] + PERSONAL[PERSONAL.index("fields:") :])
    assert "missing code_area" in error.problem
    assert error.line == PERSONAL[: PERSONAL.index("personal: yes")].count("\n") + 1


def test_a_blank_has_no_code_area(tmp_path: Path) -> None:
    text = BLANK + "\ncode_area: {qr: [15, 45, 30], text: [55, 52, 78, 12], size: 22}\n"
    error = refused(tmp_path, text)
    assert "personal only" in error.problem
    assert error.line == text.count("\n")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [("cell: [9, 13]", "cell: [7.9, 13]", "cells too small"), ("hint: 14}", "hint: 13}", "type too small")],
)
def test_large_print_is_large(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problem in refused(tmp_path, changed(LARGE, old, new)[0]).problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty file"),
        (b"# only a remark\n", "empty file"),
        (b"- a\n- b\n", "mapping expected"),
        ("name: бланк".encode("cp1251"), "not UTF-8"),
        (b"name: x" * 40_000, "too large"),
        (b"name: \x07", "syntax"),
        (b"a: &a [*a]", "missing key"),
        (b"a: " + b"[" * 100_000, "too deep"),
    ],
)
def test_what_is_no_form_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in refused(tmp_path, data).problem


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot read"):
        load_template(tmp_path / "none.yaml")


def own_folder(folder: Path, text: str) -> Path:
    (folder / "krasnoyarskenergosbyt").mkdir()
    path = folder / "krasnoyarskenergosbyt" / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_form_code_belongs_to_one_form(tmp_path: Path) -> None:
    path = own_folder(tmp_path, changed(BLANK, "name: krasnoyarsk-dropbox", "name: mine")[0])
    with pytest.raises(TemplateError, match="code taken") as caught:
        all_templates(tmp_path)
    assert caught.value.path == path
    assert path.read_text("utf-8").splitlines()[caught.value.line - 1].startswith("code: 1")


def test_a_name_and_version_belong_to_one_form(tmp_path: Path) -> None:
    path = own_folder(tmp_path, changed(BLANK, "code: 1 ", "code: 9 ")[0])
    with pytest.raises(TemplateError, match="duplicate name") as caught:
        all_templates(tmp_path)
    assert path.read_text("utf-8").splitlines()[caught.value.line - 1].startswith("name:")


def test_the_newest_version_is_found(tmp_path: Path) -> None:
    own_folder(tmp_path, BLANK.replace("version: 1", "version: 2", 1).replace("code: 1 ", "code: 9 ", 1))
    assert find("krasnoyarsk-dropbox", tmp_path).version == 2
    assert find("krasnoyarsk-dropbox@1", tmp_path).version == 1
    assert find("krasnoyarsk-dropbox").version == 1


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match="krasnoyarsk-personal"):
        find("krasnojarsk")


def test_all_mistakes_of_a_form_are_told_at_once(tmp_path: Path) -> None:
    text = BLANK
    for old, new in (
        ("version: 1", "version: 1.5"),
        ("label: Адрес", "lable: Адрес"),
        ("hint: населённый", "hnit: населённый"),
    ):
        text, _ = changed(text, old, new)
    text += "colour: red\n"
    error = refused(tmp_path, text)
    said = [(each.line, each.problem) for each in (error, *error.further)]
    assert len(said) == len(set(said)) == 3
    assert "whole number" in error.problem
    # Two in one field: the first of them; and what the field would have been is not missed elsewhere.
    assert [next(word for word in ("missing key", "unknown key") if word in p) for _, p in said[1:]] == [
        "missing key",
        "unknown key",
    ]
    assert error.further[1].line == text.count("\n")


def test_a_form_may_have_its_reading_on_its_back(tmp_path: Path) -> None:
    head, _, tail = BLANK.partition("  - name: reading\n")
    rest = tail[tail.index("  - name: ") :]
    path = tmp_path / "form.yaml"
    path.write_text(head + rest, "utf-8")
    with pytest.raises(TemplateError, match="reading"):
        load_template(path)
    path.write_text("without: [reading]\n" + head + rest, "utf-8")
    assert not any(field.name == "reading" for field in load_template(path).fields)
