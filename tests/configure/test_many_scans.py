"""An analysis with hundreds of URLs stays as usable as one with two."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analyses.models import Scan
from tests.configure.pages import errors_of, form_of


@pytest.fixture
def big(shop):
    Scan.objects.bulk_create(
        Scan(
            analysis=shop,
            position=number,
            url=f"https://h{number}.example.test/",
            sign_in_method="basic",
            username="u",
            secret="stored-secret",
        )
        for number in range(10, 110)
    )
    return shop


def _queries(act) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert act().status_code in (200, 302)
    return len(queries)


def test_showing_it_takes_as_many_queries_as_with_two(as_alice, shop, request):
    address = reverse("analyses:configure", args=[shop.pk])
    with_two = _queries(lambda: as_alice.get(address))
    request.getfixturevalue("big")
    assert _queries(lambda: as_alice.get(address)) == with_two <= 10


def test_saving_it_takes_no_query_for_each_scan(fill, shop, request):
    with_two = _queries(lambda: fill(shop, user_agent="One/1"))
    request.getfixturevalue("big")
    assert _queries(lambda: fill(shop, user_agent="Two/1")) == with_two


def test_adding_hundreds_takes_few_queries(fill, shop):
    urls = "\n".join(f"https://n{number}.example.test/" for number in range(400))
    assert _queries(lambda: fill(shop, urls=urls)) < 50
    assert shop.scans.count() == 402


def test_settings_that_were_not_opened_stay_as_they_are(as_alice, fill, big):
    page = as_alice.get(reverse("analyses:configure", args=[big.pk]))
    assert "scan" not in form_of(page)
    fill(big, name="New")
    assert big.scans.count() == 102
    assert big.scans.get(url="https://h10.example.test/").secret == "stored-secret"


def test_one_can_be_opened_without_a_script(as_alice, big):
    scan = big.scans.get(url="https://h55.example.test/")
    address = reverse("analyses:configure", args=[big.pk])
    sent = form_of(as_alice.get(address, {"scan": scan.pk})) | {"then": "save"}
    assert sent["scan"] == [str(scan.pk)]
    as_alice.post(address, sent | {f"scan-{scan.pk}-username": "dave"})
    assert set(big.scans.exclude(username="").values_list("username", flat=True)) == {"carol", "dave", "u"}


def test_unopened_ones_can_be_removed(fill, big):
    keys = [str(pk) for pk in big.scans.filter(url__startswith="https://h").values_list("pk", flat=True)]
    fill(big, remove=keys)
    assert big.scans.count() == 2


def test_a_url_that_is_there_unopened_is_merged(fill, big):
    fill(big, urls="https://h55.example.test/")
    assert big.scans.count() == 102


def test_unopened_ones_that_are_not_allowed_are_named_when_submitting(fill, big, allowed):
    allowed.pattern = "h55.example.test"
    allowed.save()
    page = fill(big, then="submit")
    assert errors_of(page) == {}
    assert len(page.context["problems"]) == 101
    assert f'href="#scan-{big.scans.first().pk}"' in page.content.decode()
