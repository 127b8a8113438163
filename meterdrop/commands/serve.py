"""``meterdrop serve``: staff pages and public pages, each in its own process on its own port."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from domain.errors import SettingsError, UsageError
from meterdrop.secret import session_secret

if TYPE_CHECKING:
    from fastapi import FastAPI

    from meterdrop.settings import Settings
    from review_ui.ldap import Directory
    from review_ui.oidc import Oidc
    from web.settings import WebSettings

#: How long open requests may take once it was told to stop.
GRACE_SECONDS = 5


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--staff-port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--public-port", type=click.IntRange(0, 65535), default=8001, show_default=True)
def command(host: str, staff_port: int, public_port: int) -> None:
    """Serve the staff pages and the public pages until Ctrl-C; port 0 takes a free one."""
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.users import list_users

    settings = load_settings()
    sockets = [
        listen(host, staff_port, "--staff-port"),
        listen(host, public_port, "--public-port"),
    ]
    with context(settings) as ctx:  # migrates the records once, before two processes open them
        nobody = not list_users(ctx)
    session_secret(settings)
    click.echo(f"Staff pages:  {address(sockets[0])}")
    click.echo(f"Public pages: {address(sockets[1])}")
    if nobody:
        click.echo(
            "Nobody can log in yet. Add somebody from another terminal: "
            "meterdrop users add NAME --role reviewer --password-stdin",
            err=True,
        )
    click.echo("Ctrl-C stops them.")
    sys.stdout.flush()
    status = supervise({"staff": (serve_staff, sockets[0]), "public": (serve_public, sockets[1])})
    if status:
        raise SystemExit(status)


def listen(host: str, port: int, option: str) -> socket.socket:
    """A listening socket; raises ``UsageError`` that names the option to change."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.create_server(where[:2], family=family, backlog=512)
    except socket.gaierror:
        raise UsageError(f"--host {host} is no address of this machine; use 127.0.0.1 or 0.0.0.0") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} is taken; choose another one with {option}"
        elif error.errno == errno.EACCES:
            problem = f"port {port} is for the system; choose one above 1023 with {option}"
        elif error.errno == errno.EADDRNOTAVAIL:
            problem = f"--host {host} is no address of this machine; use 127.0.0.1 or 0.0.0.0"
        else:
            problem = f"cannot listen on {host} port {port}: {error.strerror}; see {option}"
        raise UsageError(problem) from None
    return made


def address(listening: socket.socket) -> str:
    """The socket's address for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - only compared
        host = "127.0.0.1" if listening.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def web_settings(settings: Settings) -> WebSettings:
    """How both apps behave."""
    from web.languages import LANGUAGES
    from web.settings import WebSettings

    language = settings.text("METERDROP_LANGUAGE")
    if language not in LANGUAGES:
        raise SettingsError(f"METERDROP_LANGUAGE is {language!r}; write one of {', '.join(LANGUAGES)}")
    return WebSettings(
        secret=session_secret(settings),
        behind_tls=settings.switch("METERDROP_BEHIND_TLS"),
        language=language,
    )


def single_sign_on(settings: Settings) -> Oidc | None:
    """The organisation's provider, where one is set; raises ``SettingsError`` for half a setting."""
    from review_ui.oidc import Oidc, OidcSettings

    issuer = settings.text("METERDROP_OIDC_ISSUER")
    if not issuer:
        return None
    if not issuer.startswith("https://"):
        raise SettingsError("METERDROP_OIDC_ISSUER must begin with https://")
    for name in ("METERDROP_OIDC_CLIENT_ID", "METERDROP_OIDC_CLIENT_SECRET", "METERDROP_OIDC_NAME"):
        if not settings.text(name):
            raise SettingsError(f"{name} is empty; METERDROP_OIDC_ISSUER needs it")
    return Oidc(
        OidcSettings(
            issuer,
            settings.text("METERDROP_OIDC_CLIENT_ID"),
            settings.text("METERDROP_OIDC_CLIENT_SECRET"),
            settings.text("METERDROP_OIDC_NAME"),
        )
    )


def directory(settings: Settings) -> Directory | None:
    """The organisation's directory, where one is set; raises ``SettingsError`` for half a setting."""
    from review_ui.ldap import Directory, LdapSettings

    url = settings.text("METERDROP_LDAP_URL")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname:
        raise SettingsError("METERDROP_LDAP_URL must be ldaps://host or ldap://host (which begins TLS)")
    made = LdapSettings(
        url,
        settings.text("METERDROP_LDAP_USER"),
        settings.text("METERDROP_LDAP_BASE"),
        settings.text("METERDROP_LDAP_FILTER"),
        settings.text("METERDROP_LDAP_BIND"),
        settings.text("METERDROP_LDAP_PASSWORD"),
        settings.path("METERDROP_LDAP_CA_FILE"),
    )
    if made.ca_file is not None and not made.ca_file.is_file():
        raise SettingsError(f"METERDROP_LDAP_CA_FILE names {made.ca_file}, which is not a file")
    if bool(made.user) == bool(made.base):
        raise SettingsError("METERDROP_LDAP_URL needs METERDROP_LDAP_USER or METERDROP_LDAP_BASE, not both")
    name = "METERDROP_LDAP_FILTER" if made.base else "METERDROP_LDAP_USER"
    if "{name}" not in settings.text(name):
        raise SettingsError(f"{name} must have {{name}} where the name stands")
    return Directory(made)


def serve_staff(listening: socket.socket) -> None:
    """The staff process."""
    from meterdrop.logs import start_log
    from meterdrop.observing import observe
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from review_ui.app import create_staff_app
    from review_ui.digitiser import Digitiser
    from review_ui.settings import ReviewSettings

    settings = load_settings()
    start_log(settings)
    with context(settings) as ctx:
        digitiser = None if settings.switch("METERDROP_READ_BY_WORKERS") else Digitiser(ctx)
        if digitiser is not None:
            digitiser.start()
        pages = ReviewSettings(uploads=settings.home / "uploads")
        try:
            app = create_staff_app(
                ctx,
                web_settings(settings),
                pages,
                digitiser=digitiser,
                oidc=single_sign_on(settings),
                directory=directory(settings),
            )
            observe(app, "staff", settings, ctx)
            _serve(app, listening, settings)
        finally:
            if digitiser is not None:
                digitiser.stop()


def serve_public(listening: socket.socket) -> None:
    """The public process."""
    from intake.app import create_public_app
    from meterdrop.logs import start_log
    from meterdrop.observing import observe
    from meterdrop.photos import photo_reader
    from meterdrop.settings import load_settings
    from meterdrop.wiring import connections, context
    from services import cleaning

    settings = load_settings()
    start_log(settings)
    with context(settings) as ctx, cleaning.warmed():
        reasons = {name: to.reasons for name, to in connections(ctx, settings).billing.items()}
        app = create_public_app(
            ctx, web_settings(settings), photo_reader=photo_reader(), billing_reasons=reasons
        )
        observe(app, "public", settings)
        _serve(app, listening, settings)


def _serve(app: FastAPI, listening: socket.socket, settings: Settings) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        server_header=False,
        access_log=False,
        # Only behind a proxy may a header say who is asking.
        proxy_headers=settings.switch("METERDROP_BEHIND_TLS"),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listening])


@dataclass(frozen=True)
class _Child:
    name: str
    process: SpawnProcess


def _run(serve: Callable[[socket.socket], None], listening: socket.socket) -> None:
    """The body of a child process: serves until told to stop, or until the parent is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    # Ctrl-C goes to the whole group; the parent passes it on, once, as SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The server passes the signal on once it has ended: what was opened is closed all the same.
    signal.signal(signal.SIGTERM, _leave)
    serve(listening)


def _leave(*_: object) -> None:
    raise SystemExit(0)


def supervise(apps: dict[str, tuple[Callable[[socket.socket], None], socket.socket]]) -> int:
    """Run each app in a process until a signal comes or one of them ends; the exit status."""
    spawn = multiprocessing.get_context("spawn")
    stop_read, stop_write = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.write(stop_write, b"."))
    children = []
    for name, (serve, listening) in apps.items():
        process = spawn.Process(target=_run, args=(serve, listening), name=f"meterdrop-{name}")
        process.start()
        listening.close()
        children.append(_Child(name, process))
    wait([stop_read, *(child.process.sentinel for child in children)])
    failed = [child for child in children if not child.process.is_alive()]
    for child in children:
        child.process.terminate()
    for child in children:
        child.process.join(GRACE_SECONDS + 5)
        if child.process.is_alive():
            child.process.kill()
            child.process.join()
    for child in failed:
        click.echo(f"The {child.name} pages stopped by themselves; see the messages above.", err=True)
    if not failed:
        click.echo("Stopped.")
    return 1 if failed else 0
