"""YAML with line numbers, so that an error can say where it is and what to write instead.

``read_mapping`` gives the root as a ``Section``; its getters take a value out, check it, and remember the
key, and ``done`` refuses keys that nobody asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from domain.errors import TemplateError

_MAX_BYTES = 256 * 1024
_MAX_DEPTH = 16


#: libyaml's parser where PyYAML was built with it: five times faster, the same nodes.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Value:
    """A YAML node together with the file it is from."""

    def __init__(self, path: Path, node: yaml.Node) -> None:
        self.path = path
        self.node = node
        self.line: int = node.start_mark.line + 1

    def error(self, problem: str, remedy: str) -> TemplateError:
        """The error to raise about this node."""
        return TemplateError(self.path, self.line, problem, remedy)

    def scalar(self) -> Any:
        """The Python value of a scalar node, ``None`` for an empty one; raises ``TemplateError``."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error(
                "здесь нужно одно значение, а не список или раздел (a single value)", "напишите одно значение"
            )
        try:
            return SafeConstructor().construct_object(self.node)
        except (ValueError, yaml.YAMLError):
            raise self.error(
                f"непонятное значение «{self.node.value}» (bad value)",
                "возьмите значение в кавычки или исправьте его",
            ) from None

    def text(self, what: str) -> str:
        """A non-empty text."""
        value = self.scalar()
        if not isinstance(value, str) or not value.strip():
            raise self.error(
                f"«{what}» должно быть текстом (text expected)", f'напишите {what}: "…" в кавычках'
            )
        return value

    def number(self, what: str, low: float, high: float) -> float:
        """A number within limits; a text such as ``8 mm`` is refused with a hint about units."""
        value = self.scalar()
        if isinstance(value, str):
            hint = "без единиц: все размеры уже в миллиметрах, шрифты — в пунктах, дробь через точку"
            raise self.error(f"«{what}: {value}» не число (not a number)", f"напишите число {hint}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"«{what}» должно быть числом (number expected)", f"напишите {what}: и число")
        if not low <= value <= high:
            raise self.error(
                f"«{what}: {value:g}» вне пределов (out of range)", f"напишите число от {low:g} до {high:g}"
            )
        return float(value)

    def integer(self, what: str, low: int, high: int) -> int:
        """A whole number within limits."""
        value = self.number(what, low, high)
        if value != int(value):
            raise self.error(f"«{what}: {value:g}» не целое (whole number expected)", "напишите целое число")
        return int(value)

    def yes_no(self, what: str) -> bool:
        """``yes`` or ``no``."""
        value = self.scalar()
        if not isinstance(value, bool):
            raise self.error(f"«{what}» — это да или нет (yes or no)", f"напишите {what}: yes или {what}: no")
        return value

    def choice(self, what: str, options: Sequence[str]) -> str:
        """One of ``options``."""
        value = self.scalar()
        if value not in options:
            raise self.error(
                f"«{what}: {value}» не подходит (not one of the choices)",
                "напишите одно из: " + ", ".join(options),
            )
        return str(value)

    def day(self, what: str) -> date:
        """A date, YYYY-MM-DD."""
        value = self.scalar()
        if type(value) is not date:
            raise self.error(f"«{what}» должно быть датой (date expected)", f"напишите {what}: ГГГГ-ММ-ДД")
        return value

    def is_list(self) -> bool:
        """Whether the node is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def is_mapping(self) -> bool:
        """Whether the node is a section of keys and values."""
        return isinstance(self.node, yaml.MappingNode)

    def items(self, what: str) -> list[Value]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(
                f"«{what}» должно быть списком (list expected)", f"напишите {what}: и строки с «- »"
            )
        return [Value(self.path, node) for node in self.node.value]

    def numbers(self, what: str, count: int | None, low: float, high: float) -> tuple[float, ...]:
        """A list of numbers, ``[x, y]``."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(
                f"«{what}» должно быть списком чисел (list of numbers expected)",
                f"напишите {what}: [{', '.join(['число'] * (count or 2))}]",
            )
        found = self.items(what)
        if count is not None and len(found) != count:
            raise self.error(
                f"в «{what}» чисел: {len(found)} (wrong count)", f"напишите ровно {count} через запятую"
            )
        return tuple(item.number(what, low, high) for item in found)

    def section(self, what: str) -> Section:
        """The node as a mapping."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(
                f"«{what}» должно быть разделом «ключ: значение» (mapping expected)",
                f"напишите под {what} строки «ключ: значение» с отступом",
            )
        return Section(self.path, self.node, what)


class Section(Value):
    """A mapping whose keys are taken one by one."""

    def __init__(self, path: Path, node: yaml.MappingNode, what: str) -> None:
        super().__init__(path, node)
        self.what = what
        self._values: dict[str, Value] = {}
        self._keys: dict[str, Value] = {}
        self._known: list[str] = []
        for key_node, value_node in node.value:
            key = Value(path, key_node)
            name = str(key.scalar())
            if name in self._values:
                raise key.error(f"ключ «{name}» уже был (duplicate key)", "оставьте одну из двух строк")
            self._keys[name] = key
            self._values[name] = Value(path, value_node)

    def names(self) -> list[str]:
        """The keys as written, for sections whose keys are free; they then count as known."""
        self._known.extend(self._values)
        return list(self._values)

    def key(self, name: str) -> Value:
        """The node of a key (for its line)."""
        return self._keys[name]

    def value(self, name: str) -> Value:
        """The value of a key that is there; raises ``KeyError``."""
        self._known.append(name)
        return self._values[name]

    def get(self, name: str) -> Value | None:
        """The value of an optional key."""
        self._known.append(name)
        return self._values.get(name)

    def need(self, name: str, example: str) -> Value:
        """The value of a required key; ``example`` is what the error proposes to write."""
        value = self.get(name)
        if value is None:
            raise self.error(
                f"в разделе «{self.what}» нет ключа «{name}» (missing key)",
                f"добавьте строку {name}: {example}",
            )
        return value

    def done(self) -> None:
        """Refuses keys that nobody asked for."""
        for name, key in self._keys.items():
            if name not in self._known:
                raise key.error(
                    f"в разделе «{self.what}» неизвестный ключ «{name}» (unknown key)",
                    _instead(name, self._known),
                )


def _instead(name: str, known: Iterable[str]) -> str:
    options = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, options, n=1)
    if close:
        return f"может быть, «{close[0]}»?"
    return "уберите его или напишите один из: " + ", ".join(options)


def read_mapping(path: Path, what: str) -> Section:
    """The root mapping of a YAML file; raises ``TemplateError`` with the line for anything unreadable."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TemplateError(
            path, 1, f"файл не читается: {error.strerror} (cannot read)", "проверьте имя файла и права"
        ) from None
    if len(data) > _MAX_BYTES:
        raise TemplateError(
            path, 1, "файл больше 256 КБ (too large)", "это не шаблон; укажите файл шаблона .yaml"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TemplateError(
            path, line, "файл не в кодировке UTF-8 (not UTF-8)", "сохраните файл в UTF-8"
        ) from None
    try:
        _refuse_deep(path, text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _syntax(path, error) from None
    if node is None:
        raise TemplateError(
            path, 1, "файл пуст (empty file)", "начните с готового шаблона, например dropbox.yaml"
        )
    return Value(path, node).section(what)


def _refuse_deep(path: Path, text: str) -> None:
    """Composing recurses, in libyaml without limit: a file of nothing but brackets would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise TemplateError(
                path,
                event.start_mark.line + 1 if event.start_mark is not None else 1,
                "слишком много вложенных скобок или отступов (too deep)",
                "шаблону довольно четырёх уровней; начните с готового, например dropbox.yaml",
            )


def _syntax(path: Path, error: yaml.YAMLError) -> TemplateError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 1
    problem = getattr(error, "problem", None) or "bad character"
    return TemplateError(
        path,
        line,
        f"ошибка записи YAML: {problem} (syntax)",
        "проверьте отступы пробелами, двоеточия, скобки и кавычки в этой строке и над ней",
    )
