"""``meterdrop templates``: which forms there are, and whether their files are right."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import TemplateError

if TYPE_CHECKING:
    from templates.model import Template


@click.group("templates")
def command() -> None:
    """List and check forms and suppliers' rules."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_templates(*, as_json: bool) -> None:
    """List every form: name and version, supplier, size, form code, fields."""
    import templates

    for template in templates.all_templates(_own()):
        if as_json:
            click.echo(json.dumps(_summary(template), ensure_ascii=False))
        else:
            kind = "personal" if template.personal else "large" if template.large_print else "blank"
            size = f"{template.width_mm:g} × {template.height_mm:g} mm"
            click.echo(
                f"{template.key:30} {template.supplier:24} {size:14} "
                f"code {template.form_code:<4} {kind:9} {', '.join(field.name for field in template.fields)}"
            )


def _summary(template: Template) -> dict[str, object]:
    return {
        "template": template.key,
        "title": template.title,
        "supplier": template.supplier,
        "width_mm": template.width_mm,
        "height_mm": template.height_mm,
        "code": template.form_code,
        "personal": template.personal,
        "large_print": template.large_print,
        "fields": {
            field.name: {"kind": field.kind, "required": field.required, "cells": len(field.cells)}
            for field in template.fields
        },
    }


@command.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check YAML files of forms and suppliers (default: all there are).

    Each wrong file gets one line: file, line, what is wrong, what to write instead; exit status 1.
    """
    from templates.catalogue import SUPPLIER_FILE, folders, form_files

    if paths:
        files = [
            file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
        ]
    else:
        files = list(form_files(_own()))
        files += [file for folder in folders(_own()) for file in sorted(folder.glob(f"*/{SUPPLIER_FILE}"))]
    if not files:
        raise click.UsageError("no .yaml file there; name a template or a folder of templates")
    wrong = 0
    known = _known()
    for file in files:
        try:
            said = _check(file, known)
        except TemplateError as error:
            wrong += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{file}: {said}")
    if wrong:
        click.echo(f"{wrong} of {len(files)} files are wrong", err=True)
        raise click.exceptions.Exit(1)


def _own() -> Path | None:
    """The folder of one's own forms."""
    from meterdrop.settings import load_settings

    return load_settings().path("METERDROP_TEMPLATES")


def _known() -> dict[Path, Template]:
    """All forms that can be loaded; the wrong ones tell their own error when their turn comes."""
    from templates.catalogue import form_files
    from templates.loader import load_template

    found = {}
    for path in form_files(_own()):
        with contextlib.suppress(TemplateError):
            found[path.resolve()] = load_template(path)
    return found


def _check(file: Path, known: dict[Path, Template]) -> str:
    """What is said of a right file; a form is also compared with all other forms, then known itself."""
    from templates.catalogue import SUPPLIER_FILE, refuse_clash
    from templates.loader import load_template
    from templates.printing.proof import proof
    from templates.supplier_rules import load_supplier, suppliers

    if file.name == SUPPLIER_FILE:
        rules = load_supplier(file)
        return f"ok, supplier {rules.name}, periods: {len(rules.periods)}"
    template = load_template(file)
    proof(template, file, suppliers(_own()).get(template.supplier))
    for path, other in known.items():
        if path != file.resolve():
            refuse_clash(file, template, path, other)
    known[file.resolve()] = template
    return f"ok, {template.key}, fields: {len(template.fields)}"
