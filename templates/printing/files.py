"""Output files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from domain.errors import UsageError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """An open file that takes ``path``'s place when the block ends well and vanishes otherwise.

    Raises ``UsageError`` where the file cannot be written.
    """
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or Path())
    except OSError as error:
        raise UsageError(
            f"нельзя писать в {path}: {error.strerror} (cannot write); укажите другую папку"
        ) from None
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as out:
            yield cast("BinaryIO", out)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(
            f"нельзя записать {path}: {error.strerror} (cannot write); освободите место"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
