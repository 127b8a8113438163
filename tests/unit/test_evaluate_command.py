"""``meterdrop evaluate``: manifests, pictures, reports, plots and errors."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from domain.errors import MeterdropError, UsageError
from meterdrop.commands.evaluate import command
from meterdrop.evaluation import reading
from meterdrop.evaluation.manifest import Row, load_manifest
from meterdrop.evaluation.report import field_report
from simulate.files import jpeg, pdf
from tests.unit.reader.slips import ACCOUNT, filled, sheet

FIELDS = {"account": "digits", "reading": "digits", "date": "date", "signature": "signature"}


def manifest(path: Path, *rows: object, header: str = "path,value") -> Path:
    path.write_text("\n".join((header, *map(str, rows))) + "\n", encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[Result, dict[str, Any]]:
    result = CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return result, {}
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return result, json.loads(lines[0]) if lines else {}


def cell(kind: str) -> np.ndarray:
    """A box with a digit of the kind that nobody mistakes, or with nothing."""
    picture = np.full((96, 72), 250, dtype=np.uint8)
    cv2.rectangle(picture, (4, 4), (67, 91), 120, 2)
    if kind == "1":
        cv2.line(picture, (36, 18), (36, 78), 30, 4, cv2.LINE_AA)
        cv2.line(picture, (36, 18), (24, 34), 30, 4, cv2.LINE_AA)
    if kind == "0":
        cv2.ellipse(picture, (36, 48), (17, 29), 0, 0, 360, 30, 4, cv2.LINE_AA)
    return picture


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ones, noughts and blanks in boxes."""
    folder = tmp_path_factory.mktemp("cells")
    for i, kind in enumerate("1010__"):
        (folder / f"{i}.png").write_bytes(cv2.imencode(".png", cell(kind))[1].tobytes())
    return folder


def test_cells_are_counted(cells: Path) -> None:
    rows = ("0.png,1,a", "1.png,0,a", "2.png,7,b", "3.png,0,b", "4.png,_,c", "5.png,#,c")
    path = manifest(cells / "m.csv", *rows, header="path,label,writer")
    result, report = run("--as", "cell", "--manifest", path, "--json")
    assert result.return_value is None
    assert (report["as"], report["rows"], report["unreadable"]) == ("cell", 6, 0)
    assert report["model"].startswith("digits@")
    found = report["fields"]["value"]
    assert (found["exact"]["right"], found["exact"]["n"]) == (4, 6)
    assert found["exact"]["interval"] == pytest.approx([0.222778, 0.956728], abs=1e-6)
    assert found["confusion"]["7"] == {"1": 1}
    assert found["confusion"]["#"] == {"_": 1}
    assert found["over_groups"] | {"interval": 0} == {
        "column": "writer", "groups": 3, "with_errors": 2, "interval": 0,
    }  # fmt: skip
    assert (found["false_digits"]["any"]["count"], found["false_digits"]["any"]["n"]) == (0, 2)
    assert found["coverage"][0] | {"error": 0, "bound": 0} == {
        "threshold": 0.0, "accepted": 6, "coverage": 1.0, "wrong": 2, "error": 0, "bound": 0,
    }  # fmt: skip
    assert found["calibration"]["n"] == 6
    assert "wrong_but_registered" not in found


def test_in_words(cells: Path) -> None:
    path = manifest(cells / "w.csv", "0.png,1", "1.png,0", "2.png,7", "none.png,3")
    result, _ = run("--as", "cell", "--manifest", path)
    assert result.exit_code == 1 or result.return_value == 1
    assert "exact match     2 of 4 = 50.00 %" in result.output
    assert "unreadable      1 of 4" in result.output
    assert "confusion: rows the truth" in result.output


def test_plot_and_errors(cells: Path, tmp_path: Path) -> None:
    path = manifest(cells / "p.csv", *(f"{i}.png,{truth}" for i, truth in enumerate("10703_")))
    for name in ("plot.svg", "plot.png"):
        run("--as", "cell", "--manifest", path, "--plot", tmp_path / name, "--errors", tmp_path / "e")
    words = "".join(ET.fromstring((tmp_path / "plot.svg").read_text("utf-8")).itertext())
    assert "wrong among accepted" in words
    assert "n = 6" in words
    assert "p.csv, --as cell" in words
    with Image.open(tmp_path / "plot.png") as drawn:
        assert drawn.size == (1960, 852)
        assert len(np.unique(np.asarray(drawn.convert("L")))) > 20
    with (tmp_path / "e" / "errors.csv").open(encoding="utf-8") as text:
        listed = list(csv.DictReader(text))
    assert {(row["line"], row["truth"]) for row in listed} == {("4", "7"), ("6", "3")}
    assert [row["confidence"] for row in listed] == sorted((r["confidence"] for r in listed), reverse=True)
    with Image.open(tmp_path / "e" / "value-1.png") as contact:
        assert contact.size[1] == 172
        # The pictures are on it, not only their words.
        assert int(np.asarray(contact)[10:110, 10:500].min()) < 60


@pytest.fixture(scope="module")
def slips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-page PDF (a slip, a blank page), and a slip by itself."""
    folder = tmp_path_factory.mktemp("slips")
    slip, _ = filled(200, np.random.default_rng(1))
    (folder / "two.pdf").write_bytes(pdf([sheet(200), slip], 200))
    (folder / "one.jpg").write_bytes(jpeg(slip, 200))
    return folder


def test_forms(slips: Path, tmp_path: Path) -> None:
    other = ACCOUNT[:-1] + ("1" if ACCOUNT[-1] != "1" else "2")
    rows = (
        f"one.jpg,1,{ACCOUNT},05630,2026-11-24,yes,c",
        f"two.pdf,2,{other},5631,24.11.2026,no,",
        f"two.pdf,1,{ACCOUNT},,,,",
    )
    path = manifest(slips / "m.csv", *rows, header="path,page,account,reading,date,signature,note")
    register = manifest(tmp_path / "r.csv", ACCOUNT, "121000999999", header="account")
    result, report = run(
        "--as", "form", "--manifest", path, "--register", register, "--errors", tmp_path / "e", "--json"
    )
    assert result.return_value == 1 or result.exit_code == 1, "the blank page has no account"
    assert "columns not used: note" in result.stderr
    fields = report["fields"]
    right = {name: (found["exact"]["right"], found["n"]) for name, found in fields.items()}
    assert right == {
        "account": (1, 3), "reading": (1, 2), "date": (2, 2), "signature": (1, 2), reading.BOTH: (1, 2),
    }  # fmt: skip
    assert fields["account"]["wrong_but_registered"]["count"] == 1
    assert fields["account"]["coverage"][0]["wrong_registered"] == 1
    assert fields[reading.BOTH]["wrong_but_registered"]["count"] == 1
    assert fields["account"]["characters"]["n"] == 36
    assert fields["account"]["character_calibration"]["n"] == 24
    assert fields["date"]["character_calibration"]["n"] == 16
    assert fields["reading"]["confusion"]["1"] == {"0": 1}
    assert sorted(p.name for p in (tmp_path / "e").iterdir()) == [
        "account-1.png", "errors.csv", "reading-1.png", "signature-1.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        ("file,value", "a.png,1", r"m\.csv:1: no column path"),
        ("path,truth", "a.png,1", r"m\.csv:1: no column value"),
        ("path,value,value", "a.png,1,1", r"m\.csv:1: the column value stands there twice"),
        ("path,value", "a.png,12", r"m\.csv:2: value '12'"),
        ("path,value", "a.png,", r"m\.csv:2: value ''"),
        ("path,value", "a.png,x", r"m\.csv:2: value 'x'"),
        ("path,value", ",1", r"m\.csv:2: no path"),
        ("path,value,page", "a.png,1,0", r"m\.csv:2: page '0'"),
        ("path,value", "", "no rows"),
    ],
)
def test_a_wrong_manifest_is_one_clear_line(tmp_path: Path, header: str, row: str, says: str) -> None:
    path = manifest(tmp_path / "m.csv", row, header=header)
    with pytest.raises(UsageError, match=says) as caught:
        load_manifest(path, "cell", {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a.png,12a,,,", r"m\.csv:3: account '12a'"),
        ("a.png,,,2026-02-31,", r"m\.csv:3: date '2026-02-31'"),
        ("a.png,,,,maybe", r"m\.csv:3: signature 'maybe'"),
        ("a.png,,,,", r"m\.csv:3: no truth"),
    ],
)
def test_a_wrong_row_of_forms(tmp_path: Path, row: str, says: str) -> None:
    path = manifest(tmp_path / "m.csv", "b.png,1,_,_,no", row, header="path,account,reading,date,signature")
    with pytest.raises(UsageError, match=says):
        load_manifest(path, "form", FIELDS)


def test_what_a_manifest_says(tmp_path: Path) -> None:
    text = "\ufeffpath;page;slip;account;reading;date;signature;source\nx/a.pdf;3;2;12;_;24.11.2026;да;s1\n"
    (tmp_path / "m.csv").write_text(text.replace("да", "1"), encoding="utf-8")
    found = load_manifest(tmp_path / "m.csv", "form", FIELDS)
    [row] = found.rows
    assert (row.path, row.page, row.slip, row.group) == (tmp_path / "x" / "a.pdf", 3, 2, "s1")
    assert row.truth == {"account": "12", "reading": "", "date": "2026-11-24", "signature": "yes"}
    assert (found.grouped, found.ignored) == ("source", ())
    line = load_manifest(manifest(tmp_path / "l.csv", "a.png,0123", header="path,label"), "line", {})
    assert line.rows[0].truth == {"value": "0123"}


def test_truths_of_every_kind_of_field_over_all_forms(tmp_path: Path) -> None:
    from meterdrop.commands.evaluate import _fields
    from meterdrop.readers import ReadOptions
    from ocr.load import Limits

    written = _fields(ReadOptions("form", Limits()))
    names = ("account", "reading", "date", "address", "signature", "account_code")
    assert [written[name] for name in names] == ["digits", "digits", "date", "signature", "signature", "text"]
    row = "a.pdf,121000000000,05630,24.11.2026,yes,no,ST00012|PersAcc=1"
    found = load_manifest(
        manifest(tmp_path / "k.csv", row, header=f"path,{','.join(names)}"), "form", written
    )
    values = ("121000000000", "05630", "2026-11-24", "yes", "no", "ST00012|PersAcc=1")
    assert found.rows[0].truth == dict(zip(names, values, strict=True))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--as", "meter", "--decimals", "1"],
        ["--as", "cell", "--digits", "5"],
        ["--as", "cell", "--register", "r.csv"],
        ["--as", "cell", "--plot", "x.pdf"],
        ["--as", "cell", "--plot", "no-such-folder/x.svg"],
        ["--as", "cell", "--errors", __file__],
        ["--as", "form"],
        ["--as", "form", "--template", "no-such-form"],
    ],
)
def test_wrong_use(cells: Path, arguments: list[str]) -> None:
    path = manifest(cells / "u.csv", "0.png,1")
    result, _ = run(*arguments, "--manifest", path)
    assert isinstance(result.exception, MeterdropError)
    assert "\n" not in str(result.exception)


def test_photos_without_a_meter_are_counted_apart() -> None:
    here = Path("a.jpg")
    rows = [Row(n + 2, here, {"value": truth}, page=n) for n, truth in enumerate(("0563", "0563", "", ""), 1)]
    surely = {"path": "a.jpg", "outcome": "read", "display": "lcd", "decimals": "4"}
    lines = [
        {**surely, "page": 1, "value": "0563", "confidence": 0.99},
        {**surely, "page": 2, "value": "0568", "confidence": 0.7, "display": "drum"},
        {"path": "a.jpg", "page": 3, "outcome": "unreadable", "reasons": ["no_display_found"]},
        {**surely, "page": 4, "value": "123", "confidence": 0.95},
    ]
    found = reading.examples(rows, {here: lines}, "meter")["value"]
    assert [e.right for e in found] == [True, False, True, False]
    report = field_report(found, "meter", None)
    assert report["exact"]["right"] == 1 and report["exact"]["n"] == 2
    assert report["false_digits"]["above_0.9"]["count"] == 1 and report["false_digits"]["any"]["n"] == 2
    assert report["surest_80"]["n"] == 2
    assert {sort: each["exact"]["n"] for sort, each in report["by_display"].items()} == {"lcd": 1, "drum": 1}


def test_answers_of_lines_and_of_several_slips_are_paired_with_their_rows() -> None:
    here = Path("a.png")

    def said(value: str, page: int, **more: object) -> dict[str, object]:
        characters = [{"value": c, "confidence": 0.9} for c in value]
        answer = {"outcome": "read", "value": value, "confidence": 0.8, "characters": characters}
        return {"path": "a.png", "page": page, **answer, **more}

    rows = [Row(n + 2, here, {"value": truth}, page=n) for n, truth in enumerate(("0123", "77", "", "9"), 1)]
    read = {here: [said("0123", 1), said("71", 2), said("", 3, outcome="blank")]}
    found = reading.examples(rows, read, "line")["value"]
    assert [e.right for e in found] == [True, False, True, False]
    assert [e.read for e in found] == [True, True, True, False]
    assert found[1].characters == ((True, 0.9), (False, 0.9))
    field = {"value": "5", "confidence": 0.7}
    slips = [{"page": 1, "slip": n, "outcome": "read", "fields": {"reading": field}} for n in (1, 2)]
    second = reading.examples([Row(2, here, {"reading": "5"}, slip=2)], {here: slips}, "form")
    third = reading.examples([Row(2, here, {"reading": "5"}, slip=3)], {here: slips}, "form")
    assert second["reading"][0].right
    assert not third["reading"][0].read


@pytest.mark.slow
def test_several_processes_say_the_same(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (*(f"{i}.png,{truth}" for i, truth in enumerate("10703_")), "none.png,1")
    path = manifest(cells / "s.csv", *rows)
    _, alone = run("--as", "cell", "--manifest", path, "--json", "--workers", 1)
    monkeypatch.setattr(reading, "_FEW", 1)
    monkeypatch.setattr(reading, "_PIECE", 3)
    _, shared = run("--as", "cell", "--manifest", path, "--json", "--workers", 2)
    assert shared == alone
    assert shared["unreadable"] == 1
