"""What the file of connections says: each supplier's billing system, text-message gateway and mailbox.

A TOML file that ``docs/connections.md`` explains; everything in it is checked before anything is sent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from delivery.entries import Entries
from delivery.rows import FIELDS
from domain.errors import SettingsError
from domain.reasons import Reason

FORMATS = ("csv", "xlsx", "jsonl")
EXCHANGE_FORMATS = ("csv", "xml")
ENCODINGS = ("utf-8", "cp1251")
ACKNOWLEDGED_BY = ("receipt", "hand-over")


@dataclass(frozen=True)
class HttpBilling:
    """Calls: ``url`` takes a POST; ``secret`` signs it; ``rows`` of a call; ``timeout`` in seconds.

    ``ask_again_minutes``: a call that was answered with 202 is made again when no answer came for so long.
    """

    url: str
    secret: str
    rows: int = 100
    timeout: float = 20.0
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    wait_minutes: float = 0.0
    ask_again_minutes: float = 60.0


@dataclass(frozen=True)
class FileBilling:
    """Files put into ``folder``. ``acknowledged_by`` the hand-over itself, or by files in ``receipts``."""

    folder: Path
    format: Literal["csv", "xlsx", "jsonl"] = "csv"
    rows: int = 100_000
    acknowledged_by: Literal["receipt", "hand-over"] = "hand-over"
    receipts: Path | None = None
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    wait_minutes: float = 0.0


@dataclass(frozen=True)
class ExchangeBilling:
    """Files as another program wants them, 1C for instance, and its receipts, a row a reading.

    ``columns``: its column or element → our field. ``constants``: columns that always say the same.
    ``operations``: what it calls a reading and a reversal. ``receipt_columns``: key, status, code, words,
    receipt → its column. ``accepted``: what its status says of a row that it took, in lower case.
    """

    folder: Path
    receipts: Path
    columns: Mapping[str, str]
    format: Literal["csv", "xml"] = "csv"
    encoding: str = "cp1251"
    delimiter: str = ";"
    date_format: str = "%d.%m.%Y"
    constants: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, str] = field(default_factory=dict)
    root: str = "Показания"
    row: str = "Показание"
    name: str = "readings"
    rows: int = 100_000
    receipt_columns: Mapping[str, str] = field(default_factory=dict)
    receipt_row: str = "Строка"
    accepted: frozenset[str] = frozenset({"accepted", "принято", "загружено", "ok", "1"})
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    wait_minutes: float = 0.0


@dataclass(frozen=True)
class TableBilling:
    """A table in billing's own database; billing writes its answer into the row."""

    url: str
    table: str = "meterdrop_readings"
    rows: int = 1000
    acknowledged_by: Literal["receipt", "hand-over"] = "receipt"
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    wait_minutes: float = 0.0


Billing = HttpBilling | FileBilling | ExchangeBilling | TableBilling


@dataclass(frozen=True)
class SmsGateway:
    """Where text messages go out: a POST with ``fields`` (its name → to, text, id, from or a fixed text)."""

    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Literal["form", "json"] = "form"
    timeout: float = 15.0
    idempotent: bool = False


@dataclass(frozen=True)
class Mailbox:
    """Where mails come in (IMAP) and go out (SMTP); ``tls``: tls, starttls or none."""

    address: str
    imap_host: str = ""
    imap_port: int = 993
    imap_tls: Literal["tls", "starttls", "none"] = "tls"
    smtp_host: str = ""
    smtp_port: int = 465
    smtp_tls: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    timeout: float = 30.0


@dataclass(frozen=True)
class Connections:
    """All of them, by supplier."""

    billing: Mapping[str, Billing] = field(default_factory=dict)
    sms: Mapping[str, SmsGateway] = field(default_factory=dict)
    email: Mapping[str, Mailbox] = field(default_factory=dict)


def load_connections(path: Path | None, suppliers: Mapping[str, Any]) -> Connections:
    """What the file says; none for no file. Raises ``SettingsError`` that names file and entry."""
    if path is None:
        return Connections()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"METERDROP_CONNECTIONS names {path}, which is not a file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
    top = Entries(path, "", table)
    found = Connections(
        billing={name: _billing(each) for name, each in top.sections("billing", suppliers)},
        sms={name: _sms(each) for name, each in top.sections("sms", suppliers)},
        email={name: _mailbox(each) for name, each in top.sections("email", suppliers)},
    )
    top.done()
    return found


def _billing(entry: Entries) -> Billing:
    kind = entry.choice("kind", ("http", "file", "exchange", "table"))
    ways: dict[str, Callable[[Entries], Billing]] = {
        "http": _http,
        "file": _file,
        "exchange": _exchange,
        "table": _table,
    }
    made = ways[kind](entry)
    entry.done()
    return made


def _http(entry: Entries) -> HttpBilling:
    return HttpBilling(
        url=entry.address("url"),
        secret=entry.secret("secret", at_least=16),
        rows=entry.count("rows", 100, 1000),
        timeout=entry.number("timeout", 20.0),
        reasons=_reasons(entry),
        wait_minutes=entry.minutes("wait_minutes"),
        ask_again_minutes=entry.minutes("ask_again_minutes", HttpBilling.ask_again_minutes, at_least=1),
    )


def _file(entry: Entries) -> FileBilling:
    by = entry.choice("acknowledged_by", ACKNOWLEDGED_BY, "hand-over")
    return FileBilling(
        folder=entry.folder("folder"),
        format=entry.choice("format", FORMATS, "csv"),  # type: ignore[arg-type]
        rows=entry.count("rows", 100_000, 1_000_000),
        acknowledged_by=by,  # type: ignore[arg-type]
        receipts=entry.folder("receipts") if by == "receipt" else None,
        reasons=_reasons(entry),
        wait_minutes=entry.minutes("wait_minutes"),
    )


def _exchange(entry: Entries) -> ExchangeBilling:
    columns = entry.texts("columns")
    for column, name in columns.items():
        if name not in FIELDS:
            raise entry.error("columns", f"{column} = {name!r} is no field; known are: {', '.join(FIELDS)}")
    if "key" not in columns.values():
        raise entry.error("columns", 'one of them must be "key": the receipts tell rows apart by it')
    if "operation" not in columns.values():
        raise entry.error("columns", 'one of them must be "operation": it tells reversals from readings')
    if entry.choice("format", EXCHANGE_FORMATS, "csv") == "xml":
        names = [*columns, *entry.texts("constants"), entry.text("root", "Показания")]
        for name in [*names, entry.text("row", "Показание")]:
            if re.fullmatch(r"[^\W\d][\w.-]*", name) is None:
                raise entry.error("columns", f"{name!r} is no name of an XML element")
    receipt = entry.texts("receipt_columns")
    for needed in ("key", "status"):
        if needed not in receipt:
            raise entry.error("receipt_columns", f"{needed} is missing: name the receipts' column for it")
    default = ExchangeBilling.accepted
    accepted = entry.list_of("accepted")
    return ExchangeBilling(
        folder=entry.folder("folder"),
        receipts=entry.folder("receipts"),
        columns=columns,
        format=entry.choice("format", EXCHANGE_FORMATS, "csv"),  # type: ignore[arg-type]
        encoding=entry.choice("encoding", ENCODINGS, "cp1251"),
        delimiter=entry.text("delimiter", ";"),
        date_format=entry.text("date_format", "%d.%m.%Y"),
        constants=entry.texts("constants"),
        operations=entry.texts("operations"),
        root=entry.text("root", "Показания"),
        row=entry.text("row", "Показание"),
        name=entry.text("name", "readings"),
        rows=entry.count("rows", 100_000, 1_000_000),
        receipt_columns=receipt,
        receipt_row=entry.text("receipt_row", "Строка"),
        accepted=frozenset(text.lower() for text in accepted) or default,
        reasons=_reasons(entry),
        wait_minutes=entry.minutes("wait_minutes"),
    )


def _table(entry: Entries) -> TableBilling:
    return TableBilling(
        url=entry.secret("url"),
        table=entry.name("table", "meterdrop_readings"),
        rows=entry.count("rows", 1000, 100_000),
        acknowledged_by=entry.choice("acknowledged_by", ACKNOWLEDGED_BY, "receipt"),  # type: ignore[arg-type]
        reasons=_reasons(entry),
        wait_minutes=entry.minutes("wait_minutes"),
    )


def _reasons(entry: Entries) -> dict[str, Reason]:
    """Billing's code → ours."""
    found = {}
    for code, name in entry.texts("reasons").items():
        try:
            found[code] = Reason(name)
        except ValueError:
            raise entry.error("reasons", f"{code} = {name!r} is no reason") from None
    return found


def _sms(entry: Entries) -> SmsGateway:
    fields = entry.texts("fields")
    for needed in ("to", "text"):
        if f"{{{needed}}}" not in fields.values():
            raise entry.error("fields", f'one of them must be "{{{needed}}}"')
    made = SmsGateway(
        url=entry.address("url"),
        fields=fields,
        headers=entry.texts("headers"),
        body=entry.choice("body", ("form", "json"), "form"),  # type: ignore[arg-type]
        timeout=entry.number("timeout", 15.0),
        idempotent="{id}" in fields.values() and entry.switch("idempotent"),
    )
    entry.done()
    return made


def _mailbox(entry: Entries) -> Mailbox:
    tls = ("tls", "starttls", "none")
    made = Mailbox(
        address=entry.text("address"),
        imap_host=entry.text("imap_host", ""),
        imap_port=entry.count("imap_port", 993, 65535),
        imap_tls=entry.choice("imap_tls", tls, "tls"),  # type: ignore[arg-type]
        smtp_host=entry.text("smtp_host", ""),
        smtp_port=entry.count("smtp_port", 465, 65535),
        smtp_tls=entry.choice("smtp_tls", tls, "tls"),  # type: ignore[arg-type]
        user=entry.text("user", ""),
        password=entry.secret("password") if "user" in entry else "",
        folder=entry.text("folder", "INBOX"),
        done_folder=entry.text("done_folder", ""),
        timeout=entry.number("timeout", 30.0),
    )
    entry.done()
    if "@" not in made.address:
        raise entry.error("address", "write the mailbox's own address, such as energy@example.org")
    return made
