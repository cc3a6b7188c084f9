"""The hour of the daily mail, and all times in mails, are in the zone of the account: it is asked for in one place."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from dashboard.accounts.models import ChosenZone
from notifications import wishes
from notifications.models import DigestTime
from tests.upgrades import as_it_was_at

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def said(client) -> str:
    """What the page says of the zone, and where it leads."""
    page = client.get(reverse("notifications:preferences")).content.decode()
    assert 'name="zone"' not in page
    text = re.search(r'id="daily-zone">(.*?)</p>', page, re.DOTALL)[1]
    assert f'href="{reverse("mfa_index")}#time-zone"' in text
    return re.sub(r"<[^>]+>|\s+", " ", text).strip()


def test_without_a_zone_it_is_utc_whatever_the_browsers_is(client, alice):
    client.cookies["timezone"] = "Asia/Tokyo"
    client.force_login(alice)
    assert said(client).startswith("On the clocks of UTC, as your account has no time zone.")
    assert wishes.next_digest(NOON, wishes.daily_time_of(alice)).hour == 8
    assert wishes.zones_of([alice.pk]) == {}


def test_it_is_the_zone_of_the_account(client, alice):
    wishes.choose_digest_hour(alice, 7)
    ChosenZone.objects.create(user=alice, zone="America/New_York")
    client.force_login(alice)
    assert said(client).startswith("On the clocks of America/New York, the time zone of your account.")
    assert wishes.next_digest(NOON, wishes.daily_time_of(alice)) == datetime(2026, 7, 2, 11, 0, tzinfo=UTC)
    assert wishes.zones_of([alice.pk])[alice.pk].key == "America/New_York"


@pytest.mark.django_db(transaction=True)
def test_the_upgrade_makes_the_zone_of_the_daily_mail_the_accounts_where_there_is_none():
    with as_it_was_at("notifications", "0007_mails_an_hour_and_threads") as model:
        zones = {"ann": "Asia/Tokyo", "bob": "UTC", "cid": "Moon/Base", "dora": "Europe/Berlin"}
        for hour, (name, zone) in enumerate(zones.items()):
            model("DigestTime").objects.create(user_id=User.objects.create(username=name).pk, hour=hour, zone=zone)
        ChosenZone.objects.create(user=User.objects.get(username="dora"), zone="Asia/Kolkata")
    chosen = dict(ChosenZone.objects.values_list("user__username", "zone"))
    assert chosen == {"ann": "Asia/Tokyo", "dora": "Asia/Kolkata"}
    assert dict(DigestTime.objects.values_list("user__username", "hour")) == dict(zip(zones, range(4), strict=True))
