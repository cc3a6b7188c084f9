"""Administrators look at every kind of mail, in both parts, with made-up facts and as it was really written."""

import pytest
from django.conf import settings
from django.urls import reverse

from notifications.samples import SAMPLES, sample
from tests.notifications.conftest import tell

pytestmark = pytest.mark.django_db
KINDS = reverse("admin:notifications_outgoingmail_kinds")
FOLDERS = {path.name for path in (settings.BASE_DIR / "templates" / "mail").iterdir() if path.is_dir()}


def html_of(event: str) -> str:
    return reverse("admin:notifications_sample_outgoingmail_html", args=[event])


def test_there_is_a_sample_of_every_kind():
    assert set(SAMPLES) == FOLDERS


@pytest.mark.parametrize("event", sorted(FOLDERS))
def test_a_sample_says_everything_its_kind_can_say(event):
    """A fact that is missing would leave an empty place."""
    words = sample(event)
    for part in (words.subject, words.text, words.html):
        assert part.strip()
        assert "None" not in part
    assert "s3cret" not in words.text + words.html  # what may be secret in an address


def test_every_kind_is_shown_with_subject_text_and_a_link_to_its_html(admin_client):
    page = admin_client.get(KINDS).content.decode()
    for event in FOLDERS:
        assert sample(event).subject in page
        assert f'href="{html_of(event)}"' in page
    assert "Hello Alice Archer," in page
    assert KINDS in admin_client.get(reverse("admin:notifications_outgoingmail_changelist")).content.decode()


@pytest.mark.parametrize("event", sorted(FOLDERS))
def test_the_html_part_is_shown_locked_away_from_the_site(admin_client, event):
    answer = admin_client.get(html_of(event))
    assert answer.content.decode() == sample(event).html
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_latest_real_one_is_linked(admin_client, alice):
    tell(alice)
    tell(alice, about="2")
    page = admin_client.get(KINDS)
    latest = {row["event"]: row["latest"] for row in page.context["rows"]}["prescan_failed"]
    assert reverse("admin:notifications_outgoingmail_change", args=[latest]) in page.content.decode()
    assert latest == max(alice.mails.values_list("pk", flat=True))


def test_an_unknown_kind_is_not_found(admin_client):
    assert admin_client.get(html_of("no_such_kind")).status_code == 404
    assert admin_client.get(html_of("..")).status_code == 404


def test_staff_without_the_permission_sees_none(client, charlie):
    charlie.is_staff = True
    charlie.save()
    client.force_login(charlie)
    for page in (KINDS, html_of("digest")):
        assert client.get(page).status_code == 403


def test_the_links_in_a_sample_unsubscribe_nobody(client):
    assert client.post("/unsubscribe/sample/").status_code == 403
    assert "/unsubscribe/sample/" in sample("digest").text
    assert "/unsubscribe/" not in sample("schedule_ended").text
