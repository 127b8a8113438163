"""Which thresholds the machine is held to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.proof import Evidence, ProvenThreshold
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.thresholds import ProvenThresholds
from services import digitise, receive
from services.context import Context
from services.thresholds import in_force, known_keys
from tests.paper import FORM, ORDER, account_row, file_of, register, slip

A = "121000000001"
KEY = ("station", FORM, "paper@1")
NAMES = ("account", "reading", "date", "signature", "address", "meter_serial")


def proof(lowest: float | None, target: float = 0.001) -> ProvenThreshold:
    return ProvenThreshold(
        *KEY, lowest=dict.fromkeys(NAMES, lowest), target=target, delta=0.05, n=4000, accepted=3000, wrong=0,
        bound=0.000998, date="2026-11-24", data="00ff", provisional=False, evidence=Evidence.AUDITS,
    )  # fmt: skip


def take_in(ctx: Context, confidence: float, scan: str) -> tuple[SheetState, tuple[Reason, ...]]:
    file = file_of([slip(A, "1100", confidence=confidence, ink=scan)], scan=scan)
    receipt = receive.receive_file(ctx, file, "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    [outcome] = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    return outcome.state, outcome.reasons


@pytest.fixture(autouse=True)
def known_accounts(ctx: Context) -> None:
    register(ctx, account_row(A))


def test_the_shipped_table_counts_until_operation_says_more(ctx: Context) -> None:
    assert take_in(ctx, 0.98, "a")[0] is SheetState.REVIEW
    with ctx.records.begin() as tx:
        tx.proven.add(proof(0.97), ctx.clock(), "console")
    assert take_in(ctx, 0.98, "b") == (SheetState.ACCEPTED, ())


def test_a_withdrawal_sends_everything_to_review_at_once(ctx: Context) -> None:
    with ctx.records.begin() as tx:
        tx.proven.add(proof(None), ctx.clock(), "console", withdrawn=True)
    state, reasons = take_in(ctx, 0.9999, "a")
    assert state is SheetState.REVIEW
    assert Reason.NO_THRESHOLD in reasons


def test_what_is_in_force_names_its_proof(ctx: Context) -> None:
    shipped = ProvenThresholds((proof(0.95),))
    ctx = replace(ctx, thresholds=shipped)
    with ctx.records.begin() as tx:
        standing = in_force(ctx, tx, *KEY)
        assert (standing.main, standing.proof, standing.row) == (0.95, shipped.rows[0], None)
        assert known_keys(ctx, tx) == [KEY]
        tx.proven.add(proof(0.99), ctx.clock(), "console")
        standing = in_force(ctx, tx, *KEY)
        assert standing.main == 0.99
        assert standing.row is not None
        assert in_force(ctx, tx, "desk", FORM, "paper@1").main is None


def test_a_row_above_the_risk_to_be_carried_is_not_used(ctx: Context) -> None:
    settings = replace(ctx.settings, most_risk=0.001)
    ctx = replace(ctx, settings=settings, thresholds=ProvenThresholds(()))
    with ctx.records.begin() as tx:
        tx.proven.add(proof(0.97, target=0.01), ctx.clock(), "console")
        assert in_force(ctx, tx, *KEY).main is None
