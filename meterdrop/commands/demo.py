"""``meterdrop demo``: the whole road on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--headless", is_flag=True, help="End after the table; serve no pages.")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path("demo-home"),
    show_default=True,
    help="Folder for everything the demo makes; an earlier demo's folder is replaced.",
)
@click.option("--keep", is_flag=True, help="Move an earlier demo's folder aside instead of replacing it.")
@click.option("--slips", type=click.IntRange(20, 150), default=60, hidden=True)
@click.option("--accounts", type=click.IntRange(500, 1_000_000), default=100_000, hidden=True)
def command(headless: bool, home: Path, keep: bool, slips: int, accounts: int) -> None:
    """Show the whole road on this machine.

    Prints forms, fills them by invented hands, scans them, digitises the scans through a local Prefect
    server, writes readings.csv and serves the review page. Exit status 0 when every sheet ended as planned.
    """
    from meterdrop.demo import serving
    from meterdrop.demo.run import Order, run
    from meterdrop.demo.screen import Screen

    order = Order(home.expanduser().resolve(), slips, accounts, keep)
    screen = Screen()
    findings = run(order, screen)
    screen.table(findings)
    screen.line(f"{order.home / 'readings.csv'}")
    for deviation in findings.deviations:
        screen.line(f"НЕ ПО ПЛАНУ / NOT AS PLANNED: {deviation}")
    status = 1 if findings.deviations else 0
    if not headless:
        status = serving.serve(screen, serving.add_reviewer()) or status
    raise SystemExit(status)
