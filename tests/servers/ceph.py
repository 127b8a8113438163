"""A real S3 server: Ceph's gateway over one monitor and one OSD in memory, on loopback. Ready in ~14 s."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.processes import Daemon, find, free_port, require

_PROGRAMS = (
    "ceph",
    "ceph-authtool",
    "ceph-mon",
    "ceph-osd",
    "monmaptool",
    "radosgw",
    "radosgw-admin",
)
_KEYS = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
    "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
}


@dataclass(frozen=True)
class CephServer:
    """``endpoint`` is ``host:port``; the keys are those of a user who may make buckets."""

    endpoint: str
    access_key: str
    secret_key: str


class _Cluster:
    """Puts the pieces together in the one order that works."""

    def __init__(self, folder: Path, programs: dict[str, Path]) -> None:
        self.folder = folder
        self.programs = programs
        self.fsid = str(uuid.uuid4())
        self.mon_port = free_port()
        self.gateway_port = free_port()
        self.daemons: list[Daemon] = []
        self.configuration = folder / "ceph.conf"
        self.configuration.write_text(self._configuration())

    def start(self) -> None:
        self._monitor()
        self._osd()
        self._gateway()

    def stop(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.stop()

    def run(self, program: str, *arguments: str | Path) -> str:
        """One administrator's command; its output."""
        answer = subprocess.run(
            [self.programs[program], "-c", self.configuration, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.folder,
            check=False,
        )
        if answer.returncode:
            raise RuntimeError(
                f"{program} {arguments} ended with {answer.returncode}: {answer.stderr[-2000:]}"
            )
        return answer.stdout

    def _daemon(self, program: str, *arguments: str | Path) -> Daemon:
        daemon = Daemon(
            [self.programs[program], "-c", self.configuration, "-f", *arguments],
            self.folder / f"{program}.out",
            stop_signal=signal.SIGKILL,  # nothing is kept, so nothing need be written down
        )
        self.daemons.append(daemon)
        return daemon

    def _monitor(self) -> None:
        keyring = self.folder / "keyring"
        for number, (name, capabilities) in enumerate(_KEYS.items()):
            pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
            arguments = [argument for kind, what in pairs for argument in ("--cap", kind, what)]
            create = [] if number else ["--create-keyring"]
            self.run("ceph-authtool", keyring, *create, "--gen-key", "-n", name, *arguments)
        address = f"[v2:127.0.0.1:{self.mon_port}]"
        self.run(
            "monmaptool", "--create", "--addv", "a", address, "--fsid", self.fsid, self.folder / "monmap"
        )
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.folder / "monmap", "--keyring", keyring)
        self._daemon("ceph-mon", "-i", "a").wait_for(self._quorum, 60)

    def _quorum(self) -> bool:
        try:
            return '"quorum_names":["a"]' in self.run(
                "ceph", "--connect-timeout", "5", "quorum_status", "-f", "json"
            ).replace(" ", "")
        except RuntimeError:
            return False

    def _osd(self) -> None:
        identity = str(uuid.uuid4())
        self.run("ceph", "osd", "new", identity, "0")
        (self.folder / "osd").mkdir()
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
        self.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=h1")
        self._daemon("ceph-osd", "-i", "0").wait_for(
            lambda: '"num_up_osds":1' in self.run("ceph", "osd", "stat", "-f", "json").replace(" ", ""), 60
        )

    def _gateway(self) -> None:
        self.run(
            "radosgw-admin",
            *("-n", "client.rgw.a", "user", "create", "--uid=meterdrop", "--display-name=meterdrop"),
            *("--access-key=test-access-key", "--secret-key=test-secret-key"),
        )
        self._daemon("radosgw", "-n", "client.rgw.a").wait_for(self._gateway_answers, 60)

    def _gateway_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.gateway_port}/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _configuration(self) -> str:
        classes = next(Path("/usr/lib").glob("*/rados-classes"), Path("/usr/lib/rados-classes"))
        return f"""[global]
fsid = {self.fsid}
mon host = v2:127.0.0.1:{self.mon_port}
mon initial members = a
public network = 127.0.0.0/8
ms bind ipv6 = false
# With "none" the gateway hangs for minutes.
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {self.folder}/keyring
run dir = {self.folder}
pid file = {self.folder}/$name.pid
admin socket = {self.folder}/$name.asok
log file = {self.folder}/$name.log
crash dir = {self.folder}
mon data = {self.folder}/mon
mon allow pool size one = true
mon warn on pool no redundancy = false
osd data = {self.folder}/osd
osd objectstore = memstore
osd class dir = {classes}
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
rgw frontends = beast endpoint=127.0.0.1:{self.gateway_port}
rgw crypt require ssl = false
rgw run sync thread = false
rgw lc debug interval = 10
"""


@pytest.fixture(scope="session")
def ceph_server() -> Iterator[CephServer]:
    """A gateway for the whole session; a test makes its own bucket."""
    programs = require(
        "Ceph RGW", {name: find(name) for name in _PROGRAMS}, "ceph-common ceph-mon ceph-osd radosgw"
    )
    # Short, because a socket's path may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="meterdrop-ceph-"))
    cluster = _Cluster(folder, programs)
    try:
        cluster.start()
        yield CephServer(f"127.0.0.1:{cluster.gateway_port}", "test-access-key", "test-secret-key")
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
