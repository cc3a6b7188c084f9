"""An address that refuses mails for good is left alone after three, until it is another or somebody releases it."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from notifications import tasks
from notifications.models import MailStatus, OutgoingMail, RefusedAddress
from tests.notifications.conftest import make_due, tell

pytestmark = pytest.mark.django_db
NO = "550 5.1.1 no such person here"
LIST = reverse("admin:notifications_refusedaddress_changelist")


def told(person, about: str) -> OutgoingMail:
    """The mail about this, after the workers have seen to it."""
    tell(person, about=about)
    tasks.deliver_due()
    return OutgoingMail.objects.get(key__contains=f":{about}:")


@pytest.fixture
def refused(alice, sink):
    """Alice's address has refused three mails in a row."""
    sink.recipient_answers = [NO] * 3
    for number in range(3):
        told(alice, f"r{number}")
    return alice


def test_after_three_refusals_in_a_row_nothing_more_is_sent_there(refused, bob, sink):
    mail = told(refused, "4")
    assert mail.status == MailStatus.FAILED
    assert "An administrator can release it." in mail.last_error
    assert told(bob, "5").status == MailStatus.SENT
    assert [mail["To"] for mail in sink.mails] == ["bob@example.test"]


def test_what_waited_for_another_attempt_is_not_sent_either(alice, sink):
    sink.recipient_answers = ["451 later", NO, NO, NO]
    waiting = told(alice, "1")
    for number in range(3):
        told(alice, f"r{number}")
    make_due()
    tasks.deliver_due()
    waiting.refresh_from_db()
    assert waiting.status == MailStatus.FAILED
    assert sink.mails == []


@pytest.mark.parametrize("answers", [[NO, NO], [NO, NO, "250", NO, NO], ["451 later"] * 4])
def test_fewer_or_not_in_a_row_or_not_for_good_is_not_enough(alice, sink, answers):
    for number, answer in enumerate(answers):
        sink.recipient_answers = [] if answer == "250" else [answer]
        told(alice, f"r{number}")
    sink.recipient_answers = []
    assert told(alice, "last").status == MailStatus.SENT
    assert not RefusedAddress.objects.exists()


def test_a_refused_content_says_nothing_about_the_address(alice, sink):
    for number in range(3):
        sink.content_answers = ["554 looks like spam"]
        told(alice, f"r{number}")
    assert not RefusedAddress.objects.exists()


def test_another_address_of_the_person_is_tried(refused, sink):
    refused.email = "alice@new.example.test"
    refused.save()
    assert told(refused, "4").status == MailStatus.SENT


def test_its_reader_is_told_on_their_page(refused, client):
    client.force_login(refused)
    page = client.get(reverse("notifications:preferences")).content.decode()
    assert 'id="refused"' in page
    assert NO in page
    refused.email = "ALICE@new.example.test"
    refused.save()
    assert 'id="refused"' not in client.get(reverse("notifications:preferences")).content.decode()


def test_an_administrator_releases_it_and_sends_again(refused, admin_client, sink):
    assert "alice@example.test" in admin_client.get(LIST).content.decode()
    chosen = {"action": "release", "_selected_action": [RefusedAddress.objects.get().pk]}
    assert "1 of these addresses again" in admin_client.post(LIST, chosen, follow=True).content.decode()
    assert told(refused, "4").status == MailStatus.SENT


def test_whatever_its_case_it_is_one_address(refused, sink):
    refused.email = "Alice@Example.TEST"
    refused.save()
    assert told(refused, "4").status == MailStatus.FAILED


def test_staff_that_may_only_look_releases_nothing(refused, client, charlie):
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.add(Permission.objects.get(codename="view_refusedaddress"))
    client.force_login(charlie)
    client.post(LIST, {"action": "release", "_selected_action": [RefusedAddress.objects.get().pk]})
    assert RefusedAddress.objects.exists()


def test_an_unsubscribed_address_is_seen_and_taken_off_the_list(admin_client):
    from notifications import wishes

    wishes.unsubscribe_address("told@example.test", "prescan_failed")
    page = admin_client.get(reverse("admin:notifications_unsubscribed_changelist")).content.decode()
    assert "told@example.test" in page
    assert admin_client.get(reverse("admin:notifications_unsubscribed_add")).status_code == 403


def test_an_administrator_marks_an_address_whose_mails_came_back(admin_client, alice, sink):
    add = reverse("admin:notifications_refusedaddress_add")
    assert admin_client.get(add).status_code == 200
    assert admin_client.post(add, {"address": "Alice@Example.test"}, follow=True).status_code == 200
    assert told(alice, "1").status == MailStatus.FAILED
    assert RefusedAddress.objects.get().last_error == "Marked by admin."
    assert admin_client.post(add, {"address": "no address"}).context["errors"]


def test_one_that_has_refused_before_is_marked_too(admin_client, alice, sink):
    sink.recipient_answers = [NO]
    told(alice, "1")
    admin_client.post(reverse("admin:notifications_refusedaddress_add"), {"address": alice.email})
    assert RefusedAddress.objects.get().is_blocked
    assert told(alice, "2").status == MailStatus.FAILED
