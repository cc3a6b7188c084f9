"""Every text of ours is said in the reader's language: in one that can be seen, nothing is left in English."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group

from analyses.models import Analysis, ConfigurationTemplate, SavedView, Scan
from tests.security.routes import addresses, routes
from tests.words.pseudo import spoken, untranslated

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
# What is nobody's language: names of people and things in tests, of products, formats, protocols and units.
NAMES = frozenset({
    "vedette", "alice", "bob", "lead", "root", "wapiti", "deutsch", "english", "owasp", "wstg", "cwe", "sarif", "csv",
    "json", "html", "xml", "openapi", "swagger", "postman", "har", "yaml", "chromium", "selenium", "ide", "django",
    "slack", "teams", "webhook", "http", "https", "url", "urls", "api", "apis", "ssl", "tls", "dns", "utc", "get",
    "post", "put", "patch", "delete", "head", "options", "esc", "enter", "tab", "ctrl", "shift", "min", "scripted",
})  # fmt: skip


def _said_by_people() -> set[str]:
    """Every text that stands in a row of what people make and name."""
    rows = [
        row for model in (Analysis, Scan, ConfigurationTemplate, SavedView, Group) for row in model.objects.values()
    ]
    return set(_texts(rows))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def test_no_page_holds_english(world, as_root):
    data, wrong = _said_by_people(), defaultdict(dict)
    with spoken():
        as_root.cookies["django_language"] = "de"
        for route in routes():
            if route.is_of_administration or route.name == "analyses:style":  # for those who build it
                continue
            for address in addresses(route, world, 2):
                answer = as_root.get(address)
                if answer.get("Content-Type", "").startswith("text/html"):
                    wrong[str(route)] |= dict.fromkeys(untranslated(answer.content.decode(), NAMES, data))
    told = [f"{route}: {' | '.join(left)}" for route, left in wrong.items() if left]
    assert told == []
