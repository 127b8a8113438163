"""How right the fields without cells are read: simulated scans of shipped forms, laid where they are printed.

``python -m benchmarks.field_kinds --sheets 100``: one line a kind, with the share that is right, its 95 %
interval (Clopper-Pearson) and how sure the wrong ones were. Writers are invented; registration is given, off
by 0.15 mm (σ) each way.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain.risk import interval
from ocr.decode import AccountIndex
from ocr.forms.correction import Correction
from ocr.forms.cutting import warp
from ocr.forms.ink import black_of
from ocr.forms.kinds import Instruments, read_others
from ocr.forms.registration import Registered
from ocr.results import FieldResult, Registration
from simulate.fill import Writer, fill
from simulate.hands import HANDS
from simulate.paper import Grey, blank, personal, written
from simulate.scanner import Scan, scan
from simulate.strokes import Pen
from templates import find
from templates.model import Template

_READ_DPI = 200.0
_OFF_MM = 0.15
_DATES = ("24.11.2026", "24.11.26", "3.11.26", "03 11 2026", "24/11/26", "24-11-2026")
_MARKS = ("ticked", "", "crossed_out")


@dataclass(frozen=True)
class Sheet:
    """A filled form: what is written (``says``) and what each field should be read as (``truth``)."""

    template: Template
    says: dict[str, str]
    truth: dict[str, str]
    account: str | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=60, help="sheets of each form")
    parser.add_argument("--dpi", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    instruments = Instruments()
    accounts = AccountIndex.build([f"121000{n:06d}" for n in range(0, 1_000_000, 7)])
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for sheet in sheets(options.sheets, rng):
        results = read(sheet, options.dpi, instruments, accounts, rng)
        for name, want in sheet.truth.items():
            result = results[name]
            kind = f"{sheet.template.field(name).kind} ({sheet.template.field(name).role})"
            found[kind].append((result.value == want, result.confidence))
    for kind, seen in sorted(found.items()):
        right, count = sum(ok for ok, _ in seen), len(seen)
        low, high = interval(right, count)
        wrong = sorted((f"{sure:.3f}" for ok, sure in seen if not ok), reverse=True)[:8]
        print(
            f"{kind:32} {right}/{count}  {100 * low:.1f}-{100 * high:.1f} %  wrong ones: {', '.join(wrong)}"
        )


def sheets(count: int, rng: np.random.Generator) -> Iterator[Sheet]:
    """Filled forms of three kinds, ``count`` of each."""
    for index in range(count):
        date = _DATES[index % len(_DATES)]
        iso = "2026-11-03" if date.startswith(("3", "03")) else "2026-11-24"
        reading = "".join(map(str, rng.integers(0, 10, int(rng.integers(4, 7)))))
        account = f"{int(rng.integers(10**9, 10**10))}"
        truth = {"account": account, "account_code": account, "account_barcode": account}
        says = {"reading": reading, "date": date}
        yield Sheet(find("khakas-receipt"), says, truth | {"reading": reading, "date": iso}, account)
        number = f"121000{int(rng.integers(0, 142_857)) * 7:06d}"
        says = {"account": number, "reading": reading, "date": date, "signature": "x"}
        yield Sheet(find("krasnoyarsk-office"), says, {"account": number, "reading": reading, "date": iso})
        marks = {
            name: _MARKS[int(rng.integers(3))] for name in ("consent_bill", "consent_debt", "consent_check")
        }
        yield Sheet(
            find("krasnoyarsk-consent"), marks, {name: mark or "empty" for name, mark in marks.items()}
        )


def read(
    sheet: Sheet, dpi: int, instruments: Instruments, accounts: AccountIndex, rng: np.random.Generator
) -> dict[str, FieldResult]:
    """The sheet's fields without cells, scanned by a scanner of its own."""
    pen = Pen(width=float(rng.uniform(0.3, 0.65)), darkness=0.95, shade=int(rng.integers(30, 110)))
    hand = HANDS[int(rng.integers(len(HANDS)))]
    form = sheet.template
    printed = blank(form, dpi) if sheet.account is None else personal(form, sheet.account, dpi)
    paper = written(fill(form, sheet.says, Writer(hand, pen), rng), printed, dpi, rng)
    look = Scan(
        blur_px=float(rng.uniform(0.4, 1.1)),
        noise=float(rng.uniform(1, 8)),
        gain=float(rng.uniform(0.9, 1.0)),
        bilevel=bool(rng.random() < 0.15),
    )
    page = scan(paper, look, rng)
    slip = _placed(page, dpi, form, rng)
    return read_others(
        page, slip, form, instruments, accounts=accounts, dpi=_READ_DPI, black=black_of(slip.slip)
    )


def _placed(page: Grey, dpi: int, form: Template, rng: np.random.Generator) -> Registered:
    scale = dpi / 25.4
    off = rng.normal(0, _OFF_MM, 2) * scale
    matrix = np.array([[scale, 0, off[0]], [0, scale, off[1]], [0, 0, 1.0]])
    registration = Registration(tuple(float(v) for v in matrix.ravel()), _OFF_MM, 4)
    correction = Correction(np.zeros((2, 6)), {}, _OFF_MM, _OFF_MM, True)
    return Registered(registration, warp(page, matrix, form, _READ_DPI), correction, True)


if __name__ == "__main__":
    main()
