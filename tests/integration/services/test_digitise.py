"""From a handed-in file to judged sheets."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.errors import InputError, UsageError
from domain.reasons import Reason
from domain.sheet import SheetState
from services import batch, digitise, receive
from services.context import Context
from services.results import SheetOutcome
from services.status import status
from services.verify import verify
from storage.records import ReadingRow, SheetRow
from tests.paper import ORDER, SUPPLIER, account_row, file_of, open_services, register, slip

A, B, C = "121000000001", "121000000002", "121000000003"


@pytest.fixture(autouse=True)
def known_accounts(ctx: Context) -> None:
    register(ctx, account_row(A), account_row(B), account_row(C))


def run(ctx: Context, *pages: object, scan: str = "", name: str = "scan.pdf") -> list[SheetOutcome]:
    receipt = receive.receive_file(ctx, file_of(*pages, scan=scan), name, ORDER)  # type: ignore[arg-type]
    digitise.split(ctx, receipt.file_id)
    return list(digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes)


def states(outcomes: list[SheetOutcome]) -> list[str]:
    return [outcome.state.value for outcome in outcomes]


def sheet(ctx: Context, sheet_id: int) -> SheetRow:
    with ctx.records.read() as tx:
        return tx.sheets.get([sheet_id])[0]


def readings(ctx: Context, sheet_id: int) -> list[ReadingRow]:
    with ctx.records.read() as tx:
        return tx.readings.of_sheet(sheet_id)


def test_bytes_are_stored_before_the_acknowledgement(ctx: Context) -> None:
    data = file_of([slip(A, "1100")])
    receipt = receive.receive_file(ctx, data, "скан 1.pdf", ORDER)
    assert ctx.objects.get(receipt.sha256) == data
    assert not receipt.again
    assert status(ctx).by_state["pending"] == 1, "a file is in sight before its pages are counted"
    assert digitise.pending(ctx) == []
    assert digitise.unsplit(ctx, receipt.batch_id) == [receipt.file_id]


def test_same_bytes_again_add_a_receipt_and_no_sheet(ctx: Context) -> None:
    data = file_of([slip(A, "1100")], "blank")
    first = receive.receive_file(ctx, data, "a.pdf", ORDER)
    assert digitise.split(ctx, first.file_id) == 2
    again = receive.receive_file(ctx, data, "b.pdf", ORDER)
    assert (again.file_id, again.again) == (first.file_id, True)
    assert again.receipt_id != first.receipt_id
    assert digitise.split(ctx, again.file_id) == 2
    assert status(ctx).sheets == 2
    # A run interrupted after the first handing in is gone on with by the second.
    assert len(digitise.pending(ctx, again.batch_id)) == 2


def test_every_kind_of_page_finds_its_state(ctx: Context) -> None:
    outcomes = run(
        ctx,
        [slip(A, "1100")],
        "blank",
        "foreign",
        "corrupt",
        [slip(B, "", reasons=["empty"])],
        [slip(C, "1100", outcome="unreadable", reasons=["badly_registered"])],
    )
    assert [(o.state.value, o.reasons) for o in outcomes] == [
        ("accepted", ()),
        ("blank", ()),
        ("review", (Reason.TEMPLATE_NOT_FOUND,)),
        ("unreadable", (Reason.CORRUPT_FILE,)),
        ("rejected", (Reason.EMPTY,)),
        ("review", (Reason.BADLY_REGISTERED,)),
    ]
    assert verify(ctx).problems == ()


def test_slips_of_one_page_are_sheets_of_their_own(ctx: Context) -> None:
    outcomes = run(ctx, [slip(A, "1100"), slip(B, "1100", confidence=0.5), slip(C, "1100")])
    assert [(o.page, o.slip, o.state.value) for o in outcomes] == [
        (1, 1, "accepted"),
        (1, 2, "review"),
        (1, 3, "accepted"),
    ]
    assert status(ctx).sheets == 3
    assert verify(ctx).ok


def test_a_damaged_file_is_one_unreadable_sheet(ctx: Context) -> None:
    receipt = receive.receive_file(ctx, b"%PDF cut off", "cut.pdf", ORDER)
    assert digitise.split(ctx, receipt.file_id) == 0
    assert digitise.split(ctx, receipt.file_id) == 0
    counts = status(ctx)
    assert (counts.sheets, counts.by_state["unreadable"]) == (1, 1)
    assert counts.by_reason == {"corrupt_file": 1}
    assert verify(ctx).ok


def test_an_accepted_reading_has_the_meters_digits_and_its_evidence(ctx: Context) -> None:
    [outcome] = run(ctx, [slip(A, "1100", date="2026-11-23")])
    [reading] = readings(ctx, outcome.sheet_id)
    row = sheet(ctx, outcome.sheet_id)
    assert (reading.account, reading.reading, reading.meter_serial) == (A, "01100", "10203040")
    assert (reading.reading_date, reading.period) == (date(2026, 11, 23), "2026-11")
    assert reading.accepted_by == "machine"
    assert reading.evidence == f"{row.sha256}#page=1&slip=1"


def test_all_tariffs_of_a_meter_become_readings(ctx: Context) -> None:
    two = [account_row("121000000009", tariff=t, meter_serial="7") for t in ("T1", "T2")]
    register(ctx, *two)
    [both, one] = run(ctx, [slip("121000000009", "1100", t2="1050"), slip("121000000009", "1100")])
    assert [(r.tariff, r.reading) for r in readings(ctx, both.sheet_id)] == [("T1", "01100"), ("T2", "01050")]
    assert one.state is SheetState.REVIEW


def test_below_an_estimate_is_accepted_and_flagged(ctx: Context) -> None:
    register(ctx, account_row(A, previous_kind="average"))
    [outcome] = run(ctx, [slip(A, "0900")])
    assert (outcome.state, outcome.reasons) == (SheetState.ACCEPTED, (Reason.BELOW_ESTIMATE,))
    assert readings(ctx, outcome.sheet_id)[0].flags == "below_estimate"
    assert status(ctx).by_reason == {"below_estimate": 1}


def test_the_last_accepted_reading_counts_next_month(ctx: Context) -> None:
    run(ctx, [slip(A, "1100")])
    december = replace(ORDER, collected=date(2026, 12, 24))
    for reading, expected in (("1090", Reason.LOWER_THAN_LAST), ("1200", None)):
        data = file_of([slip(A, reading, date="2026-12-24")])
        receipt = receive.receive_file(ctx, data, "december.pdf", december)
        digitise.split(ctx, receipt.file_id)
        [outcome] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
        assert outcome.reasons == (() if expected is None else (expected,))


def test_a_newer_register_overrules_an_older_reading(ctx: Context) -> None:
    run(ctx, [slip(A, "1100")])
    register(ctx, account_row(A, previous_reading="01050", previous_date=date(2026, 12, 1)))
    data = file_of([slip(A, "1060", date="2026-12-24")])
    receipt = receive.receive_file(ctx, data, "b.pdf", replace(ORDER, collected=date(2026, 12, 24)))
    digitise.split(ctx, receipt.file_id)
    [outcome] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    assert outcome.state is SheetState.ACCEPTED


@pytest.mark.parametrize(
    ("second", "scan", "state"),
    [
        (slip(A, "1100", ink="wave"), "", "duplicate"),
        (slip(A, "1100", ink="wave"), "other scanner", "duplicate"),
        (slip(A, "1100", ink="loop"), "", "duplicate"),
        (slip(A, "1150", ink="loop"), "", "review"),
        (slip(B, "1100", ink="wave"), "", "accepted"),
    ],
    ids=["same picture", "same paper", "same reading", "another reading", "another account"],
)
def test_what_comes_twice(ctx: Context, second: dict[str, str], scan: str, state: str) -> None:
    first = [slip(A, "1100", ink="wave")]
    [original] = run(ctx, first, name="a.pdf")
    # The same page in another file: a blank page makes its bytes differ.
    outcomes = run(ctx, [second], "blank", scan=scan, name="b.pdf")
    assert outcomes[0].state.value == state
    row = sheet(ctx, outcomes[0].sheet_id)
    assert row.duplicate_of == (original.sheet_id if state == "duplicate" else None)
    if state == "review":
        assert row.reasons == (Reason.CONTRADICTS_EARLIER,)
    assert verify(ctx).ok


def test_a_third_scan_is_linked_to_the_first(ctx: Context) -> None:
    page = [slip(A, "1100", ink="wave")]
    outcomes = run(ctx, page, page, page)
    assert states(outcomes) == ["accepted", "duplicate", "duplicate"]
    assert {sheet(ctx, o.sheet_id).duplicate_of for o in outcomes[1:]} == {outcomes[0].sheet_id}


def test_blank_pages_are_no_duplicates(ctx: Context) -> None:
    assert states(run(ctx, "blank", "blank")) == ["blank", "blank"]


def test_two_stations_with_one_slip_at_the_same_time(ctx: Context) -> None:
    """Both have read it before either commits; only one may accept it."""
    page = [slip(A, "1100", ink="wave")]
    sheets = []
    for name in ("a", "b"):
        receipt = receive.receive_file(ctx, file_of(page, scan=name), name, ORDER)
        digitise.split(ctx, receipt.file_id)
        sheets.append(digitise.pending(ctx, receipt.batch_id))
    both_have_read = threading.Barrier(2)
    recognised = [digitise.begin_chunk(ctx, chunk) for chunk in sheets]
    results: list[SheetOutcome] = []

    def commit(recognition: digitise.Recognition) -> None:
        both_have_read.wait()
        results.extend(digitise.finish_chunk(ctx, recognition).outcomes)

    threads = [threading.Thread(target=commit, args=(r,)) for r in recognised]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states(results)) == ["accepted", "duplicate"]
    assert verify(ctx).ok


def test_who_comes_second_to_a_sheet_leaves_it_alone(ctx: Context) -> None:
    receipt = receive.receive_file(ctx, file_of([slip(A, "1100")]), "a.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    sheets = digitise.pending(ctx)
    slow = digitise.begin_chunk(ctx, sheets)
    assert len(digitise.digitise_chunk(ctx, sheets).outcomes) == 1
    late = digitise.finish_chunk(ctx, slow)
    assert (late.outcomes, late.skipped) == ((), 1)
    again = digitise.digitise_chunk(ctx, sheets)
    assert (again.outcomes, again.skipped) == ((), 1)
    assert len(readings(ctx, sheets[0])) == 1


def test_a_batch_of_files_and_folders(ctx: Context, tmp_path: Path) -> None:
    folder = tmp_path / "день 1"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.pdf").write_bytes(file_of([slip(A, "1100", ink=str(number))], "blank"))
    (folder / "empty.pdf").touch()
    seen: list[tuple[int, int]] = []
    paths = [folder, tmp_path / "missing.pdf", folder / "00.pdf"]
    result = batch.run_batch(ctx, paths, ORDER, lambda p: seen.append((p.done, p.total)))
    assert result.totals == {"accepted": 1, "duplicate": 39, "blank": 40, "unreadable": 1}
    assert [(p.path, p.reason) for p in result.problems] == [(str(paths[1]), Reason.NOT_FOUND)]
    assert [(o.file_name, o.reasons) for o in result.unreadable] == [("empty.pdf", (Reason.CORRUPT_FILE,))]
    assert seen[-1] == (80, 80)
    assert seen == sorted(seen)
    again = batch.run_batch(ctx, [folder], ORDER)
    assert again.outcomes == ()
    assert again.totals == result.totals
    assert status(ctx).sheets == 81
    assert verify(ctx).ok


def test_an_interrupted_batch_goes_on(ctx: Context, tmp_path: Path) -> None:
    small = replace(ctx, settings=replace(ctx.settings, chunk_sheets=4))
    path = tmp_path / "a.pdf"
    path.write_bytes(file_of(*([slip(A, "1100", ink=str(n))] for n in range(20))))
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt

    small.reader.before_reading = interrupt  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        batch.run_batch(small, [path], ORDER)
    halfway = status(ctx).by_state
    assert 0 < halfway["pending"] < 20
    result = batch.run_batch(small, [path], ORDER)
    assert len(result.outcomes) == halfway["pending"]
    assert result.totals == {"accepted": 1, "duplicate": 19}
    assert verify(ctx).ok


def test_the_reader_learns_of_a_new_register(ctx: Context) -> None:
    run(ctx, [slip(A, "1100")])
    register(ctx, account_row(B))
    run(ctx, [slip(B, "1100")])
    assert ctx.reader.refreshed == [(SUPPLIER, "1", 12), (SUPPLIER, "2", 12)]  # type: ignore[attr-defined]


def test_an_unknown_supplier_is_refused(ctx: Context) -> None:
    with pytest.raises(UsageError, match=r"known are: .*krasnoyarskenergosbyt"):
        receive.receive_file(ctx, b"x", "x", replace(ORDER, supplier="nobody"))


def test_what_cannot_be_taken_says_why(ctx: Context, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        receive.receive_file(ctx, tmp_path, "a folder", ORDER)
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT
    tight = replace(ctx, settings=replace(ctx.settings, max_file_bytes=3))
    with pytest.raises(InputError) as caught:
        receive.receive_file(tight, b"four", "four", ORDER)
    assert caught.value.reason is Reason.TOO_LARGE
    assert status(ctx).sheets == 0


def test_any_file_name_can_be_recorded(ctx: Context) -> None:
    names = ["плохое\nимя\x00.pdf", b"\xff\xfe.pdf".decode("utf-8", "surrogateescape"), "", "x" * 400]
    for number, name in enumerate(names):
        receipt = receive.receive_file(ctx, file_of("blank", scan=str(number)), name, ORDER)
        assert receipt.name
        assert receipt.name.isprintable()
        assert len(receipt.name) <= 255


def test_services_can_be_opened_twice(ctx: Context, tmp_path: Path) -> None:
    """Two processes of one installation share records and objects."""
    other = open_services(ctx.records, tmp_path / "objects", ctx.clock)
    run(ctx, [slip(A, "1100")])
    assert status(other).by_state["accepted"] == 1
