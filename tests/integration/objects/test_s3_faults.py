"""Networks and servers that misbehave: each ends in bounded time with one line that says what to do."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.errors import SettingsError, StorageError
from storage.objects import S3Settings, S3Store, StoreSettings, open_store
from tests.servers.processes import free_port

SETTINGS = S3Settings(
    endpoint="127.0.0.1:1",
    bucket="slips",
    access_key="key",
    secret_key="very-secret",
    region="us-east-1",
    tls=False,
    timeout=0.5,
    attempts=2,
)
SLIP = b"slip " * 1000
KEY = hashlib.sha256(SLIP).hexdigest()

Answer = Callable[[BaseHTTPRequestHandler, int], None]


@contextmanager
def serving(answer: Answer) -> Iterator[S3Settings]:
    """A server whose every answer is ``answer(request, number)``, numbers from 1."""
    numbers = iter(range(1, 1000))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, next(numbers))

        do_PUT = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield replace(SETTINGS, endpoint=f"127.0.0.1:{server.server_port}")
        server.shutdown()


def send(
    request: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None, kind: str = ""
) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.send_header("Content-Type", kind or "application/octet-stream")
    request.send_header("Retry-After", "3600")
    request.end_headers()
    request.wfile.write(body)


def test_a_body_cut_in_the_middle_is_fetched_again() -> None:
    def cut_once(request: BaseHTTPRequestHandler, number: int) -> None:
        send(request, 200, SLIP[: 100 if number == 1 else None], length=len(SLIP))

    with serving(cut_once) as settings:
        assert S3Store(settings).get(KEY) == SLIP


def test_a_body_always_cut_is_an_error_not_a_shorter_object() -> None:
    with (
        serving(lambda request, _: send(request, 200, SLIP[:100], length=len(SLIP))) as settings,
        pytest.raises(StorageError, match="run the same command again"),
    ):
        S3Store(settings).get(KEY)


def test_a_busy_server_is_asked_again_without_waiting_as_long_as_it_wishes() -> None:
    started = time.monotonic()
    with serving(lambda request, number: send(request, 503 if number == 1 else 200, SLIP)) as settings:
        assert S3Store(settings).get(KEY) == SLIP
    assert time.monotonic() - started < 5


def test_a_server_that_stays_busy_is_an_error() -> None:
    with (
        serving(
            lambda request, _: send(
                request, 503, b"<Error><Code>SlowDown</Code></Error>", kind="application/xml"
            )
        ) as settings,
        pytest.raises(StorageError, match="SlowDown"),
    ):
        S3Store(settings).get(KEY)


def test_a_web_server_that_is_no_s3() -> None:
    with (
        serving(lambda request, _: send(request, 404, b"<html>", kind="text/html")) as settings,
        pytest.raises(StorageError, match="does not speak S3"),
    ):
        S3Store(settings).check()


def test_tls_spoken_to_a_plain_server() -> None:
    with (
        serving(lambda request, _: send(request, 200, b"")) as settings,
        pytest.raises(StorageError, match="METERDROP_S3_TLS"),
    ):
        S3Store(replace(settings, tls=True)).check()


def test_a_server_that_never_answers_costs_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = replace(SETTINGS, endpoint=f"127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        started = time.monotonic()
        with pytest.raises(StorageError, match="METERDROP_S3_TIMEOUT"):
            S3Store(settings).put(SLIP)
        assert time.monotonic() - started < 3


def test_nobody_there() -> None:
    with pytest.raises(StorageError, match="METERDROP_S3_ENDPOINT") as caught:
        open_store(StoreSettings(s3=replace(SETTINGS, endpoint=f"127.0.0.1:{free_port()}")))
    assert "\n" not in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_a_bucket_that_is_not_there_on_moto(moto_settings: S3Settings) -> None:
    with pytest.raises(StorageError, match="METERDROP_S3_BUCKET"):
        open_store(StoreSettings(s3=replace(moto_settings, bucket="never-made")))


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"endpoint": "http://127.0.0.1:9000"}, "METERDROP_S3_ENDPOINT"),
        ({"endpoint": ""}, "METERDROP_S3_ENDPOINT"),
        ({"endpoint": "127.0.0.1:port"}, "METERDROP_S3_ENDPOINT"),
        ({"bucket": ""}, "METERDROP_S3_BUCKET"),
        ({"access_key": ""}, "METERDROP_S3_ACCESS_KEY"),
        ({"secret_key": ""}, "METERDROP_S3_SECRET_KEY"),
        ({"attempts": 0}, "METERDROP_S3_ATTEMPTS"),
        ({"timeout": 0}, "METERDROP_S3_TIMEOUT"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str | int], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        S3Store(replace(SETTINGS, **change))


def test_a_name_that_no_bucket_may_have() -> None:
    with pytest.raises(StorageError, match="bucket"):
        S3Store(replace(SETTINGS, bucket="No Bucket!")).check()


def test_the_secret_is_never_shown() -> None:
    assert "very-secret" not in repr(SETTINGS)
    assert "very-secret" not in repr(StoreSettings(s3=SETTINGS))
