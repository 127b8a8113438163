"""Photos from channels that cannot ask back: received, read, judged like any sheet, and known again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from domain.errors import InputError, UsageError
from domain.gate import Thresholds
from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop import main, wiring
from ocr.meters.results import Alternative, DisplayReading, MeterReading
from services import digitise, photos, register
from services.context import Context, PageCount, PageRead, PageRef, ServiceSettings
from services.photo_batch import run_photos
from services.photo_intake import PhotoClaim, receive_photo
from storage.objects import FolderStore
from storage.records import Records, RecordsSettings
from templates import suppliers

ACCOUNT, OTHER = "121000000001", "121000000002"
DAY = date(2026, 11, 24)
CLAIM = PhotoClaim("krasnoyarskenergosbyt", "portal", ACCOUNT, DAY)
QUAD = ((150.0, 200.0), (450.0, 200.0), (450.0, 260.0), (150.0, 260.0))
GOOD = DisplayReading("05630", "4", 0.999, "drum", QUAD)
REGISTER = (
    "account,surname,address,meter_serial,digits,decimals,tariff,previous_reading,previous_date,monthly_average\n"
    + "".join(
        f"{account},Иванова,ул. Мира 1,00{serial},5,1,,05400,2026-10-24,180\n"
        for account, serial in ((ACCOUNT, "91234567"), (OTHER, "91234568"))
    )
)


class Meters:
    """A ``PageReader`` that reads photos as scripted, and the pages really through the store."""

    workers = 1

    def __init__(self, objects: FolderStore) -> None:
        self.objects = objects
        self.says = MeterReading("read", (GOOD,), model="scripted@1")
        self.asked: list[PageRef] = []

    def count(self, key: str, name: str) -> Future[PageCount]:
        raise AssertionError("a photo has one page")

    def submit(self, pages: Sequence[PageRef]) -> Future[list[PageRead]]:
        done: Future[list[PageRead]] = Future()
        done.set_result([self._read(page) for page in pages])
        return done

    def refresh(
        self, supplier: str, version: str, length: int, accounts: Callable[[], Sequence[str]]
    ) -> None:
        pass

    def close(self) -> None:
        pass

    def _read(self, page: PageRef) -> PageRead:
        assert page.meter is not None
        self.asked.append(page)
        picture = cv2.imdecode(np.frombuffer(self.objects.get(page.key), np.uint8), cv2.IMREAD_COLOR)
        read = photos.read_photo(lambda *_: self.says, picture, page.meter.digits, page.meter.decimals)
        return PageRead(page, (), photo=photos.to_json(read))


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    objects = FolderStore(tmp_path / "objects")
    sure = dict.fromkeys(("account", "reading", "meter_serial"), 0.95)
    opened = Context(
        records=Records.open(RecordsSettings(f"sqlite:///{tmp_path / 'records.db'}")),
        objects=objects,
        clock=lambda: datetime(2026, 11, 24, 5, tzinfo=UTC),
        suppliers=suppliers(),
        templates={form.key: form for form in photos.PHOTOS},
        reader=Meters(objects),
        thresholds=lambda channel, template, model: Thresholds(
            sure if template == "photo-drum@1" and model == "scripted@1" else {}
        ),
        settings=ServiceSettings(),
    )
    (tmp_path / "accounts.csv").write_text(REGISTER, "utf-8")
    register.import_register(opened, tmp_path / "accounts.csv", "krasnoyarskenergosbyt")
    yield opened
    opened.close()


def drawn(seed: int = 0) -> np.ndarray[Any, Any]:
    """A wall with a box and a window of digits on it."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 200, (9, 12, 3)).astype(np.uint8)
    picture = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        x, y = rng.integers(0, 600), rng.integers(0, 440)
        cv2.rectangle(picture, (x, y), (x + 30, y + 18), rng.integers(0, 255, 3).tolist(), -1)
    cv2.rectangle(picture, (140, 190), (460, 270), (20, 20, 20), -1)
    cv2.putText(picture, "05630", (160, 250), cv2.FONT_HERSHEY_SIMPLEX, 2, (240, 240, 240), 4)
    return picture


def jpeg(picture: np.ndarray[Any, Any], quality: int = 92) -> bytes:
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def with_exif(picture: np.ndarray[Any, Any], taken: str, tmp_path: Path) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Camera", "One"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (56.0, 0.0, 37.0)
    Image.fromarray(picture[..., ::-1]).save(tmp_path / "exif.jpg", exif=exif, quality=92)
    return (tmp_path / "exif.jpg").read_bytes()


def judged(ctx: Context, data: bytes, claim: PhotoClaim = CLAIM) -> tuple[SheetState, tuple[Reason, ...]]:
    receipt = receive_photo(ctx, data, "a.jpg", claim)
    [outcome] = digitise.digitise_chunk(ctx, [receipt.sheet_id]).outcomes
    return outcome.state, outcome.reasons


def test_a_clear_photo_is_accepted_with_its_meters_digits_known_to_the_reader(ctx: Context) -> None:
    assert judged(ctx, jpeg(drawn())) == (SheetState.ACCEPTED, ())
    assert isinstance(ctx.reader, Meters)
    [page] = ctx.reader.asked
    assert page.meter is not None and (page.meter.digits, page.meter.decimals) == (5, 1)
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get([1])
        [reading] = tx.readings.of_sheet(1)
    assert (reading.reading, reading.account, sheet.template) == ("05630", ACCOUNT, "photo-drum@1")


def test_the_same_photo_and_claim_again_adds_no_sheet(ctx: Context) -> None:
    first = receive_photo(ctx, jpeg(drawn()), "a.jpg", CLAIM)
    again = receive_photo(ctx, jpeg(drawn()), "b.jpg", CLAIM)
    assert again.again and (again.sheet_id, again.reference) == (first.sheet_id, first.reference)


@pytest.mark.parametrize("change", ["same", "saved again", "cropped"])
def test_a_photo_known_from_another_account_goes_to_a_person(ctx: Context, change: str) -> None:
    assert judged(ctx, jpeg(drawn()))[0] is SheetState.ACCEPTED
    picture = drawn()
    assert isinstance(ctx.reader, Meters)
    if change == "cropped":
        picture = picture[20:470, 30:620]
        quad = tuple((x - 30, y - 20) for x, y in QUAD)
        ctx.reader.says = replace(ctx.reader.says, displays=(replace(GOOD, quad=quad),))  # type: ignore[arg-type]
    data = jpeg(picture, 92 if change == "same" else 70)
    state, reasons = judged(ctx, data, replace(CLAIM, account=OTHER))
    assert state is SheetState.REVIEW and reasons == (Reason.PHOTO_SEEN_BEFORE,)


def test_another_photo_of_the_same_kind_is_not_taken_for_it(ctx: Context) -> None:
    assert judged(ctx, jpeg(drawn(0)))[0] is SheetState.ACCEPTED
    assert judged(ctx, jpeg(drawn(1)), replace(CLAIM, account=OTHER))[0] is SheetState.ACCEPTED


def test_where_it_was_taken_is_not_kept_and_another_day_is_a_reason(ctx: Context, tmp_path: Path) -> None:
    data = with_exif(drawn(), "2026:10:01 12:00:00", tmp_path)
    assert judged(ctx, data) == (SheetState.REVIEW, (Reason.PHOTO_OF_ANOTHER_DAY,))
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    kept = ctx.objects.get(sheet.sha256)
    assert b"Exif" in data and b"Exif" not in kept


def test_history_lowers_what_it_does_not_believe_and_breaks_near_ties(ctx: Context) -> None:
    assert isinstance(ctx.reader, Meters)
    unsure = replace(GOOD, value="95630", confidence=0.5, alternatives=(Alternative("05630", "4", 0.45),))
    ctx.reader.says = replace(ctx.reader.says, displays=(unsure,))
    state, reasons = judged(ctx, jpeg(drawn()))
    assert state is SheetState.REVIEW and Reason.READING_UNCLEAR in reasons
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    assert sheet.recognition is not None
    assert sheet.recognition["fields"]["reading"]["value"] == "05630"


def test_what_was_typed_is_held_against_the_photo(ctx: Context) -> None:
    state, reasons = judged(ctx, jpeg(drawn()), replace(CLAIM, entered={"reading": "05680"}))
    assert state is SheetState.REVIEW and Reason.PHOTO_CONTRADICTS_ENTERED in reasons


def test_a_photo_on_which_nothing_is_found_goes_to_a_person_with_the_reason(ctx: Context) -> None:
    assert isinstance(ctx.reader, Meters)
    ctx.reader.says = MeterReading("unreadable", reasons=(Reason.NO_DISPLAY_FOUND,), model="scripted@1")
    state, reasons = judged(ctx, jpeg(drawn()))
    assert state is SheetState.REVIEW and Reason.NO_DISPLAY_FOUND in reasons


def test_a_batch_of_photos_says_what_is_none(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(jpeg(drawn()))
    (tmp_path / "in" / "b.jpg").write_bytes(b"\xff\xd8\xff no photo")
    for _ in range(2):
        result = run_photos(ctx, [tmp_path / "in", tmp_path / "none.jpg"], CLAIM)
        assert {problem.reason for problem in result.problems} == {Reason.CORRUPT_FILE, Reason.NOT_FOUND}
        assert result.totals == {"accepted": 1}


def test_wrong_claims_and_files_are_refused_in_one_line(ctx: Context) -> None:
    with pytest.raises(UsageError, match="no account"):
        receive_photo(ctx, jpeg(drawn()), "a.jpg", replace(CLAIM, account="12"))
    with pytest.raises(UsageError, match="no supplier"):
        receive_photo(ctx, jpeg(drawn()), "a.jpg", replace(CLAIM, supplier="nobody"))
    with pytest.raises(InputError):
        receive_photo(ctx, b"%PDF-1.4 nothing", "a.jpg", CLAIM)


def test_the_command_takes_photos_of_an_account(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wiring, "open_context", lambda *_: ctx)
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path))
    (tmp_path / "a.jpg").write_bytes(jpeg(drawn()))
    given = ["ingest", str(tmp_path / "a.jpg"), "--channel", "photo", "--collected", "2026-11-24", "--json"]

    def run(*more: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["meterdrop", *given, *more])
        with pytest.raises(SystemExit) as leave:
            main.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err and isinstance(leave.value.code, int)
        return leave.value.code, out + err

    assert run()[0] == 2 and "--account" in run()[1]
    assert run("--account", ACCOUNT, "--reading", "05,6")[0] == 2
    code, out = run("--account", ACCOUNT)
    assert code == 0 and json.loads(out.splitlines()[0])["state"] == "accepted"
    with ctx.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    assert (sheet.channel, sheet.account) == ("portal", ACCOUNT)
