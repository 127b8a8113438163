"""TLS with a certificate of an authority of one's own, as an inner network has it."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.errors import StorageError
from storage.objects import S3Settings, S3Store
from tests.servers.processes import Daemon, free_port, listens

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Certificate:
    """PEM files; the certificate vouches for itself."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Valid now, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


@pytest.fixture
def tls_settings(tmp_path: Path) -> Iterator[S3Settings]:
    certificate, port = make_certificate(tmp_path), free_port()
    server = Daemon(
        [
            sys.executable,
            "-m",
            "moto.server",
            "-H",
            "127.0.0.1",
            "-p",
            str(port),
            "-c",
            str(certificate.certificate),
            "-k",
            str(certificate.key),
        ],
        tmp_path / "moto.log",
    )
    try:
        server.wait_for(lambda: listens(port), 30)
        yield S3Settings(
            endpoint=f"127.0.0.1:{port}",
            bucket="slips",
            access_key="key",
            secret_key="secret",
            ca_file=certificate.certificate,
            timeout=10,
            attempts=2,
        )
    finally:
        server.stop()


def test_a_certificate_must_be_vouched_for(tls_settings: S3Settings) -> None:
    with pytest.raises(StorageError, match="METERDROP_S3_CA_FILE"):
        S3Store(replace(tls_settings, ca_file=None)).check()
    store = S3Store(tls_settings)
    with pytest.raises(StorageError, match="METERDROP_S3_BUCKET"):
        store.check()
    store._client.make_bucket(tls_settings.bucket)
    assert store.get(store.put(b"slip")) == b"slip"
