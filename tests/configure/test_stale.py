"""Two people, or two tabs, on the page of one analysis: nobody's work is overwritten unseen."""

import pytest
from django.urls import reverse

from analyses.models import Activity
from tests.configure.pages import errors_of, form_of, text_of


@pytest.fixture
def address(shop) -> str:
    return reverse("analyses:configure", args=[shop.pk])


@pytest.fixture
def mine(as_alice, address) -> dict:
    """The page as alice opened it, before bob saves."""
    return form_of(as_alice.get(address)) | {"then": "save"}


def test_both_values_are_shown_and_nothing_is_overwritten(as_alice, mine, fill, shop, address):
    fill(shop, name="Bob's name", user_agent="Bob/1")
    page = as_alice.post(address, mine | {"name": "Alice's name"})
    shop.refresh_from_db()
    assert shop.name == "Bob's name"
    text = text_of(page)
    assert "Somebody else has saved this analysis meanwhile" in text
    assert "Name Bob's name Alice's name" in text
    assert "User agent Bob/1 (empty)" in text
    assert form_of(page)["name"] == ["Alice's name"]


def test_saving_again_is_done_knowingly(as_alice, mine, fill, shop, address):
    fill(shop, name="Bob's name")
    page = as_alice.post(address, mine | {"name": "Alice's name"})
    assert as_alice.post(address, form_of(page) | {"then": "save"}).status_code == 302
    shop.refresh_from_db()
    assert shop.name == "Alice's name"
    assert Activity.objects.order_by("-id")[0].cause == "Name: Bob's name → Alice's name"


def test_a_third_save_in_between_is_seen_too(as_alice, mine, fill, shop, address):
    fill(shop, name="Second")
    page = as_alice.post(address, mine | {"name": "Mine"})
    fill(shop, name="Third")
    assert "Name Third Mine" in text_of(as_alice.post(address, form_of(page) | {"then": "save"}))


def test_the_same_change_twice_is_no_conflict(as_alice, mine, shop, address):
    for _ in range(2):  # a double click
        assert as_alice.post(address, mine | {"name": "Renamed"}).status_code == 302
    assert Activity.objects.count() == 1


def test_a_url_added_meanwhile_stays(as_alice, mine, fill, shop, address):
    fill(shop, urls="https://new.example.test/")
    page = as_alice.post(address, mine | {"name": "Mine"})
    as_alice.post(address, form_of(page) | {"then": "save"})
    assert shop.scans.filter(url="https://new.example.test/").exists()


def test_a_url_removed_meanwhile_is_added_again_only_knowingly(as_alice, mine, fill, shop, address):
    first = shop.scans.first()
    fill(shop, remove=[str(first.pk)])
    page = as_alice.post(address, mine | {f"scan-{first.pk}-scope": "domain"})
    assert "no longer in the analysis" in errors_of(page)[f"scan-{first.pk}-url"]
    assert not shop.scans.filter(url=first.url).exists()
    page = as_alice.post(address, form_of(page) | {"then": "save"})
    page = as_alice.post(address, form_of(page) | {"then": "save"})
    assert shop.scans.get(url=first.url).scope == "domain"


def test_secrets_typed_into_a_stale_page_are_asked_for_again(as_alice, mine, fill, shop, address):
    scan = shop.scans.last()
    fill(shop, name="Bob's name")
    page = as_alice.post(address, mine | {f"scan-{scan.pk}-secret": "typed-secret"})
    assert "typed-secret" not in page.content.decode()
    assert "type it again" in errors_of(page)[f"scan-{scan.pk}-secret"]


@pytest.mark.parametrize("revision", ["", "0", "-1", "x", "9" * 40, "٣"])
def test_an_odd_revision_is_an_old_one(as_alice, mine, shop, address, revision):
    page = as_alice.post(address, mine | {"name": "Mine", "revision": revision})
    assert "Somebody else has saved" in text_of(page)


def test_what_changed_is_logged_in_words(as_alice, mine, shop, address):
    first, second = shop.scans.all()
    as_alice.post(
        address,
        mine
        | {
            "name": "Shop 2",
            "urls": "https://a.example.test/\nhttps://b.example.test/",
            "remove": [str(first.pk)],
            "duration_0": "3",
            "duration_1": "days",
            "teams": [],
            f"scan-{second.pk}-username": "dave",
        },
    )
    assert Activity.objects.get().cause == (
        "Name: Shop → Shop 2; Longest duration: 1 day → 3 days; Teams: Shop team → none; "
        "2 URLs added: https://a.example.test/, https://b.example.test/; "
        "URL removed: https://shop.example.test/; "
        "https://admin.example.test/: user name: carol → dave"
    )
    shop.refresh_from_db()
    assert (shop.revision, shop.scan_count, shop.schedule_changed_by.username) == (2, 3, "alice")


def test_nothing_changed_is_not_logged(as_alice, mine, shop, address):
    assert as_alice.post(address, mine).status_code == 302
    assert not Activity.objects.exists()
    shop.refresh_from_db()
    assert shop.revision == 1
