"""Calibration on a supplier's own past scans."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.errors import UsageError
from domain.proof import Evidence, ProvenThreshold
from meterdrop.archive import as_dict, in_words
from ocr.thresholds import ProvenThresholds
from services import archive, archive_proof
from services.archive import ArchiveResult
from services.archive_rows import read_manifest
from services.context import LOCAL, Context
from services.thresholds import in_force
from storage.records.tables import archive_reading, sheet, source_file
from tests.paper import FORM, SUPPLIER, PaperReader, account_row, file_of, register, slip

KEY = ("station", FORM, "paper@1")
TARGET = 0.2


class Files:
    """An object store's ``get`` for files that are no objects."""

    def get(self, key: str) -> bytes:
        assert key.startswith(LOCAL)
        return Path(key.removeprefix(LOCAL)).read_bytes()


def number(n: int) -> str:
    return f"1210000{n:05d}"


@pytest.fixture
def house(ctx: Context) -> Context:
    register(ctx, *(account_row(number(n)) for n in range(100)))
    settings = replace(ctx.settings, chunk_sheets=8)
    reader = PaperReader(Files())  # type: ignore[arg-type]
    return replace(ctx, reader=reader, settings=settings, thresholds=ProvenThresholds(()))


def write(folder: Path, rows: list[str], slips: list[dict[str, object]], dates: bool = True) -> Path:
    """One file with a slip a page, and its manifest."""
    (folder / "old.pdf").write_bytes(file_of(*([each] for each in slips)))
    header = "path;page;account_1;reading_1;account_2;reading_2" + (";date_1;date_2" if dates else "")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return manifest


def row(n: int, account: str = "", reading: str = "1100", second: str = "") -> str:
    keyed = account or number(n)
    day = "24.11.2026"
    return f"old.pdf;{n + 1};{keyed};{reading};{keyed};{second or reading};{day};{day}"


def read(ctx: Context, manifest: Path) -> ArchiveResult:
    return archive.calibrate(ctx, manifest, SUPPLIER, "station", model="paper@1", target=TARGET)


def test_an_archive_proves_a_threshold_that_is_not_provisional(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(n), "1100", confidence=0.97) for n in range(40)]
    result = read(house, write(tmp_path, [row(n) for n in range(40)], slips))
    assert (result.rows, result.read, result.disputed, result.missing, result.bad) == (40, 40, 0, [], [])
    [proof] = result.proofs
    assert proof.measured is not None
    assert (proof.measured.threshold, proof.measured.n, proof.measured.wrong) == (0.5, 40, 0)
    with house.records.read() as tx:
        assert in_force(house, tx, *KEY).main is None, "nothing is in force before it is applied"
    assert archive_proof.apply(house, result.proofs, "vera") == [proof]
    with house.records.read() as tx:
        standing = in_force(house, tx, *KEY)
    assert standing.proof is not None
    assert (standing.main, standing.proof.evidence, standing.proof.provisional) == (
        0.5, Evidence.ARCHIVE, False,
    )  # fmt: skip
    assert read(house, tmp_path / "manifest.csv").proofs[0].refused == "it is in force already"


def test_wrong_readings_and_other_customers_accounts_are_counted(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(n), "1100", confidence=0.999 if n > 5 else 0.6) for n in range(60)]
    rows = [row(n) for n in range(60)]
    rows[0], rows[1], rows[2] = row(0, account=number(50)), row(1, reading="1101"), row(2, second="1109")
    [proof] = read(house, write(tmp_path, rows, slips)).proofs
    assert (proof.slips, proof.compared, proof.disputed) == (60, 59, 1)
    with house.records.read() as tx:
        lines = tx.connection.execute(sa.select(archive_reading).order_by(archive_reading.c.line)).all()
    assert [line.wrong for line in lines[:4]] == [True, True, None, False]
    assert [line.wrong_registered for line in lines[:4]] == [True, False, None, False]
    assert [line.disputed for line in lines[:4]] == [False, False, True, False]


def test_disputed_slips_are_wrong_in_the_careful_variant(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(n), "1100") for n in range(60)]
    rows = [row(n, second="1109" if n < 6 else "") for n in range(60)]
    result = read(house, write(tmp_path, rows, slips))
    [proof] = result.proofs
    assert proof.measured is not None
    assert proof.conservative is not None
    assert (proof.measured.n, proof.measured.wrong) == (54, 0)
    assert (proof.conservative.n, proof.conservative.wrong) == (60, 6)
    assert proof.conservative.bound > proof.measured.bound
    assert "6 keyed differently" in in_words(result, [], applied=False)
    assert "with the 6 disputed ones that it accepts as wrong" in in_words(result, [], applied=False)


def test_nothing_of_the_scans_is_kept(house: Context, tmp_path: Path) -> None:
    read(house, write(tmp_path, [row(0)], [slip(number(0), "7351")]))
    with house.records.read() as tx:
        assert tx.connection.execute(sa.select(sa.func.count()).select_from(sheet)).scalar() == 0
        assert tx.connection.execute(sa.select(sa.func.count()).select_from(source_file)).scalar() == 0
        [line] = tx.connection.execute(sa.select(archive_reading)).all()
    assert number(0) not in repr(line)
    assert "7351" not in repr(line)


def test_an_interrupted_run_goes_on_where_it_was(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(n), "1100") for n in range(40)]
    manifest = write(tmp_path, [row(n) for n in range(40)], slips)
    assert isinstance(house.reader, PaperReader)
    calls: list[int] = []

    def power_cut() -> None:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt

    house.reader.before_reading = power_cut
    with pytest.raises(KeyboardInterrupt):
        read(house, manifest)
    with house.records.read() as tx:
        kept = len(tx.archives.done(1))
    assert 0 < kept < 40
    calls.clear()
    house.reader.before_reading = lambda: calls.append(1)
    told: list[tuple[int, int]] = []
    result = archive.calibrate(
        house, manifest, SUPPLIER, "station", model="paper@1", target=TARGET,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert len(calls) == (40 - kept + 7) // 8
    assert told[0][0] > kept
    assert told[-1] == (40, 40)
    assert result.read == 40


def test_what_cannot_be_read_is_counted_and_stops_nothing(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(0), "1100"), slip(number(1), "1100", t2="0200"), slip(number(2), "1100")]
    rows = [row(0), row(1), "gone.pdf;1;1;1;1;1;;", "old.pdf;x;1;1;1;1;;", "old.pdf;9;1;1;1;1;;", ""]
    manifest = write(tmp_path, rows, slips)
    (tmp_path / "old.pdf").write_bytes(
        file_of([slips[0]], [slips[1]], [slips[2]], "blank", "blank", "blank", "blank", "blank", "corrupt")
    )
    result = read(house, manifest)
    assert (result.read, result.not_read, result.not_comparable) == (1, 1, 1)
    assert (list(result.missing), [line for line, _ in result.bad]) == ([4], [5])
    line = json.loads(json.dumps(as_dict(result, [])))
    assert (line["missing"], line["forms"][0]["threshold"]) == ([4], None)


def test_slips_that_the_gate_would_hold_count_neither_way(house: Context, tmp_path: Path) -> None:
    slips = [
        slip("129999999999", "1100"),
        slip(number(1), "1100", signature=False),
        slip(number(2), "1100", reasons=["account_neighbour"]),
        slip(number(3), "1100"),
    ]
    rows = [row(0, account="129999999999"), row(1), row(2), row(3)]
    read(house, write(tmp_path, rows, slips))
    with house.records.read() as tx:
        assert [line.held for line in tx.archives.lines(1)] == [True, True, True, False]


def test_without_dates_the_threshold_in_force_serves(house: Context, tmp_path: Path) -> None:
    slips = [slip(number(n), "1100") for n in range(40)]
    rows = [row(n).rsplit(";", 2)[0] for n in range(40)]
    manifest = write(tmp_path, rows, slips, dates=False)
    [proof] = read(house, manifest).proofs
    assert (proof.date_threshold, proof.measured, proof.proof) == (None, None, None)
    names = ("account", "reading", "meter_serial", "date")
    shipped = ProvenThreshold(
        *KEY, lowest=dict.fromkeys(names, 0.9), target=0.5, delta=0.05, n=1, accepted=1, wrong=0, bound=0.4,
        date="2026-11-01", data="old", provisional=True,
    )  # fmt: skip
    [proof] = read(replace(house, thresholds=ProvenThresholds((shipped,))), manifest).proofs
    assert proof.proof is not None
    assert proof.proof.lowest["date"] == 0.9


@pytest.mark.parametrize(("withdrawn", "why"), [(True, "withdrawn"), (False, "only they can loosen")])
def test_an_archive_does_not_outweigh_audits(
    house: Context, tmp_path: Path, withdrawn: bool, why: str
) -> None:
    names = ("account", "reading", "meter_serial", "date")
    audited = ProvenThreshold(
        *KEY, lowest=dict.fromkeys(names, None if withdrawn else 0.99), target=0.2, delta=0.05, n=1,
        accepted=1, wrong=0, bound=0.1, date="2026-11-01", data="audits", provisional=False,
        evidence=Evidence.AUDITS,
    )  # fmt: skip
    with house.records.begin() as tx:
        tx.proven.add(audited, house.clock(), "vera", withdrawn=withdrawn)
    slips = [slip(number(n), "1100") for n in range(40)]
    result = read(house, write(tmp_path, [row(n) for n in range(40)], slips))
    assert why in result.proofs[0].refused
    assert archive_proof.apply(house, result.proofs, "vera") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("path;account_1\n", "no column reading_1"), ("", "no column path")],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "m.csv").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")


def test_keyings_are_compared_as_values(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(
        "path,account_1,reading_1,account_2,reading_2,date_1,date_2\n"
        "a.pdf,1210 0000 0001,0563,121000000001,563,24.11.2026,2026-11-24\n"
        "a.pdf,121000000001,0563,121000000001,564,24.11.2026,23.11.2026\n",
        "cp1251",
    )
    first, second = read_manifest(manifest).rows
    assert (first.disputed, first.date, first.page, first.slip) == (False, "2026-11-24", 1, 1)
    assert (second.disputed, second.date) == (True, "")
    assert first.path == tmp_path / "a.pdf"


def test_an_unknown_supplier_or_an_empty_register_is_refused(ctx: Context, tmp_path: Path) -> None:
    manifest = write(tmp_path, [row(0)], [slip(number(0), "1100")])
    with pytest.raises(UsageError, match="no supplier"):
        archive.calibrate(ctx, manifest, "nobody", "station", model="paper@1")
    with pytest.raises(UsageError, match="import the register"):
        archive.calibrate(ctx, manifest, SUPPLIER, "station", model="paper@1")
