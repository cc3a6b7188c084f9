"""An analysis with hundreds of URLs stays as usable as one with two."""

import gzip
from collections import Counter

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analyses import lifecycle
from analyses.forms.scans import ScanForm
from analyses.models import AllowedTarget, Scan
from tests.configure.pages import errors_of, form_of, text_of


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
    assert _queries(lambda: as_alice.get(address)) == with_two <= 11


def test_saving_it_takes_no_query_for_each_scan(fill, shop, request):
    with_two = _queries(lambda: fill(shop, user_agent="One/1"))
    request.getfixturevalue("big")
    assert _queries(lambda: fill(shop, user_agent="Two/1")) == with_two


def test_adding_hundreds_takes_few_queries(fill, shop):
    urls = "\n".join(f"https://n{number}.example.test/" for number in range(400))
    assert _queries(lambda: fill(shop, urls=urls)) < 60
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


MOST_WEIGHT = 300_000  # bytes, compressed as a browser gets them


PACKED = {"Accept-Encoding": "gzip"}


def _weight(response) -> int:
    assert response["Content-Encoding"] == "gzip"
    weight = len(response.content)
    response.content = gzip.decompress(response.content)
    return weight


@pytest.fixture
def thousand(shop):
    shop.scans.all().delete()
    Scan.objects.bulk_create(
        Scan(analysis=shop, position=number, url=f"https://h{number}.example.test/a/path/{number}?q={number}")
        for number in range(1000)
    )
    return shop


def test_a_thousand_urls_make_a_light_page_by_few_queries(as_alice, thousand):
    with CaptureQueriesContext(connection) as queries:
        page = as_alice.get(reverse("analyses:configure", args=[thousand.pk]), headers=PACKED)
    assert _weight(page) < MOST_WEIGHT
    assert len(queries) <= 11


def test_so_do_a_thousand_new_ones_with_an_error(as_alice, allowed):
    address = reverse("analyses:new")
    urls = "\n".join(f"https://h{number}.example.test/a/path/{number}?q={number}" for number in range(1000))
    page = as_alice.post(address, form_of(as_alice.get(address)) | {"then": "add", "urls": urls}, headers=PACKED)
    assert _weight(page) < MOST_WEIGHT
    sent = form_of(page)
    assert len(sent["scan"]) == 1000
    page = as_alice.post(address, sent | {"then": "save"}, headers=PACKED)  # without a name
    assert errors_of(page) == {"name": "Give the analysis a name."}
    assert _weight(page) < MOST_WEIGHT
    assert as_alice.post(address, form_of(page) | {"name": "Many", "then": "save"}).status_code == 302
    assert Scan.objects.count() == 1000


def test_the_settings_of_one_of_many_new_ones_open_with_all_that_was_typed(as_alice, allowed):
    address = reverse("analyses:new")
    urls = "\n".join(f"https://h{number}.example.test/" for number in range(50))
    page = as_alice.post(address, form_of(as_alice.get(address)) | {"then": "add", "urls": urls, "name": "Typed"})
    page = as_alice.post(address, form_of(page) | {"open": "new-7"})
    sent = form_of(page)
    assert sent["name"] == ["Typed"]
    assert sent["scan-new-7-sign_in_method"] == ["none"]
    assert "scan-new-8-sign_in_method" not in sent
    sent |= {"scan-new-7-user_agent": "Mine/1", "then": "save"}
    assert as_alice.post(address, sent).status_code == 302
    assert Scan.objects.get(user_agent="Mine/1").url == "https://h6.example.test/"
    assert Scan.objects.count() == 50


def test_settings_of_a_stored_one_open_with_all_that_was_typed(as_alice, big):
    address = reverse("analyses:configure", args=[big.pk])
    scan = big.scans.get(url="https://h55.example.test/")
    page = as_alice.post(address, form_of(as_alice.get(address)) | {"name": "Typed", "open": str(scan.pk)})
    sent = form_of(page)
    assert (sent["name"], sent[f"scan-{scan.pk}-username"]) == (["Typed"], ["u"])


def test_the_settings_of_a_new_one_come_alone_for_the_pages_script(as_alice, allowed):
    query = {"scan": "new-7", "scan-new-7-url": "https://h7.example.test/"}
    part = as_alice.get(reverse("analyses:new"), query, headers={"HX-Request": "true"}).content.decode()
    assert 'name="scan-new-7-url" value="https://h7.example.test/"' in part
    assert "<html" not in part
    assert as_alice.get(reverse("analyses:new"), {"scan": "7"}, headers={"HX-Request": "true"}).status_code == 404


def test_a_url_that_another_unopened_row_has_is_said_at_its_place(fill, big):
    scan = big.scans.get(url="https://h10.example.test/")
    sent = {"scan": [str(scan.pk)]} | {
        f"scan-{scan.pk}-{name}": value
        for name, value in {
            "url": "https://h55.example.test/", "scope": "folder", "speed": "normal", "sign_in_method": "none",
        }.items()
    }  # fmt: skip
    assert "already in the list" in errors_of(fill(big, **sent))[f"scan-{scan.pk}-url"]


def test_new_rows_find_keys_however_high_the_others_are(as_alice, allowed):
    address = reverse("analyses:new")
    high = {"scan": ["new-999999"], "scan-new-999999-url": "https://a.example.test/", "then": "add"}
    page = as_alice.post(address, form_of(as_alice.get(address)) | high | {"urls": "https://b.example.test/"})
    page = as_alice.post(address, form_of(page) | {"name": "Both", "then": "save"})
    assert Scan.objects.count() == 2, errors_of(page)


@pytest.fixture
def built(monkeypatch) -> Counter:
    """How many settings forms, and scans, have been made since the test began."""
    count: Counter[str] = Counter()
    own = ScanForm.__init__

    def counted(form, *args, **kwargs):
        count["forms"] += 1
        own(form, *args, **kwargs)

    def scan_made(**_):
        count["scans"] += 1

    monkeypatch.setattr(ScanForm, "__init__", counted)
    post_init.connect(scan_made, sender=Scan)
    yield count
    post_init.disconnect(scan_made, sender=Scan)


def test_opening_one_of_a_thousand_reads_and_builds_that_one(as_alice, thousand, built):
    scan = thousand.scans.first()
    built.clear()
    for key in (str(scan.pk), "new-1"):
        page = as_alice.get(
            reverse("analyses:configure", args=[thousand.pk]), {"scan": key}, headers={"HX-Request": "true"}
        )
        assert f'name="scan-{key}-url"' in page.content.decode()
    assert built == {"forms": 2, "scans": 1}


def test_opening_one_of_a_thousand_without_a_script_builds_that_one(as_alice, thousand, built):
    address, key = reverse("analyses:configure", args=[thousand.pk]), str(thousand.scans.first().pk)
    sent = form_of(as_alice.get(address)) | {"urls": "\n".join(f"https://n{n}.example.test/" for n in range(20))}
    sent = form_of(as_alice.post(address, sent | {"then": "add"}))
    for opened in (key, "new-7"):
        built.clear()
        assert f"scan-{opened}-sign_in_method" in form_of(as_alice.post(address, sent | {"open": opened}))
        assert built["forms"] == 1


def test_the_settings_of_one_say_too_that_it_is_not_allowed(as_alice, big, allowed):
    allowed.delete()
    scan = big.scans.get(url="https://h55.example.test/")
    address = reverse("analyses:configure", args=[big.pk])
    page = as_alice.get(address, {"scan": scan.pk}, headers={"HX-Request": "true"})
    assert "h55.example.test is not among the allowed targets" in page.content.decode()


def test_saving_one_of_a_thousand_builds_that_one(as_alice, thousand, built):
    address, scan = reverse("analyses:configure", args=[thousand.pk]), thousand.scans.first()
    sent = form_of(as_alice.get(address, {"scan": scan.pk}))
    built.clear()
    saved = as_alice.post(address, sent | {f"scan-{scan.pk}-user_agent": "Mine/1", "then": "save"})
    assert saved.status_code == 302
    assert built["forms"] == 1
    assert thousand.scans.get(user_agent="Mine/1") == scan


def _stale(client, shop, fill):
    mine = form_of(client.get(reverse("analyses:configure", args=[shop.pk])))
    fill(shop, description=f"Theirs, with {shop.scans.count()} URLs")
    return mine | {"description": "Mine", "then": "save"}, "Somebody else has saved this analysis meanwhile"


def _refused(client, shop, fill):
    AllowedTarget.objects.all().delete()
    sent = form_of(client.get(reverse("analyses:configure", args=[shop.pk])))
    return sent | {"then": "submit"}, "is not among the allowed targets"


@pytest.mark.parametrize("brought_about", [_stale, _refused])
def test_pages_that_refuse_a_save_of_a_thousand_are_light_and_take_as_many_queries_as_with_two(
    as_alice, shop, fill, request, brought_about
):
    address = reverse("analyses:configure", args=[shop.pk])
    sent, _ = brought_about(as_alice, shop, fill)
    with_two = _queries(lambda: as_alice.post(address, sent))
    request.getfixturevalue("thousand")
    sent, words = brought_about(as_alice, shop, fill)
    with CaptureQueriesContext(connection) as queries:
        page = as_alice.post(address, sent, headers=PACKED)
    assert _weight(page) < MOST_WEIGHT
    assert words in text_of(page)
    assert len(queries) == with_two


def test_so_is_the_page_of_a_run_that_may_not_be_changed(as_alice, alice, thousand):
    lifecycle.submit(thousand, alice)
    with CaptureQueriesContext(connection) as queries:
        page = as_alice.get(reverse("analyses:configure", args=[thousand.pk]), headers=PACKED)
    assert _weight(page) < MOST_WEIGHT
    assert "https://h999.example.test/a/path/999" in text_of(page)
    assert len(queries) <= 11
