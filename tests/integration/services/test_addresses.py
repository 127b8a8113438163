"""An address beside the account: it may raise a doubt or tell two close accounts apart, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.reasons import Reason
from ocr.results import FieldResult, SlipReading
from services.addresses import with_address
from services.context import Context
from templates import find
from templates.model import Template
from tests.paper import SUPPLIER, account_row, register

A, B = "121000000001", "121000000002"
HOMES = {A: "Красноярск, ул. Мира, д. 12, кв. 7", B: "Красноярск, ул. Мира, д. 12, кв. 8"}


def form() -> Template:
    known = find("krasnoyarsk-dropbox")
    fields = tuple(replace(f, kind="typed") if f.name == "address" else f for f in known.fields)
    return replace(known, fields=fields)


@pytest.fixture
def homes(ctx: Context) -> Context:
    register(ctx, *(account_row(number, address=home) for number, home in HOMES.items()))
    return ctx


def weighed(ctx: Context, address: str, confidence: float = 0.9, *, near: float = 0.2) -> FieldResult:
    account = FieldResult(
        A, 1.0 - near - 0.01, in_register=True, runner_up=near, other=B, reasons=(Reason.ACCOUNT_NEIGHBOUR,)
    )
    slip = SlipReading("read", fields={"account": account, "address": FieldResult(address, confidence)})
    with ctx.records.read() as tx:
        rows = tx.registers.rows(SUPPLIER, A)
        return with_address(tx, SUPPLIER, slip, form(), rows).fields["account"]


def test_the_same_home_tells_neighbours_apart(homes: Context) -> None:
    account = weighed(homes, "г. Красноярск Мира 12 кв 7")
    assert account.value == A
    assert account.reasons == ()
    assert 0.97 < account.confidence < 0.99, "what speaks for neither is not lifted"


def test_another_home_raises_a_doubt_and_never_another_account(homes: Context) -> None:
    account = weighed(homes, HOMES[B])
    assert (account.value, account.confidence) == (A, 0.79)
    assert account.reasons == (Reason.ACCOUNT_NEIGHBOUR, Reason.ADDRESS_DIFFERS)


@pytest.mark.parametrize(("address", "confidence"), [("", 0.9), (HOMES[A], 0.3), ("Красноярск, Мира", 0.9)])
def test_an_address_that_says_little_changes_nothing(homes: Context, address: str, confidence: float) -> None:
    account = weighed(homes, address, confidence)
    assert (account.confidence, account.reasons) == (0.79, (Reason.ACCOUNT_NEIGHBOUR,))


def test_neighbours_in_one_home_are_not_told_apart(ctx: Context) -> None:
    register(ctx, account_row(A, address=HOMES[A]), account_row(B, address=HOMES[A]))
    assert weighed(ctx, HOMES[A]).reasons == (Reason.ACCOUNT_NEIGHBOUR,)


def test_a_register_without_addresses_says_nothing(ctx: Context) -> None:
    register(ctx, account_row(A, address=""), account_row(B, address=""))
    assert weighed(ctx, HOMES[B]).reasons == (Reason.ACCOUNT_NEIGHBOUR,)
