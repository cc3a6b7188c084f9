"""What a prescan is given and what it answers: plain data. The prescan knows no models."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from analyses.engines.contract import Cookie
from analyses.statuses import ScanStatus


class SignInMethod(StrEnum):
    NONE = "none"
    FORM = "form"
    BASIC = "basic"
    HEADER = "header"


@dataclass(frozen=True)
class SignIn:
    """How to sign in to a target. `secret` is the password, or the value of the header."""

    method: SignInMethod = SignInMethod.NONE
    login_url: str = ""
    username: str = ""
    secret: str = field(default="", repr=False)
    header: str = "Authorization"
    check_text: str = ""  # text that only a signed-in person sees
    check_url: str = ""  # the page to look for it on; the target's own address when empty
    logout_url: str = ""


@dataclass(frozen=True)
class PrescanTarget:
    url: str
    scope: str = "folder"
    user_agent: str = ""
    sign_in: SignIn = SignIn()
    allowed: tuple[str, ...] = ()  # the patterns administrators allow, see analyses.targets


@dataclass(frozen=True)
class Session:
    """What being signed in consists of: what the engine has to send."""

    cookies: tuple[Cookie, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One check's outcome. `cause` and `advice` are for people; text of the target in them is hostile."""

    name: str
    outcome: Outcome
    cause: str = ""
    advice: str = ""
    milliseconds: int = 0


@dataclass(frozen=True)
class PrescanResult:
    """All steps, and the scan status of the first failure (None: passed)."""

    steps: tuple[Step, ...]
    failure: ScanStatus | None = None
    cause: str = ""
    advice: str = ""
    session: Session = Session()


StepSeen = Callable[[Step], None]
