"""What a scan came to at each endpoint of an API: was it asked for, how often, and what did it answer?"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from analyses.engines.contract import CrawledPage
from analyses.specifications.contract import Endpoint

_NAME = re.compile(r"\{[^{}]*\}")
_ANYTHING = ".+"

_Positions = tuple[int, ...]
_Table = dict[tuple[str, ...], list[tuple[int, list[tuple[int, re.Pattern[str]]]]]]


@dataclass(frozen=True)
class Covered:
    """An endpoint with what is known of it. Statuses are None while nothing was answered.

    `worst` is the highest status among its answers, which is the one to look at first.
    """

    endpoint: Endpoint
    excluded: bool = False
    requests: int = 0
    last: int | None = None
    worst: int | None = None

    @property
    def requested(self) -> bool:
        return self.requests > 0


def coverage(
    base_url: str, endpoints: Iterable[Endpoint], excluded: Collection[str], pages: Iterable[CrawledPage]
) -> tuple[Covered, ...]:
    """Of each endpoint in its order, what these pages say. `excluded` names endpoints such as DELETE /pets/{id}.

    A page that fits several templates counts for the one that says the most about its path.
    """
    endpoints = tuple(endpoints)
    find = _Templates(endpoints)
    base = _segments(urlsplit(base_url.rstrip("/")).path)
    statuses: dict[int, list[int | None]] = defaultdict(list)
    for page in pages:
        segments = _segments(urlsplit(page.url).path)
        if segments[: len(base)] == base and (found := find(page.method, segments[len(base) :])) is not None:
            statuses[found].append(page.status)
    return tuple(
        _covered(endpoint, f"{endpoint.method} {endpoint.path}" in excluded, statuses[number])
        for number, endpoint in enumerate(endpoints)
    )


class _Templates:
    """Finds the endpoint that a path belongs to, without trying each.

    Templates that have their names at the same positions are one table, in which a path is looked up by what it has at
    the others. Tables with fewer names come first.
    """

    def __init__(self, endpoints: tuple[Endpoint, ...]):
        self._tables: dict[tuple[str, int], dict[_Positions, _Table]] = defaultdict(dict)
        for number, endpoint in enumerate(endpoints):
            segments = _segments(endpoint.path.partition("?")[0])
            named = tuple(position for position, segment in enumerate(segments) if _NAME.search(segment))
            table = self._tables[endpoint.method, len(segments)].setdefault(named, defaultdict(list))
            patterns = [(position, _pattern(segments[position])) for position in named]
            table[_without(segments, named)].append((number, patterns))
        for key, tables in self._tables.items():
            self._tables[key] = dict(sorted(tables.items(), key=lambda entry: len(entry[0])))
            for table in tables.values():
                for known in table.values():
                    known.sort(key=lambda entry: sum(pattern.pattern == _ANYTHING for _, pattern in entry[1]))

    def __call__(self, method: str, segments: tuple[str, ...]) -> int | None:
        for named, table in self._tables.get((method, len(segments)), {}).items():
            for number, patterns in table.get(_without(segments, named), ()):
                if all(pattern.fullmatch(segments[position]) for position, pattern in patterns):
                    return number
        return None


def _without(segments: tuple[str, ...], named: _Positions) -> tuple[str, ...]:
    return tuple(segment for position, segment in enumerate(segments) if position not in named)


def _segments(path: str) -> tuple[str, ...]:
    return tuple(unquote(segment) for segment in path.strip("/").split("/")) if path.strip("/") else ()


def _pattern(segment: str) -> re.Pattern[str]:
    """What a segment of a template fits. Templates come from files: nothing in them is a pattern of its own."""
    parts = _NAME.split(segment)
    return re.compile(_ANYTHING.join(map(re.escape, parts)) if len(parts) <= 4 else _ANYTHING, re.DOTALL)


def _covered(endpoint: Endpoint, excluded: bool, statuses: list[int | None]) -> Covered:
    answered = [status for status in statuses if status is not None]
    return Covered(
        endpoint,
        excluded,
        requests=len(statuses),
        last=answered[-1] if answered else None,
        worst=max(answered, default=None),
    )
