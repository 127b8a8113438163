"""Where everything of a cluster lies, and the ports and passwords that were drawn at its first start."""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import shutil
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from domain.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent.parent
#: Ports that people know; another one is taken where somebody listens there already.
PORTS = {"postgres": 5433, "monitor": 3300, "s3": 7480, "prefect": 4200, "staff": 8000, "public": 8001}


@dataclass(frozen=True)
class Cluster:
    """One cluster. ``ports`` by service; the passwords are of this cluster alone and stay in its folder."""

    folder: Path
    ports: dict[str, int]
    database_password: str
    access_key: str
    secret_key: str
    admin_password: str
    fsid: str

    @classmethod
    def at(cls, folder: Path) -> Cluster:
        """The cluster in ``folder``, drawn now when there is none yet."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "cluster.json"
        if file.is_file():
            return cls(folder, **json.loads(file.read_text("utf-8")))
        made = cls(
            folder,
            ports=_free_ports(),
            database_password=secrets.token_urlsafe(18),
            access_key=secrets.token_hex(10),
            secret_key=secrets.token_urlsafe(30),
            admin_password=secrets.token_urlsafe(9),
            fsid=_uuid(),
        )
        values = {name: value for name, value in asdict(made).items() if name != "folder"}
        write_private(file, json.dumps(values, indent=2))
        return made

    @property
    def home(self) -> Path:
        """``METERDROP_HOME`` of the cluster."""
        return self.folder / "home"

    @property
    def logs(self) -> Path:
        """A file a service."""
        return self.folder / "logs"

    @property
    def api_url(self) -> str:
        """``PREFECT_API_URL``."""
        return f"http://127.0.0.1:{self.ports['prefect']}/api"

    def database(self, name: str, driver: str = "postgresql") -> str:
        """A database's address."""
        port = self.ports["postgres"]
        return f"{driver}://meterdrop:{self.database_password}@127.0.0.1:{port}/{name}"

    def environment(self) -> dict[str, str]:
        """What a meterdrop process of this cluster is started with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("METERDROP_")}
        return kept | {"METERDROP_HOME": str(self.home), "PREFECT_API_URL": self.api_url}

    def write_settings(self) -> None:
        """``settings.toml`` in the home, and ``env`` for a person's shell; what a person added stays."""
        self.home.mkdir(exist_ok=True)
        file = self.home / "settings.toml"
        if not file.exists():
            write_private(
                file, "".join(f"{name} = {json.dumps(v)}\n" for name, v in self._settings().items())
            )
        lines = (f"export METERDROP_HOME='{self.home}'", f"export PREFECT_API_URL={self.api_url}")
        (self.folder / "env").write_text("\n".join(lines) + "\n", "utf-8")

    def _settings(self) -> dict[str, object]:
        return {
            "METERDROP_DATABASE_URL": self.database("meterdrop"),
            "METERDROP_S3_ENDPOINT": f"127.0.0.1:{self.ports['s3']}",
            "METERDROP_S3_BUCKET": "meterdrop",
            "METERDROP_S3_ACCESS_KEY": self.access_key,
            "METERDROP_S3_SECRET_KEY": self.secret_key,
            "METERDROP_S3_TLS": False,
            "METERDROP_READ_BY_WORKERS": True,
            # Two workers share this machine's processors.
            "METERDROP_WORKERS": max(1, len(os.sched_getaffinity(0)) // 2),
        }


def write_private(file: Path, text: str) -> None:
    """Only this user may read it."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)


def program(name: str) -> Path:
    """A program of the path, the system or Debian's newest PostgreSQL; raises ``SettingsError``."""
    postgres = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: -int(re.sub(r"\D.*", "", path.parent.name) or 0),
    )
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *map(str, postgres)])
    found = shutil.which(name, path=search)
    if found is None:
        raise SettingsError(f"{name} is not installed; run scripts/system-packages cluster")
    return Path(found)


def postgres_user() -> str | None:
    """PostgreSQL refuses to run as root; None: as we are."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise SettingsError("there is no user postgres; run scripts/system-packages cluster") from None


def _free_ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for name, wanted in PORTS.items():
        ports[name] = wanted if _free(wanted) else _any_port(set(ports.values()))
    return ports


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        # Below the range that outgoing connections take theirs from.
        port = 20_000 + port % 10_000
        if port not in taken and _free(port):
            return port


def _uuid() -> str:
    import uuid

    return str(uuid.uuid4())
