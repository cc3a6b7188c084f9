"""Every text of ours is said in the reader's language: in one that can be seen, nothing is left in English."""

import pytest
from django.contrib.auth.models import Group

from analyses.models import Analysis, ConfigurationTemplate, SavedView
from tests.security.routes import addresses, routes
from tests.words.pseudo import spoken, untranslated

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
# What is nobody's language: names of people and things in tests, of products, formats, protocols and units.
NAMES = frozenset({
    "vedette", "alice", "bob", "lead", "root", "wapiti", "deutsch", "english", "owasp", "wstg", "cwe", "sarif", "csv",
    "json", "html", "xml", "openapi", "swagger", "postman", "har", "yaml", "chromium", "selenium", "ide", "django",
    "slack", "teams", "webhook", "http", "https", "url", "urls", "api", "apis", "ssl", "tls", "dns", "utc", "get",
    "post", "put", "patch", "delete", "head", "options", "esc", "enter", "tab", "ctrl", "shift", "min",
})  # fmt: skip


def _named_by_people() -> set[str]:
    """What the rows of this world are called."""
    named = (Analysis, ConfigurationTemplate, SavedView, Group)
    return {name for model in named for name in model.objects.values_list("name", flat=True)}


def test_no_page_holds_english(world, as_root):
    wrong, data = {}, _named_by_people()
    with spoken():
        as_root.cookies["django_language"] = "de"
        for route in routes():
            if route.is_of_administration or route.name == "analyses:style":  # for those who build it
                continue
            for address in addresses(route, world, 2):
                answer = as_root.get(address)
                if answer.get("Content-Type", "").startswith("text/html"):
                    left = untranslated(answer.content.decode(), NAMES, data)
                    wrong |= {str(route): left} if left else {}
    assert not wrong, "\n".join(f"{route}: {' | '.join(left)}" for route, left in wrong.items())
