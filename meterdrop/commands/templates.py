"""``meterdrop templates``: which forms there are, and whether their files are right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.errors import TemplateError

if TYPE_CHECKING:
    from templates.model import Template

#: Confidence that counts as surely read when a form is tried; acceptance has thresholds of its own.
_SURE = 0.99


@click.group("templates")
def command() -> None:
    """List and check forms and suppliers' rules, try forms on filled sheets."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_templates(*, as_json: bool) -> None:
    """List every form: name and version, where it comes from, supplier, size, thresholds, fields.

    Source: shipped, own (METERDROP_TEMPLATES) or taught (on the page /templates). Threshold: the channels for
    which one ships or is proven here; without one people check every slip.
    """
    from templates.catalogue import form_files, load_all

    proven = _proven()
    for path, template in load_all(form_files(*_folders())):
        source = _source(path)
        channels = sorted(proven.get(template.key, ()))
        if as_json:
            line = _summary(template) | {"source": source, "file": str(path), "thresholds": channels}
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            kind = "personal" if template.personal else "large" if template.large_print else "blank"
            size = f"{template.width_mm:g} × {template.height_mm:g} mm"
            code = f"code {template.form_code:<4}" if template.markers else "no markers"
            known = f"threshold: {', '.join(channels)}" if channels else "no threshold"
            fields = ", ".join(field.name for field in template.fields)
            origin = f"{template.key:30} {source:8} {template.supplier:24}"
            click.echo(f"{origin} {size:16} {code:10} {kind:8} {known:18} {fields}")


def _source(path: Path) -> str:
    from templates.catalogue import SHIPPED

    _, taught = _folders()
    if path.is_relative_to(SHIPPED):
        return "shipped"
    return "taught" if taught is not None and path.is_relative_to(taught) else "own"


def _proven() -> dict[str, set[str]]:
    """Form → the channels for which it has a threshold: shipped, or in the records where there are some."""
    from meterdrop.settings import load_settings
    from meterdrop.wiring import records_settings
    from ocr.thresholds import load_thresholds
    from storage.records import Records

    found: dict[str, set[str]] = {}
    settings = load_settings()
    for row in load_thresholds(most_risk=settings.share("METERDROP_MOST_RISK")).rows:
        found.setdefault(row.template, set()).add(row.channel)
    url = records_settings(settings).url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        # Listing forms makes no database.
        return found
    with Records.open(records_settings(settings)) as records, records.read() as tx:
        keys = tx.proven.keys()
        for channel, template, model in keys:
            kept = tx.proven.in_force(channel, template, model, settings.share("METERDROP_MOST_RISK"))
            if kept is not None and kept.withdrawn:
                found.get(template, set()).discard(channel)
            elif kept is not None:
                found.setdefault(template, set()).add(channel)
    return found


def _summary(template: Template) -> dict[str, object]:
    return {
        "template": template.key,
        "title": template.title,
        "supplier": template.supplier,
        "purpose": template.purpose,
        "width_mm": template.width_mm,
        "height_mm": template.height_mm,
        "code": template.form_code,
        "markers": bool(template.markers),
        "personal": template.personal,
        "large_print": template.large_print,
        "fields": {
            field.name: {"kind": field.kind, "required": field.required, "cells": len(field.cells)}
            for field in template.fields
        },
    }


@command.command("try")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--register", metavar="CSV", help="Accounts to decode against.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, as `meterdrop read` gives it.")
def try_template(file: Path, paths: tuple[str, ...], register: str | None, *, as_json: bool) -> None:
    """Read filled examples with a form that is not published, and say what it found.

    FILE: its YAML, with its picture beside it; PATH: scans of filled sheets, or folders of them. Nothing is
    stored. Exit status 1 when the form was not found on every page, 2 for wrong use.
    """
    from meterdrop.commands.read import in_words, read_all
    from meterdrop.readers import ReadOptions, open_reader
    from meterdrop.settings import load_settings
    from meterdrop.wiring import limits
    from templates.loader import load_template

    bounds = limits(load_settings())
    template = load_template(file)
    options = ReadOptions("form", bounds, str(file), Path(register) if register else None)
    reader = open_reader(options)
    lines = []
    for line in read_all(paths, "form", reader, bounds):
        lines.append(line)
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else in_words(line))
    if not lines:
        raise click.UsageError("nothing to read: name scans of filled sheets, or a folder that holds some")
    found = [line for line in lines if line["outcome"] == "read"]
    click.echo(f"{template.key}: found on {len(found)} of {len(lines)} pages", err=True)
    for name, said in _shares(template, found):
        click.echo(f"  {name}: {said}", err=True)
    if len(found) < len(lines):
        raise click.exceptions.Exit(1)


def _shares(template: Template, found: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """What the pages on which the form was found say of each field, in words."""
    worst = [line["registration"]["residual_mm"] for line in found if line.get("registration")]
    if worst and all(each is not None for each in worst):
        yield "off by at most", f"{max(worst):.2f} mm"
    for field in template.fields:
        results = [line["fields"][field.name] for line in found if field.name in line.get("fields", {})]
        if not results:
            continue
        there = sum(1 for each in results if each.get("present") or each.get("value"))
        sure = sum(1 for each in results if each["confidence"] >= _SURE)
        yield field.name, f"written on {there} of {len(results)}, read surely on {sure}"


@command.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check YAML files of forms and suppliers (default: all there are).

    Each mistake gets one line: file, line, what is wrong, what to write instead; exit status 1.
    """
    from templates.catalogue import SUPPLIER_FILE, folders, form_files

    if paths:
        files = [
            file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
        ]
    else:
        files = list(form_files(*_folders()))
        suppliers = (folder.glob(f"*/{SUPPLIER_FILE}") for folder in folders(*_folders()))
        files += [file for some in suppliers for file in sorted(some)]
    if not files:
        raise click.UsageError("no .yaml file there; name a template or a folder of templates")
    wrong = 0
    known = _known()
    for file in files:
        try:
            said = _check(file, known)
        except TemplateError as error:
            wrong += 1
            for each in (error, *error.further):
                click.echo(str(each), err=True)
        else:
            click.echo(f"{file}: {said}")
    if wrong:
        click.echo(f"{wrong} of {len(files)} files are wrong", err=True)
        raise click.exceptions.Exit(1)


def _own() -> Path | None:
    """The folder of one's own forms."""
    from meterdrop.settings import load_settings

    return load_settings().path("METERDROP_TEMPLATES")


def _folders() -> tuple[Path | None, Path | None]:
    """The folder of one's own forms, and that of the forms taught on the pages."""
    from meterdrop.settings import load_settings

    return _own(), load_settings().taught


def _known() -> dict[Path, Template]:
    """All forms that can be loaded; the wrong ones tell their own error when their turn comes."""
    from templates.catalogue import form_files
    from templates.loader import load_template

    found = {}
    for path in form_files(*_folders()):
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
        # A taught form that was downloaded is the same as the one that is in use.
        same = _source(path) == "taught" and path.read_bytes() == file.read_bytes()
        if path != file.resolve() and not same:
            refuse_clash(file, template, path, other)
    known[file.resolve()] = template
    return f"ok, {template.key}, fields: {len(template.fields)}"
