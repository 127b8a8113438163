"""From a draft to a form that sheets are read with, checked by the loader of hand-written forms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import ConflictError, TemplateError, UsageError
from ocr.layout.places import even, groups
from services.context import Context
from services.designing import Draft, draft, emptied, forget_picture, picture_of, png_of, record
from services.draft import DraftField, DraftForm
from services.draft_yaml import Head, field_at, yaml_of
from services.taught import refresh
from storage.records.taught import PUBLISHED, NewTaught
from templates.catalogue import refuse_clash
from templates.field_kinds import WITH_CELLS
from templates.loader import load_template
from templates.model import Template


@dataclass(frozen=True)
class Problem:
    """What is wrong with a draft. ``field``: which one (from 0), if it is one; ``line``: of the YAML.

    ``unnamed``: nothing is, but that nobody has said yet what the form is called.
    """

    text: str
    remedy: str
    line: int
    field: int | None = None
    unnamed: bool = False


@dataclass(frozen=True)
class Written:
    """A draft as files. ``template`` is None where something is wrong, which ``problem`` says."""

    path: Path
    yaml: str
    reference: str
    picture: bytes
    template: Template | None
    problem: Problem | None


def next_version(ctx: Context, name: str) -> int:
    """The version that a form of this name gets."""
    with ctx.records.read() as tx:
        versions = [row.version for row in tx.taught.published() if row.name == name]
    versions += [template.version for template in ctx.templates.values() if template.name == name]
    return max(versions, default=0) + 1


def write(ctx: Context, known: Draft, folder: Path, who: str) -> Written:
    """Write a draft's YAML and picture into ``folder`` and load them as any form is loaded."""
    form = known.form
    picture = ctx.objects.get(known.row.picture)
    if form.filled:
        picture = png_of(emptied(picture_of(picture), form))
    reference = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
    head = Head(
        version=next_version(ctx, form.name),
        supplier=known.row.supplier,
        reference=reference,
        comment=f"Бланк размечен на странице «Бланки» {ctx.clock():%d.%m.%Y}, {who}.",
    )
    text = yaml_of(form, head)
    (folder / reference).write_bytes(picture)
    path = folder / f"{form.name or 'form'}@{head.version}.yaml"
    path.write_text(text, "utf-8")
    try:
        template = load_template(path)
        for other in ctx.templates.values():
            refuse_clash(path, template, Path(f"{other.key}.yaml"), other)
    except TemplateError as error:
        return Written(path, text, reference, picture, None, _problem(form, text, error))
    return Written(path, text, reference, picture, template, None)


def _problem(form: DraftForm, text: str, error: TemplateError) -> Problem:
    """What to tell of a form's mistakes: the first that is one, for a name is given in its own time."""
    missing = [key for key, said in (("name:", form.name), ("title:", form.title)) if not said]
    lines = text.splitlines()
    for each in (error, *error.further):
        if not any(lines[each.line - 1].startswith(key) for key in missing):
            return Problem(each.problem, each.remedy, each.line, field_at(text, each.line))
    return Problem(
        "У бланка ещё нет названия (no name yet)", "напишите его наверху", error.line, unnamed=True
    )


@contextmanager
def written(ctx: Context, known: Draft, who: str) -> Iterator[Written]:
    """As ``write``, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="meterdrop-form-") as folder:
        yield write(ctx, known, Path(folder), who)


def advice(ctx: Context, known: Draft) -> list[str]:
    """What is allowed, but seldom meant: codes for the page to put into words."""
    said = []
    account = next((f for f in known.form.fields if f.name == "account"), None)
    if account is not None and account.kind in WITH_CELLS:
        cells = len(account.starts) or sum(account.groups)
        if not ctx.suppliers[known.row.supplier].account.may_name("1" * cells):
            said.append("account_length")
    if not any(field.name == "signature" for field in known.form.fields):
        said.append("no_signature")
    return said


def publish(ctx: Context, draft_id: int, revision: int, who: str) -> str:
    """Publish a draft as the next version of its form; returns ``name@version``.

    Raises ``TemplateError`` for what the loader refuses, ``ConflictError`` when the draft has been changed.
    """
    known = draft(ctx, draft_id)
    if known.row.revision != revision:
        raise ConflictError(f"draft {draft_id} was changed by somebody else")
    # Versions are counted while nobody else publishes.
    with ctx.records.exclusive("templates"), written(ctx, known, who) as files:
        if files.template is None:
            assert files.problem is not None
            problem = files.problem
            raise TemplateError(files.path, problem.line, problem.text, problem.remedy)
        template, at = files.template, ctx.clock()
        reference = ctx.objects.put(files.picture)
        yaml = ctx.objects.put(files.yaml.encode())
        with ctx.records.begin() as tx:
            if not tx.taught.change(draft_id, revision, at=at, who=who, state=PUBLISHED):
                raise ConflictError(f"draft {draft_id} was changed by somebody else")
            tx.taught.publish(
                NewTaught(
                    name=template.name,
                    version=template.version,
                    supplier=template.supplier,
                    yaml=yaml,
                    reference=reference,
                    reference_name=files.reference,
                    draft_id=draft_id,
                    published_by=who,
                    published_at=at,
                )
            )
            details = {
                "template": template.key,
                "draft": draft_id,
                "yaml": yaml,
                "reference": reference,
                "fields": [field.name for field in template.fields],
            }
            tx.audits.add(at, who, "template.published", supplier=template.supplier, details=details)
    if reference != known.row.picture:
        forget_picture(ctx, known.row.picture)
    refresh(ctx)
    return template.key


def teach_again(ctx: Context, key: str, who: str) -> int:
    """A new draft from a published version, with its picture; returns its number. Raises ``UsageError``."""
    template = ctx.templates.get(key)
    with ctx.records.read() as tx:
        row = next((each for each in tx.taught.published() if each.key == key), None)
    if row is None or template is None:
        raise UsageError(f"no form {key!r} was taught here")
    form = DraftForm(
        title=template.title,
        name=template.name,
        width=template.width_mm,
        height=template.height_mm,
        purpose=template.purpose,
        fields=tuple(_drawn(template, number) for number in range(len(template.fields))),
    )
    grey = picture_of(ctx.objects.get(row.reference))
    return record(ctx, who, grey, form, supplier=row.supplier, source=key)


def _drawn(template: Template, number: int) -> DraftField:
    field = template.fields[number]
    box = field.box
    counts, gap = groups(field.cells) if field.cells else ((), 0.0)
    regular = not field.cells or even(field.cells, counts, gap)
    return DraftField(
        name=field.name,
        kind=field.kind,
        label=field.label,
        x=box.x_mm,
        y=box.y_mm,
        w=round(box.w_mm, 2),
        h=box.h_mm,
        required=field.required,
        groups=counts,
        gap=round(gap, 2),
        starts=() if regular else tuple(round(cell.x_mm - box.x_mm, 2) for cell in field.cells),
        border=field.border,
        check=field.check,
        codes=field.codes,
    )
