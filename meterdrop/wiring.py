"""The one place that knows which adapters are used: settings in, a ready ``Context`` out."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.errors import SettingsError, UsageError
from meterdrop.secret import audit_key
from meterdrop.settings import Settings, load_settings

if TYPE_CHECKING:
    from delivery.connections import Connections
    from ocr.load import Limits
    from services.context import Context
    from services.purge import Terms
    from services.work import ReadingSettings
    from storage.objects import StoreSettings
    from storage.records import RecordsSettings


def utc_now() -> datetime:
    """The only clock of the product; everything else is given one."""
    return datetime.now(UTC)


def store_settings(settings: Settings) -> StoreSettings:
    """Where the originals are kept: a bucket when an endpoint is set, else a folder in the home."""
    from storage.objects import S3Settings, StoreSettings

    endpoint = settings.text("METERDROP_S3_ENDPOINT")
    if not endpoint:
        return StoreSettings(folder=settings.home / "objects")
    return StoreSettings(
        s3=S3Settings(
            endpoint=endpoint,
            bucket=settings.text("METERDROP_S3_BUCKET"),
            access_key=settings.text("METERDROP_S3_ACCESS_KEY"),
            secret_key=settings.text("METERDROP_S3_SECRET_KEY"),
            prefix=settings.text("METERDROP_S3_PREFIX"),
            region=settings.text("METERDROP_S3_REGION") or None,
            tls=settings.switch("METERDROP_S3_TLS"),
            ca_file=settings.path("METERDROP_S3_CA_FILE"),
            timeout=settings.number("METERDROP_S3_TIMEOUT"),
            attempts=settings.count("METERDROP_S3_ATTEMPTS"),
        )
    )


def records_settings(settings: Settings) -> RecordsSettings:
    """Where the records are kept: the configured database, else an SQLite file in the home."""
    from storage.records import RecordsSettings

    url = settings.text("METERDROP_DATABASE_URL") or f"sqlite:///{settings.home / 'records.db'}"
    return RecordsSettings(url=url, pool=settings.count("METERDROP_DATABASE_POOL"))


def limits(settings: Settings) -> Limits:
    """What one file may ask of the machine."""
    from ocr.load import Limits

    return Limits(pixels=settings.count("METERDROP_MAX_PIXELS"), pages=settings.count("METERDROP_MAX_PAGES"))


def reading_settings(settings: Settings) -> ReadingSettings:
    """What a reader process needs to know."""
    from services.work import ReadingSettings

    return ReadingSettings(
        store=store_settings(settings),
        templates=settings.path("METERDROP_TEMPLATES"),
        taught=settings.taught,
        blanks=settings.blanks,
        memory_mb=settings.count("METERDROP_WORKER_MEMORY_MB"),
        limits=limits(settings),
        shadow=settings.path("METERDROP_SHADOW_WEIGHTS"),
    )


def retention_terms(settings: Settings) -> Terms:
    """How long each kind of document is kept; raises ``SettingsError``."""
    from services.purge import Terms

    days: dict[str, int] = {}
    for part in settings.text("METERDROP_KEEP_DAYS").split():
        kind, found, number = part.partition("=")
        if not (found and kind.isidentifier() and number.isascii() and number.isdigit() and int(number)):
            raise SettingsError(
                f"METERDROP_KEEP_DAYS has {part!r}; write kinds and days such as station=1095"
            )
        days[kind] = int(number)
    return Terms(days)


def worker_count(settings: Settings) -> int:
    """Reader processes: as set, else one for each processor that this process may use."""
    if settings.text("METERDROP_WORKERS"):
        return settings.count("METERDROP_WORKERS")
    return max(1, len(os.sched_getaffinity(0)))


def open_context(settings: Settings | None = None) -> Context:
    """Everything the services need, opened and migrated; raises ``SettingsError`` or ``StorageError``.

    Reader processes are started by the first page that is read, not here.
    """
    from ocr.thresholds import load_thresholds
    from services.context import Context, ServiceSettings
    from services.message_form import MESSAGE
    from services.photos import PHOTOS
    from services.pool import ReaderPool
    from services.taught import LiveTemplates
    from storage.objects import open_store
    from storage.records import Records
    from templates import all_templates, suppliers

    settings = settings or load_settings()
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"METERDROP_HOME {settings.home} cannot be made: {error.strerror}") from error
    folder = settings.path("METERDROP_TEMPLATES")
    records = Records.open(records_settings(settings))
    objects = open_store(store_settings(settings), utc_now)
    fixed = {template.key: template for template in (*all_templates(folder), *PHOTOS, MESSAGE)}
    templates = LiveTemplates(fixed, records, objects, settings.taught)
    templates.refresh()
    return Context(
        records=records,
        objects=objects,
        clock=utc_now,
        suppliers=suppliers(folder),
        templates=templates,
        reader=ReaderPool(reading_settings(settings), worker_count(settings)),
        thresholds=load_thresholds(most_risk=settings.share("METERDROP_MOST_RISK")),
        settings=ServiceSettings(
            lease_seconds=settings.count("METERDROP_LEASE_SECONDS"),
            chunk_sheets=settings.count("METERDROP_CHUNK_SHEETS"),
            photo_plates=settings.switch("METERDROP_PHOTO_PLATES"),
            most_risk=settings.share("METERDROP_MOST_RISK"),
            target_risk=settings.share("METERDROP_TARGET_RISK"),
            audit_share=settings.share("METERDROP_AUDIT_SHARE"),
            audit_share_reviewed=settings.share("METERDROP_AUDIT_SHARE_REVIEWED"),
            audit_key=audit_key(settings),
            patience_seconds=settings.number("METERDROP_PATIENCE_SECONDS"),
            worker=socket.gethostname(),
        ),
    )


def model_in_use(ctx: Context, supplier: str) -> str:
    """``name@version`` of the weights that read the supplier's next batch."""
    from ocr.cells import CellClassifier
    from services.models import model_of

    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    return model_of(ctx, supplier, CellClassifier.load().model).model


def connections(ctx: Context, settings: Settings | None = None) -> Connections:
    """The billing systems, gateways and mailboxes that are set up; raises ``SettingsError``."""
    from delivery.connections import load_connections

    settings = settings or load_settings()
    return load_connections(settings.path("METERDROP_CONNECTIONS"), ctx.suppliers)


@contextmanager
def context(settings: Settings | None = None) -> Iterator[Context]:
    """``open_context`` for a ``with`` block: closed at its end, whatever happens."""
    opened = open_context(settings)
    try:
        yield opened
    finally:
        opened.close()
