"""The monthly report as text, table and printable page: Russian first, English second."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

if TYPE_CHECKING:
    from services.report import AuditFigures, MonthlyReport

#: Channels as a contract names them: Russian, English.
CHANNELS = {
    "station": ("бланки из ящиков (станция сканирования)", "drop-box slips (scanning station)"),
    "desk": ("стойка обслуживания", "service desk"),
    "receipt": ("квитанции", "payment receipts"),
    "email": ("электронная почта", "e-mail"),
    "sms": ("текстовые сообщения", "text messages"),
    "web": ("страница для клиентов", "customer page"),
}
EVIDENCE = {
    "simulated": ("модельные бланки, предварительно", "simulated slips, provisional"),
    "archive": ("архив поставщика, набранный дважды", "the supplier's archive, keyed twice"),
    "audits": ("слепые проверки", "blind audits"),
    "reviewed": ("бланки, прочитанные людьми", "slips read by people"),
    "audits_and_reviewed": (
        "слепые проверки и бланки, прочитанные людьми",
        "blind audits and slips read by people",
    ),
}
COLUMNS = (
    "month", "supplier", "channel", "received", "accepted_by_machine", "accepted_by_people", "rejected",
    "duplicate", "blank", "unreadable", "waiting", "drawn", "audited", "undecided", "wrong",
    "wrong_registered", "bound", "bound_registered", "people_drawn", "people_audited", "people_undecided",
    "people_wrong", "people_wrong_registered", "people_bound", "people_bound_registered",
)  # fmt: skip


def as_dicts(report: MonthlyReport) -> list[dict[str, Any]]:
    """One object a channel, for programs."""
    return [
        {
            "month": report.month,
            "made_at": report.made_at.isoformat(timespec="seconds"),
            "target": report.target,
            "confidence": 1 - report.delta,
            "supplier": channel.supplier,
            "channel": channel.channel,
            "received": channel.received,
            "accepted_by_machine": channel.by_machine,
            "accepted_by_people": channel.by_people,
            "rejected": channel.rejected,
            "duplicate": channel.duplicate,
            "blank": channel.blank,
            "unreadable": channel.unreadable,
            "waiting": channel.waiting,
            "audits_of_machine": _figures(channel.machine),
            "audits_of_people": _figures(channel.people),
            "thresholds": [
                {
                    "template": each.template,
                    "model": each.model,
                    "threshold": each.main,
                    "since": None if each.since is None else each.since.isoformat(timespec="seconds"),
                    "withdrawn": each.withdrawn,
                    "proof": None if each.proof is None else asdict(each.proof),
                }
                for each in channel.thresholds
            ],
            "says": {"ru": says_ru(channel.machine, report), "en": says_en(channel.machine, report)},
        }
        for channel in report.channels
    ]


def _figures(figures: AuditFigures) -> dict[str, Any]:
    return {**asdict(figures), "audited": figures.n, "open": figures.open}


def as_csv(report: MonthlyReport) -> str:
    """A line a channel, with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for c in report.channels:
        row = [report.month, c.supplier, c.channel, c.received, c.by_machine, c.by_people, c.rejected]
        row += [c.duplicate, c.blank, c.unreadable, c.waiting]
        for f in (c.machine, c.people):
            row += [f.sampled, f.n, f.undecided, f.wrong, f.wrong_registered]
            row += [f"{f.bound:.6f}", f"{f.bound_registered:.6f}"]
        writer.writerow(row)
    return out.getvalue()


def as_text(report: MonthlyReport) -> str:
    """For people on a terminal."""
    lines = []
    for c in report.channels:
        lines += [
            f"{report.month} {c.supplier} {c.channel}",
            f"  received {c.received:,}: {c.by_machine:,} accepted by the machine, {c.by_people:,} by "
            f"people, {c.rejected:,} rejected, {c.duplicate:,} duplicates, {c.blank:,} blank, "
            f"{c.unreadable:,} unreadable, {c.waiting:,} waiting",
            f"  machine: {says_en(c.machine, report)}",
            f"  people:  {says_en(c.people, report)}",
        ]
        for each in c.thresholds:
            kind = "none" if each.proof is None else EVIDENCE[each.proof.evidence.value][1]
            value = "withdrawn" if each.withdrawn else "none" if each.main is None else f"{each.main:g}"
            lines.append(f"  threshold {value} for {each.template} read by {each.model} ({kind})")
    return "\n".join(lines) or f"No sheet was received in {report.month}."


def as_html(report: MonthlyReport) -> str:
    """One page for printing, complete in itself: no script, no picture, nothing from outside."""
    text = _template().render(
        report=report,
        channels=CHANNELS,
        evidence=EVIDENCE,
        languages=[("ru", 0, share_ru, number_ru, says_ru), ("en", 1, share_en, number_en, says_en)],
    )
    # A percent sign never begins a line.
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def says_ru(figures: AuditFigures, report: MonthlyReport) -> str:
    """What the audits prove, in one Russian sentence or two."""
    return _says(
        figures,
        report,
        share_ru,
        number_ru,
        {
            "none": "Слепых проверок не было: о доле ошибок сказать нечего. Для {target} нужно {lacking} "
            "проверок без ошибок.",
            "right": "Проверено вслепую {n}, ошибок не найдено: с доверительной вероятностью {level} "
            "неверных не более {bound}, из них записанных на чужой лицевой счёт — не более {registered}.",
            "wrong": "Проверено вслепую {n}, неверных {wrong}, из них на чужой лицевой счёт "
            "{wrong_registered}: с доверительной вероятностью {level} неверных не более {bound}, на чужой "
            "лицевой счёт — не более {registered}.",
            "undecided": " Спорных, ещё не решённых: {undecided}; в границах они считаются неверными.",
            "lacking": " Для {target} данных мало: нужно ещё {lacking} проверок без новых ошибок.",
            "kept": " Граница {target} соблюдена.",
        },
    )


def says_en(figures: AuditFigures, report: MonthlyReport) -> str:
    """What the audits prove, in one English sentence or two."""
    return _says(
        figures,
        report,
        share_en,
        number_en,
        {
            "none": "No blind audits: nothing can be said about the share of wrong readings. {target} needs "
            "{lacking} audits with none wrong.",
            "right": "{n} audited, with none wrong: with {level} confidence at most {bound} are wrong, and "
            "at most {registered} are booked to another customer's account.",
            "wrong": "{n} audited, {wrong} wrong, {wrong_registered} of them another customer's account: "
            "with {level} confidence at most {bound} are wrong, and at most {registered} are booked to "
            "another customer's account.",
            "undecided": " {undecided} disputed and not yet decided; the bounds take them for wrong.",
            "lacking": " This is too little evidence for {target}: {lacking} more audits with none wrong are "
            "needed.",
            "kept": " The bound of {target} is kept.",
        },
    )


def _says(
    figures: AuditFigures,
    report: MonthlyReport,
    share: Callable[[float], str],
    number: Callable[[int], str],
    texts: dict[str, str],
) -> str:
    values = {
        "n": number(figures.n),
        "wrong": number(figures.wrong),
        "wrong_registered": number(figures.wrong_registered),
        "undecided": number(figures.undecided),
        "bound": share(figures.bound),
        "registered": share(figures.bound_registered),
        "lacking": number(figures.lacking),
        "target": share(report.target),
        "level": share(1 - report.delta),
    }
    if not figures.n:
        return texts["none"].format(**values)
    said = texts["wrong" if figures.wrong else "right"]
    said += texts["undecided"] if figures.undecided else ""
    said += texts["lacking"] if figures.lacking else texts["kept"]
    return said.format(**values)


def share_en(value: float) -> str:
    """A share in percent, rounded up in its third significant digit: a bound must not shrink in print."""
    percent = 100 * value
    if percent <= 0:
        return "0 %"
    places = 3
    while percent < 10 ** (2 - places) and places < 6:
        places += 1
    scale = 10**places
    # The bound's own rounding error is not a reason to print the next digit.
    up = -(-(percent * scale - 1e-9) // 1) / scale
    return f"{up:.{places}f}".rstrip("0").rstrip(".") + " %"


def share_ru(value: float) -> str:
    """As ``share_en``, with a decimal comma."""
    return share_en(value).replace(".", ",")


def number_en(value: int) -> str:
    """A count with thousands apart."""
    return f"{value:,}"


def number_ru(value: int) -> str:
    """A count with thousands apart, as Russian prints them."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html")
