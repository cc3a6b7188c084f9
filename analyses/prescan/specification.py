"""Asks an API for some of its endpoints, signed in: are they where the specification and the base URL say?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyses.engines.contract import ApiRequest
from analyses.prescan import side
from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, Session
from analyses.prescan.visitor import Visitor, named_status
from analyses.said import Count, joined, said_by
from analyses.said import said as _
from analyses.statuses import ScanStatus
from analyses.targets import InvalidTarget, parse_target

MOST_ENDPOINTS = 20
MOST_OPTIONS = 5  # where there is nothing that only reads
MOST_UNANSWERED = 3  # in a row
MOST_NAMED = 3

_NOT_THERE = frozenset({404, 410})
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class Asked:
    """What came of asking for one endpoint: a status, or why there was none."""

    endpoint: str
    status: int | None = None
    cause: str = ""

    @property
    def answered(self) -> bool:
        """Whether the answer shows that the endpoint is there. What it thinks of a sample request does not matter."""
        return self.status is not None and self.status < 500 and self.status not in {*_NOT_THERE, *_REFUSED, 429}

    @property
    def shown(self) -> str:
        endpoint = self.endpoint if len(self.endpoint) <= 80 else f"{self.endpoint[:79]}…"
        return side.within(endpoint, named_status(self.status) if self.status else self.cause)


def answering_endpoints(network: Network, session: Session) -> str:
    """Ask for endpoints that only read; answers what was seen. Raises CheckFailed when none answers usefully."""
    requests = _chosen(network.target.requests)
    origin = frozenset({parse_target(network.target.url).origin})
    visitor = Visitor(network, session.headers, origin, session.cookies)
    asked: list[Asked] = []
    for request in requests:
        asked.append(_ask(visitor, request))
        if len(asked) >= MOST_UNANSWERED and not any(one.status for one in asked[-MOST_UNANSWERED:]):
            break
    return _judged(asked, len(requests), signs_in=bool(session.headers or session.cookies))


def _chosen(requests: Sequence[ApiRequest]) -> list[ApiRequest]:
    """Requests that change nothing, taken evenly from all of them."""
    reading = [request for request in requests if request.method == "GET"]
    reading = reading or [request for request in requests if request.method in ("HEAD", "OPTIONS")]
    if reading:
        return _evenly(reading, MOST_ENDPOINTS)
    return [replace(request, method="OPTIONS") for request in _evenly(requests, MOST_OPTIONS)]


def _evenly(requests: Sequence[ApiRequest], most: int) -> list[ApiRequest]:
    count = min(most, len(requests))
    return [requests[position * len(requests) // count] for position in range(count)]


def _ask(visitor: Visitor, request: ApiRequest) -> Asked:
    try:
        page = visitor.fetch(parse_target(request.url), method=request.method, asked_with=request.headers)
    except InvalidTarget as error:
        return Asked(request.endpoint, cause=said_by(error))
    except CheckFailed as failure:
        return Asked(request.endpoint, cause=failure.cause)
    return Asked(request.endpoint, page.status)


def _judged(asked: Sequence[Asked], wanted: int, *, signs_in: bool) -> str:
    good = [one for one in asked if one.answered]
    others = [one for one in asked if not one.answered]
    if good:
        seen = _("%(count)s of %(wanted)s endpoints asked answered", count=len(good), wanted=wanted)
        return joined(seen, _named(others), by="; ") if others else seen
    refusing = [one for one in asked if one.status in _REFUSED]
    if len(refusing) * 2 >= len(asked):
        raise CheckFailed(
            _("None of %(count)s endpoints let the scan in: %(named)s", count=len(asked), named=_named(refusing)),
            _("Check what the account of the scan may do.") if signs_in else _("Configure how to sign in to the API."),
            ScanStatus.AUTHENTICATION_ERROR,
        )
    raise CheckFailed(
        _("None of %(count)s endpoints asked answered usefully: %(named)s", count=len(asked), named=_named(others)),
        _advice(asked),
    )


def _named(asked: Sequence[Asked]) -> str:
    rest = len(asked) - MOST_NAMED
    more = _("and %(count)s more", count=Count(rest)) if rest > 0 else ""
    return joined(*(one.shown for one in asked[:MOST_NAMED]), more, by="; ")


def _advice(asked: Sequence[Asked]) -> str:
    if any(one.status in _NOT_THERE for one in asked):
        return _("Check the base URL: the paths of the specification are added to it. Check its version, too.")
    if any(one.status == 429 for one in asked):
        return _("Exempt the machine that runs the scans from the limit.")
    if any(one.status for one in asked):
        return _("Look into the API's own log, and repair it first.")
    return _("Check that the API is up and answers quickly, then submit again.")
