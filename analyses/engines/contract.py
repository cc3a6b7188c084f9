"""What a scan engine is to Vedette: plain data in, events out. Engines know no models."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Phase(StrEnum):
    STARTING = "starting"
    CRAWLING = "crawling"
    ATTACKING = "attacking"
    FINISHED = "finished"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Speed(StrEnum):
    """How hard a target is worked. What it means in requests is the engine's matter."""

    SLOW = "slow"
    NORMAL = "normal"
    FAST = "fast"


@dataclass(frozen=True)
class ApiRequest:
    """One concrete request of an API specification. `endpoint` is what it stands for, such as GET /pets/{id}."""

    endpoint: str
    method: str
    url: str  # in full, below the target's address
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: str = field(default="", repr=False)
    content_type: str = ""


@dataclass(frozen=True)
class Place:
    """Another address that a scan goes on to, beside its target's, and the IP addresses of its host, found before.

    As with a target, its scope says how far: an allowed host's address ends in / and everything below it is scanned;
    the http or https twin of a target is scanned as far as the target itself.
    """

    url: str
    addresses: tuple[str, ...] = ()
    scope: str = "folder"


@dataclass(frozen=True)
class Cookie:
    """A cookie of the signed-in session, as the engine has to send it."""

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    secure: bool = False


@dataclass(frozen=True)
class Target:
    """What to scan.

    `headers` and `client_certificate` may hold secrets: they are never put on a command line or into a log, and go to
    the origin of `url` only, not to its `places`. Of two headers of the same name the later one counts.
    """

    url: str
    scope: str = "folder"  # page, directory, folder or domain; see addresses.in_scope
    excluded: tuple[str, ...] = ()  # addresses; one that ends with / means everything below it
    start_urls: tuple[str, ...] = ()
    user_agent: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[Cookie, ...] = ()
    modules: tuple[str, ...] = ()  # the engine's own default set when empty
    request_seconds: float = 10.0
    # The host's addresses as they were found before: it is reached at no other. Empty: what the name leads to.
    addresses: tuple[str, ...] = ()
    # What administrators allow, which may change meanwhile, and the product's own address: every connection is judged
    # by them when it is made. Nothing is reached where nothing is allowed.
    allowed: Iterable[str] = field(default=(), repr=False)
    own: str = ""
    places: tuple[Place, ...] = ()  # what is scanned beside it: its twin, and allowed hosts
    speed: Speed = Speed.NORMAL
    client_certificate: str = field(default="", repr=False)  # private key and certificates, as PEM
    requests: tuple[ApiRequest, ...] = ()  # of an API: these are attacked, and nothing is crawled

    @property
    def everywhere(self) -> tuple[Place, ...]:
        """All that is scanned: the target itself, and then its places."""
        return (Place(self.url, self.addresses, self.scope), *self.places)


@dataclass(frozen=True)
class FoundFlaw:
    """One place where the engine found a flaw. All text comes from the target and is hostile."""

    category: str
    severity: Severity
    method: str
    url: str
    parameter: str = ""
    module: str = ""
    info: str = ""
    wstg: tuple[str, ...] = ()
    request: str = ""
    response: str = ""


@dataclass(frozen=True)
class CrawledPage:
    method: str
    url: str
    status: int | None


@dataclass(frozen=True)
class Requests:
    """What an engine has sent in all its runs of a scan, redirects and repetitions each, and how it was answered."""

    made: int = 0
    lost: int = 0  # without an answer, or with half of one
    turned_away: int = 0  # answered 401, 403, 407 or 429
    server_errors: int = 0  # answered 5xx


@dataclass(frozen=True)
class Progress:
    """Where the engine is. Counts are totals so far.

    A check is what the engine measures its work by, such as one module at one page; `checks_total` is 0 while it
    cannot say how many there are. `requests` is None where it does not count them.
    """

    phase: Phase
    pages: int = 0
    checks_done: int = 0
    checks_total: int = 0
    current: str = ""  # the module at work, for people
    requests: Requests | None = None


@dataclass(frozen=True)
class Found:
    flaw: FoundFlaw


@dataclass(frozen=True)
class Ended:
    """The engine's own end: `complete` when it ran to its end, otherwise `cause` says what happened."""

    complete: bool
    cause: str = ""


@dataclass(frozen=True)
class Retested:
    """What testing a flaw again gave: True confirmed, False not reproduced, None when it could not be tested."""

    position: int  # of the flaw in what was asked for
    confirmed: bool | None
    cause: str = ""  # why it could not be, where that is known: for people, within a sentence


Event = Progress | Found | Ended


class Run(Protocol):
    """One running engine. Everything it starts ends with it: `end()` leaves no process behind."""

    def events(self) -> Generator[Event]:
        """Yield events, at least one Progress every two seconds, the last one being Ended.

        Each flaw is found once in a run; a resumed run reports again what its session had already stored. Closing
        the iterator ends the engine.
        """

    def end(self) -> None:
        """End the whole process group: TERM, 5 s, KILL. Harmless when it has ended already."""


class Engine(Protocol):
    name: str
    label: str

    def check(self) -> list[str]:
        """Why this machine cannot run the engine, in words for an administrator; empty when it can."""

    def start(self, target: Target, workdir: Path, *, resume: bool) -> Run:
        """Start a scan in the private folder `workdir`; with `resume`, go on from the session kept there.

        Raises EngineError when it cannot be started.
        """

    def crawled(self, workdir: Path) -> list[CrawledPage]:
        """The pages known to the session kept in `workdir`; also after a crash."""

    def said(self, workdir: Path, most: int) -> str:
        """The end of what the engine said in the session kept in `workdir`, at most so many bytes of it; also while
        it runs. Known secrets, and the requests it sent, are taken out."""

    def retest(
        self, target: Target, flaws: Sequence[FoundFlaw], workdir: Path, seconds: float
    ) -> Generator[Progress | Retested]:
        """Test flaws of the scan kept in `workdir` again, narrowly and all together within `seconds`.

        Of a scan that is not kept any more, they are tested by the requests that they were found with. Yields one
        Retested for each flaw, as soon as its outcome is known, and a Progress at least every two seconds. Closing the
        iterator ends the engine.
        """


class EngineError(Exception):
    """The engine cannot do what was asked; the message is for people."""
