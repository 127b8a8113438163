"""The demo, step by step, with the parts that are also used in production."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.errors import SettingsError, UsageError
from meterdrop.demo import checking, papers, plan
from meterdrop.demo.filling import Forms
from meterdrop.demo.screen import Screen
from simulate import registers
from simulate.hands import HANDS

if TYPE_CHECKING:
    from flows.server import LocalServer
    from services.context import Context
    from services.results import BatchResult, SheetOutcome

SUPPLIER, CHANNEL, STATION = "krasnoyarskenergosbyt", "station", "demo"
_MARK = ".meterdrop-demo"
_SEED = 20121015


@dataclass(frozen=True)
class Order:
    """What the demo was asked for. ``keep``: move an earlier demo's folder aside instead of replacing it."""

    home: Path
    slips: int = 60
    accounts: int = 100_000
    keep: bool = False


def prepare_home(order: Order) -> None:
    """An empty folder for the demo; only an earlier demo's folder is ever removed."""
    home = order.home
    if home.exists() and not home.is_dir():
        raise UsageError(f"{home} is a file; name a folder with --home")
    if home.is_dir() and any(home.iterdir()):
        if not (home / _MARK).exists():
            raise UsageError(
                f"{home} is not empty and not from an earlier demo; name another folder with --home"
            )
        if order.keep:
            home.rename(_free_name(home))
        else:
            shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).write_text("made by 'meterdrop demo'; the next demo replaces this folder\n")


def _free_name(home: Path) -> Path:
    number = 1
    while home.with_name(f"{home.name}-{number}").exists():
        number += 1
    return home.with_name(f"{home.name}-{number}")


def run(order: Order, screen: Screen) -> checking.Findings:
    """Everything up to the table; raises what the parts raise."""
    from flows import environment, server
    from meterdrop.wiring import context

    prepare_home(order)
    os.environ["METERDROP_HOME"] = str(order.home)
    prefect_home = order.home / "prefect"
    screen.step("Запускаю местный сервер Prefect", "starting a local Prefect server")
    local = server.start(prefect_home)
    try:
        with context() as ctx:
            made, days = prepare(ctx, order, screen)
            server.wait(local)
            environment.prepare(prefect_home, local.api_url)
            return _flow(ctx, order, screen, (local, made, days))
    finally:
        server.stop(local)


def prepare(ctx: Context, order: Order, screen: Screen) -> tuple[papers.Papers, tuple[date, date]]:
    """Forms, customers, register and scans."""
    from services.register import import_register
    from templates import find
    from templates.printing import PrintOptions, print_pdf

    rng = np.random.default_rng(_SEED)
    days = collection_days(ctx)
    forms = Forms(find("krasnoyarsk-dropbox"), find("krasnoyarsk-personal"))
    numbers = registers.accounts(order.accounts + 4, rng, blocks_of=40)
    # Strangers look like everybody's number but are in no register: some far from all others, some next door.
    next_door = [str(number) for number in rng.choice(numbers, 4, replace=False)]
    known = sorted(set(numbers) - set(next_door))
    far = [number for number in registers.accounts(8, rng) if number not in known][:4]
    strangers = [number for pair in zip(far, next_door, strict=True) for number in pair]
    everybody = list(registers.register(known, rng, days[0]))
    hands = [each.name for each in HANDS]
    slips = plan.plan(
        order.slips, everybody, strangers, collected=days[0], late=days[1], hands=hands, rng=rng
    )
    screen.step("Печатаю бланки", "printing blanks and personal slips")
    printed = order.home / "print"
    printed.mkdir()
    print_pdf(forms.blank, printed / "blank.pdf", PrintOptions(per_page=2))
    personal = [slip.entry.account for slip in slips if slip.kind is plan.Kind.PERSONAL]
    print_pdf(forms.personal, printed / "personal.pdf", accounts=personal)
    screen.step(f"Загружаю реестр: {len(known):,} лицевых счетов", "importing the register")
    register = order.home / "accounts.csv"
    registers.write_csv(register, plan.registered(everybody, slips), "cp1251")
    imported = import_register(ctx, register, SUPPLIER)
    if imported.bad:
        raise SettingsError(f"the demo's register has bad rows, the first in line {imported.bad[0].line}")
    screen.step(f"Заполняю {len(slips)} бланков шестью почерками и сканирую их", "filling and scanning slips")
    return papers.make(slips, forms, order.home / "scans", rng), days


def collection_days(ctx: Context) -> tuple[date, date]:
    """The latest day up to today on which boxes may be emptied, and the latest one on which they may not."""
    rules = ctx.suppliers[SUPPLIER]
    today = ctx.clock().date()
    found: dict[bool, date] = {}
    for back in range(62):
        day = today - timedelta(days=back)
        found.setdefault(rules.at(day).windows[CHANNEL].contains(day), day)
    return found[True], found[False]


def _flow(
    ctx: Context,
    order: Order,
    screen: Screen,
    given: tuple[LocalServer, papers.Papers, tuple[date, date]],
) -> checking.Findings:
    """Digitise both batches, deliver, verify, and compare with the plan."""
    from flows import run as flows
    from services.results import BatchOrder
    from services.verify import verify

    local, made, days = given
    screen.step(f"Распознаю; ход работы: {local.url}", "digitising, Prefect shows the flow there")
    results = [
        flows.run_batch(ctx, paths, BatchOrder(SUPPLIER, CHANNEL, STATION, day), screen.progress)
        for paths, day in ((made.files, days[0]), (made.late, days[1]))
    ]
    screen.step("Передаю принятые показания биллингу", "handing accepted readings to billing")
    readings = order.home / "readings.csv"
    flows.export_readings(ctx, readings)
    flows.finish()
    screen.step("Сверяю записи, файлы и журнал", "verifying records, objects and audit log")
    findings = checking.check(made, ended(results), readings)
    problems = verify(ctx).problems
    return findings if not problems else findings.with_deviations(problems)


def ended(results: Sequence[BatchResult]) -> list[SheetOutcome]:
    """How every sheet of some batches ended, each once."""
    every = [sheet for result in results for sheet in (*result.outcomes, *result.unreadable)]
    return list({sheet.sheet_id: sheet for sheet in every}.values())
