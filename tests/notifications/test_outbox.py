"""Mails are written with the change they tell of, once per event and address."""

from time import monotonic

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard.celery import app
from notifications import outbox
from notifications.models import InternalRecipient, MailStatus, OutgoingMail
from tests.notifications.conftest import PRESCAN, tell, the_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung():
    """Ask which tasks were rung for since the test began: (name, arguments)."""
    with app.connection_for_read() as connection, connection.SimpleQueue("default") as queue:
        queue.clear()

        def messages() -> list[tuple[str, list]]:
            taken = []
            while queue.qsize():
                message = queue.get_nowait()
                message.ack()
                taken.append((message.headers["task"], message.payload[0]))
            return taken

        yield messages


@pytest.fixture
def no_broker(monkeypatch, tmp_path):
    """The broker's socket is gone."""
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setitem(app.conf, "broker_write_url", f"redis+socket://{tmp_path}/none.sock")


def test_a_mail_waits_for_its_delivery(alice):
    assert tell(alice) == 1
    mail = the_mail()
    assert mail.status == MailStatus.QUEUED
    assert mail.to == "alice@example.test"
    assert mail.user == alice
    assert mail.subject == "Prescan failed: Shop (1 of 1 scan)"
    assert mail.next_try_at <= timezone.now()


def test_the_same_event_tells_an_address_once(alice):
    assert tell(alice) == 1
    assert tell(alice, addresses=["ALICE@example.test"]) == 0
    assert OutgoingMail.objects.count() == 1


def test_another_occurrence_is_told_of_again(alice):
    tell(alice, about="1")
    tell(alice, about="2")
    assert OutgoingMail.objects.count() == 2


def test_an_address_is_told_once_whatever_its_case(alice, bob):
    bob.email = "Alice@Example.test"
    assert tell(alice, bob, addresses=["ALICE@example.test ", "appsec@example.test"]) == 2
    assert sorted(mail.to.lower() for mail in OutgoingMail.objects.all()) == [
        "alice@example.test",
        "appsec@example.test",
    ]


def test_a_person_is_greeted_by_name_even_when_listed_as_an_address(alice):
    tell(alice, addresses=["alice@example.test"])
    assert the_mail().text.startswith("Hello alice,")


def test_an_address_without_a_person_is_not_greeted():
    tell(addresses=["appsec@example.test"])
    assert "Hello" not in the_mail().text + the_mail().html


def test_inactive_people_and_people_without_an_address_are_passed_over(alice, bob, charlie):
    alice.is_active = False
    bob.email = " "
    assert tell(alice, bob, charlie, addresses=["", " "]) == 1
    assert the_mail().user == charlie


def test_a_change_that_is_rolled_back_tells_nobody(alice, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        assert outbox.enqueue("prescan_failed", "1", users=[alice], context=PRESCAN) == 1
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    assert rung() == []


@pytest.mark.django_db(transaction=True)
def test_a_mail_without_a_change_is_refused(alice):
    with pytest.raises(transaction.TransactionManagementError):
        outbox.enqueue("prescan_failed", "1", users=[alice], context=PRESCAN)


def test_the_commit_rings_for_each_new_mail(alice, bob, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tell(alice, bob)
        assert rung() == []
    mails = OutgoingMail.objects.order_by("id").values_list("pk", flat=True)
    assert sorted(rung()) == [("notifications.tasks.deliver", [pk]) for pk in mails]


def test_a_dead_broker_neither_fails_nor_delays_the_caller(
    alice, bob, no_broker, caplog, django_capture_on_commit_callbacks
):
    began = monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        tell(alice, bob)
    assert monotonic() - began < 3
    assert OutgoingMail.objects.count() == 2
    assert "The broker does not answer" in caplog.text


def test_a_message_id_is_stable_unlike_others_and_tells_no_address(alice, bob, settings):
    settings.SITE_URL = "https://vedette.example.test"
    tell(alice, bob)
    first = {mail.to: mail.message_id for mail in OutgoingMail.objects.all()}
    OutgoingMail.objects.all().delete()
    tell(alice, bob)
    assert first == {mail.to: mail.message_id for mail in OutgoingMail.objects.all()}
    assert first["alice@example.test"] != first["bob@example.test"]
    assert first["alice@example.test"].endswith("@vedette.example.test>")
    assert "alice" not in first["alice@example.test"]


def test_a_site_on_an_ipv6_address_makes_a_valid_message_id(alice, settings):
    settings.SITE_URL = "http://[::1]:8000"
    tell(alice)
    assert the_mail().message_id.endswith("@[::1]>")


def test_the_database_refuses_an_unknown_status(alice):
    tell(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMail.objects.update(status="lost")


def test_a_recipient_is_configured_once_whatever_its_case():
    InternalRecipient.objects.create(address="appsec@example.test")
    with pytest.raises(IntegrityError), transaction.atomic():
        InternalRecipient.objects.create(address="AppSec@example.test")
