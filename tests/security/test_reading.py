"""Looking at pages changes nothing: whatever route is asked by GET and HEAD, all that is stored stays as it was."""

import pytest
from django.test import Client

from analyses.models import Analysis, Finding
from tests.security.routes import addresses, routes
from tests.security.stored import changed, stored

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.thorough]
HTMX = {"HX-Request": "true"}
# What forms send. In an address it is no wish to do anything.
AS_IF_SENT = {
    "action": "submit", "then": "submit", "switch": "on", "confirmed": "yes", "state": "fixed", "finding": "1",
    "every": "on", "comment": "x", "chosen": "1", "name": "Renamed", "list": "", "post": "yes", "remove": "1",
    "_method": "POST", "test": "1", "scan": "1", "open": "1", "revision": "1", "urls": "http://new.test/",
    "_selected_action": "1", "index": "0", "_save": "Save", "owner": "1", "sign_out": "1",
}  # fmt: skip


@pytest.mark.parametrize("who", ["signed in", "not signed in"])
def test_no_route_changes_anything_when_it_is_only_looked_at(world, as_root, who):
    client = as_root if who == "signed in" else Client()
    before, wrong = stored(), {}
    for route in routes():
        for address in addresses(route, world, 8 if who == "signed in" else 1):
            client.get(address)
            client.head(address)
            client.get(address, AS_IF_SENT)
            client.get(address, AS_IF_SENT, headers=HTMX)
            client.options(address)
        if tables := changed(before):
            wrong[str(route)] = tables
            before = stored()
    assert wrong == {}


def test_a_change_would_be_noticed(world):
    """The test of this test."""
    before = stored()
    assert changed(before) == set()
    Analysis.objects.filter(name="Draft").update(description="Another")
    Finding.objects.first().judgements.all().delete()
    assert changed(before) >= {"analyses_analysis"}
