from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader, rectify
from ocr.load import PageImage
from ocr.results import SlipReading
from simulate import damage, scanner
from simulate.paper import Placed
from simulate.paper import sheet as lay_out
from simulate.scanner import Scan
from templates import all_templates
from tests.unit.reader.slips import ACCOUNT, Grey, blank, dropbox, filled, sheet, values


@cache
def reader() -> FormReader:
    accounts = AccountIndex.build([ACCOUNT, "121000999999", "300000000001"])
    return FormReader(all_templates(), CellClassifier.load(), accounts)


def read(page: Grey, dpi: float | None = 200.0) -> list[SlipReading]:
    return reader().read_page(PageImage(page, dpi))


def test_a_filled_slip_is_read() -> None:
    rng = np.random.default_rng(5)
    slip, says = filled(200, rng)
    page = scanner.scan(slip, Scan(quarter_turns=3, skew_deg=2.5, noise=4.0), rng)
    (result,) = read(page)
    assert (result.outcome, result.reasons, result.slip) == ("read", (), 1)
    assert result.template == "krasnoyarsk-dropbox@1"
    fields = result.fields
    assert list(fields) == [field.name for field in dropbox().fields]
    assert fields["account"].value == ACCOUNT
    assert fields["account"].in_register is True and fields["account"].source == "ink"
    assert fields["account"].confidence > 0.9
    assert fields["reading"].value == "05630" and fields["reading"].raw == says.cells["reading"]
    assert fields["date"].value == "2026-11-24"
    assert fields["signature"].present and fields["address"].present
    assert fields["surname"].present is False and fields["surname"].reasons == ()
    assert fields["reading_t2"].value == "" and fields["reading_t2"].reasons == ()
    assert len(fields["account"].characters) == 12
    assert result.registration is not None and result.registration.residual_mm < 0.2
    assert result.ink and result.model and result.seconds > 0


def test_without_a_register_the_ink_alone_speaks() -> None:
    slip, _ = filled(200, np.random.default_rng(6))
    alone = FormReader(all_templates(), CellClassifier.load())
    (result,) = alone.read_page(PageImage(slip, 200.0))
    assert result.fields["account"].value == ACCOUNT
    assert result.fields["account"].in_register is None


def test_what_is_missing_has_its_reason() -> None:
    slip, _ = filled(200, np.random.default_rng(7), {"account": ACCOUNT, "address": "ул. Мира, 1"})
    (result,) = read(slip)
    assert result.outcome == "read" and Reason.EMPTY not in result.reasons
    assert result.fields["reading"].reasons == (Reason.READING_MISSING,)
    assert result.fields["date"].reasons == (Reason.DATE_MISSING,)
    assert result.fields["signature"].reasons == (Reason.SIGNATURE_MISSING,)


@pytest.mark.parametrize("name", ["krasnoyarsk-dropbox", "krasnoyarsk-dropbox-large"])
def test_an_empty_slip_is_read_as_empty(name: str) -> None:
    page = scanner.scan(blank(150, name), Scan(skew_deg=1.0, noise=5.0), np.random.default_rng(8))
    (result,) = read(page, 150.0)
    assert (result.outcome, result.reasons) == ("read", (Reason.EMPTY,))
    assert result.template == f"{name}@1"


def test_a_single_faint_word_is_not_empty() -> None:
    slip, _ = filled(200, np.random.default_rng(9), {"address": "Мира 7"})
    (result,) = read(np.asarray(255 - (255 - slip.astype(float)) * 0.55, dtype=np.uint8))
    assert result.outcome == "read" and result.reasons == ()
    assert result.fields["address"].present


def _backs() -> dict[str, Grey]:
    rng = np.random.default_rng(10)
    printed, _ = filled(200, rng)
    holes = sheet(200)
    for y in (65, 145):
        cv2.circle(holes, (round(11 * 7.87), round(y * 7.87)), round(3 * 7.87), 20, -1, cv2.LINE_AA)
    pages = {
        "white": sheet(200),
        "bleed": damage.bleed(sheet(200), printed),
        "fold": damage.fold(sheet(200), 200, rng),
        "holes": holes,
    }
    scan = Scan(skew_deg=2.0, noise=5.0, lid=60)
    return {name: scanner.scan(page, scan, rng) for name, page in pages.items()}


@pytest.mark.parametrize("name", ["white", "bleed", "fold", "holes"])
def test_backs_are_blank(name: str) -> None:
    (result,) = read(_backs()[name])
    assert (result.outcome, result.reasons, result.template) == ("blank", (), None)


def test_an_empty_pdf_page_is_blank() -> None:
    (result,) = reader().read_page(PageImage(sheet(50), None, empty=True))
    assert result.outcome == "blank"


def _note(shade: int) -> Grey:
    """A few pencil words on plain paper: a filled slip's ink without its print."""
    slip, _ = filled(200, np.random.default_rng(11))
    ink = (blank(200).astype(int) - slip) > 60
    return np.where(ink, shade, 250).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("shade", [60, 150, 205])
def test_a_note_without_a_form_is_not_blank(shade: int) -> None:
    page = scanner.scan(_note(shade), Scan(noise=4.0), np.random.default_rng(12))
    (result,) = read(page)
    assert result.outcome == "unreadable"
    assert result.reasons[0] is Reason.TEMPLATE_NOT_FOUND


@pytest.mark.slow
def test_writing_in_a_shadow_is_not_blank() -> None:
    page = _note(90).astype(float)
    light = np.linspace(0.55, 1.0, page.shape[1])[None, :]
    (result,) = read(np.asarray(page * light, dtype=np.uint8))
    assert result.outcome == "unreadable"


def test_a_blurred_slip_says_so() -> None:
    slip, _ = filled(150, np.random.default_rng(13))
    (result,) = read(np.asarray(cv2.GaussianBlur(slip, (0, 0), 14), dtype=np.uint8), 150.0)
    assert result.outcome == "unreadable"
    assert Reason.BLURRED in result.reasons


def test_a_dark_page_says_so() -> None:
    rng = np.random.default_rng(14)
    dark = np.clip(rng.normal(20, 3, (900, 700)), 0, 255).astype(np.uint8)
    (result,) = read(dark, None)
    assert Reason.TOO_DARK in result.reasons


def test_a_bad_slip_does_not_stop_its_neighbour() -> None:
    good, _ = filled(150, np.random.default_rng(15))
    bad = blank(150)
    bad[300:800, 100:760] = bad[300:800, 60:720].copy()
    page = lay_out([Placed(bad, 0.0, 0.0), Placed(good, 0.0, 212.0)], 150, (150.0, 424.0))
    first, second = read(page, 150.0)
    assert (first.slip, first.outcome, first.reasons) == (1, "unreadable", (Reason.BADLY_REGISTERED,))
    assert first.fields == {} and first.ink == b""
    assert (second.slip, second.outcome) == (2, "read")
    assert second.fields["account"].value == ACCOUNT


@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (8, 8), (40, 40)])
def test_tiny_pictures_have_an_answer(shape: tuple[int, int]) -> None:
    (result,) = read(np.full(shape, 128, dtype=np.uint8), None)
    assert result.outcome in {"unreadable", "blank"}


def test_rectify_draws_the_slip_upright() -> None:
    rng = np.random.default_rng(16)
    slip, _ = filled(200, rng, values(surname="Иванов"))
    page = scanner.scan(slip, Scan(quarter_turns=2, skew_deg=-6.0, noise=1.0, blur_px=0.3, gain=1.0), rng)
    (result,) = read(page)
    assert result.registration is not None
    upright = rectify(page, result.registration, dropbox(), 100.0)
    assert upright.shape == (827, 583)
    expected = cv2.resize(slip, (583, 827), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(upright.ravel(), expected.ravel())[0, 1] > 0.97


def test_a_foreign_sheet_beside_a_slip_is_not_lost() -> None:
    slip, _ = filled(150, np.random.default_rng(17))
    foreign = sheet(150)
    for row in range(20):
        place = (60, 60 + 50 * row)
        cv2.putText(foreign, "a letter about something else", place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 30, 2)
    page = lay_out([Placed(slip, 0.0, 0.0), Placed(foreign, 0.0, 214.0)], 150, (150.0, 426.0))
    first, second = read(page, 150.0)
    assert (first.slip, first.outcome) == (1, "read")
    assert (second.slip, second.outcome) == (2, "unreadable")
    assert second.reasons == (Reason.TEMPLATE_NOT_FOUND,)


def test_a_note_beside_a_slip_is_no_sheet() -> None:
    slip, _ = filled(150, np.random.default_rng(18))
    page = lay_out([Placed(slip, 5.0, 5.0)], 150)
    cv2.putText(page, "box 7, 24.11", (200, 1500), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 60, 3)
    (only,) = read(page, 150.0)
    assert only.outcome == "read"
