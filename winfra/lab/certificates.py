"""A certificate authority of the lab's own, and the server certificate of its HTTPS listener."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=3650)


@dataclass(frozen=True)
class Certificate:
    """Where the listener's certificate lies.

    + ca_file: what a client trusts
    + chain_file: the server's certificate
    + key_file: its private key
    """

    ca_file: Path
    chain_file: Path
    key_file: Path


def ensure_certificate(folder: Path, host_name: str) -> Certificate:
    """The listener's certificate in a folder, made when the folder has none for this name."""
    names = (host_name, "localhost", "127.0.0.1")
    certificate = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made_for = folder / "names"
    if not made_for.exists() or made_for.read_text() != "\n".join(names):
        folder.mkdir(parents=True, exist_ok=True)
        _make(certificate, names)
        made_for.write_text("\n".join(names))
    return certificate


def _make(certificate: Certificate, names: Sequence[str]) -> None:
    # P-256: RSA keys take long enough to make to be noticed when a lab starts.
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name(f"{names[0]} lab certificate authority")
    ca = _builder(ca_name, ca_name, ca_key.public_key())
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(_usage(ca=True), critical=True)
    server = _builder(_name(names[0]), ca_name, key.public_key())
    server = server.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server = server.add_extension(_usage(ca=False), critical=True)
    server = server.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )
    server = server.add_extension(
        x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
    )
    server = server.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    _write(certificate.ca_file, _pem(ca.sign(ca_key, hashes.SHA256())))
    _write(certificate.chain_file, _pem(server.sign(ca_key, hashes.SHA256())))
    _write(
        certificate.key_file,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and not for other users: it may be a private key."""
    new = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)
