"""Presents a client certificate for the browser, which cannot do it without asking a person.

The egress proxy speaks TLS to both sides of the target's own host and port: to the browser with a key that this one is
told, made for it once, and to the target verified as everywhere, and with the certificate.
"""

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from analyses.egress.connections import Between
from analyses.prescan.certificates import present
from analyses.prescan.connection import Network
from analyses.prescan.spots import key_hash


def presenting(network: Network) -> tuple[Between, str]:
    """What the proxy speaks to both sides with, and the hash of its key. Raises SignInFailed."""
    there = network.presenting
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "egress")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.set_alpn_protocols(["http/1.1"])
    present(here, pem.decode())
    return Between(here, there), key_hash(made)
