"""Secrets at rest: encrypted columns that never leave the database as text."""

from dashboard.encrypted_text import EncryptedTextField, Sealed, SealedRow, UnreadableSecret, revealed

__all__ = [
    "NAMED_SECRETS",
    "SECRETS",
    "UNNAMED_SECRETS",
    "EncryptedTextField",
    "ScanSecrets",
    "Sealed",
    "SealedRow",
    "UnreadableSecret",
    "revealed",
]

# The encrypted columns of scans: to be deferred by whoever does not use them. Beside each of the second kind stands
# a column <name>_name that says, for people, what is stored.
UNNAMED_SECRETS = ("secret", "totp_secret")
NAMED_SECRETS = ("headers", "client_certificate", "login_script", "logout_script", "crawl_script")
SECRETS = (*UNNAMED_SECRETS, *NAMED_SECRETS)


class ScanSecrets(SealedRow):
    """What a scan signs in with, and what may hold passwords. Of a run, it is erased when the scan has ended."""

    secret = EncryptedTextField(blank=True, help_text="The password, or the whole value of the sign-in header.")
    totp_secret = EncryptedTextField(blank=True, help_text="What one-time codes are made from, in base 32.")
    headers = EncryptedTextField(blank=True, help_text="Extra headers, “Name: value” one a line.")
    client_certificate = EncryptedTextField(blank=True, help_text="Private key and certificates, as PEM.")
    login_script = EncryptedTextField(blank=True, help_text="A recorded script (.side); it may hold passwords.")
    logout_script = EncryptedTextField(blank=True, help_text="A recorded script (.side).")
    crawl_script = EncryptedTextField(blank=True, help_text="A recorded script (.side); it may hold passwords.")

    class Meta:
        abstract = True
