"""The monthly report: exact counts, honest bounds, fit for a contract."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import UsageError
from domain.proof import Evidence, ProvenThreshold
from domain.reasons import Reason
from domain.risk import upper_bound
from meterdrop.main import cli
from meterdrop.pages import report as page
from ocr.thresholds import ProvenThresholds
from services import digitise, receive, review
from services.context import Context
from services.report import AuditFigures, ChannelReport, MonthlyReport, figures, monthly_report
from storage.records import BlindCount
from tests.paper import FORM, ORDER, SUPPLIER, Clock, account_row, file_of, register, slip

KEY = ("station", FORM, "paper@1")
ANSWER = {"date": "24.11.2026", "signature": "yes", "address": "yes", "reading": "1100"}


def number(n: int) -> str:
    return f"1210000{n:05d}"


@pytest.fixture
def house(ctx: Context) -> Context:
    register(ctx, *(account_row(number(n)) for n in range(60)))
    settings = replace(ctx.settings, audit_share=1.0, audit_share_reviewed=1.0, audit_key=b"k" * 32)
    return replace(ctx, settings=settings)


def take_in(ctx: Context) -> None:
    """Twelve slips: eight accepted, two for people, one twice, one blank; and a file that is none."""
    pages: list[object] = [[slip(number(n), "1100", ink=str(n))] for n in range(8)]
    pages += [[slip(number(n), "1100", confidence=0.6, ink=str(n))] for n in (20, 21)]
    pages += [[slip(number(0), "1100", ink="0")], "blank"]
    for content in (file_of(*pages), b"no file"):  # type: ignore[arg-type]
        receipt = receive.receive_file(ctx, content, "scan.pdf", ORDER)
        digitise.split(ctx, receipt.file_id)
    digitise.digitise_chunk(ctx, digitise.pending(ctx))
    first = review.claim_next(ctx, "boris")
    assert first is not None
    review.accept(ctx, "boris", first.sheet_id, {**ANSWER, "account": number(20)})
    second = review.claim_next(ctx, "boris")
    assert second is not None
    review.reject(ctx, "boris", second.sheet_id, Reason.ILLEGIBLE)


def decide(ctx: Context, wrong: int, registered: int, disputed: int = 0) -> None:
    """Audit all that the machine accepted; the first ones are disputed, the next wrong."""
    with ctx.records.begin() as tx:
        for n, row in enumerate(tx.blind.get(i) for i in range(1, 9)):
            assert row is not None
            if n < disputed:
                tx.blind.answer(row, "disputed", {"second_by": "anna"})
                continue
            bad = n - disputed < wrong
            other = n - disputed < registered
            values = {"second_by": "anna", "wrong": bad, "wrong_registered": other, "truth": row.first}
            tx.blind.answer(row, "done", values)


def only(report: MonthlyReport) -> ChannelReport:
    [channel] = report.channels
    return channel


def test_every_sheet_is_counted_once(house: Context) -> None:
    take_in(house)
    channel = only(monthly_report(house, "2026-11"))
    assert (channel.supplier, channel.channel, channel.received) == (SUPPLIER, "station", 13)
    assert (channel.by_machine, channel.by_people, channel.rejected) == (8, 1, 1)
    assert (channel.duplicate, channel.blank, channel.unreadable, channel.waiting) == (1, 1, 1, 0)
    assert (channel.machine.sampled, channel.machine.open, channel.people.sampled) == (8, 8, 1)


def test_bounds_come_from_the_audits_alone(house: Context) -> None:
    take_in(house)
    decide(house, wrong=2, registered=1)
    machine = only(monthly_report(house, "2026-11")).machine
    assert (machine.n, machine.wrong, machine.wrong_registered, machine.open) == (8, 2, 1, 0)
    assert machine.bound == upper_bound(2, 8, 0.05)
    assert machine.bound_registered == upper_bound(1, 8, 0.05)


def test_disputed_audits_count_as_wrong_until_they_are_decided(house: Context) -> None:
    take_in(house)
    decide(house, wrong=1, registered=0, disputed=3)
    machine = only(monthly_report(house, "2026-11")).machine
    assert (machine.n, machine.undecided, machine.wrong) == (8, 3, 1)
    assert machine.bound == upper_bound(4, 8, 0.05)
    assert "3 disputed" in page.says_en(machine, monthly_report(house, "2026-11"))


def test_another_month_is_another_report(house: Context) -> None:
    take_in(house)
    assert monthly_report(house, "2026-10").channels == []
    assert "No sheet was received" in page.as_text(monthly_report(house, "2026-10"))
    assert "ничего не поступило" in page.as_html(monthly_report(house, "2026-10"))


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-1", "0000-01"])
def test_what_is_no_month_is_refused(ctx: Context, month: str) -> None:
    with pytest.raises(UsageError, match="is no month"):
        monthly_report(ctx, month)


def test_an_unknown_supplier_is_refused(ctx: Context) -> None:
    with pytest.raises(UsageError, match="no supplier"):
        monthly_report(ctx, "2026-11", "nobody")


def test_the_thresholds_of_the_month_are_named_with_their_proof(house: Context, clock: Clock) -> None:
    names = ("account", "reading", "meter_serial", "date", "signature", "address")
    shipped = ProvenThreshold(
        *KEY, lowest=dict.fromkeys(names, 0.95), target=0.01, delta=0.05, n=100, accepted=90, wrong=0,
        bound=0.009, date="2026-11-01", data="shipped", provisional=True,
    )  # fmt: skip
    house = replace(house, thresholds=ProvenThresholds((shipped,)))
    take_in(house)
    with house.records.begin() as tx:
        better = replace(shipped, data="audits", evidence=Evidence.AUDITS, provisional=False)
        tx.proven.add(better, clock.now, "vera")
        later = replace(shipped, lowest=dict.fromkeys(names, None))
        tx.proven.add(later, clock.now.replace(month=12), "vera", withdrawn=True)
    thresholds = only(monthly_report(house, "2026-11")).thresholds
    assert [(each.main, each.proof and each.proof.data) for each in thresholds] == [
        (0.95, "shipped"), (0.95, "audits"),
    ]  # fmt: skip
    text = page.as_html(monthly_report(house, "2026-11"))
    assert "слепые проверки" in text
    assert "blind audits" in text


def report_of(machine: AuditFigures, clock: Clock) -> MonthlyReport:
    channel = ChannelReport(SUPPLIER, "station", 1, 1, 0, 0, 0, 0, 0, 0, machine, figures([], 0.001))
    return MonthlyReport("2026-11", clock.now, 0.001, 0.05, [channel], {SUPPLIER: "ПАО <Сбыт>"})


def count(done: int, wrong: int = 0, registered: int = 0) -> BlindCount:
    return BlindCount(
        SUPPLIER, "station", FORM, "m@1", "2026-11", "machine", done, done, 0, wrong, registered, 0.01, 0.01
    )


def test_too_little_evidence_is_said_plainly(clock: Clock) -> None:
    few = figures([count(1200)], 0.001)
    assert few.lacking == 1795
    text = page.says_en(few, report_of(few, clock))
    assert text.startswith("1,200 audited, with none wrong: with 95 % confidence at most 0.25 % are wrong")
    assert "too little evidence for 0.1 %: 1,795 more audits" in text
    russian = page.says_ru(few, report_of(few, clock))
    assert "не более 0,25 %" in russian
    assert "данных мало" in russian
    none = figures([], 0.001)
    assert page.says_en(none, report_of(none, clock)).startswith("No blind audits: nothing can be said")
    enough = figures([count(2995)], 0.001)
    assert "The bound of 0.1 % is kept." in page.says_en(enough, report_of(enough, clock))


def test_a_bound_does_not_shrink_in_print() -> None:
    assert page.share_en(0.0024935) == "0.25 %"
    assert page.share_en(0.001) == "0.1 %"
    assert page.share_en(0.0010001) == "0.101 %"
    assert page.share_en(1.0) == "100 %"
    assert page.share_en(0.0) == "0 %"
    assert page.share_ru(0.00021) == "0,021 %"


class Balance(HTMLParser):
    """Fails on a tag that closes another one."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} & {"src", "href"}, "the page is complete in itself"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_russian_first_and_complete(clock: Clock) -> None:
    text = page.as_html(report_of(figures([count(1200, 2, 1)], 0.001), clock))
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    assert text.index('<section lang="ru">') < text.index('<section lang="en">')
    assert "ПАО &lt;Сбыт&gt;" in text
    assert "Исполнитель" in text
    assert "<script" not in text


def test_the_table_and_the_json_say_the_same(house: Context) -> None:
    take_in(house)
    decide(house, wrong=1, registered=1)
    report = monthly_report(house, "2026-11")
    [line] = json.loads(json.dumps(page.as_dicts(report), default=str))
    [row] = csv.DictReader(io.StringIO(page.as_csv(report)))
    assert int(row["received"]) == line["received"] == 13
    assert int(row["audited"]) == line["audits_of_machine"]["audited"] == 8
    assert int(row["wrong_registered"]) == line["audits_of_machine"]["wrong_registered"] == 1
    assert float(row["bound"]) == pytest.approx(line["audits_of_machine"]["bound"], abs=1e-6)
    assert line["says"]["ru"].startswith("Проверено вслепую 8")


def test_the_command_writes_a_page_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERDROP_HOME", str(tmp_path / "home"))
    out = tmp_path / "november.html"
    arguments = ["report", "--month", "2026-11", "-o", str(out)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")
    again = CliRunner().invoke(cli, arguments)
    assert isinstance(again.exception, UsageError)
