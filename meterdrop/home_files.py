"""What of an installation is in neither records nor objects: settings, the secret, templates, connections."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from domain.errors import SettingsError, StorageError, UsageError
from meterdrop.settings import OPTIONS, Settings

SETTINGS, SECRET, CONNECTIONS, TEMPLATES = "settings.toml", "session.secret", "connections.toml", "templates"
#: Where things are: of the machine, not of the installation; a restore takes those of the new machine.
_PLACES = frozenset(
    option.name
    for option in OPTIONS
    if option.name.startswith(("METERDROP_S3_", "METERDROP_DATABASE_URL"))
    or option.name in {"METERDROP_HOME", "METERDROP_SETTINGS", "METERDROP_TEMPLATES", "METERDROP_CONNECTIONS"}
)


def gather(settings: Settings) -> dict[str, bytes]:
    """The files of a backup, by relative name; raises ``StorageError`` when one cannot be read."""
    kept = {
        name: value
        for name, value in settings.values.items()
        if name not in _PLACES and value != _default(name)
    }
    found = {SETTINGS: _toml(kept).encode()}
    try:
        secret = settings.home / SECRET
        if secret.is_file():
            found[SECRET] = secret.read_bytes()
        connections = settings.path("METERDROP_CONNECTIONS")
        if connections is not None:
            found[CONNECTIONS] = connections.read_bytes()
        templates = settings.path("METERDROP_TEMPLATES")
        if templates is not None:
            for path in sorted(each for each in templates.rglob("*") if each.is_file()):
                found[f"{TEMPLATES}/{path.relative_to(templates).as_posix()}"] = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{error.filename} cannot be read: {error.strerror}") from error
    return found


def check(files: Mapping[str, bytes], settings: Settings) -> None:
    """Raises ``UsageError`` when the home belongs to another installation already."""
    secret = settings.home / SECRET
    if SECRET in files and secret.is_file() and secret.read_bytes() != files[SECRET]:
        raise UsageError(f"{secret} is of another installation; restore into an empty METERDROP_HOME")


def lay_out(files: Mapping[str, bytes], settings: Settings) -> list[str]:
    """Put them into the home; what a person has put there stays. Returns what was not put in place.

    The places that the new machine was given in variables go into its ``settings.toml``, so that the next
    command needs none.
    """
    home, left = settings.home, []
    home.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if name == SETTINGS:
            continue
        if _write(home, name, data):
            left.append(name)
    values = _parsed(files.get(SETTINGS, b""))
    values |= {
        name: settings.text(name)
        for name in sorted(_PLACES - {"METERDROP_HOME", "METERDROP_SETTINGS"})
        if settings.text(name) and settings.text(name) != _default(name)
    }
    for name, file in (("METERDROP_CONNECTIONS", CONNECTIONS), ("METERDROP_TEMPLATES", TEMPLATES)):
        if name not in values and (home / file).exists():
            values[name] = str(home / file)
    if (home / SETTINGS).exists():
        _write(home, f"{SETTINGS}.restored", _toml(values).encode(), replace=True)
        left.append(SETTINGS)
    else:
        _write(home, SETTINGS, _toml(values).encode())
    return left


def _write(home: Path, name: str, data: bytes, *, replace: bool = False) -> bool:
    """True when another file of that name is there, which stays."""
    target = (home / name).resolve()
    if not target.is_relative_to(home.resolve()):
        raise StorageError(f"the backup names a file outside its folder: {name}")
    if target.exists() and not replace:
        return target.read_bytes() != data
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return False


def _toml(values: Mapping[str, str]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in sorted(values.items()))


def _parsed(data: bytes) -> dict[str, str]:
    import tomllib

    try:
        return {name: str(value) for name, value in tomllib.loads(data.decode()).items()}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the backup's settings cannot be read: {error}") from error


def _default(name: str) -> str:
    return next(option.default for option in OPTIONS if option.name == name)
