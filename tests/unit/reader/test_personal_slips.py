from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from domain.reasons import Reason
from ocr.cells import CellClassifier
from ocr.decode import AccountIndex
from ocr.forms import FormReader
from ocr.load import PageImage
from ocr.results import SlipReading
from simulate import scanner
from simulate.hands import HANDS
from simulate.scanner import Scan
from simulate.strokes import Pen, draw_at, lay
from templates import all_templates
from tests.unit.reader.slips import ACCOUNT, Grey, blank, line

NAME = "krasnoyarsk-personal"
DPI = 200
SCALE = DPI / 25.4


@cache
def reader() -> FormReader:
    return FormReader(all_templates(), CellClassifier.load(), AccountIndex.build([ACCOUNT]))


def read(slip: Grey) -> SlipReading:
    page = scanner.scan(slip, Scan(quarter_turns=1, skew_deg=3.0, noise=4.0), np.random.default_rng(1))
    (result,) = reader().read_page(PageImage(page, float(DPI)))
    assert result.outcome == "read" and result.template == f"{NAME}@1"
    return result


def printed(account: str = ACCOUNT) -> Grey:
    return blank(DPI, NAME, account)


def write(slip: Grey, digits: str, x_mm: float, y_mm: float, size_mm: float = 7.0) -> Grey:
    rng = np.random.default_rng(2)
    pen = Pen(width=0.4 / size_mm, darkness=0.9, shade=50)
    for index, digit in enumerate(digits):
        ink, (dx, dy) = draw_at(HANDS[0].digit(int(digit), rng), size_mm * SCALE, pen, rng)
        lay(slip, ink, round((x_mm + index * size_mm * 0.8) * SCALE) + dx, round(y_mm * SCALE) + dy, 50)
    return slip


def torn_code(slip: Grey) -> Grey:
    corner = np.array([[10, 40], [50, 40], [10, 80]]) * SCALE
    cv2.fillPoly(slip, [corner.astype(np.int32)], 235)
    return slip


def test_the_code_is_preferred_and_sure() -> None:
    field = read(write(printed(), "05630", 13.0, 110.0, 7.5)).fields["account"]
    assert (field.value, field.source, field.in_register, field.reasons) == (ACCOUNT, "qr", True, ())
    assert field.confidence > 0.999


def test_an_account_outside_the_register_stays_what_it_is() -> None:
    field = read(printed("990000000017")).fields["account"]
    assert (field.value, field.in_register) == ("990000000017", False)


def test_a_torn_code_is_replaced_by_the_printed_text() -> None:
    field = read(torn_code(printed())).fields["account"]
    assert (field.value, field.source, field.reasons) == (ACCOUNT, "text", ())


@pytest.mark.parametrize(("x_mm", "y_mm"), [(56.0, 55.0), (57.0, 66.0), (58.0, 45.5)])
def test_another_account_written_there_is_noticed(x_mm: float, y_mm: float) -> None:
    result = read(write(printed(), "300000000001", x_mm, y_mm, 6.0))
    assert result.reasons == (Reason.ACCOUNT_CONTRADICTS_CODE,)
    assert result.fields["account"].value == ACCOUNT
    assert result.fields["account"].confidence <= 0.5


def test_another_account_beside_a_torn_code_is_noticed() -> None:
    result = read(write(torn_code(printed()), "300000000001", 57.0, 66.0, 6.0))
    assert result.reasons == (Reason.ACCOUNT_CONTRADICTS_CODE,)


def test_a_number_struck_out_is_unclear_at_least() -> None:
    slip = printed()
    line(slip, DPI, [(55, 57), (125, 59)])
    assert set(read(slip).reasons) & {Reason.ACCOUNT_UNCLEAR, Reason.ACCOUNT_CONTRADICTS_CODE}


def test_a_code_crossed_out_is_noticed() -> None:
    slip = printed()
    line(slip, DPI, [(13, 43), (47, 77)], 0.6)
    assert set(read(slip).reasons) & {Reason.ACCOUNT_UNCLEAR, Reason.ACCOUNT_CONTRADICTS_CODE}


def test_a_painted_over_number_is_unclear() -> None:
    slip = printed()
    x0, x1, y0, y1 = (round(v * SCALE) for v in (54, 110, 50, 66))
    slip[y0:y1, x0:x1] = 250
    assert read(slip).reasons == (Reason.ACCOUNT_UNCLEAR,)


def test_code_and_text_both_gone() -> None:
    slip = torn_code(printed())
    x0, x1, y0, y1 = (round(v * SCALE) for v in (54, 133, 50, 66))
    slip[y0:y1, x0:x1] = 250
    result = read(slip)
    assert result.reasons == (Reason.ACCOUNT_UNCLEAR,)
    assert (result.fields["account"].value, result.fields["account"].confidence) == ("", 0.0)


def test_specks_and_noise_are_no_handwriting() -> None:
    slip = printed()
    rng = np.random.default_rng(3)
    for _ in range(25):
        x, y = rng.uniform((15, 45), (130, 75)) * SCALE
        cv2.circle(slip, (round(x), round(y)), 2, 90, -1, cv2.LINE_AA)
    assert read(slip).fields["account"].reasons == ()
