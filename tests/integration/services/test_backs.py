"""Papers with something on both sides: the back belongs to its front, and what is written on both is one."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

from domain.errors import LeaseLostError, StorageError
from domain.reasons import Reason
from domain.sheet import SheetState
from ocr.results import Registration, SlipReading
from services import backs, deliver, digitise, receive, recognition, review, sides
from services.context import Context
from services.questionnaire_export import export_questionnaires
from services.slip_picture import picture_of
from services.verify import verify
from storage.records import Records, RecordsSettings, SheetRow
from templates.model import Box, Field
from templates.sides import form_of
from tests.paper import FORM, ORDER, Clock, account_row, file_of, open_services, register, slip

A, B, C = "121000000001", "121000000002", "121000000003"
BACK = "krasnoyarsk-dropbox-back@1"
MORE = "krasnoyarsk-dropbox-more@1"
NEEDED = "krasnoyarsk-dropbox-needed@1"
BOTH = f"{FORM}+{MORE}"
Said = list[tuple[str, tuple[Reason, ...]]]


def with_back(ctx: Context, key: str) -> Context:
    """A drop-box slip for one reading and a back of it: empty, with a second reading, with a required one."""
    slip_form = ctx.templates[FORM]
    one = tuple(field for field in slip_form.fields if field.tariff in {None, "T1"})
    front = replace(slip_form, fields=one)
    low = replace(front.field("reading"), name="reading_t2", tariff="T2", required=key == NEEDED)
    fields = {BACK: (), MORE: (low, replace(front.field("account"), required=False)), NEEDED: (low,)}[key]
    name = key.partition("@")[0]
    back = replace(front, name=name, version=1, fields=fields, markers=(), back_of=front.name)
    return replace(ctx, templates={**ctx.templates, FORM: front, back.key: back})


def known(ctx: Context) -> Context:
    """Three accounts with two tariffs each."""
    for account in (A, B, C):
        register(ctx, account_row(account, tariff="T1"))
        register(ctx, account_row(account, tariff="T2", previous_reading="00400", monthly_average=60.0))
    return ctx


@pytest.fixture
def two_sided(ctx: Context) -> Context:
    return with_back(known(ctx), MORE)


def front(account: str, reading: str, **more: Any) -> list[dict[str, Any]]:
    return [slip(account, reading, **more)]


def back(reading: str, account: str = "", template: str = MORE, **more: Any) -> list[dict[str, Any]]:
    return [slip(account, "", t2=reading, template=template, **more)]


def handed_in(ctx: Context, *pages: object) -> list[int]:
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)  # type: ignore[arg-type]
    digitise.split(ctx, receipt.file_id)
    return digitise.pending(ctx)


def run(ctx: Context, *pages: object) -> Said:
    outcomes = digitise.digitise_chunk(ctx, handed_in(ctx, *pages)).outcomes
    said = [(each.state.value, each.reasons) for each in outcomes]
    assert said == states(ctx)[-len(said) :], "what is told is what is in the records"
    return said


def sheets(ctx: Context) -> list[SheetRow]:
    with ctx.records.read() as tx:
        return tx.sheets.get(range(1, 100))


def states(ctx: Context) -> Said:
    return [(row.state.value, row.reasons) for row in sheets(ctx)]


def readings(ctx: Context) -> list[tuple[int, str, str, str]]:
    with ctx.records.read() as tx:
        found = [each for row in tx.sheets.get(range(1, 100)) for each in tx.readings.of_sheet(row.id)]
    return [(each.sheet_id, each.account, each.tariff, each.reading) for each in found]


WHOLE: Said = [("accepted", ()), ("blank", (Reason.BACK_OF_FORM,))]
BOTH_READ = [(1, A, "T1", "01100"), (1, A, "T2", "00450")]


def test_a_back_on_which_nothing_is_to_be_written_is_done_with_beside_its_front(ctx: Context) -> None:
    ctx = with_back(ctx, BACK)
    register(ctx, account_row(A), account_row(B))
    plain = [slip("", "", template=BACK)]
    assert run(ctx, front(A, "1100"), plain, front(B, "1200"), plain) == WHOLE * 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_sides_are_one_document_whichever_comes_first(
    two_sided: Context, tmp_path: Path, order: tuple[int, int]
) -> None:
    pages = [front(A, "1100"), back("450", A)]
    said = run(two_sided, *(pages[at] for at in order))
    at = order.index(0)
    assert [said[at], said[1 - at]] == WHOLE
    assert readings(two_sided) == [(at + 1, *each[1:]) for each in BOTH_READ]
    whole = sheets(two_sided)[at]
    assert whole.template == BOTH
    form = form_of(two_sided.templates, whole.template)
    assert form is not None
    assert form.field("reading_t2").box.y_mm > two_sided.templates[FORM].height_mm
    assert deliver.export_readings(two_sided, tmp_path / "out.csv").readings == 2
    assert verify(two_sided).problems == ()


def test_a_stack_is_divided_into_its_papers(two_sided: Context) -> None:
    pages = [front(A, "1100"), back("450"), back("460"), front(B, "1200"), front(C, "1300"), back("470")]
    said = run(two_sided, *pages)
    assert said == [*WHOLE, *reversed(WHOLE), *WHOLE]
    assert [each[1:] for each in readings(two_sided) if each[2] == "T2"] == [
        (A, "T2", "00450"),
        (B, "T2", "00460"),
        (C, "T2", "00470"),
    ]


def test_a_back_on_which_nothing_is_written_leaves_the_front_as_it_is(two_sided: Context) -> None:
    register(two_sided, account_row("121000000009"))
    said = run(two_sided, front("121000000009", "1100"), back("", reasons=["empty"]))
    assert said == WHOLE
    assert sheets(two_sided)[0].template == FORM


def test_a_front_whose_back_may_be_missing_is_judged_without_it(two_sided: Context) -> None:
    register(two_sided, account_row("121000000009"))
    assert run(two_sided, front("121000000009", "1100")) == [("accepted", ())]


@pytest.mark.parametrize("beside", [[], ["foreign"], ["blank"]])
def test_a_front_whose_back_must_be_there_goes_to_a_person_without_it(
    ctx: Context, beside: list[str]
) -> None:
    said = run(with_back(known(ctx), NEEDED), front(A, "1100"), *beside)
    assert said[0][0] == "review"
    assert said[0][1][0] is Reason.FRONT_WITHOUT_BACK


def test_the_reading_may_stand_on_the_back_alone(ctx: Context) -> None:
    ctx = with_back(ctx, NEEDED)
    register(ctx, account_row(A))
    both = {key: ctx.templates[key] for key in (FORM, NEEDED)}
    account = tuple(field for field in both[FORM].fields if field.role != "reading")
    reading = replace(both[NEEDED].fields[0], name="reading", tariff=None)
    forms = {FORM: replace(both[FORM], fields=account), NEEDED: replace(both[NEEDED], fields=(reading,))}
    ctx = replace(ctx, templates={**ctx.templates, **forms})
    assert run(ctx, front(A, ""), [slip("", "1100", template=NEEDED)]) == WHOLE
    assert readings(ctx) == [(1, A, "", "01100")]
    assert run(ctx, front(B, ""))[0] == (
        "review",
        (Reason.FRONT_WITHOUT_BACK, Reason.ACCOUNT_UNKNOWN, Reason.READING_MISSING),
    )


def test_what_has_to_be_on_the_back_is_missed_there(ctx: Context) -> None:
    said = run(with_back(known(ctx), NEEDED), front(A, "1100"), back("", template=NEEDED))
    assert said == [("review", (Reason.READING_MISSING,)), WHOLE[1]]


def test_a_back_without_its_front_goes_to_a_person(two_sided: Context) -> None:
    said = run(two_sided, front(A, "1100"), "blank", back("450"))
    assert said[2] == ("review", (Reason.BACK_WITHOUT_FRONT,))
    said = run(with_back(two_sided, BACK), "blank", [slip(B, "", template=BACK)])
    assert said[-1] == ("review", (Reason.BACK_WITHOUT_FRONT,))


def test_nobody_guesses_whose_back_it_is(two_sided: Context) -> None:
    said = run(two_sided, front(A, "1100"), back("450"), front(B, "1200"))
    assert [state for state, _ in said] == ["review"] * 3
    assert all(Reason.SIDES_UNSURE in reasons for _, reasons in said)


def test_sides_of_two_customers_are_told_by_the_account_on_both(two_sided: Context) -> None:
    said = run(two_sided, front(A, "1100"), back("450", B))
    assert said == [("review", (Reason.SIDES_CONTRADICT,)), WHOLE[1]]


def test_a_back_that_the_reader_doubts_stops_the_whole(two_sided: Context) -> None:
    said = run(two_sided, front(A, "1100"), back("450", reasons=["form_unsure"]))
    assert said == [("review", (Reason.FORM_UNSURE,)), WHOLE[1]]


def test_another_scan_of_the_same_paper_is_a_duplicate_with_its_back(two_sided: Context) -> None:
    run(two_sided, front(A, "1100", ink="loop"), back("450"))
    said = run(two_sided, front(A, "1100", ink="loop", date="2026-11-23"), back("450", A))
    assert said == [("duplicate", (Reason.DUPLICATE,))] * 2
    assert [row.duplicate_of for row in sheets(two_sided)[2:]] == [1, 1]
    assert verify(two_sided).problems == ()


def test_a_person_sees_and_judges_both_sides_at_once(two_sided: Context) -> None:
    run(two_sided, front(A, "1100", confidence=0.5), back("450"))
    shown = review.claim_next(two_sided, "eve")
    assert shown is not None
    assert shown.sheet_id == 1
    assert [field.value for field in shown.fields if field.role == "reading"] == ["1100", "450"]
    values = {field.name: field.value for field in shown.fields}
    assert review.accept(two_sided, "eve", 1, values).outcome == "accepted"
    assert readings(two_sided) == BOTH_READ
    assert review.claim_next(two_sided, "eve") is None
    assert verify(two_sided).problems == ()


def test_each_field_is_shown_from_its_own_page(two_sided: Context) -> None:
    pages = [np.full((860, 620), 255, np.uint8) for _ in range(2)]
    scale, forms = 100 / 25.4, [two_sided.templates[key] for key in (FORM, MORE)]
    shades = {"reading": 60, "reading_t2": 120}
    for page, form in zip(pages, forms, strict=True):
        for name in shades.keys() & {field.name for field in form.fields}:
            box = form.field(name).box
            x, y = round(box.x_mm * scale) + 9, round(box.y_mm * scale) + 15
            page[y : y + round(box.h_mm * scale), x : x + round(box.w_mm * scale)] = shades[name]
    file = io.BytesIO()
    first, second = map(Image.fromarray, pages)
    first.save(file, "TIFF", save_all=True, append_images=[second], dpi=(100, 100))
    key = two_sided.objects.put(file.getvalue())
    place = Registration((scale, 0.0, 9.0, 0.0, scale, 15.0, 0.0, 0.0, 1.0), 0.01, 4)
    read = SlipReading("read", template=FORM, registration=place)
    run(two_sided, front(A, "1100"), back("450"))
    row = replace(
        sheets(two_sided)[0],
        sha256=key,
        file_name="two.tiff",
        recognition={**recognition.to_json(read), **recognition.with_other_side(read, 2)},
    )
    picture = picture_of(two_sided, row, 100)
    assert picture.rectified
    boxes = {each.name: each.box for each in picture.boxes}
    for name, shade in shades.items():
        x, y, width, height = boxes[name]
        inside = picture.grey[y + 3 : y + height - 3, x + 3 : x + width - 3]
        assert abs(float(np.median(inside)) - shade) <= 2, name


def test_a_questionnaire_of_two_sides_is_one(ctx: Context, tmp_path: Path) -> None:
    register(ctx, account_row(A))
    consent = ctx.templates["krasnoyarsk-consent@1"]
    box = Field("wish", "handwriting", "other", False, "Пожелания", Box(20.0, 20.0, 100.0, 20.0))
    other = replace(consent, name="consent-back", fields=(box,), markers=(), back_of=consent.name)
    ctx = replace(ctx, templates={**ctx.templates, other.key: other})
    said = run(ctx, front(A, "", template=consent.key), [slip("", "", template=other.key)])
    assert said[0][0] == "review"
    assert said[0][1][0] is Reason.QUESTIONNAIRE
    assert said[1] == WHOLE[1]
    shown = review.claim_next(ctx, "eve")
    assert shown is not None
    assert shown.template == f"{consent.key}+{other.key}"
    values = {field.name: field.value for field in shown.fields} | {"signature": "yes", "wish": "тише"}
    values |= {field.name: "" for field in shown.fields if field.check}
    answer = review.accept(ctx, "eve", 1, values, (Reason.DATE_MISSING, Reason.DATE_UNCLEAR))
    assert answer.outcome == "accepted", answer
    export_questionnaires(ctx, tmp_path / "answers.csv")
    header, line = (tmp_path / "answers.csv").read_text("utf-8-sig").splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["wish"] == "тише"
    assert verify(ctx).problems == ()


# pages of one file that are committed apart


@pytest.mark.parametrize("turns", [([1], [2]), ([2], [1])])
def test_the_second_page_to_be_committed_makes_the_document(
    two_sided: Context, turns: tuple[list[int], list[int]]
) -> None:
    handed_in(two_sided, front(A, "1100"), back("450"))
    first = digitise.digitise_chunk(two_sided, turns[0])
    assert [each.state for each in first.outcomes] == [SheetState.REVIEW]
    waiting = sheets(two_sided)[turns[0][0] - 1]
    assert waiting.reasons == (Reason.OTHER_SIDE_AWAITED,)
    assert review.claim_next(two_sided, "eve") is None, "nobody is given half a document"
    assert verify(two_sided).problems == ()
    last = digitise.digitise_chunk(two_sided, turns[1])
    assert [each.sheet_id for each in last.joined] == turns[0]
    assert states(two_sided) == WHOLE
    assert readings(two_sided) == BOTH_READ
    assert verify(two_sided).problems == ()


def test_a_side_that_waits_for_more_than_one_reason_is_not_forgotten(two_sided: Context) -> None:
    handed_in(two_sided, front(A, "1100", reasons=["form_unsure", "struck_out"]), back("450"))
    digitise.digitise_chunk(two_sided, [1])
    digitise.digitise_chunk(two_sided, [2])
    assert states(two_sided) == [("review", (Reason.FORM_UNSURE, Reason.STRUCK_OUT)), WHOLE[1]]


def test_a_page_of_another_kind_may_be_the_last(two_sided: Context) -> None:
    handed_in(two_sided, front(A, "1100"), back("450"), "blank")
    digitise.digitise_chunk(two_sided, [1, 2])
    assert {state for state, _ in states(two_sided)[:2]} == {"review"}
    digitise.digitise_chunk(two_sided, [3])
    assert states(two_sided)[:2] == WHOLE


def test_a_crash_before_the_commit_leaves_nothing_half(
    two_sided: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(two_sided, front(A, "1100"), back("450"))
    digitise.digitise_chunk(two_sided, [2])
    before = states(two_sided)

    def killed(*_: object, **__: object) -> None:
        raise StorageError("the line is cut")

    with monkeypatch.context() as cut:
        # The front is judged by then, its readings are written.
        cut.setattr(sides._File, "_move", killed)
        with pytest.raises(StorageError):
            digitise.digitise_chunk(two_sided, [1])
    assert states(two_sided) == before
    assert readings(two_sided) == []
    digitise.digitise_chunk(two_sided, [1])
    assert states(two_sided) == WHOLE
    assert readings(two_sided) == BOTH_READ


def test_two_machines_commit_the_two_sides_at_once(records_url: str, tmp_path: Path) -> None:
    """Each has its own connections; whoever comes second finds the other side."""
    machines = []
    for _ in range(2):
        records = Records.open(RecordsSettings(records_url))
        machines.append(with_back(open_services(records, tmp_path / "objects", Clock()), MORE))
    known(machines[0])
    pages = [page for n in range(8) for page in (front(A, str(1100 + n)), back(str(450 + n)))]
    for n in range(4):
        receipt = receive.receive_file(machines[0], file_of(*pages[2 * n : 2 * n + 2]), f"{n}.pdf", ORDER)
        digitise.split(machines[0], receipt.file_id)
    every = digitise.pending(machines[0])
    halves = (every[::2], every[1::2])
    reads = [
        [digitise.begin_chunk(ctx, [i]) for i in half] for ctx, half in zip(machines, halves, strict=True)
    ]
    meet, failed = threading.Barrier(2), []

    def commit(ctx: Context, each: list[digitise.Recognition]) -> None:
        try:
            for one in each:
                meet.wait(10)
                digitise.finish_chunk(ctx, one)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=commit, args=pair) for pair in zip(machines, reads, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    said = states(machines[0])
    assert [said[at] for at in (1, 3, 5, 7)] == [WHOLE[1]] * 4
    assert all(Reason.OTHER_SIDE_AWAITED not in reasons for _, reasons in said)
    assert [row.template for row in sheets(machines[0])[::2]] == [BOTH] * 4
    assert verify(machines[0]).problems == ()
    for ctx in machines:
        ctx.close()


def test_what_was_not_joined_as_it_should_be_is_found(two_sided: Context) -> None:
    run(two_sided, front(A, "1100"), back("450"))
    handed_in(two_sided, front(B, "1100"), back("450"))
    digitise.digitise_chunk(two_sided, [3])
    with two_sided.records.begin() as tx:
        tx.connection.execute(sa.text("UPDATE sheet SET reasons = '' WHERE id = 2"))
        tx.connection.execute(sa.text("UPDATE sheet SET state = 'blank' WHERE id = 4"))
    found = verify(two_sided).problems
    assert "sheet 1 is a paper of two sides, but its back does not belong to it" in found
    assert "sheet 3 waits for its other side, but its file is read through" in found


def test_people_get_a_side_whose_file_is_never_read_through(two_sided: Context) -> None:
    handed_in(two_sided, front(A, "1100"), back("450"))
    digitise.digitise_chunk(two_sided, [1])
    two_sided.clock.forward(backs.WAITS.total_seconds() + 1)  # type: ignore[attr-defined]
    shown = review.claim_next(two_sided, "eve")
    assert shown is not None
    values = {field.name: field.value for field in shown.fields}
    # The other side comes all the same: the document is made, and what is half of it is accepted by nobody.
    digitise.digitise_chunk(two_sided, [2])
    with pytest.raises(LeaseLostError):
        review.accept(two_sided, "eve", 1, values)
    assert readings(two_sided) == BOTH_READ


def test_the_back_of_what_a_person_has_judged_meanwhile_is_for_a_person(two_sided: Context) -> None:
    handed_in(two_sided, front(A, "1100"), back("450"))
    digitise.digitise_chunk(two_sided, [1])
    two_sided.clock.forward(backs.WAITS.total_seconds() + 1)  # type: ignore[attr-defined]
    assert review.claim_next(two_sided, "eve") is not None
    review.reject(two_sided, "eve", 1, Reason.RESCAN)
    digitise.digitise_chunk(two_sided, [2])
    assert states(two_sided) == [
        ("rejected", (Reason.RESCAN,)),
        ("review", (Reason.BACK_OF_FORM,)),
    ]
