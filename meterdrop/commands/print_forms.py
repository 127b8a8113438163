"""``meterdrop print``: blanks and personal slips as PDF, picture and layout."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import UsageError

if TYPE_CHECKING:
    from templates.model import Template
    from templates.printing.accounts import BadRow

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("print")
@click.argument("template_name", metavar="TEMPLATE")
@click.option("-o", "--output", type=_FILE, required=True, help="The PDF to write.")
@click.option(
    "--png",
    "dpi",
    type=click.IntRange(50, 1200),
    metavar="DPI",
    help="Also its first page as a picture beside it.",
)
@click.option("--layout", "layout_path", type=_FILE, help="Also where everything is, in millimetres (JSON).")
@click.option(
    "--copies", type=click.IntRange(1, 100_000), default=1, show_default=True, help="Of every page."
)
@click.option("--per-page", type=click.IntRange(1, 2), default=1, show_default=True, help="Slips a page.")
@click.option(
    "--bleed",
    type=click.FloatRange(0, 10),
    default=0.0,
    metavar="MM",
    help="Paper beyond the trimmed edge, with crop marks, for a printing house (usually 3).",
)
@click.option("--register", type=_FILE, help="Accounts (CSV): a personal slip for each row.")
def command(
    template_name: str,
    *,
    output: Path,
    dpi: int | None,
    layout_path: Path | None,
    copies: int,
    per_page: int,
    bleed: float,
    register: Path | None,
) -> None:
    """Print a blank, or personal slips.

    TEMPLATE is a name as `meterdrop templates list` shows it, or a YAML file. With --register the supplier's
    personal slip is printed: the account as QR code and text; rows without a usable account are listed with
    their line, and the exit status is 1.
    """
    import templates
    from domain.supplier import AccountFormat
    from meterdrop.settings import load_settings
    from templates.printing import PrintOptions, layout, print_pdf, render_png
    from templates.printing.accounts import read_accounts
    from templates.printing.files import replacing
    from templates.printing.proof import proof

    picture = output.with_suffix(".png")
    _refuse_clashes(output, picture if dpi else None, layout_path, register)
    own = load_settings().path("METERDROP_TEMPLATES")
    template = templates.find(template_name, own)
    if template_name.endswith((".yaml", ".yml")):
        proof(template, Path(template_name), templates.suppliers(own).get(template.supplier))
    options = PrintOptions(copies=copies, per_page=per_page, bleed_mm=bleed)
    bad: list[BadRow] = []
    accounts: Iterable[str] | None = None
    first: list[str] | None = None
    if register is not None:
        template = personal_template(template, templates.all_templates(own))
        rules = templates.suppliers(own).get(template.supplier)
        shape = rules.account if rules is not None else AccountFormat(1, 20)
        several = any(field.meter > 1 for field in template.fields)
        rows = read_accounts(register, template.supplier, shape, bad.append, several_meters=several)
        accounts = _with_progress(rows)
        first = list(itertools.islice(accounts, per_page))
        if first:
            accounts = itertools.chain(first, accounts)
    elif template.personal:
        click.echo("No --register: the place of the account stays empty.", err=True)
    if template.reference is not None:
        raise UsageError(
            f"{template.key} cannot be printed: it was taught from a picture of somebody else's form "
            f"({template.reference.name}), and only its fields are known; have it printed where it comes from"
        )
    if first != []:
        pages = print_pdf(template, output, options, accounts)
        size = f"{template.width_mm:g} × {template.height_mm:g} mm"
        click.echo(f"{output}: {template.key}, {size}, pages: {pages}")
        if dpi is not None:
            render_png(template, picture, dpi, first, options)
            click.echo(f"{picture}: {dpi} dpi")
        if layout_path is not None:
            with replacing(layout_path) as out:
                out.write(json.dumps(layout(template), ensure_ascii=False, indent=1).encode() + b"\n")
            click.echo(f"{layout_path}: layout")
    for row in bad:
        click.echo(f"{register}:{row.line}: {row.problem}", err=True)
    if first == []:
        click.echo(f"{register}: no usable account, so nothing was printed; see the lines above", err=True)
    if bad or first == []:
        raise click.exceptions.Exit(1)


def personal_template(template: Template, known: Iterable[Template]) -> Template:
    """``template`` itself if it is personal, else its supplier's newest such form; raises ``UsageError``."""
    if template.personal:
        return template
    found = [t for t in known if t.personal and t.supplier == template.supplier]
    if not found:
        raise UsageError(
            f"supplier {template.supplier} has no personal slip; add a template with personal: yes"
        )
    return max(found, key=lambda t: (t.version, t.form_code))


def _with_progress(accounts: Iterator[str]) -> Iterator[str]:
    shown = time.monotonic() + 2
    drawn = False
    for number, account in enumerate(accounts, start=1):
        yield account
        if sys.stderr.isatty() and time.monotonic() > shown:
            click.echo(f"\r{number} slips", err=True, nl=False)
            shown, drawn = time.monotonic() + 0.5, True
    if drawn:
        click.echo("\r", err=True, nl=False)


def _refuse_clashes(
    output: Path, picture: Path | None, layout_path: Path | None, register: Path | None
) -> None:
    written = [path for path in (output, picture, layout_path) if path is not None]
    absolute = [path.absolute() for path in written]
    if len(set(absolute)) < len(absolute):
        raise UsageError("PDF, picture and layout need three names; give --output a name ending in .pdf")
    if register is not None and register.absolute() in absolute:
        raise UsageError(f"{register} is the register and would be overwritten; choose another --output")
    if output.is_file() and output.stat().st_size:
        with output.open("rb") as file:
            if not file.read(5).startswith(b"%PDF"):
                raise UsageError(f"{output} exists and is no PDF; choose another name or remove it")
