"""What a prescan is given and what it answers: plain data. The prescan knows no models."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, quote_plus

from analyses.engines.contract import Cookie
from analyses.statuses import ScanStatus


class SignInMethod(StrEnum):
    NONE = "none"
    FORM = "form"
    BASIC = "basic"
    HEADER = "header"


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

    def struck_from(self, text: str) -> str:
        """Strike the secret out of a text: a target may put what it was sent into the addresses it answers with."""
        if len(self.secret) < 4:
            return text
        for spelling in (self.secret, quote(self.secret), quote(self.secret, safe=""), quote_plus(self.secret)):
            text = text.replace(spelling, "•••")
        return text


@dataclass(frozen=True)
class PrescanTarget:
    url: str
    scope: str = "folder"
    user_agent: str = ""
    sign_in: SignIn = SignIn()
    allowed: tuple[str, ...] = ()  # the patterns administrators allow, see analyses.targets
    own: str = ""  # the product's own address, which is never scanned
    crawl_script: str = field(default="", repr=False)  # a Selenium IDE project; it may hold passwords
    chromium: str = ""  # the program it is played in; the usual ones on the PATH when empty


@dataclass(frozen=True)
class Session:
    """What being signed in consists of: what the engine has to send."""

    cookies: tuple[Cookie, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = ()  # the target's IP addresses, judged: the engine keeps to them


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


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


@dataclass(frozen=True)
class PrescanResult:
    """Every step in its order, whatever came of it, and the scan status of the failure (None: passed)."""

    steps: tuple[Step, ...]
    failure: ScanStatus | None = None
    cause: str = ""
    advice: str = ""
    session: Session = Session()
    start_urls: tuple[str, ...] = ()  # what the crawl script visited


class CheckFailed(Exception):
    """A check's failure, in words for people. `status` only where it is not the one of that check."""

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
