"""The same flaw of two hosts is two findings; http and https of one host are one."""

from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import CharField
from django.db.models.functions import Cast

from analyses.lifecycle.results import host_and_path
from analyses.models import Finding, FindingInstance
from tests.pages.test_history import run_again
from tests.scene import FLAW, published

pytestmark = pytest.mark.django_db


def at(url: str):
    return replace(FLAW, url=url)


def where() -> list[tuple[str, str, int]]:
    """Every finding: host, path, and in how many places."""
    return sorted((finding.host, finding.path, finding.instances.count()) for finding in Finding.objects.all())


def test_the_same_path_on_two_hosts_is_two_findings(alice):
    published(alice, flaws=(at("http://shop.test/item?id=1"), at("http://api.test/item?id=1")))
    assert where() == [("api.test", "/item", 1), ("shop.test", "/item", 1)]


def test_another_port_is_another_host(alice):
    published(alice, flaws=(at("http://shop.test/item"), at("http://shop.test:8080/item")))
    assert where() == [("shop.test", "/item", 1), ("shop.test:8080", "/item", 1)]


def test_a_site_and_its_twin_are_one_host_and_values_make_no_other_finding(alice):
    flaws = (at("http://shop.test/item?id=1"), at("https://shop.test:443/item?id=2"), at("https://SHOP.test/item"))
    published(alice, flaws=flaws)
    assert where() == [("shop.test", "/item", 3)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://[2001:db8::1]:8443/a", ("[2001:db8::1]:8443", "/a")),
        ("https://user:secret@shop.test/a?b", ("shop.test", "/a")),
        ("http://shop.test:port/a?b", ("", "http://shop.test:port/a")),
        ("http://[broken/a", ("", "http://[broken/a")),
    ],
)
def test_unusual_addresses(url, expected):
    assert host_and_path(url) == expected


def as_they_were() -> None:
    """Bring the findings back to the form without hosts, in which two hosts were one finding."""
    first = Finding.objects.order_by("pk").first()
    FindingInstance.objects.update(finding=first, digest=Cast("pk", CharField()))
    Finding.objects.exclude(pk=first.pk).delete()
    Finding.objects.update(host="", fingerprint="old", last_seen=first.analysis.occurrences.last())


def test_findings_of_before_are_divided_by_host(alice, breaches):
    flaws = (at("http://shop.test/item"), at("http://api.test/item"), at("https://shop.test/item"))
    analysis = published(alice, flaws=flaws)
    run_again(analysis, alice, flaws[0])
    rows = Finding.objects.values_list("host", "fingerprint", "first_seen__number", "last_seen__number")
    expected = set(rows.all())
    digests = set(FindingInstance.objects.values_list("url", "digest"))
    as_they_were()
    import_module("analyses.migrations.0005_findings_of_hosts").give_hosts(apps, None)
    assert where() == [("api.test", "/item", 1), ("shop.test", "/item", 3)]
    assert (
        set(Finding.objects.values_list("host", "fingerprint", "first_seen__number", "last_seen__number")) == expected
    )
    assert set(FindingInstance.objects.values_list("url", "digest")) == digests
    assert breaches() == []


def test_dividing_them_again_changes_nothing(alice):
    published(alice, flaws=(at("http://shop.test/item"), at("http://api.test/item")))
    before = list(Finding.objects.order_by("pk").values())
    import_module("analyses.migrations.0005_findings_of_hosts").give_hosts(apps, None)
    assert list(Finding.objects.order_by("pk").values()) == before
