"""Every exception that meterdrop raises on purpose.

MeterdropError                 something the user can act on; its text says what to do
├── UsageError                 wrong arguments; exit status 2
├── SettingsError              a setting is missing or wrong
├── TemplateError              a form's or supplier's YAML is wrong; carries file, line and remedy
├── RegisterError              the register file cannot be imported at all
├── InputError                 one input cannot be read; carries a Reason; exit status 1
├── StorageError               objects or records cannot be reached or are damaged
│   ├── ObjectNotFoundError    no object under this key
│   └── ObjectCorruptError     the bytes do not have the SHA-256 that names them
├── FlowServerError            the Prefect server did not start or does not answer
└── ConflictError              somebody else was faster
    ├── LeaseLostError         the sheet is no longer held by this reviewer
    └── AlreadyExistsError     the name or file is taken
"""

from __future__ import annotations

from pathlib import Path

from domain.reasons import Reason


class MeterdropError(Exception):
    """Base of all errors raised on purpose; ``str()`` is one line meant for the user."""


class UsageError(MeterdropError):
    """Wrong arguments."""


class SettingsError(MeterdropError):
    """A setting is missing or wrong."""


class TemplateError(MeterdropError):
    """A template or supplier file is wrong; says where and what to write instead.

    ``further``: what else is wrong with the same file, by line.
    """

    further: tuple[TemplateError, ...] = ()

    def __init__(self, path: Path | str, line: int, problem: str, remedy: str) -> None:
        # What is quoted from the file may be of any length and hold anything.
        super().__init__(f"{path}:{line}: {_line(problem)}; {_line(remedy)}")
        self.path = Path(path)
        self.line = line
        self.problem = problem
        self.remedy = remedy


def _line(text: str, longest: int = 300) -> str:
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


class RegisterError(MeterdropError):
    """The register file cannot be imported at all (wrong header, wrong encoding)."""


class InputError(MeterdropError):
    """One input cannot be read; the others go on."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[InputError], tuple[Reason, str]]:
        # Exceptions cross process borders in the worker pool.
        return (type(self), (self.reason, self.detail))


class StorageError(MeterdropError):
    """Objects or records cannot be reached or are damaged."""


class ObjectNotFoundError(StorageError):
    """No object under this key."""


class ObjectCorruptError(StorageError):
    """The bytes do not have the SHA-256 that names them."""


class FlowServerError(MeterdropError):
    """The Prefect server did not start or does not answer."""


class ConflictError(MeterdropError):
    """Somebody else was faster."""


class LeaseLostError(ConflictError):
    """The sheet is no longer held by this reviewer."""


class AlreadyExistsError(ConflictError):
    """The name or file is taken."""
