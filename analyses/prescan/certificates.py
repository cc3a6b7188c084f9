"""Client certificates: read from the PKCS#12 file that people have, and presented to the target alone.

Kept as PEM: the private key first, then its certificate, then those of the authorities between. A file is read in a
process of its own, this module started by its path, because the file says how much work it takes.
"""

import base64
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509.oid import NameOID

from analyses.said import packed, unpacked
from analyses.said import said as _

MOST_BYTES = 100 * 1024
_MOST_CERTIFICATES = 10
_LONGEST_NAME = 150
_SECONDS = 5  # of work, for reading one file
_AT_ONCE = 2  # files that are read, in one process
_MEMORY = 1 << 30
_free = threading.BoundedSemaphore(_AT_ONCE)


class CertificateError(ValueError):
    """The certificate cannot be used; the message is for people."""


@dataclass(frozen=True)
class ClientCertificate:
    """Private key and certificates as PEM, and whose they are: “CN=alice, valid until 2027-01-01”."""

    pem: str = field(repr=False)
    name: str


def read_pkcs12(data: bytes, password: str) -> ClientCertificate:
    """Read a .p12 or .pfx file. Raises CertificateError."""
    if len(data) > MOST_BYTES:
        raise CertificateError(_("The file is larger than %(most)s KiB.", most=MOST_BYTES // 1024))
    job = {"data": base64.b64encode(data).decode(), "password": password}
    if not _free.acquire(timeout=2 * _SECONDS):
        raise CertificateError(_("Other certificates are being read at the moment. Choose it again a little later."))
    try:
        read = subprocess.run(
            [sys.executable, "-P", __file__],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        found = json.loads(read.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise CertificateError(_("The file cannot be read within the time and memory for it.")) from error
    finally:
        _free.release()
    if "problem" in found:
        raise CertificateError(unpacked(found["problem"]))
    certificate = ClientCertificate(found["pem"], found["name"])
    if problem := validity_problem(certificate.pem):
        raise CertificateError(_("%(problem)s.", problem=problem))
    present(ssl.create_default_context(), certificate.pem)
    return certificate


def _unpacked(data: bytes, password: str) -> ClientCertificate:
    """Read the file in this process. Raises CertificateError."""
    try:
        found = load_pkcs12(data, password.encode() if password else None)
    except UnsupportedAlgorithm as error:
        raise CertificateError(_("The file is protected in a way that cannot be read; export it again.")) from error
    except ValueError as error:
        if "password" in str(error).lower():
            raise CertificateError(_("The password of the file is wrong.")) from error
        raise CertificateError(_("This is not a PKCS#12 file (.p12 or .pfx).")) from error
    if found.key is None:
        raise CertificateError(_("There is no private key in the file: export the certificate together with its key."))
    if found.cert is None:
        raise CertificateError(_("There is no certificate for the private key in the file."))
    pieces = [found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    chain = [found.cert, *found.additional_certs[: _MOST_CERTIFICATES - 1]]
    pieces += [entry.certificate.public_bytes(Encoding.PEM) for entry in chain]
    return ClientCertificate(b"".join(pieces).decode(), _name(found.cert.certificate))


def _read_in_bounds() -> None:
    """Be the process that reads one file: how much work its password is, the file itself says."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    job = json.loads(sys.stdin.buffer.read())
    try:
        found = _unpacked(base64.b64decode(job["data"]), job["password"])
        answer = {"pem": found.pem, "name": found.name}
    except CertificateError as error:
        answer = {"problem": packed(error.args[0])}
    sys.stdout.write(json.dumps(answer))


def validity_problem(pem: str, now: datetime | None = None) -> str:
    """Why a certificate cannot be presented at this moment; empty when it can."""
    now = now or datetime.now(UTC)
    try:
        own = x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        return _("The client certificate cannot be read")
    if now < own.not_valid_before_utc:
        return _(
            "The client certificate is valid from %(moment)s UTC only",
            moment=f"{own.not_valid_before_utc:%Y-%m-%d %H:%M}",
        )
    if now > own.not_valid_after_utc:
        return _("The client certificate has expired on %(day)s", day=f"{own.not_valid_after_utc:%Y-%m-%d}")
    return ""


def named_certificate(pem: str) -> str:
    """Whose it is and until when it is valid, of one that can be read."""
    return _name(x509.load_pem_x509_certificates(pem.encode())[0])


def present(context: ssl.SSLContext, pem: str) -> None:
    """Have a context present a certificate. Raises CertificateError."""
    with _file_of(pem) as path:
        try:
            context.load_cert_chain(path)
        except (ssl.SSLError, ValueError) as error:
            raise CertificateError(_("The client certificate and its private key cannot be used together.")) from error


@contextmanager
def _file_of(pem: str) -> Iterator[str]:
    """The path that OpenSSL wants: in memory where the system can, else a private file that is removed at once."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, pem.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:  # made with mode 0600
        file.write(pem)
        file.flush()
        yield file.name


def _name(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = f"CN={named[0].value!s}" if named else certificate.subject.rfc4514_string()
    text = "".join(character for character in text if character.isprintable())[:_LONGEST_NAME] or "without a name"
    return f"{text}, valid until {certificate.not_valid_after_utc:%Y-%m-%d}"


if __name__ == "__main__":
    _read_in_bounds()
