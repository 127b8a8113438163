"""``meterdrop evidence``: the page that proves a reading, and whether one that was given out still holds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("evidence")
@click.argument("reading", type=int, required=False, metavar="[READING_ID]")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .pdf or .html file that is not there yet.",
)
@click.option(
    "--check",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Check a page that was given out; exit status 1 if it no longer holds.",
)
@click.option(
    "--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True, help="Of the page."
)
@click.option("--who", default="evidence", metavar="NAME", help="Who asks for it; it is recorded.")
def command(
    reading: int | None, path: Path | None, check: Path | None, language: Literal["ru", "en"], who: str
) -> None:
    """Write what proves READING_ID: picture, machine's reading, decisions, billing's acknowledgement.

    The page is kept under its SHA-256, so that 'evidence --check FILE' and 'verify' can check it years later.
    """
    from domain.errors import UsageError

    if check is not None:
        _check(check)
        return
    if reading is None or path is None:
        raise UsageError("name the reading and a file: meterdrop evidence 17 -o 17.pdf")
    if path.suffix.lower() not in {".pdf", ".html"}:
        raise UsageError(f"{path}: the file's name must end in .pdf or .html")
    if path.exists():
        raise UsageError(f"{path} exists; choose another name")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.absolute().parent}; make it first")
    from delivery.evidence_page import as_html, as_pdf
    from meterdrop.wiring import context
    from services.evidence import facts_of, made

    with context() as ctx:
        evidence = facts_of(ctx, reading)
        page = (as_pdf if path.suffix.lower() == ".pdf" else as_html)(evidence, language)
        key = made(ctx, evidence, page, who)
    with path.open("xb") as out:
        out.write(page)
    click.echo(f"{path}: SHA-256 {key}")


def _check(path: Path) -> None:
    from meterdrop.wiring import context
    from services.evidence import check

    with context() as ctx:
        found = check(ctx, path.read_bytes())
    for problem in found.problems:
        click.echo(problem)
    if found.problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{path}: given out {found.made_at:%Y-%m-%d}, reading {found.reading_id}; everything agrees")
