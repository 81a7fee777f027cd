"""A local certificate: browsers give a microphone to a page from another computer only over HTTPS."""

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID = timedelta(days=397)  # browsers refuse leaf certificates that live longer than 398 days
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the certificate and its private key lie, as PEM."""

    certificate: Path
    key: Path


def local_certificate(folder: Path) -> Certificate:
    """The self-signed certificate for this machine's names and addresses; drawn when missing or about to run out."""
    pair = Certificate(folder / "local.crt", folder / "local.key")
    if not _usable(pair):
        folder.mkdir(parents=True, exist_ok=True)
        _draw(pair)
    return pair


def _usable(pair: Certificate) -> bool:
    if not (pair.certificate.exists() and pair.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return certificate.not_valid_after_utc - _RENEW_BEFORE > datetime.now(UTC)


def _draw(pair: Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Call centre on this machine")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(_names()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_private(
        pair.key,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _names() -> list[x509.GeneralName]:
    host = socket.gethostname()
    addresses = {"127.0.0.1", "::1", *_own_addresses(host)}
    return [
        *(x509.DNSName(name) for name in dict.fromkeys(["localhost", host])),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses)),
    ]


def _own_addresses(host: str) -> set[str]:
    try:
        found = socket.getaddrinfo(host, None)
    except socket.gaierror:
        return set()
    return {str(entry[4][0]).split("%")[0] for entry in found}


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
