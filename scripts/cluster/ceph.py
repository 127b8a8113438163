"""Ceph's gateway as S3 server: one monitor and one OSD on a file, on loopback; its data stay."""

from __future__ import annotations

import shutil
import socket
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

from scripts.cluster.layout import Cluster, program, write_private
from scripts.cluster.supervisor import Service, Supervisor

_KEYS = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
    "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
}
#: Space for objects; the file is sparse and grows as it is filled. Set at the first start.
SIZE_GB = 60


def start(cluster: Cluster, supervisor: Supervisor) -> None:
    """Monitor, OSD and gateway, made at the first start; a first start that was interrupted begins anew."""
    ceph = _Ceph(cluster)
    fresh = not (ceph.folder / "ready").exists()
    if fresh:
        shutil.rmtree(ceph.folder, ignore_errors=True)
        ceph.make_monitor()
    ceph.write_configuration()
    supervisor.add(ceph.service("ceph-mon", "-i", "a", well=ceph.quorum))
    if fresh:
        ceph.make_osd()
    supervisor.add(ceph.service("ceph-osd", "-i", "0", well=ceph.osd_is_up))
    if fresh:
        ceph.make_user()
    supervisor.add(ceph.service("radosgw", "-n", "client.rgw.a", well=ceph.gateway_answers))
    if fresh:
        _make_bucket(cluster)
        (ceph.folder / "ready").touch()


class _Ceph:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.folder = cluster.folder / "ceph"

    def service(self, name: str, *arguments: str, well: Callable[[], bool]) -> Service:
        command = (str(program(name)), "-c", str(self.folder / "ceph.conf"), "-f", *arguments)
        # The questions to the monitor start a Python each time: too dear for every few seconds.
        still = None if name == "radosgw" else self.monitor_listens
        return Service(name, command, well, still=still)

    def run(self, name: str, *arguments: str | Path) -> str:
        """One administrator's command; its output."""
        answer = subprocess.run(
            [program(name), "-c", self.folder / "ceph.conf", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if answer.returncode:
            raise RuntimeError(f"{name} ended with {answer.returncode}: {answer.stderr[-1000:]}")
        return answer.stdout

    def make_monitor(self) -> None:
        self.folder.mkdir()
        self.write_configuration()
        keyring = self.folder / "keyring"
        for number, (name, capabilities) in enumerate(_KEYS.items()):
            pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
            arguments = [argument for kind, what in pairs for argument in ("--cap", kind, what)]
            create = [] if number else ["--create-keyring"]
            self.run("ceph-authtool", keyring, *create, "--gen-key", "-n", name, *arguments)
        keyring.chmod(0o600)
        address = f"[v2:127.0.0.1:{self.cluster.ports['monitor']}]"
        monmap = self.folder / "monmap"
        self.run("monmaptool", "--create", "--addv", "a", address, "--fsid", self.cluster.fsid, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)

    def make_osd(self) -> None:
        identity = str(uuid.uuid4())
        self.run("ceph", "osd", "new", identity, "0")
        (self.folder / "osd").mkdir()
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
        self.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=h1")

    def make_user(self) -> None:
        keys = (f"--access-key={self.cluster.access_key}", f"--secret-key={self.cluster.secret_key}")
        create = ("user", "create", "--uid=meterdrop", "--display-name=meterdrop")
        self.run("radosgw-admin", "-n", "client.rgw.a", *create, *keys)

    def quorum(self) -> bool:
        said = self.run("ceph", "--connect-timeout", "5", "quorum_status", "-f", "json")
        return '"quorum_names":["a"]' in said.replace(" ", "")

    def osd_is_up(self) -> bool:
        said = self.run("ceph", "--connect-timeout", "5", "osd", "stat", "-f", "json")
        return '"num_up_osds":1' in said.replace(" ", "")

    def monitor_listens(self) -> bool:
        socket.create_connection(("127.0.0.1", self.cluster.ports["monitor"]), timeout=5).close()
        return True

    def gateway_answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.cluster.ports['s3']}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        return True

    def write_configuration(self) -> None:
        classes = next(Path("/usr/lib").glob("*/rados-classes"), Path("/usr/lib/rados-classes"))
        write_private(
            self.folder / "ceph.conf",
            f"""[global]
fsid = {self.cluster.fsid}
mon host = v2:127.0.0.1:{self.cluster.ports["monitor"]}
mon initial members = a
public network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {self.folder}/keyring
run dir = {self.folder}
pid file = {self.folder}/$name.pid
# A socket's path may have 107 characters; nobody asks there.
admin socket =
log file = {self.cluster.logs}/ceph-$name.log
crash dir = {self.folder}
mon data = {self.folder}/mon
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
osd data = {self.folder}/osd
osd objectstore = bluestore
bluestore block size = {SIZE_GB << 30}
bluestore block create = true
bluestore block db create = false
bluestore block wal create = false
bluestore cache autotune = false
bluestore cache size = {128 << 20}
osd class dir = {classes}
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
rgw frontends = beast endpoint=127.0.0.1:{self.cluster.ports["s3"]}
rgw crypt require ssl = false
rgw run sync thread = false
""",
        )


def _make_bucket(cluster: Cluster) -> None:
    from minio import Minio

    client = Minio(
        f"127.0.0.1:{cluster.ports['s3']}",
        access_key=cluster.access_key,
        secret_key=cluster.secret_key,
        secure=False,
    )
    if not client.bucket_exists("meterdrop"):
        client.make_bucket("meterdrop")
