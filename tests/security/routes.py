"""Every address of the product, from the URL patterns themselves: ours, those of the packages, the administration's.

A pattern's placeholder is filled with what stands for it in `World.values`; one that is unknown there is an error, so
that a new page cannot be left out of the tests that go over all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from tests.security.world import World

_PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")


@dataclass(frozen=True)
class Route:
    """One URL pattern. Its text has placeholders such as <pk>, whatever kind of pattern it is."""

    name: str  # with its namespace, as {% url %} knows it; empty where it has none
    text: str

    @property
    def is_of_administration(self) -> bool:
        return self.text.startswith("admin/")

    def __str__(self) -> str:
        return self.name or self.text


def routes() -> list[Route]:
    """All of them, in the order in which they are tried."""
    return list(_below(get_resolver(), "", ""))


def _below(resolver: URLResolver, before: str, space: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        text = before + _text(pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, text, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield Route(f"{space}{pattern.name}" if pattern.name else "", text)


def _text(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    if isinstance(pattern.pattern, RegexPattern):
        text = _GROUP.sub(r"<\1>", text.removeprefix("^").removesuffix("$").replace(r"\Z", ""))
        text = re.sub(r"\\(.)", r"\1", text)
    return _PLACEHOLDER.sub(r"<\1>", text)


def addresses(route: Route, world: World, most: int = 1_000) -> list[str]:
    """The addresses that a route has in a world, at most so many."""
    return [f"/{text}" for text in islice(_filled(route.text, "", world, {}), most)]


def _filled(rest: str, before: str, world: World, chosen: dict[str, str]) -> Iterator[str]:
    """Fill the first placeholder with each of its values, then the others."""
    found = _PLACEHOLDER.search(rest)
    if found is None:
        yield before + rest
        return
    name = found[1]
    for value in world.values(before + rest[: found.start()], name, chosen):
        yield from _filled(
            rest[found.end() :], before + rest[: found.start()] + str(value), world, {**chosen, name: str(value)}
        )
