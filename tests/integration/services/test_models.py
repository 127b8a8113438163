"""A model in shadow decides nothing until it has proven itself, and none is switched inside a window."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from domain.errors import ConflictError, UsageError
from domain.proof import Evidence, ProvenThreshold
from meterdrop.commands.models import as_dict, in_words
from ocr.results import SlipReading
from ocr.thresholds import ProvenThresholds
from services import comparing, digitise, models, receive
from services.comparing import Comparison
from services.context import Context, PageRead, PageRef
from services.thresholds import in_force
from services.verify import verify
from storage.records.tables import shadow_reading
from tests.paper import FORM, ORDER, SUPPLIER, Clock, PaperReader, account_row, file_of, register, slip

OLD, NEW = "paper@1", "new@1"
WEIGHTS = {NEW: b"weights of the new model"}
TARGET = 0.2


class TwoReaders(PaperReader):
    """Reads with a second model beside; ``other`` says what that one makes of a slip."""

    other: Callable[[SlipReading], SlipReading] = staticmethod(lambda found: found)

    def __init__(self, inner: PaperReader) -> None:
        super().__init__(inner._objects)
        self.asked: list[PageRef] = []

    def _read(self, ref: PageRef) -> PageRead:
        self.asked.append(ref)
        page = super()._read(ref)
        slips = (replace(s, shadow=replace(type(self).other(s), model=NEW)) for s in page.slips)
        return replace(page, slips=tuple(slips))


def number(n: int) -> str:
    return f"1210000{n:05d}"


def proof(model: str, lowest: float | None = 0.95, **changes: object) -> ProvenThreshold:
    names = ("account", "reading", "meter_serial", "date")
    lowest_of = {**dict.fromkeys(names, lowest), "signature": 0.5, "address": 0.5}
    row = ProvenThreshold(
        "station", FORM, model, lowest=lowest_of, target=TARGET, delta=0.05, n=100,
        accepted=90, wrong=0, bound=0.19, date="2026-11-01", data="old", provisional=False,
        evidence=Evidence.AUDITS,
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


@pytest.fixture
def house(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Context:
    register(ctx, *(account_row(number(n)) for n in range(100)))
    assert isinstance(ctx.reader, PaperReader)
    monkeypatch.setattr(TwoReaders, "other", staticmethod(lambda found: found))
    settings = replace(ctx.settings, audit_share=1.0, audit_key=b"k" * 32, target_risk=TARGET)
    table = ProvenThresholds((proof(OLD),))
    return replace(ctx, settings=settings, thresholds=table, reader=TwoReaders(ctx.reader))


def take_in(ctx: Context, numbers: range, confidence: float = 0.99) -> list[int]:
    pages = [[slip(number(n), "1100", confidence=confidence, ink=str(n))] for n in numbers]
    receipt = receive.receive_file(ctx, file_of(*pages), "scan.pdf", ORDER)
    digitise.split(ctx, receipt.file_id)
    return [o.sheet_id for o in digitise.digitise_chunk(ctx, digitise.pending(ctx)).outcomes]


def audit_all(ctx: Context) -> None:
    """Every audit finds that 1100 was written."""
    with ctx.records.begin() as tx:
        for sheet in tx.sheets.get(range(1, 200)):
            row = tx.blind.of_sheet(sheet.id)
            if row is not None and row.state == "open":
                truth = {**row.first, "reading": "1100"}
                values = {"truth": truth, "wrong": truth != row.first, "wrong_registered": False}
                tx.blind.answer(row, "done", {"second_by": "anna", **values})


def misreads(found: SlipReading) -> SlipReading:
    """Takes every reading for 1109, surely."""
    fields = {**found.fields, "reading": replace(found.fields["reading"], value="1109")}
    return replace(found, fields=fields)


def only(found: list[Comparison]) -> Comparison:
    [each] = found
    return each


def outside(clock: Clock) -> None:
    """The window of 23 to 26 November is over."""
    clock.forward(4 * 86_400)


def switch(ctx: Context, model: str = NEW) -> models.ModelInUse:
    return models.switch(ctx, SUPPLIER, model, shipped=OLD, at_hand=WEIGHTS, who="vera")


def test_a_shadow_is_kept_and_decides_nothing(house: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwoReaders, "other", staticmethod(misreads))
    [sheet_id] = take_in(house, range(1))
    with house.records.read() as tx:
        [sheet] = tx.sheets.get([sheet_id])
        [reading] = tx.readings.of_sheet(sheet_id)
        [shadow] = tx.connection.execute(sa.select(shadow_reading)).all()
    assert (sheet.model, reading.reading) == (OLD, "01100")
    assert (shadow.model, shadow.score, shadow.held) == (NEW, 0.99, False)
    assert shadow.recognition["fields"]["reading"]["value"] == "1109"


def test_models_are_compared_on_what_people_found(house: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(house, range(10))
    monkeypatch.setattr(TwoReaders, "other", staticmethod(misreads))
    take_in(house, range(10, 15))
    audit_all(house)
    found = only(comparing.compare(house))
    assert (found.model, found.sheets, found.agree) == (NEW, 15, 10)
    assert (found.audited.known, found.audited.wrong, found.audited.shadow_wrong) == (15, 0, 5)
    assert found.measured is None
    line = json.loads(json.dumps(as_dict(found, applied=False)))
    assert (line["audited"]["shadow_wrong"], line["threshold"]) == (5, None)
    assert "in shadow wrong 5" in in_words(found, applied=False)


def test_a_shadow_that_has_proven_itself_may_take_over(house: Context, clock: Clock) -> None:
    take_in(house, range(40))
    audit_all(house)
    found = only(comparing.compare(house))
    assert found.measured is not None
    assert (found.measured.threshold, found.measured.audits, found.measured.wrong) == (0.5, 40, 0)
    outside(clock)
    with pytest.raises(ConflictError, match=r"no proven threshold of its own at 0\.2"):
        switch(house)
    assert comparing.apply(house, [found], "vera") == [found]
    assert comparing.apply(house, [found], "vera") == [], "the same data give no second row"
    used = switch(house)
    assert (used.model, used.choice is not None) == (NEW, True)
    with house.records.read() as tx:
        [logged] = tx.audits.latest(what="model.switched")
        assert in_force(house, tx, "station", FORM, NEW).main == 0.5
    assert (logged.who, logged.supplier) == ("vera", SUPPLIER)
    assert (logged.details or {})["from"] == OLD
    assert house.objects.get((logged.details or {})["weights"]) == WEIGHTS[NEW]


def test_a_batch_stays_with_the_model_that_it_began_with(house: Context, clock: Clock) -> None:
    receipt = receive.receive_file(house, file_of([slip(number(0), "1100")]), "old.pdf", ORDER)
    digitise.split(house, receipt.file_id)
    outside(clock)
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW), clock.now, "vera")
    switch(house)
    clock.forward(1)
    later = receive.receive_file(house, file_of([slip(number(1), "1100")]), "new.pdf", ORDER)
    digitise.split(house, later.file_id)
    digitise.digitise_chunk(house, digitise.pending(house))
    assert isinstance(house.reader, TwoReaders)
    weights = {ref.name: ref.weights for ref in house.reader.asked}
    assert weights["old.pdf"] == ""
    assert house.objects.get(weights["new.pdf"]) == WEIGHTS[NEW]


def test_no_model_is_switched_inside_a_window_in_either_direction(house: Context, clock: Clock) -> None:
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW), clock.now, "vera")
    with pytest.raises(ConflictError, match="inside a window"):
        switch(house)
    outside(clock)
    switch(house)
    clock.forward(26 * 86_400)  # 24 December
    with pytest.raises(ConflictError, match="inside a window"):
        switch(house, OLD)
    clock.forward(3 * 86_400)
    assert switch(house, OLD).model == OLD


def test_what_has_read_before_comes_back_without_a_new_proof(house: Context, clock: Clock) -> None:
    take_in(house, range(1))
    outside(clock)
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW), clock.now, "vera")
    switch(house)
    switch(house, OLD)
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW, None), clock.now, "vera", withdrawn=True)
    assert models.switch(house, SUPPLIER, NEW, shipped=OLD, at_hand={}, who="vera").model == NEW
    assert [choice.model for choice in models.history(house, SUPPLIER)] == [NEW, OLD, NEW]


@pytest.mark.parametrize("changes", [{"provisional": True}, {"target": 0.5}, {"lowest": None}])
def test_a_proof_that_is_none_is_refused(house: Context, clock: Clock, changes: dict[str, object]) -> None:
    take_in(house, range(1))
    outside(clock)
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW, **changes), clock.now, "vera")
    with pytest.raises(ConflictError, match="no proven threshold"):
        switch(house)


def test_lost_weights_are_found(house: Context, clock: Clock) -> None:
    outside(clock)
    with house.records.begin() as tx:
        tx.proven.add(proof(NEW), clock.now, "vera")
    used = switch(house)
    assert verify(house).ok
    assert used.choice is not None
    house.objects.delete(used.choice.weights)
    [problem] = verify(house).problems
    assert problem.startswith(f"model {NEW}: its weights")


def test_wrong_names_are_refused(house: Context, clock: Clock) -> None:
    outside(clock)
    with pytest.raises(UsageError, match="already"):
        switch(house, OLD)
    with pytest.raises(UsageError, match="no weights of other@1"):
        switch(house, "other@1")
    with pytest.raises(UsageError, match="no supplier"):
        models.switch(house, "nobody", NEW, shipped=OLD, at_hand=WEIGHTS, who="vera")
    used = {each.supplier: each.model for each in models.models_in_use(house, OLD)}
    assert used[SUPPLIER] == OLD


@pytest.mark.parametrize("change", ["UPDATE model_choice SET model = 'x'", "DELETE FROM model_choice"])
def test_the_history_of_models_cannot_be_changed(house: Context, change: str) -> None:
    with house.records.begin() as tx:
        tx.shadows.choose(SUPPLIER, NEW, "", at=house.clock(), who="vera")
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), house.records.begin() as tx:
        tx.connection.execute(sa.text(change))


def test_slips_below_the_old_threshold_count_by_what_people_read(house: Context) -> None:
    take_in(house, range(30))
    take_in(house, range(30, 40), confidence=0.6)
    audit_all(house)
    found = only(comparing.compare(house))
    assert found.measured is not None
    assert found.measured.threshold > 0.6, "nobody has read those yet: they count as wrong"
    assert (found.sheets, found.reviewed.known) == (40, 0)
