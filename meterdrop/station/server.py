"""The station's side of the server's calls: logs in, repeats nothing that was done, says what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from domain.errors import UsageError

PIECE = 2 << 20
_ROOT = "/api/v1/station"
_TOKEN = re.compile(r'<meta name="csrf" content="([0-9a-f]{64})">')


class Away(Exception):  # noqa: N818 - a state of the world, not a fault
    """The server does not answer, or is not well, or wants us to wait: try again in ``seconds``."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Refused(Exception):  # noqa: N818 - told to the operator, the file stays
    """The server does not want this, and will not want it a second time."""


class Server:
    """One station's session with a server; logs in by itself, again when the session has ended."""

    def __init__(
        self, url: str, name: str, password: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._name = name
        self._password = password
        self._csrf = ""
        self._client = httpx.Client(
            base_url=url.rstrip("/"), timeout=httpx.Timeout(60.0, connect=10.0), transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def open_batch(self, values: dict[str, Any]) -> int:
        """Open a batch, or find the one with this ``key``."""
        return int(self._call("POST", "/batches", json=values)["batch"])

    def close_batch(self, batch: int) -> None:
        """Say that all files of the batch are there."""
        self._call("POST", f"/batches/{batch}/close", json={})

    def hand_in(
        self,
        batch: int,
        path: Path,
        name: str,
        *,
        sha256: str,
        tell: Callable[[int, int], None] = lambda here, all_: None,
    ) -> int:
        """Send a file, from where an earlier try ended; returns the receipt's number."""
        size = path.stat().st_size
        offset = int(self._call("GET", f"/uploads/{sha256}")["offset"])
        for _ in range(4):
            with path.open("rb") as file:
                while offset < size:
                    file.seek(offset)
                    piece = file.read(PIECE)
                    if not piece:
                        raise Away(f"{name} became shorter while it was sent")
                    answer = self._call("PUT", f"/uploads/{sha256}", params={"offset": offset}, content=piece)
                    offset = int(answer["offset"])
                    tell(offset, size)
            body = {"upload": sha256, "name": name, "size": size, "sha256": sha256}
            answer = self._call("POST", f"/batches/{batch}/files", json=body)
            if "receipt" in answer:
                if answer["sha256"] != sha256:
                    raise Away(f"{name} changed while it was sent")
                return int(answer["receipt"])
            offset = int(answer["offset"])
        raise Away(f"{name} does not arrive whole")

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        for again in (False, True):
            if not self._csrf:
                self._log_in()
            headers = {"Accept": "application/json", "X-CSRF-Token": self._csrf}
            response = self._send(method, _ROOT + path, headers=headers, **more)
            if response.status_code == 401 or (response.status_code == 403 and _is_csrf(response)):
                self._csrf = ""
                if not again:
                    continue
            return self._answer(response)
        raise Away("the server does not keep the session")

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        answer = _json(response)
        if response.is_success or (response.status_code == 409 and "offset" in answer):
            return answer
        said = str(answer.get("message") or f"status {response.status_code}")
        if response.status_code >= 500 or response.status_code in (401, 408, 409, 425, 429):
            raise Away(said, float(response.headers.get("Retry-After") or 0))
        if response.status_code == 403:
            raise UsageError(f"{self._name!r} may not hand in scans: {said}")
        raise Refused(said)

    def _log_in(self) -> None:
        self._client.cookies.clear()
        form = {"name": self._name, "password": self._password, "csrf_token": self._token("/login")}
        response = self._send("POST", "/login", data=form)
        if response.status_code == 429:
            raise Away("too many attempts to log in", float(response.headers.get("Retry-After") or 60))
        if response.status_code != 303:
            raise UsageError(f"the server does not let {self._name!r} in: check the name and the password")
        self._csrf = self._token("/station")

    def _token(self, path: str) -> str:
        response = self._send("GET", path)
        if response.status_code == 403:
            raise UsageError(f"{self._name!r} may not hand in scans: ask for the role 'station'")
        found = _TOKEN.search(response.text)
        if found is None:
            if response.status_code >= 500:
                raise Away(f"the server answers with status {response.status_code}")
            raise UsageError(f"{self._client.base_url} is no meterdrop server; see --server")
        return found[1]

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **more)
        except httpx.UnsupportedProtocol:
            raise UsageError("--server wants an address such as https://readings.example:8000") from None
        except httpx.HTTPError as error:
            raise Away(f"the server cannot be reached ({type(error).__name__})") from error


def _is_csrf(response: httpx.Response) -> bool:
    return _json(response).get("error") == "csrf"


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
