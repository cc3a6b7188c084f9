"""An engine that plays a written sequence of events: for tests and demonstrations, never for a real scan.

What it plays stands in the query of the target's address, so that nothing else has to be arranged, in whatever
process it runs: `http://127.0.0.1:8000/?play=slow&seconds=5`. `play` is one of SCRIPTS (`complete` when there is
none), `seconds` is how long it takes, `ending` how long until it is at rest when it is ended before its time, and
`testing` how long it takes to test what it found again. It sends nothing to the target. Only there with
settings.SCRIPTED_ENGINE.
"""

import json
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

from analyses.engines.contract import (
    CrawledPage,
    Ended,
    EngineError,
    Event,
    Found,
    FoundFlaw,
    Phase,
    Progress,
    Requests,
    Retested,
    Severity,
    Target,
)
from analyses.said import said as _
from dashboard.shutdown import stopping

PAGES = 10
STEPS = 100
SHORTEST_WAIT, LONGEST_PAUSE = 0.1, 1.0  # seconds between two events; the first while nothing happens any more
LONGEST_PLAY = STEPS * LONGEST_PAUSE


@dataclass(frozen=True)
class Script:
    """How a scan goes: it reads pages, sends requests, finds flaws on the way, and ends.

    `ends` is None for a script that goes on until it is ended.
    """

    ends: Ended | None
    flaws: int = 3
    plays: float = 1.0  # how much of the scan is played before it ends
    seconds: float = 0.0
    starts: bool = True


SCRIPTS = {
    "complete": Script(Ended(complete=True)),
    "nothing-found": Script(Ended(complete=True), flaws=0),
    "slow": Script(Ended(complete=True), seconds=30.0),
    "fails": Script(Ended(complete=False, cause=_("The script says so.")), flaws=0, plays=0.5),
    "fails-after-finding": Script(Ended(complete=False, cause=_("The script says so.")), plays=0.8),
    "hangs": Script(None, flaws=0, plays=0.3),
    "hangs-after-finding": Script(None, plays=0.8),
    "does-not-start": Script(Ended(complete=False), starts=False),
}

# The flaws, and what testing each of them again gives.
_FLAWS = (
    ("SQL Injection", Severity.CRITICAL, "GET", "product?id=1%27", "id", "sql", "WSTG-INPV-05", True),
    ("Reflected Cross Site Scripting", Severity.MEDIUM, "GET", "search?q=%3Cb%3E", "q", "xss", "WSTG-INPV-01", False),
    ("Clickjacking Protection", Severity.LOW, "GET", "", "", "http_headers", "WSTG-CLNT-09", None),
)


def script_of(url: str) -> tuple[Script, float]:
    """The script an address asks for, and how many seconds it takes. Raises EngineError for one there is not."""
    asked = dict(parse_qsl(urlsplit(url).query))
    name = asked.get("play", "complete")
    if name not in SCRIPTS:
        raise EngineError(_("There is no script named %(name)s.", name=repr(name)))
    return SCRIPTS[name], _seconds(url, "seconds", SCRIPTS[name].seconds)


def _seconds(url: str, word: str, otherwise: float = 0.0) -> float:
    """How long an address says that something takes. Raises EngineError for what is no number."""
    asked = dict(parse_qsl(urlsplit(url).query))
    try:
        return min(max(float(asked.get(word, otherwise)), 0.0), LONGEST_PLAY)
    except ValueError as error:
        raise EngineError(_("The seconds of a script are a number.")) from error


def flaws_of(url: str, count: int) -> list[FoundFlaw]:
    """The first flaws that scripts find at an address."""
    return [
        FoundFlaw(
            category=category,
            severity=severity,
            method=method,
            url=urljoin(url, f"/{path}"),
            parameter=parameter,
            module=module,
            info=f"{category} as the script has it",
            wstg=(wstg,),
            request=f"{method} /{path} HTTP/1.1\nHost: {urlsplit(url).netloc}",
            response="HTTP/1.1 200 OK",
        )
        for category, severity, method, path, parameter, module, wstg, _outcome in _FLAWS[:count]
    ]


class ScriptedRun:
    """A script at work. Where it is stands in the folder, so that it can be gone on with."""

    def __init__(self, target: Target, place: Path, step: int):
        self._script, self._seconds = script_of(target.url)
        self._ending = _seconds(target.url, "ending")
        self._flaws = flaws_of(target.url, self._script.flaws)
        self._place = place
        self._step = step
        self._reported = 0
        self._end = threading.Event()

    def events(self) -> Generator[Event]:
        """Yield the script's events, the last one being Ended."""
        last = round(STEPS * self._script.plays)
        try:
            while not self._end.is_set() and (self._step < last or self._script.ends is None):
                self._step = min(self._step + 1, last)
                self._place.write_text(json.dumps({"step": self._step}))
                yield from self._found()
                yield self._progress()
                self._pause(last)
            if self._end.is_set() or self._script.ends is None:
                yield Ended(complete=False, cause=_("The scan engine was ended."))
            else:
                self._end.set()
                yield self._script.ends
        finally:
            self.end()

    def end(self) -> None:
        """Stop playing, and wait until it is at rest. Harmless when it has ended already."""
        if not self._end.is_set():
            self._end.set()
            stopping.wait(self._ending)

    def _found(self) -> Iterator[Found]:
        """Flaws are found at each quarter of the way; a run that goes on reports the earlier ones again."""
        due = [flaw for number, flaw in enumerate(self._flaws, start=1) if self._step >= number * STEPS // 4]
        yield from map(Found, due[self._reported :])
        self._reported = len(due)

    def _progress(self) -> Progress:
        pages, made = min(PAGES, self._step), Requests(made=self._step)
        if self._step <= PAGES:
            return Progress(Phase.CRAWLING, pages=pages, requests=made)
        return Progress(Phase.ATTACKING, pages, self._step, STEPS, "The script", made)

    def _pause(self, steps: int) -> None:
        pause = self._seconds / steps
        if self._step >= steps and self._script.ends is None:
            pause = max(pause, SHORTEST_WAIT)
        self._end.wait(min(pause, LONGEST_PAUSE))


class ScriptedEngine:
    name = "scripted"
    label = "Scripted"

    def check(self) -> list[str]:
        """Nothing can be missing: it is all here."""
        return []

    def start(self, target: Target, workdir: Path, *, resume: bool) -> ScriptedRun:
        """Start playing; with `resume`, from the step reached before. Raises EngineError."""
        script, _named = script_of(target.url)
        if not script.starts:
            raise EngineError(_("The script says that the engine does not start."))
        workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return ScriptedRun(target, _place(workdir), _step(workdir) if resume else 0)

    def crawled(self, workdir: Path) -> list[CrawledPage]:
        """As many pages as had been read, at addresses of the script's own."""
        return [
            CrawledPage("GET", f"http://scripted.test/page-{number}", 200)
            for number in range(1, min(PAGES, _step(workdir)) + 1)
        ]

    def said(self, workdir: Path, most: int) -> str:
        """A line for each step."""
        return "".join(f"[*] Step {number}\n" for number in range(1, _step(workdir) + 1))[-most:]

    def retest(
        self,
        target: Target,
        flaws: Sequence[FoundFlaw],
        workdir: Path,  # noqa: ARG002 - the contract's
        seconds: float,
    ) -> Generator[Progress | Retested]:
        """Answer by the flaw's module: one is confirmed, one not reproduced, one could not be tested."""
        outcomes = {module: outcome for *_others, module, _wstg, outcome in _FLAWS}
        yield Progress(Phase.STARTING)
        for _wait in range(round(min(_seconds(target.url, "testing"), seconds) / SHORTEST_WAIT)):
            stopping.wait(SHORTEST_WAIT)
            yield Progress(Phase.STARTING)
        for position, flaw in enumerate(flaws):
            yield Retested(position, outcomes.get(flaw.module))


def _place(workdir: Path) -> Path:
    return workdir / "scripted.json"


def _step(workdir: Path) -> int:
    try:
        return int(json.loads(_place(workdir).read_text())["step"])
    except (OSError, ValueError, KeyError):
        return 0
