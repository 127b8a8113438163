"""A wire that can be cut, slowed, frozen or spoiled: a TCP proxy in threads of the test."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Self

_CHUNK = 1 << 16


@dataclass
class Answer:
    """What is said to a request in the server's place; the request never reaches it."""

    status: int
    body: bytes = b""
    kind: str = "application/xml"

    def sent(self) -> bytes:
        """The HTTP response."""
        head = f"HTTP/1.1 {self.status} Fault\r\nContent-Type: {self.kind}\r\n"
        return f"{head}Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode() + self.body


def s3_error(status: int, code: str) -> Answer:
    """An error as an S3 server says it."""
    return Answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


@dataclass
class Wire:
    """Listens on ``port`` of 127.0.0.1 and passes everything on to ``(host, server_port)``.

    ``answers``: given in the server's place to the next requests of ``method`` (""; of any), one each.
    ``spoil_up``, ``spoil_down``: how many of the next requests' or responses' bodies have a byte changed, of
    GET and PUT only. ``cut_down``: how many of the next GET responses end in their middle. ``slow``: seconds
    that each piece waits.
    """

    host: str
    server_port: int
    method: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    spoil_up: int = 0
    spoil_down: int = 0
    cut_down: int = 0
    slow: float = 0.0
    dead: bool = False
    frozen: bool = False
    connections: int = 0

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thaw = threading.Condition()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def away(self, seconds: float) -> None:
        """Break every connection and take no other for so long; returns at once."""
        self.dead = True
        self.cut()
        threading.Timer(seconds, lambda: setattr(self, "dead", False)).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            if self.dead:
                client.close()
                continue
            try:
                server = socket.create_connection((self.host, self.server_port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            request = [b""]
            for source, target, up in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass, args=(source, target, up, request), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, up: bool, request: list[bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                while self.frozen:
                    time.sleep(0.02)
                if self.slow:
                    time.sleep(self.slow)
                data = self._up(data, source, request) if up else self._down(data, request)
                if data is None:
                    break
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _up(self, data: bytes, client: socket.socket, request: list[bytes]) -> bytes | None:
        method = data.split(b" ", 1)[0]
        if method in {b"GET", b"PUT", b"HEAD", b"POST", b"DELETE"}:
            request[0] = method
            if self.answers and self.method in {"", method.decode()}:
                if method == b"PUT" and b"Expect:" not in data:
                    _rest_of_body(data, client)
                client.sendall(self.answers.popleft().sent())
                return None
        if self.spoil_up and request[0] == b"PUT" and not data.endswith(b"\r\n\r\n"):
            self.spoil_up -= 1
            return _changed(data, -3)
        return data

    def _down(self, data: bytes, request: list[bytes]) -> bytes | None:
        if request[0] != b"GET" or b"<" in data[-20:]:
            return data
        body = data.partition(b"\r\n\r\n")[2] if data.startswith(b"HTTP/") else data
        if body and self.cut_down:
            self.cut_down -= 1
            return data[: len(data) - max(1, len(body) // 2)]
        if body and self.spoil_down:
            self.spoil_down -= 1
            # Not the byte that is changed on the way up: twice would be right again.
            return _changed(data, -5)
        return data


def _changed(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def _rest_of_body(data: bytes, client: socket.socket) -> None:
    """A client that is still sending would take our answer for a reset."""
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.split(b":")[1]) - len(body)
            while left > 0 and (more := client.recv(_CHUNK)):
                left -= len(more)
