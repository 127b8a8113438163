"""The flow that keeps the outboxes moving calls the same round as the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.connections import Connections, FileBilling
from flows import hand_over, runtime
from services.context import Context
from services.status import status
from tests.delivery_desk import SUPPLIER, accept


def test_a_round_of_the_flow(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accept(ctx, 1, 2)
    known = Connections(billing={SUPPLIER: FileBilling(tmp_path / "out")})
    monkeypatch.setattr(runtime, "_connect", lambda _: known)
    with runtime.using(ctx):
        assert hand_over._to_billing(SUPPLIER) == f"{SUPPLIER}: 2 acknowledged, 0 refused, 0 runs not taken"
        assert hand_over._to_customers() == "notices: 0 sent, 0 later, 0 in doubt, 0 failed"
    assert status(ctx).by_state["delivered"] == 2


def test_without_connections_there_is_nothing_to_do(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_connect", None)
    assert runtime.connections(ctx) == Connections()
