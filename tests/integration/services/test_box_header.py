"""The sheet that a box's slips begin with becomes the papers of their batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.cells import CellClassifier
from ocr.forms import FormReader
from ocr.load import PageImage
from ocr.results import Character, FieldResult, SlipReading
from services import batch, review, station
from services import desk as office
from services.context import PageRead, PageRef
from services.results import BatchOrder
from services.station import PapersEntry
from simulate import files, fill, hands, paper, scanner
from templates import find
from templates.printing.picture import picture
from tests.integration.review_desk import DAY, DPI, SUPPLIER, Desk, Slip, open_desk, scan_of

HEADER = find("krasnoyarsk-box")
SAID = {
    "box": "00017",
    "seal": "0045213",
    "date": "24112026",
    "emptied": "1430",
    "collector": "000812",
    "count": "3",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    real = opened.reader._read

    def read(page: PageRef) -> PageRead:
        return PageRead(page, (header(),), f"{page.key}-1") if page.page == 1 else real(page)

    def submit(pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        done: Future[list[PageRead]] = Future()
        done.set_result([read(page) for page in pages])
        return done

    monkeypatch.setattr(opened.reader, "submit", submit)
    opened.user("anna")
    yield opened
    opened.ctx.close()


def header() -> SlipReading:
    fields = {
        name: FieldResult(value, 0.99, value, tuple(Character(digit, 0.99) for digit in value))
        for name, value in SAID.items()
    }
    fields["date"] = dataclasses.replace(fields["date"], value="2026-11-24")
    return SlipReading("read", template=HEADER.key, fields=fields, model="scripted@1")


def scans(desk: Desk, folder: Path, *slips: Slip) -> Path:
    desk.reader.slips = (Slip(), *slips)
    path = folder / "box.pdf"
    path.write_bytes(files.pdf([scan_of(slip, n) for n, slip in enumerate(desk.reader.slips, 1)], DPI))
    return path


def test_it_becomes_the_batchs_papers_and_the_count_is_checked(desk: Desk, tmp_path: Path) -> None:
    ctx = desk.ctx
    order = BatchOrder(SUPPLIER, "station", "office 1", DAY)
    number = station.open_batch(ctx, "box", "box17of0926", order, PapersEntry(seal="typed"))
    path = scans(desk, tmp_path, Slip(), Slip("121000000002"))
    station.hand_in(ctx, number, path, path.name)
    station.close(ctx, number)
    station.work(ctx)
    view = station.view(ctx, number)
    papers = view.row.papers
    assert (papers.box, papers.collector, papers.emptied) == ("00017", "000812", "24.11.2026 14:30")
    assert papers.seal == "typed", "what a person typed stays"
    assert (papers.declared, view.slips, view.missing) == (3, 2, 1), "the header is no slip"
    first = view.sheets[0]
    assert (first.state, first.reasons) == (SheetState.BLANK, (Reason.BOX_HEADER,))
    assert papers.header_sheet == first.id
    assert review.claim_next(ctx, "anna") is None, "nobody reviews a header"
    case = office.find(ctx, "olga", SUPPLIER, "121000000002", DAY)
    assert case is not None and [each.row.bag for each in case.cases] == [papers.bag], "where its paper lies"


def test_a_batch_from_the_command_line_gets_its_papers_too(desk: Desk, tmp_path: Path) -> None:
    path = scans(desk, tmp_path, Slip())
    result = batch.run_batch(desk.ctx, [path], BatchOrder(SUPPLIER, "station", "office 1", DAY))
    papers = station.view(desk.ctx, result.batch_id).row.papers
    assert (papers.box, papers.bag) == ("00017", f"20261124-{result.batch_id}")
    station.work(desk.ctx)
    assert station.view(desk.ctx, result.batch_id).missing == 2


@pytest.mark.slow
def test_a_header_filled_by_hand_is_read() -> None:
    rng = np.random.default_rng(4)
    page = np.ascontiguousarray(picture(HEADER, 200).convert("L"))
    written = fill.fill(HEADER, {**SAID, "signature": "x"}, fill.Writer(hand=hands.HANDS[0]), rng)
    grey = scanner.scan(paper.written(written, page, 200, rng), scanner.Scan(blur_px=0.4, noise=3), rng)
    [slip] = FormReader((find("krasnoyarsk-dropbox"), HEADER), CellClassifier.load()).read_page(
        PageImage(np.ascontiguousarray(grey), 200.0)
    )
    assert slip.template == HEADER.key
    read = {name: slip.fields[name].value for name in SAID}
    assert read == {**SAID, "date": date(2026, 11, 24).isoformat()}
