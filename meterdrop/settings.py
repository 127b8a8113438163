"""All settings: ``METERDROP_*`` variables, or the same names in a TOML file; variables win.

``OPTIONS`` is the one list of them; ``docs/settings.md`` is checked against it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import SettingsError


@dataclass(frozen=True)
class Option:
    """One setting: its variable, its default as text, and what it means."""

    name: str
    default: str
    meaning: str


OPTIONS = (
    Option("METERDROP_HOME", "meterdrop-home", "Folder of records, objects and exports."),
    Option("METERDROP_SETTINGS", "", "TOML file with these settings; default: settings.toml in the home."),
    Option("METERDROP_TEMPLATES", "", "Folder with further suppliers and forms, beside the shipped ones."),
    Option("METERDROP_DATABASE_URL", "", "postgresql://… or sqlite:///…; empty: a SQLite file in the home."),
    Option("METERDROP_DATABASE_POOL", "5", "Connections kept open to PostgreSQL."),
    Option("METERDROP_S3_ENDPOINT", "", "host:port of an S3 server; empty: objects in the home."),
    Option("METERDROP_S3_BUCKET", "meterdrop", "Bucket; it must exist."),
    Option("METERDROP_S3_ACCESS_KEY", "", "Access key of the bucket."),
    Option("METERDROP_S3_SECRET_KEY", "", "Secret key of the bucket."),
    Option("METERDROP_S3_PREFIX", "", "Put before every object's key."),
    Option("METERDROP_S3_REGION", "", "Region, where the server wants one."),
    Option("METERDROP_S3_TLS", "true", "Whether to speak TLS to the S3 server."),
    Option(
        "METERDROP_S3_CA_FILE", "", "PEM bundle for a server whose certificate the system does not trust."
    ),
    Option("METERDROP_S3_TIMEOUT", "20", "Seconds for one try of one request."),
    Option("METERDROP_S3_ATTEMPTS", "4", "Tries for one request."),
    Option(
        "METERDROP_READ_BY_WORKERS",
        "no",
        "Whether meterdrop worker reads what is handed in, instead of the process that takes it in.",
    ),
    Option("METERDROP_WORKERS", "", "Reader processes; empty: one for each processor."),
    Option("METERDROP_WORKER_MEMORY_MB", "1536", "Address space that a reader process may take."),
    Option("METERDROP_SHADOW_WEIGHTS", "", "Weights that read beside the others and decide nothing."),
    Option(
        "METERDROP_PHOTO_PLATES",
        "no",
        "Whether the number on a photographed meter is looked for where its account has only one meter.",
    ),
    Option("METERDROP_PATIENCE_SECONDS", "60", "How long a batch waits for storage that went away."),
    Option("METERDROP_CHUNK_SHEETS", "32", "Pages recognised and committed together."),
    Option(
        "METERDROP_MOST_RISK",
        "0.01",
        "Most wrong among what the machine accepts; forms whose proven bound is above go to people.",
    ),
    Option(
        "METERDROP_TARGET_RISK",
        "0.001",
        "Wrong among what the machine accepts that recalibration proves thresholds for.",
    ),
    Option(
        "METERDROP_AUDIT_SHARE",
        "0.01",
        "Share of sheets accepted by the machine that a person sees once more, blindly.",
    ),
    Option(
        "METERDROP_AUDIT_SHARE_REVIEWED",
        "0.01",
        "Share of sheets accepted by a person that another person sees once more, blindly.",
    ),
    Option(
        "METERDROP_KEEP_DAYS",
        "station=1095 desk=1095 receipt=1095 act=1095 portal=365 web=365 app=365 email=365 sms=365 phone=365 "
        "voice=365 terminal=365 atm=365 smart=365 questionnaire=1825 draft=2",
        "How long originals are kept, by channel (questionnaire: files with one; draft: a photo never "
        "confirmed); meterdrop purge ends it.",
    ),
    Option("METERDROP_LEASE_SECONDS", "300", "How long a claimed slip stays one reviewer's without renewal."),
    Option("METERDROP_MAX_PIXELS", "150000000", "Most pixels of one page image."),
    Option("METERDROP_MAX_PAGES", "10000", "Most pages of one file."),
    Option(
        "METERDROP_SECRET",
        "",
        "Signs session cookies and draws blind audits; empty: made once and kept in the home.",
    ),
    Option("METERDROP_BEHIND_TLS", "false", "Whether the pages are reached over HTTPS only."),
    Option(
        "METERDROP_CONNECTIONS",
        "",
        "TOML file of billing systems, text-message gateways and mailboxes: docs/connections.md.",
    ),
    Option("METERDROP_OIDC_ISSUER", "", "Address of an OpenID Connect provider for the staff's log-in."),
    Option("METERDROP_OIDC_CLIENT_ID", "", "What the provider calls this program."),
    Option("METERDROP_OIDC_CLIENT_SECRET", "", "The secret that goes with it."),
    Option("METERDROP_OIDC_NAME", "preferred_username", "Claim with the name as in meterdrop users."),
    Option("METERDROP_METRICS", "true", "Whether both web apps answer /metrics: docs/observability.md."),
    Option(
        "METERDROP_METRICS_TOKEN",
        "",
        "Whoever reads /metrics sends it as a bearer token; empty: only programs on this machine may.",
    ),
    Option("METERDROP_LOG_FORMAT", "text", "Form of the log on standard error: text or json."),
    Option("METERDROP_LOG_LEVEL", "warning", "From which level on: debug, info, warning or error."),
    Option("METERDROP_LDAP_URL", "", "ldaps:// or ldap:// (StartTLS) address of the staff's directory."),
    Option("METERDROP_LDAP_CA_FILE", "", "PEM bundle for a directory that the system does not trust."),
    Option("METERDROP_LDAP_USER", "", "What a name binds as: uid={name},ou=people,… or {name}@domain."),
    Option("METERDROP_LDAP_BASE", "", "Where a name is looked for instead, before it binds."),
    Option("METERDROP_LDAP_FILTER", "(uid={name})", "As what it is looked for there."),
    Option("METERDROP_LDAP_BIND", "", "Who looks; empty: anybody may."),
    Option("METERDROP_LDAP_PASSWORD", "", "The password of who looks."),
    Option("METERDROP_LANGUAGE", "ru", "Language of the pages for people who chose none: ru or en."),
)

#: Variables of the same beginning that are no settings: for the tests and the tools of the developers.
NO_SETTINGS = ("METERDROP_REQUIRE_SERVERS", "METERDROP_WORKER_FOLDER", "METERDROP_DATA")

_BEGINNING = "METERDROP_"
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Settings:
    """The values of all options, as text, with typed access that names the variable in every complaint."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """The value as text; "" when it is not set."""
        return self.values[name].strip()

    def number(self, name: str) -> float:
        """The value as a number; raises ``SettingsError``."""
        try:
            return float(self.text(name))
        except ValueError:
            raise SettingsError(f"{name} is {self.text(name)!r}; write a number") from None

    def share(self, name: str) -> float:
        """The value as a share between 0 and 1; raises ``SettingsError``."""
        value = self.number(name)
        if not 0.0 <= value <= 1.0:
            raise SettingsError(f"{name} is {self.text(name)!r}; write a share between 0 and 1, such as 0.01")
        return value

    def count(self, name: str) -> int:
        """The value as a whole number of at least 1; raises ``SettingsError``."""
        if not self.text(name).isascii() or not self.text(name).isdigit() or int(self.text(name)) < 1:
            raise SettingsError(f"{name} is {self.text(name)!r}; write a whole number of at least 1")
        return int(self.text(name))

    def switch(self, name: str) -> bool:
        """The value as yes or no; raises ``SettingsError``."""
        value = self.text(name).lower()
        if value not in _TRUE | _FALSE:
            raise SettingsError(f"{name} is {self.text(name)!r}; write true or false")
        return value in _TRUE

    def path(self, name: str) -> Path | None:
        """The value as an absolute path, or None when it is not set."""
        return Path(self.text(name)).expanduser().resolve() if self.text(name) else None

    @property
    def taught(self) -> Path:
        """The folder in the home that mirrors the forms taught on the pages."""
        return self.home / "taught"

    @property
    def blanks(self) -> Path:
        """The folder in the home that keeps what is worked out once about each form's print."""
        return self.home / "blanks"

    @property
    def home(self) -> Path:
        """``METERDROP_HOME`` as an absolute path."""
        home = self.path("METERDROP_HOME")
        if home is None:
            raise SettingsError("METERDROP_HOME is empty; name a folder")
        return home


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises ``SettingsError`` for an unknown name or an unreadable file."""
    given = dict(os.environ if environment is None else environment)
    defaults = {option.name: option.default for option in OPTIONS}
    named = {name: value for name, value in given.items() if name in defaults}
    home = Path(named.get("METERDROP_HOME", defaults["METERDROP_HOME"])).expanduser()
    explicit = named.get("METERDROP_SETTINGS", "")
    file = Path(explicit).expanduser() if explicit else home / "settings.toml"
    from_file = _from_file(file, required=bool(explicit), known=frozenset(defaults))
    return Settings({**defaults, **from_file, **named})


def misspelt(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Variables that begin like a setting and are none, each with the setting that is spelt like it, or "".

    They have no effect: a shared environment may hold what a newer version knows, so nothing is refused.
    """
    known = {option.name for option in OPTIONS}
    strange = {name for name in environment if name.startswith(_BEGINNING)} - known - set(NO_SETTINGS)
    if not strange:
        return []
    from difflib import get_close_matches

    # Without what all have in common, which would make every two alike.
    ends = sorted(name.removeprefix(_BEGINNING) for name in known)
    found = {name: get_close_matches(name.removeprefix(_BEGINNING), ends, 1, 0.75) for name in strange}
    return [(name, _BEGINNING + found[name][0] if found[name] else "") for name in sorted(strange)]


def _from_file(file: Path, *, required: bool, known: frozenset[str]) -> dict[str, str]:
    if not file.is_file():
        if required:
            raise SettingsError(f"METERDROP_SETTINGS names {file}, which is not a file")
        return {}
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read as TOML: {error}") from error
    unknown = sorted(set(table) - known)
    if unknown:
        raise SettingsError(f"{file} has {unknown[0]}, which is no setting; docs/settings.md lists them all")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in table.items()
    }
