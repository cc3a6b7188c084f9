"""Two people, or two tabs, on the page of one analysis: nobody's work is overwritten unseen."""

from datetime import timedelta

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
    page = as_alice.post(address, mine | {"name": "Alice's name", "description": "Alice's"})
    shop.refresh_from_db()
    assert (shop.name, shop.description) == ("Bob's name", "")
    text = text_of(page)
    assert "Somebody else has saved this analysis meanwhile" in text
    assert "Setting Saved meanwhile Yours Name Bob's name Alice's name Discard mine" in text  # and nothing else
    assert form_of(page)["name"] == ["Alice's name"]
    as_alice.post(address, form_of(page) | {"then": "save"})
    shop.refresh_from_db()
    assert (shop.name, shop.description, shop.user_agent) == ("Alice's name", "Alice's", "Bob/1")


def test_what_only_one_of_them_changed_is_saved_of_both(as_alice, mine, fill, shop, address):
    fill(shop, user_agent="Bob/1", hold_results="on", duration_0="5", teams=[], repeat="daily")
    page = as_alice.post(address, mine | {"description": "Alice's"}, follow=True)
    assert "What was changed there is kept, beside your changes." in text_of(page)
    shop.refresh_from_db()
    assert (shop.user_agent, shop.description, shop.hold_results, shop.repeat) == ("Bob/1", "Alice's", True, "daily")
    assert (shop.duration, shop.teams.count()) == (timedelta(hours=5), 0)
    assert Activity.objects.order_by("-id")[0].cause == "Description: (empty) → Alice's"


def test_ends_of_lines_as_browsers_send_them_touch_nothing(as_alice, fill, shop, address):
    fill(shop, description="One\nTwo")
    opened = form_of(as_alice.get(address)) | {"then": "save"}
    fill(shop, description="Bob's")
    assert as_alice.post(address, opened | {"description": "One\r\nTwo", "user_agent": "Alice/1"}).status_code == 302
    shop.refresh_from_db()
    assert (shop.description, shop.user_agent) == ("Bob's", "Alice/1")


def test_so_is_what_they_changed_of_a_url(as_alice, mine, fill, shop, address):
    first, second = shop.scans.all()
    fill(shop, **{f"scan-{first.pk}-scope": "domain", f"scan-{second.pk}-username": "bobs"})
    mine |= {f"scan-{first.pk}-speed": "slow", f"scan-{second.pk}-user_agent": "Alice/1"}
    assert as_alice.post(address, mine).status_code == 302
    values = shop.scans.values_list("scope", "speed", "username", "user_agent")
    assert list(values) == [("domain", "slow", "", ""), ("folder", "normal", "bobs", "Alice/1")]


def test_a_setting_of_a_url_that_both_changed_is_shown(as_alice, mine, fill, shop, address):
    second = shop.scans.last()
    fill(shop, **{f"scan-{second.pk}-username": "bobs", f"scan-{second.pk}-speed": "fast"})
    page = as_alice.post(address, mine | {f"scan-{second.pk}-username": "mine"})
    assert f"Yours {second.url}: user name bobs mine Discard mine" in text_of(page)
    assert shop.scans.last().username == "bobs"
    as_alice.post(address, form_of(page) | {"then": "save"})
    assert shop.scans.values_list("username", "speed").last() == ("mine", "fast")


def test_settings_that_belong_together_are_not_mixed(as_alice, mine, fill, shop, address):
    fill(shop, pause_from="08:00", pause_until="18:00", zone="Europe/Berlin")
    opened = form_of(as_alice.get(address)) | {"then": "save"}
    fill(shop, zone="Asia/Tokyo")
    page = as_alice.post(address, opened | {"pause_from": "09:00"})
    assert "Time zone Asia/Tokyo Europe/Berlin Pause from 08:00 09:00" in text_of(page)
    shop.refresh_from_db()
    assert shop.zone == "Asia/Tokyo"


def test_what_both_changed_is_asked_about_after_an_error_too(as_alice, mine, fill, shop, address):
    fill(shop, user_agent="Bob/1", description="Bob's")
    page = as_alice.post(address, mine | {"user_agent": "Alice/1", "contact_email": "none"})
    assert errors_of(page).keys() == {"contact_email"}
    assert form_of(page)["description"] == ["Bob's"]
    page = as_alice.post(address, form_of(page) | {"contact_email": "", "then": "save"})
    assert "User agent Bob/1 Alice/1" in text_of(page)


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


def test_a_third_save_that_puts_it_back_is_seen_too(as_alice, mine, fill, shop, address):
    fill(shop, name="Second")
    page = as_alice.post(address, mine | {"name": "Mine"})
    fill(shop, name="Shop")
    assert "Name Shop Mine" in text_of(as_alice.post(address, form_of(page) | {"then": "save"}))


def test_the_same_change_twice_is_no_conflict(as_alice, mine, shop, address):
    for _ in range(2):  # a double click
        assert as_alice.post(address, mine | {"name": "Renamed"}).status_code == 302
    assert Activity.objects.count() == 1


def test_a_url_added_meanwhile_stays(as_alice, mine, fill, shop, address):
    fill(shop, urls="https://new.example.test/")
    assert as_alice.post(address, mine | {"urls": "https://mine.example.test/"}).status_code == 302
    added = set(shop.scans.values_list("url", flat=True)[2:])
    assert added == {"https://new.example.test/", "https://mine.example.test/"}


def test_urls_that_either_of_them_removed_are_gone(as_alice, mine, fill, shop, address):
    first, second = map(str, shop.scans.values_list("pk", flat=True))
    fill(shop, remove=[first])
    assert as_alice.post(address, mine | {"remove": [second]}).status_code == 302
    assert not shop.scans.exists()


def test_a_url_that_was_changed_meanwhile_is_removed_only_knowingly(as_alice, mine, fill, shop, address):
    first = shop.scans.first()
    fill(shop, **{f"scan-{first.pk}-scope": "domain"})
    page = as_alice.post(address, mine | {"remove": [str(first.pk)]})
    assert f"URL removed {first.url}" in text_of(page)
    assert shop.scans.count() == 2
    as_alice.post(address, form_of(page) | {"then": "save"})
    assert shop.scans.count() == 1


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
    fill(shop, **{f"scan-{scan.pk}-secret": "bobs-secret"})
    page = as_alice.post(address, mine | {f"scan-{scan.pk}-secret": "typed-secret"})
    assert shop.scans.last().secret == "bobs-secret"
    assert "typed-secret" not in page.content.decode()
    assert "type it again" in errors_of(page)[f"scan-{scan.pk}-secret"]


@pytest.mark.parametrize("revision", ["", "0", "-1", "x", "9" * 40, "٣"])
def test_an_odd_revision_is_an_old_one(as_alice, mine, fill, shop, address, revision):
    fill(shop, name="Bob's name")
    page = as_alice.post(address, mine | {"name": "Mine", "revision": revision})
    assert "Name Bob's name Mine" in text_of(page)


@pytest.mark.parametrize("opened", ["", "x", "e30:1:1"])
def test_where_nothing_is_known_of_what_was_opened_everything_that_differs_is_shown(
    as_alice, mine, fill, shop, address, opened
):
    fill(shop, user_agent="Bob/1")
    page = as_alice.post(address, mine | {"name": "Mine", "opened": opened})
    assert "Name Shop Mine User agent Bob/1 (empty)" in text_of(page)


def test_a_stored_secret_that_was_replaced_meanwhile_is_kept_by_whoever_typed_none(as_alice, mine, fill, shop, address):
    scan = shop.scans.last()
    fill(shop, **{f"scan-{scan.pk}-secret": "bobs-secret"})
    assert as_alice.post(address, mine | {f"scan-{scan.pk}-speed": "slow"}).status_code == 302
    stored = shop.scans.last()
    assert (stored.secret, stored.speed) == ("bobs-secret", "slow")


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
        "Name: Shop → Shop 2\nLongest duration: 1 day → 3 days\nTeams: Shop team → none\n"
        "2 URLs added: https://a.example.test/, https://b.example.test/\n"
        "URL removed: https://shop.example.test/\n"
        "https://admin.example.test/: user name: carol → dave"
    )
    shop.refresh_from_db()
    assert (shop.revision, shop.scan_count, shop.schedule_changed_by.username) == (2, 3, "alice")


def test_nothing_changed_is_not_logged(as_alice, mine, shop, address):
    assert as_alice.post(address, mine).status_code == 302
    assert not Activity.objects.exists()
    shop.refresh_from_db()
    assert shop.revision == 1
