"""What a prescan is given and what it answers: plain data. The prescan knows no models."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, quote_plus

from analyses.engines.contract import ApiRequest, Cookie, Place
from analyses.prescan.totp import InvalidKey, read_key
from analyses.said import changed
from analyses.statuses import ScanStatus


def _struck(words: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        for spelling in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
            words = words.replace(spelling, "•••")
    return words


class SignInMethod(StrEnum):
    NONE = "none"
    FORM = "form"
    BASIC = "basic"
    HEADER = "header"
    SCRIPT = "script"


@dataclass(frozen=True)
class SignIn:
    """How to sign in to a target. `secret` is the password, or the whole value of the header."""

    method: SignInMethod = SignInMethod.NONE
    login_url: str = ""  # the page with the form; the target's own address when empty
    username: str = ""
    secret: str = field(default="", repr=False)
    header: str = "Authorization"
    check_text: str = ""  # text that only a signed-in person sees
    check_url: str = ""  # the page to look for it on; the target's own address when empty
    logout_url: str = ""
    totp_secret: str = field(default="", repr=False)  # base 32: a one-time code is asked for too
    login_script: str = field(default="", repr=False)  # Selenium IDE projects; they may hold passwords
    logout_script: str = field(default="", repr=False)
    login_script_name: str = ""  # of the uploaded files: what is said of a script names it
    logout_script_name: str = ""

    def struck_from(self, text: str) -> str:
        """Strike the secrets out of a text: a target may put what it was sent into the addresses it answers with."""
        given = [secret for secret in (self.secret, self.totp_secret, *self._codes) if len(secret) >= 4]
        return changed(text, lambda words: _struck(words, given))

    @property
    def _codes(self) -> list[str]:
        """The one-time codes that may have been sent lately."""
        try:
            return read_key(self.totp_secret).recent(time.time()) if self.totp_secret else []
        except InvalidKey:
            return []


@dataclass(frozen=True)
class PrescanTarget:
    url: str
    scope: str = "folder"
    user_agent: str = ""
    sign_in: SignIn = SignIn()
    allowed: Iterable[str] = ()  # the patterns administrators allow, see analyses.targets; they may change meanwhile
    own: str = ""  # the product's own address, which is never scanned
    crawl_script: str = field(default="", repr=False)  # a Selenium IDE project; it may hold passwords
    crawl_script_name: str = ""
    both_schemes: bool = False  # its http or https twin is scanned too
    allowed_hosts: tuple[str, ...] = ()  # other places it may go on to: addresses such as https://cdn.example.com/
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # extra ones, sent to the target's origin
    client_certificate: str = field(default="", repr=False)  # private key and certificates, as PEM
    requests: tuple[ApiRequest, ...] = ()  # of an API specification
    chromium: str = ""  # the program it is played in; the usual ones on the PATH when empty
    pictures: bool = False  # somebody looks on: show pages where no browser would be needed, too


@dataclass(frozen=True)
class Session:
    """What being signed in consists of: what the engine has to send."""

    cookies: tuple[Cookie, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = ()  # the target's IP addresses, judged: the engine keeps to them
    places: tuple[Place, ...] = ()  # the twin and the allowed hosts, judged too
    # Where scripts draw the pages: an address that answers the session and refuses strangers, if there is one;
    # whether the check text shows in a browser only; and what the pages keep in a browser, as JSON.
    witness: str = ""
    rendered: bool = False
    kept: str = field(default="", repr=False)


@dataclass(frozen=True)
class SignedIn:
    """What signing in has come to. `seen` is for people; `excluded` are the addresses that sign out."""

    session: Session
    seen: str = ""
    excluded: tuple[str, ...] = ()
    screenshot: bytes = field(default=b"", repr=False)


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Stage:
    """One thing that signing in did, for whoever looks on. `words` are plain text like those of a step."""

    words: str
    screenshot: bytes = field(default=b"", repr=False)  # JPEG, where a browser was used


@dataclass(frozen=True)
class Step:
    """One check's outcome.

    `cause` says why it failed, why it was skipped, or what was seen when it passed; `advice` says what to do.
    Both are plain text for people and may quote an address the target gave: escape them like any text.
    """

    name: str
    outcome: Outcome
    cause: str = ""
    advice: str = ""
    milliseconds: int = 0
    screenshot: bytes = field(default=b"", repr=False)  # JPEG, where a browser was used
    stages: tuple[Stage, ...] = field(default=(), repr=False)  # of signing in, where somebody looks on

    @property
    def alone(self) -> dict[str, Any]:
        """Its fields without the stages."""
        fields = asdict(self)
        del fields["stages"]
        return fields


@dataclass(frozen=True)
class PrescanResult:
    """Every step in its order, whatever came of it, and the scan status of the failure (None: passed)."""

    steps: tuple[Step, ...]
    failure: ScanStatus | None = None
    cause: str = ""
    advice: str = ""
    session: Session = Session()
    start_urls: tuple[str, ...] = ()  # what the crawl script visited
    excluded_urls: tuple[str, ...] = ()  # what signs out, by the logout script: the scan must not ask for it


class CheckFailed(Exception):
    """A check's failure, in words for people. `status` only where it is not the one of that check."""

    screenshot: bytes = b""  # JPEG, where a browser was used

    def __init__(self, cause: str, advice: str, status: ScanStatus | None = None):
        super().__init__(cause)
        self.cause = cause
        self.advice = advice
        self.status = status


class SignInFailed(CheckFailed):
    """Signing in did not work. `locked` when the target says so: the account is locked or tried too often.

    `unanswered` when the target could not be reached at all.
    """

    def __init__(self, cause: str, advice: str, *, locked: bool = False, unanswered: bool = False):
        super().__init__(cause, advice, ScanStatus.AUTHENTICATION_ERROR)
        self.locked = locked
        self.unanswered = unanswered
