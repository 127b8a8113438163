"""Pages that crash the decoder or eat all memory, and a reader killed in its work: nobody else suffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.reasons import Reason
from domain.sheet import SheetState
from services import batch
from services.context import Context
from services.pool import TRIES, ReaderPool
from services.verify import verify
from services.work import ReadingSettings
from storage.objects import StoreSettings
from tests.faults.poisoned import POISONED
from tests.faults.sound import accounts, assert_sound
from tests.paper import ORDER, account_row, file_of, register, slip

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("records_url", ["sqlite"], indirect=True)]


@pytest.fixture
def poisoned(ctx: Context, tmp_path: Path) -> Iterator[Context]:
    """Services with real reader processes."""
    marks = tmp_path / "marks"
    marks.mkdir()
    settings = ReadingSettings(StoreSettings(tmp_path / "objects"), marks, memory_mb=3072)
    pool = ReaderPool(settings, 1, POISONED)
    yield replace(ctx, reader=pool)
    pool.close()


def test_poison_is_set_aside_and_its_neighbours_are_read(poisoned: Context, tmp_path: Path) -> None:
    """Each kind between good pages of one file; set aside after two tries, with a reason of its own."""
    good = accounts(6)
    register(poisoned, *(account_row(account) for account in good))
    slips = [[slip(account, "1100", ink=account)] for account in good]
    folder = tmp_path / "scans"
    folder.mkdir()
    pages = [
        slips[0],
        "poison segfault",
        slips[1],
        slips[2],
        "poison memory",
        slips[3],
        "poison once",
        slips[4],
    ]
    (folder / "a.pdf").write_bytes(file_of(*pages))
    (folder / "b.pdf").write_bytes(file_of(slips[5]))
    result = batch.run_batch(poisoned, [folder], ORDER)
    set_aside = {o.page: o.reasons for o in result.outcomes if o.state is SheetState.UNREADABLE}
    assert set_aside == {2: (Reason.DECODER_CRASHED,), 5: (Reason.TOO_LARGE,)}
    [blank] = [o.page for o in result.outcomes if o.state is SheetState.BLANK]
    assert blank == 7, "a reader that was killed once is no fault of its page"
    assert_sound(poisoned, folder, dict.fromkeys(good, "1100"), unreadable=2, blank=1)
    with poisoned.records.read() as tx:
        [sheet] = [o.sheet_id for o in result.outcomes if o.page == 2]
        [moved] = [row for row in tx.audits.of_sheet(sheet) if row.state_after == "unreadable"]
    assert moved.details == {"detail": f"killed the reader process {TRIES} times"}
    again = batch.run_batch(poisoned, [folder], ORDER)
    assert again.outcomes == (), "what was set aside is not tried for ever"
    assert verify(poisoned).problems == ()
