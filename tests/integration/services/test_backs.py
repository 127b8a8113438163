"""Sheets with something printed on both sides: the back belongs to its front."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.reasons import Reason
from services import digitise, receive
from services.context import Context
from tests.paper import ORDER, account_row, file_of, register, slip

A, B = "121000000001", "121000000002"
BACK = "krasnoyarsk-dropbox-back@1"


@pytest.fixture
def two_sided(ctx: Context) -> Context:
    register(ctx, account_row(A), account_row(B))
    front = next(t for t in ctx.templates.values() if t.name == "krasnoyarsk-dropbox")
    back = replace(front, name=BACK.partition("@")[0], version=1, fields=(), markers=(), back_of=front.name)
    reading = replace(back, name="krasnoyarsk-dropbox-more", fields=front.fields)
    return replace(ctx, templates={**ctx.templates, back.key: back, reading.key: reading})


def run(ctx: Context, *pages: object) -> list[tuple[int, str, tuple[Reason, ...]]]:
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)  # type: ignore[arg-type]
    digitise.split(ctx, receipt.file_id)
    outcomes = digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes
    return [(each.page, each.state.value, each.reasons) for each in outcomes]


def test_a_back_is_done_with_beside_its_front(two_sided: Context) -> None:
    pages = [
        [slip(A, "1100")],
        [slip("", "", template=BACK)],
        [slip(B, "1200")],
        [slip("", "", template=BACK)],
    ]
    assert run(two_sided, *pages) == [
        (1, "accepted", ()),
        (2, "blank", (Reason.BACK_OF_FORM,)),
        (3, "accepted", ()),
        (4, "blank", (Reason.BACK_OF_FORM,)),
    ]


def test_a_back_without_its_front_goes_to_a_person(two_sided: Context) -> None:
    outcomes = run(two_sided, "foreign", "blank", [slip("", "", template=BACK)])
    assert outcomes[2] == (3, "review", (Reason.BACK_WITHOUT_FRONT,))


def test_what_is_written_on_a_back_is_for_a_person(two_sided: Context) -> None:
    written = slip(A, "1100", template="krasnoyarsk-dropbox-more@1")
    empty = slip("", "", template="krasnoyarsk-dropbox-more@1", reasons=["empty"])
    outcomes = run(two_sided, [slip(A, "1100")], [written], [slip(B, "1200")], [empty])
    assert [(state, reasons) for _, state, reasons in outcomes] == [
        ("accepted", ()),
        ("review", (Reason.BACK_OF_FORM,)),
        ("accepted", ()),
        ("blank", (Reason.BACK_OF_FORM,)),
    ]
