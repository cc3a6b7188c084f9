"""Certificates for sites that answer over TLS."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own: `file` is what a client has to trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path
    old_fashioned: bool = False

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def context(self, *hosts: str, days: int = 10, asks: bool = False) -> ssl.SSLContext:
        """What a site of these hosts serves with; with negative `days` the certificate has expired.

        With `asks` it wants a certificate of this authority from whoever comes.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = self.certificate.subject
        made = _certificate(hosts, key, self.key, subject, days, old_fashioned=self.old_fashioned)
        context = _context(self.folder, key, made)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context

    def person(self, name: str, days: int = 10) -> "Person":
        """A person's certificate; with negative `days` it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate((name,), key, self.key, self.certificate.subject, days, old_fashioned=self.old_fashioned)
        return Person(key, made, self.certificate)


@dataclass(frozen=True)
class Person:
    """Somebody with a certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def pem(self) -> str:
        """The private key and the certificate."""
        return (_private(self.key) + self.certificate.public_bytes(serialization.Encoding.PEM)).decode()

    def pkcs12(self, password: str) -> bytes:
        given = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        return pkcs12.serialize_key_and_certificates(b"own", self.key, self.certificate, [self.authority], given)


def authority(folder: Path, *, old_fashioned: bool = False) -> Authority:
    """With what strict clients ask of certificates, or, of the old kind, without."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Test authority")
    root = _certificate(("authority.test",), key, key, name, 10, root=True, old_fashioned=old_fashioned)
    made = Authority(key, root, folder, old_fashioned)
    made.file.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    return made


def self_signed(folder: Path, *hosts: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    return _context(folder, key, _certificate(hosts, key, key, _name(hosts[0]), 10))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(hosts, key, issuer_key, issuer, days, *, root=False, old_fashioned=False) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(days=days)
    subject = issuer if issuer_key is key else _name(hosts[0])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - datetime.timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False)
    )
    if not old_fashioned:
        of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        of_subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(of_issuer, critical=False).add_extension(of_subject, critical=False)
        builder = builder.add_extension(_usage(root), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(root: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    never = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not root, key_cert_sign=root, crl_sign=root, **never)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _context(folder: Path, key, certificate: x509.Certificate) -> ssl.SSLContext:
    file = folder / f"{certificate.serial_number}.pem"
    file.write_bytes(_private(key) + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
