"""Tests flaws again, narrowly: Wapiti attacks the few requests that had them, and nothing else.

Three ways. Flaws that an attack shows are attacked again from a copy of the scan's session, reduced to their requests
and marked so that each of them is attacked by its own module only. This works for forms as well, whatever page they
are on, and one run does all. Flaws that any answer shows (headers, cookies, forms without a token) need a fresh
answer: their page is read again by a run of its own. Where the session is not kept any more, flaws that an attack
shows are attacked by the request that they were found with, each by a run of its own (`rebuilt`).
"""

import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import responses
from urllib.parse import parse_qsl, urljoin, urlsplit

from analyses.engines.contract import ApiRequest, Ended, EngineError, Found, FoundFlaw, Progress, Retested, Target
from analyses.engines.wapiti.arguments import Plan
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import MODULES, PASSIVE, chosen
from analyses.engines.wapiti.rebuilt import requests_of
from analyses.engines.wapiti.run import WapitiRun
from analyses.engines.wapiti.session import Attack, StoredPage, attacked, pages, reduce_to
from analyses.said import said as _
from analyses.said import said_by

Launch = Callable[[Target, Plan, Folder], WapitiRun]
MOST_REQUESTS_PER_FLAW = 3
REFUSED = 400  # an answer from here on says nothing about the flaw
UNANSWERED = _("Some requests got no answer.")
ELSEWHERE = _("It was not seen, and this kind of flaw may only have moved to another page.")
NOT_ATTACKED = _("The engine found nothing to attack in its request.")
UNKNOWN = _("Its request is not known well enough to be sent again.")
NO_TIME = _("There was no time left for it.")
UNFINISHED = _("The engine ended before it was done with it.")
DAMAGED = _("What is kept of its scan is damaged.")


@dataclass
class Part:
    """One run that tests some of the flaws, by their position. `attacks` are those that must have been made for a
    flaw's absence to mean something; a flaw without any may be absent for other reasons than being mended."""

    target: Target
    plan: Plan
    folder: Folder
    flaws: dict[int, FoundFlaw]
    attacks: dict[int, set[Attack]] = field(default_factory=dict)
    absence_counts: set[int] = field(default_factory=set)
    rebuilt: bool = False  # its requests are known by their answers only when it has run


class Stored:
    """The requests of the crawl, found by their path or address: there may be thousands, and as many flaws."""

    def __init__(self, stored: Sequence[StoredPage]):
        self._of_path: dict[str, list[StoredPage]] = defaultdict(list)
        self._of_url: dict[str, list[StoredPage]] = defaultdict(list)
        for page in stored:
            self._of_path[page.path].append(page)
            self._of_url[page.url].append(page)

    def of_path(self, path: str) -> Sequence[StoredPage]:
        return self._of_path.get(path, ())

    def told_of(self, info: str) -> Sequence[StoredPage]:
        """Those that the description of a stored flaw says it shows in."""
        return self._of_url.get(info.partition(" found in ")[2].partition(" by ")[0], ())


def retest(
    launch: Launch, target: Target, flaws: Sequence[FoundFlaw], folder: Folder, seconds: float
) -> Iterator[Progress | Retested]:
    """Test flaws of the session in `folder` again, or of one that is not kept any more.

    Yields one Retested for each, None for what cannot be tested.
    """
    until = time.monotonic() + seconds
    rooms = folder.root / "retest"
    shutil.rmtree(rooms, ignore_errors=True)
    answered, otherwise = set(), UNKNOWN
    try:
        for part in _parts(target, dict(enumerate(flaws)), folder):
            if time.monotonic() >= until:
                otherwise = NO_TIME
                break
            for event in _tested(launch, part, until):
                if isinstance(event, Retested):
                    answered.add(event.position)
                yield event
    except sqlite3.Error:
        otherwise = DAMAGED
    finally:
        shutil.rmtree(rooms, ignore_errors=True)
    yield from (Retested(position, None, otherwise) for position in range(len(flaws)) if position not in answered)


def _parts(target: Target, flaws: Mapping[int, FoundFlaw], folder: Folder) -> Iterator[Part]:
    """Prepare one run after the other. Raises sqlite3.Error."""
    database = folder.database()
    stored = Stored(pages(database) if database else [])
    origins = {_origin(place.url) for place in target.everywhere}
    known = {p: flaw for p, flaw in flaws.items() if flaw.module in MODULES and _origin(flaw.url) in origins}
    attacks = {p: _attacks(flaw, stored) for p, flaw in known.items() if flaw.module not in PASSIVE}
    attacks = {position: made for position, made in attacks.items() if made}
    if database and attacks:
        room = Folder(folder.root / "retest" / "attacks")
        room.prepare(resume=False)
        reduce_to(set().union(*attacks.values()), database, room.session / database.name)
        plan = Plan(_modules(attacks), skip_crawl=True)
        yield Part(target, plan, room, {p: known[p] for p in attacks}, attacks, set(attacks))
    if database is None:  # the scan's own session is not kept any more
        yield from _rebuilt(target, {p: flaw for p, flaw in known.items() if flaw.module not in PASSIVE}, folder)

    by_page: dict[tuple[str, int], dict[int, FoundFlaw]] = defaultdict(dict)
    for position, flaw in known.items():
        if flaw.module in PASSIVE and (spot := _page_of(flaw, stored, target)) and _origin(spot[0]) in origins:
            by_page[spot][position] = flaw
    for number, ((page, depth), there) in enumerate(by_page.items()):
        room = Folder(folder.root / "retest" / f"page-{number}")
        room.prepare(resume=False)
        asked = tuple(name for name in MODULES if name in {flaw.module for flaw in there.values()})
        counts = {position for position, flaw in there.items() if _shows_on(page, flaw)}
        narrow = _narrow(target, page, {flaw.method for flaw in there.values()})
        yield Part(narrow, Plan(asked, depth), room, there, absence_counts=counts, rebuilt=database is None)


def _rebuilt(target: Target, flaws: Mapping[int, FoundFlaw], folder: Folder) -> Iterator[Part]:
    """A run for each flaw, by the request that it was found with; for those that could not be made again, none."""
    for position, flaw in flaws.items():
        requests = requests_of(flaw, target)
        if requests:
            room = Folder(folder.root / "retest" / f"request-{position}")
            room.prepare(resume=False)
            alone = replace(_alone(target, urljoin(flaw.url, "/")), scope="domain", requests=requests)
            plan = Plan(chosen((flaw.module,)))
            yield Part(alone, plan, room, {position: flaw}, absence_counts={position}, rebuilt=True)


def _narrow(target: Target, page: str, methods: Collection[str]) -> Target:
    """One page as a target of its own."""
    requests = tuple(request for request in _of_page(target, page) if request.method in methods)
    return replace(_alone(target, page), requests=requests)


def _alone(target: Target, page: str) -> Target:
    """An address as a target of its own. What is for the target's own origin goes to no page elsewhere."""
    alone = replace(target, url=page, scope="page", start_urls=(), requests=(), places=())
    if _origin(page) == _origin(target.url):
        return alone
    addresses = next(place.addresses for place in target.places if _origin(place.url) == _origin(page))
    return replace(alone, addresses=addresses, headers=(), client_certificate="")


def _tested(launch: Launch, part: Part, until: float) -> Iterator[Progress | Retested]:
    """Run one part until all of its flaws have shown again, it has ended, or the time is over."""
    missing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, flaw in part.flaws.items():
        missing[_identity(flaw)].append(position)
    complete, cause = False, ""
    try:
        run = launch(part.target, part.plan, part.folder)
    except EngineError as error:
        yield from (Retested(position, None, said_by(error)) for position in part.flaws)
        return
    events = run.events()
    try:
        for event in events:
            if isinstance(event, Found):
                for position in missing.pop(_identity(event.flaw), ()):
                    yield Retested(position, confirmed=True)
            elif isinstance(event, Ended):
                complete = event.complete and not run.lost_requests
                cause = event.cause or (UNANSWERED if run.lost_requests else "")
            else:
                yield event
            if not missing or time.monotonic() > until:
                break
    finally:
        events.close()
    absent = [position for positions in missing.values() for position in positions]
    if complete:
        yield from _absent(part, absent)
    else:
        cause = cause or (NO_TIME if time.monotonic() > until else UNFINISHED)
        yield from (Retested(position, None, cause) for position in absent)


def _absent(part: Part, missing: Sequence[int]) -> Iterator[Retested]:
    """What did not show again: it was looked for properly, or why it was not."""
    database = part.folder.database()
    made = attacked(database) if database else set()
    refused = next((page for page in pages(database) if (page.status or 500) >= REFUSED), None) if database else None
    for position in missing:
        if position not in part.absence_counts:
            yield Retested(position, None, ELSEWHERE)
        elif part.rebuilt and refused:
            answer = f"{refused.status} {responses.get(refused.status or 0, '')}".strip()
            yield Retested(position, None, _("%(path)s answers %(status)s now.", path=refused.path, status=answer))
        elif part.rebuilt and not made and part.flaws[position].module not in PASSIVE:
            yield Retested(position, None, NOT_ATTACKED)
        elif part.attacks.get(position, set()) <= made:
            yield Retested(position, confirmed=False)
        else:
            yield Retested(position, None, UNFINISHED)


def _modules(attacks: Mapping[int, set[Attack]]) -> tuple[str, ...]:
    used = {module for made in attacks.values() for _, module in made}
    return tuple(name for name in MODULES if name in used)


def _path(url: str) -> str:
    return url.split("?", 1)[0]


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url)[:2]


def _identity(flaw: FoundFlaw) -> tuple[str, ...]:
    """What makes two findings one flaw. What passive modules find differs in its description only."""
    told_apart = flaw.info if flaw.module in PASSIVE else ""
    return flaw.category, flaw.method, _path(flaw.url), flaw.parameter, told_apart


def _requests(flaw: FoundFlaw, stored: Stored) -> list[StoredPage]:
    """The requests of the crawl that the flaw was found with: those with the same parameters first."""
    names = {name for name, _ in parse_qsl(urlsplit(flaw.url).query, keep_blank_values=True)}

    def differs(page: StoredPage) -> int:
        return len(names ^ {name for kind, name, _ in page.parameters if kind == "GET"})

    fitting = [
        page
        for page in stored.of_path(_path(flaw.url))
        if page.method == flaw.method and (not flaw.parameter or page.has(flaw.parameter))
    ]
    return sorted(fitting, key=differs)[:MOST_REQUESTS_PER_FLAW]


def _attacks(flaw: FoundFlaw, stored: Stored) -> set[Attack]:
    """Which requests to attack with which module. What is stored in one place may show in another."""
    requests = _requests(flaw, stored)
    if flaw.module != "permanentxss" or not requests:
        return {(page.number, flaw.module) for page in requests}
    shown = [*stored.of_path(_path(flaw.url)), *stored.told_of(flaw.info)]
    return {(page.number, "xss") for page in requests} | {(page.number, "permanentxss") for page in shown}


def _of_page(target: Target, page: str) -> list[ApiRequest]:
    """Those of an API's requests that ask for this page."""
    return [request for request in target.requests if _path(request.url) == _path(page)]


def _page_of(flaw: FoundFlaw, stored: Stored, target: Target) -> tuple[str, int] | None:
    """The page to read for a flaw that needs no attack, and how deep: a form is one step below its page."""
    if target.requests:
        asked = any(request.method == flaw.method for request in _of_page(target, flaw.url))
        return (flaw.url, 0) if asked else None
    if flaw.module == "csrf":
        return next(((page.referer, 1) for page in _requests(flaw, stored) if page.referer), None)
    return (flaw.url, 0) if flaw.method == "GET" else None


def _shows_on(page: str, flaw: FoundFlaw) -> bool:
    """Whether the flaw must show when this page is read. A cookie may come from elsewhere; so may a form's address
    lie outside of the page, where a narrow run does not go."""
    if flaw.module == "cookieflags":
        return False
    return flaw.module != "csrf" or _path(page) == _path(flaw.url)
