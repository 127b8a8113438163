"""Every form there is: those that come with meterdrop and those in a folder of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from domain.errors import TemplateError, UsageError
from templates.loader import load_template
from templates.model import Template

#: The folder of the forms that come with meterdrop; a supplier's forms lie in a folder of its name.
SHIPPED = Path(__file__).resolve().parent
SUPPLIER_FILE = "supplier.yaml"


#: Ends the name of an empty file beside a taught form that no new sheet is to be read with.
WITHDRAWN = ".withdrawn"


def folders(*extra: Path | None) -> tuple[Path, ...]:
    """The shipped folder, then ``extra``: the setting METERDROP_TEMPLATES, what was taught on the pages."""
    return (SHIPPED, *(folder for folder in extra if folder is not None))


def form_files(*extra: Path | None) -> Iterator[Path]:
    """The YAML files of all forms, sorted within each folder."""
    for folder in folders(*extra):
        for path in sorted(folder.glob("*/*.yaml")):
            if path.name != SUPPLIER_FILE and not path.with_suffix(WITHDRAWN).exists():
                yield path


def in_use(templates: Iterable[Template]) -> tuple[Template, ...]:
    """The forms that new sheets are read with: of versions taught from one picture only the newest.

    On paper that looks the same nothing tells such versions apart: the newer one takes the older's place.
    """
    newest: dict[tuple[str, Path], int] = {}
    known = tuple(templates)
    for template in known:
        if template.reference is not None:
            paper = (template.name, template.reference)
            newest[paper] = max(template.version, newest.get(paper, 0))
    return tuple(
        template
        for template in known
        if template.reference is None or template.version == newest[template.name, template.reference]
    )


def all_templates(*extra: Path | None) -> tuple[Template, ...]:
    """All forms; raises ``TemplateError`` if one is wrong, or two share a name and version or a form code."""
    return tuple(template for _, template in load_all(form_files(*extra)))


def load_all(paths: Iterator[Path] | list[Path]) -> list[tuple[Path, Template]]:
    """Loads forms and refuses two with the same name and version, or with the same form code."""
    loaded: list[tuple[Path, Template]] = []
    for path in paths:
        template = load_template(path)
        for other_path, other in loaded:
            refuse_clash(path, template, other_path, other)
        loaded.append((path, template))
    return loaded


def refuse_clash(path: Path, template: Template, other_path: Path, other: Template) -> None:
    """Raises ``TemplateError`` about ``path`` if the two forms could be taken for one another."""
    if template.key == other.key:
        raise TemplateError(
            path,
            _line_of(path, "name"),
            f"имя и версия «{template.key}» уже заняты файлом {other_path} (duplicate name)",
            "дайте другое имя или увеличьте version на 1",
        )
    if template.form_code == other.form_code >= 0:
        raise TemplateError(
            path,
            _line_of(path, "code"),
            f"номер бланка {template.form_code} уже занят: {other.key}, {other_path} (code taken)",
            "напишите code: с номером, которого нет ни у одного бланка (meterdrop templates list их покажет)",
        )


def find(name: str, *extra: Path | None) -> Template:
    """The newest version of the form ``name``, or that of ``name@version``, or the one in a ``.yaml`` file.

    Raises ``UsageError`` for an unknown name and ``TemplateError`` for a wrong file.
    """
    if name.endswith((".yaml", ".yml")):
        return load_template(Path(name))
    known = all_templates(*extra)
    named = [t for t in known if name in (t.name, t.key)]
    if not named:
        names = ", ".join(sorted({t.name for t in known}))
        raise UsageError(f"нет бланка «{name}» (no such template); есть: {names}")
    return max(named, key=lambda t: t.version)


def _line_of(path: Path, key: str) -> int:
    for number, text in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        if text.startswith(f"{key}:"):
            return number
    return 1
