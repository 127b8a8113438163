"""OpenLDAP as an ordinary process: a real directory with three people, over TLS, in a temporary folder."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.processes import Daemon, find, free_port, listens, require

BASE = "dc=example,dc=org"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "reads the directory"
PASSWORD = "correct horse battery"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
security simple_bind=128
allow bind_anon_dn
database mdb
suffix "{base}"
directory {folder}/data
rootdn "cn=root,{base}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""

_PEOPLE = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: uid=anna,ou=people,{BASE}
objectClass: inetOrgPerson
uid: anna
cn: Anna
sn: Anna
userPassword: {PASSWORD}

dn: cn=twin one,ou=people,{BASE}
objectClass: inetOrgPerson
uid: twin
cn: twin one
sn: Twin
userPassword: {PASSWORD}

dn: cn=twin two,ou=people,{BASE}
objectClass: inetOrgPerson
uid: twin
cn: twin two
sn: Twin
userPassword: {PASSWORD}
"""


@dataclass(frozen=True)
class Slapd:
    """The directory's ports and the certificate of who signed its own, for ``localhost``."""

    port: int
    tls_port: int
    ca_file: Path


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """A directory that runs for the session."""
    programs = require(
        "slapd",
        {name: find(name) for name in ("slapd", "slapadd", "openssl")},
        "slapd openssl",
    )
    with tempfile.TemporaryDirectory(prefix="slapd-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "data").mkdir()
        _certificates(folder, programs["openssl"])
        config, people = folder / "slapd.conf", folder / "people.ldif"
        config.write_text(_CONFIG.format(folder=folder, base=BASE, reader=READER))
        people.write_text(_PEOPLE)
        subprocess.run(
            [programs["slapadd"], "-f", config, "-l", people], check=True, capture_output=True, timeout=60
        )
        port, tls_port = free_port(), free_port()
        addresses = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"
        daemon = Daemon([programs["slapd"], "-d", "0", "-f", config, "-h", addresses], folder / "output")
        try:
            daemon.wait_for(lambda: listens(port) and listens(tls_port), 20)
            yield Slapd(port, tls_port, folder / "ca.pem")
        finally:
            daemon.stop()


def _certificates(folder: Path, openssl: Path) -> None:
    """A certificate authority of the tests' own, and one for ``localhost`` that it signed."""

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=tests")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    run("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    run("x509", "-req", "-in", "server.csr", "-out", "server.pem", "-days", "30", *signer)
