"""One-time codes (TOTP, RFC 6238): reads the key that a site gave, and makes its codes, each to be used once.

A site takes each code once, and several sign-ins with one key may come together: in the prescan, in the scan, in a
browser. Whoever wants a code claims it by an empty file, for all processes of this machine.
"""

import base64
import binascii
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from analyses.said import said as _

PERIOD = 30  # seconds, where the key does not say another
MOST_WAIT = 150.0  # seconds for a code that nobody has used
_KEPT = 600.0  # seconds, after which a claim is forgotten: its code is long past
_RECENT = 600  # seconds, within which codes are struck from texts
_ALGORITHMS: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA512]] = {
    "SHA1": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA512": hashes.SHA512,
}


class InvalidKey(ValueError):
    """The key cannot be used; the message is for people, and does not quote it."""


@dataclass(frozen=True)
class CodeKey:
    """What one-time codes are made of."""

    secret: bytes = field(repr=False)
    digits: int = 6
    period: int = PERIOD  # seconds that a code is valid
    algorithm: str = "SHA1"

    def code(self, window: int) -> str:
        """The code of one period, counted from 1970."""
        made = TOTP(self.secret, self.digits, _ALGORITHMS[self.algorithm](), self.period, enforce_key_length=False)
        return made.generate(window * self.period).decode()

    def recent(self, now: float) -> list[str]:
        """The codes of the last minutes, and the next one."""
        last = int(now // self.period)
        return [self.code(window) for window in range(max(0, last - _RECENT // self.period), last + 2)]


def read_key(text: str) -> CodeKey:
    """Read a key: base 32 as sites show it, or the otpauth:// address in their picture. Raises InvalidKey."""
    text = text.strip()
    if not text.lower().startswith("otpauth:"):
        return CodeKey(_secret(text))
    try:
        parts = urlsplit(text)
        given = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError as error:
        raise InvalidKey(_("The address of the key cannot be read.")) from error
    if parts.netloc.lower() != "totp":
        raise InvalidKey(_("Only codes that change with the time (otpauth://totp/…) can be made."))
    algorithm = given.get("algorithm", "SHA1").upper().replace("-", "")
    if algorithm not in _ALGORITHMS:
        raise InvalidKey(
            _("The key's codes are made with another algorithm than %(known)s.", known=", ".join(_ALGORITHMS))
        )
    digits, period = given.get("digits", "6"), given.get("period", str(PERIOD))
    if digits not in ("6", "7", "8"):
        raise InvalidKey(_("One-time codes have 6 to 8 digits."))
    if not re.fullmatch(r"[0-9]{1,3}", period, re.ASCII) or not 10 <= int(period) <= 120:
        raise InvalidKey(_("One-time codes are valid for 10 to 120 seconds."))
    return CodeKey(_secret(given.get("secret", "")), int(digits), int(period), algorithm)


def _secret(text: str) -> bytes:
    bare = re.sub(r"[\s-]", "", text).rstrip("=").upper()
    if not bare:
        raise InvalidKey(_("There is no key."))
    try:
        secret = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (binascii.Error, ValueError) as error:
        raise InvalidKey(_("The key is not in base 32: letters, and digits from 2 to 7.")) from error
    if not 5 <= len(secret) <= 128:
        raise InvalidKey(_("The key is shorter or longer than keys are."))
    return secret


def unused_code(
    key: CodeKey,
    seconds: float,
    *,
    folder: Path | None = None,
    pause: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.time,
) -> str | None:
    """A code that nobody on this machine has used: of this moment, or else of the next period after it.

    Waits for it at most `seconds`; None when it would take longer. Claims are kept in `folder`.
    """
    moment = now()
    ends, window = moment + seconds, int(moment // key.period)
    while not _claimed(key, window, folder or claims_folder()):
        window += 1
        if window * key.period > ends:
            return None
        while (left := window * key.period - now()) > 0:
            pause(min(left + 0.01, 1.0))
    return key.code(window)


def claims_folder() -> Path:
    """Where this machine's claims are kept: private, and the same for all processes of this person."""
    return Path(tempfile.gettempdir()) / f"vedette-codes-{os.geteuid()}"


def _claimed(key: CodeKey, window: int, folder: Path) -> bool:
    """Claim a code for whoever asks; False when somebody else was first."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077 or folder.is_symlink():
        return True  # somebody else's: better a code that may be refused than none
    for old in folder.iterdir():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _KEPT:
                old.unlink()
    name = hashlib.sha256(b"%s|%d|%s" % (key.secret, window, key.algorithm.encode())).hexdigest()[:32]
    try:
        os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True
