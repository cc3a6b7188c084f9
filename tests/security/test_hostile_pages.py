"""Hostile text in everything that is stored, and a real browser on every page there is: nothing of it ever runs."""

import pytest
from django.utils import timezone

from analyses.models import EverythingStopped
from notifications import unsubscribing
from tests.security.hostile import hostile_people, make_hostile
from tests.security.routes import addresses, routes
from tests.security.watching import Watch
from tests.security.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HTMX = {"HX-Request": "true"}
# Ways to see more of a page, or its errors: what an address can ask for, hostile too.
ASKED = "?q=%22%3E%3Cx-pwn%3E&name={0}&owner={0}&url={0}&state={0}&severity={0}&occurrence=&started_from={0}&month={0}"
HOSTILE_ASKED = ASKED.format("%22%3E%3Cscript%3Epwned(1)%3C/script%3E%3Cx-pwn%20hx-get=/pwned/q%20hx-trigger=load%3E")
NEVER_SHOWN = {"admin/jsi18n/", "admin/autocomplete/"}  # a script and data: not pages


@pytest.fixture
def hostile_world(world, transactional_db) -> World:
    fields = make_hostile()
    hostile_people()
    assert {
        "analyses.FindingInstance.request",
        "analyses.FindingInstance.response",
        "analyses.Activity.cause",
    } <= fields
    assert {"analyses.PrescanStep.advice", "analyses.Specification.endpoints", "analyses.Judgement.comment"} <= fields
    link = unsubscribing.path_for("results_published", '"<x-pwn>"@example.test', None)
    world.extra = {"unsubscribe/": [link.split("/")[2]]}
    EverythingStopped.objects.create(by=world.owner, by_name="<x-pwn>", since=timezone.now())
    return world


def all_addresses(world: World, most: int) -> list[str]:
    return [
        address
        for route in routes()
        for address in addresses(route, world, 1 if route.is_of_administration else most)
        if route.text not in NEVER_SHOWN
    ]


@pytest.mark.parametrize("policy", ["with its policy", "without"])
def test_nothing_runs_on_any_page(hostile_world, browse, live_server, console, policy):
    """Without the policy nothing but escaping is left: it is no second wall that makes up for a hole in the first."""
    console.expected += [""]  # pictures that are none, pages that are not there; what counts is seen by the watch
    watch = Watch(browse(hostile_world.owner, bypass_csp=policy == "without"), live_server.url)
    for address in all_addresses(hostile_world, 2 if policy == "without" else 1):
        watch.visit(address)
    for address in ("/", "/calendar/", "/sign-in/", f"/analyses/{hostile_world.compared.pk}/results/", "/admin/"):
        watch.visit(f"{address}{HOSTILE_ASKED}")
    assert "\n".join(watch.unexpected) == ""
    assert watch.visited > 100


def test_nothing_runs_in_the_parts_of_pages_that_polls_fetch(hostile_world, browse, live_server, console):
    """Each shown as a page of its own, without the policy."""
    console.expected += [""]
    watch = Watch(browse(hostile_world.owner, bypass_csp=True, extra_http_headers=HTMX), live_server.url)
    for route in routes():
        if not route.is_of_administration and route.text not in NEVER_SHOWN:
            for address in addresses(route, hostile_world, 2):
                watch.visit(address)
    assert "\n".join(watch.unexpected) == ""
    assert watch.visited > 50
