from __future__ import annotations

import numpy as np

from ocr.fingerprint import fingerprint, same_slip
from simulate import scanner
from simulate.scanner import Scan
from tests.unit.reader.slips import SETTINGS, Grey, blank, dropbox, filled, outcomes, values


def of(page: Grey, dpi: int) -> bytes:
    (found,) = outcomes(page, float(dpi))
    assert found.registered is not None and found.registered.accepted
    slip, shifts = found.registered.slip, found.registered.correction.shifts
    return fingerprint(slip, dropbox(), shifts, SETTINGS.dpi)


def test_the_same_slip_scanned_again_is_recognised() -> None:
    rng = np.random.default_rng(1)
    slip, _ = filled(300, rng)
    first = of(scanner.scan(slip, Scan(noise=3.0), rng), 300)
    finer = Scan(quarter_turns=1, skew_deg=3.0, noise=9.0, fade=0.3, gain=0.9, blur_px=1.0)
    assert same_slip(first, of(scanner.scan(slip, finer, rng), 300)) > 0.9
    small = np.asarray(slip.reshape(slip.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3)), dtype=np.uint8)
    assert same_slip(first, of(scanner.scan(small, Scan(skew_deg=-2.0), rng), 150)) > 0.9


def test_the_same_numbers_written_again_are_another_slip() -> None:
    rng = np.random.default_rng(2)
    first, again, other = (of(filled(200, rng, values(), hand)[0], 200) for hand in (0, 0, 1))
    assert same_slip(first, again) < 0.1
    assert same_slip(first, other) < 0.1


def test_nothing_written_has_no_fingerprint_and_is_like_nothing() -> None:
    nothing = of(blank(200), 200)
    assert nothing == b""
    assert same_slip(nothing, nothing) == 0.0
    some = of(filled(200, np.random.default_rng(3))[0], 200)
    assert same_slip(some, nothing) == 0.0
    assert same_slip(some, some) > 0.99
    assert same_slip(some, some[:-1]) == 0.0
    assert len(some) < 2048


def test_what_lies_far_from_the_fields_has_no_say() -> None:
    template = dropbox()
    slip, _ = filled(200, np.random.default_rng(3))
    top = round(min(field.box.y_mm for field in template.fields) * 200 / 25.4)
    other = slip.copy()
    # Further away than the paper around a field is looked for.
    other[: top - round(14.0 * 200 / 25.4)] = 0
    known = fingerprint(slip, template, {}, 200.0)
    assert known and fingerprint(other, template, {}, 200.0) == known
    other[: top - 8] = 0
    assert fingerprint(other, template, {}, 200.0) != known
