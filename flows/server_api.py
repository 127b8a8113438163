"""The few questions that a worker's keeper asks a Prefect server, without importing Prefect (3 s, 150 MB)."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from domain.errors import FlowServerError

_SECONDS = 10.0


@dataclass(frozen=True)
class ServerApi:
    """A server at ``url`` (``PREFECT_API_URL``); ``given``: the environment, for its credentials."""

    url: str
    given: Mapping[str, str]

    def healthy(self) -> None:
        """Returns when the server answers; raises ``FlowServerError``."""
        self._ask("GET", "/health")

    def deployment(self, name: str) -> str:
        """The id of the deployment ``flow/name``; raises ``FlowServerError`` when there is none."""
        return str(self._ask("GET", f"/deployments/name/{quote(name)}")["id"])

    def asked_for(self, deployment: str, since: datetime) -> int:
        """Runs of a deployment that were asked for since then and have not begun."""
        body = {
            "flow_runs": {
                "state": {"type": {"any_": ["SCHEDULED", "PENDING"]}},
                "expected_start_time": {"after_": since.isoformat()},
            },
            "deployments": {"id": {"any_": [deployment]}},
        }
        return int(self._ask("POST", "/flow_runs/count", body))

    def ask_for(self, deployment: str, parameters: Mapping[str, Any]) -> None:
        """Ask for a run, now."""
        body = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}}
        self._ask("POST", f"/deployments/{deployment}/create_flow_run", body)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self._credentials()}
        request = urllib.request.Request(self.url.rstrip("/") + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS, context=self._trust()) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404 and path.startswith("/deployments/name/"):
                name = path.removeprefix("/deployments/name/")
                raise FlowServerError(
                    f"the Prefect server at {self.url} has no deployment {name}; "
                    "run 'prefect --no-prompt deploy --all' in meterdrop's folder once"
                ) from error
            raise FlowServerError(f"the Prefect server at {self.url} answers {error.code}") from error
        except (OSError, ValueError) as error:
            raise FlowServerError(
                f"the Prefect server at {self.url} does not answer; is it running, is PREFECT_API_URL right?"
            ) from error

    def _credentials(self) -> dict[str, str]:
        """As Prefect's own client: a name and password of the server's, or a key."""
        if pair := self.given.get("PREFECT_API_AUTH_STRING"):
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        if key := self.given.get("PREFECT_API_KEY"):
            return {"Authorization": f"Bearer {key}"}
        return {}

    def _trust(self) -> ssl.SSLContext | None:
        if not self.url.startswith("https:"):
            return None
        return ssl.create_default_context(cafile=self.given.get("PREFECT_API_SSL_CERT_FILE") or None)
