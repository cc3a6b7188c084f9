"""Mails go through a real SMTP server, whatever it answers and whoever dies."""

import socket
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications import delivery, outbox, tasks
from notifications.delivery import Outcome
from notifications.models import MAX_ATTEMPTS, MailStatus, OutgoingMail
from tests.notifications.conftest import PRESCAN, make_due, tell, the_mail

pytestmark = pytest.mark.django_db


def minutes_to_wait() -> float:
    return round((the_mail().next_try_at - timezone.now()) / timedelta(minutes=1), 1)


@pytest.fixture
def no_server(settings):
    """The mail server's port is closed."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
        yield


def test_a_mail_arrives_in_both_forms_with_its_headers(alice, sink, settings):
    settings.SITE_URL = "https://vedette.example.test"
    tell(alice)
    tasks.deliver(the_mail().pk)
    (mail,) = sink.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["To"] == "alice@example.test"
    assert mail["From"] == settings.DEFAULT_FROM_EMAIL
    assert mail["Subject"] == "Prescan failed: Shop (1 of 1 scan)"
    assert mail["Message-ID"] == the_mail().message_id
    assert mail["List-Id"] == "Vedette <notifications.vedette.example.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert "https://vedette.example.test/analyses/7/" in mail.get_body(["plain"]).get_content()
    assert 'href="https://vedette.example.test/analyses/7/"' in mail.get_body(["html"]).get_content()
    assert the_mail().status == MailStatus.SENT
    assert the_mail().sent_at


def test_a_mail_that_was_enqueued_and_rung_for_twice_is_sent_once(alice, sink):
    tell(alice)
    tell(alice)
    for _ring in range(2):
        tasks.deliver(the_mail().pk)
        tasks.deliver_due()
    assert len(sink.mails) == 1


def test_what_nobody_rang_for_is_sent_by_the_sweep(alice, bob, sink):
    tell(alice, bob)
    assert delivery.deliver_due() == 2
    assert {mail["To"] for mail in sink.mails} == {"alice@example.test", "bob@example.test"}


def test_a_server_that_asks_to_come_back_later_gets_the_mail_later_and_once(alice, sink):
    sink.recipient_answers = ["451 greylisted"]
    sink.content_answers = ["452 no space now"]
    tell(alice)
    assert delivery.deliver(the_mail().pk) == Outcome.REFUSED
    assert the_mail().status == MailStatus.QUEUED
    assert the_mail().last_error == "451 greylisted"
    assert minutes_to_wait() == pytest.approx(1, abs=0.2)
    assert delivery.deliver(the_mail().pk) == Outcome.NOT_DUE

    make_due()
    tasks.deliver_due()
    assert the_mail().last_error == "452 no space now"
    assert minutes_to_wait() == pytest.approx(5, abs=0.2)

    make_due()
    tasks.deliver_due()
    assert the_mail().status == MailStatus.SENT
    assert the_mail().last_error == ""
    assert len(sink.mails) == 1


@pytest.mark.parametrize("answers", ["recipient_answers", "content_answers"])
def test_a_mail_that_is_refused_for_good_fails_at_once(alice, sink, answers):
    setattr(sink, answers, ["550 5.1.1 no such person here"])
    tell(alice)
    tasks.deliver(the_mail().pk)
    assert the_mail().status == MailStatus.FAILED
    assert the_mail().attempts == 1
    assert the_mail().last_error == "550 5.1.1 no such person here"
    make_due()
    tasks.deliver_due()
    assert sink.mails == []


def test_it_is_given_up_after_the_last_attempt(alice, no_server):
    tell(alice)
    waits = []
    for _attempt in range(MAX_ATTEMPTS):
        assert the_mail().status == MailStatus.QUEUED
        make_due()
        tasks.deliver_due()
        waits.append(minutes_to_wait())
    assert waits[:-1] == pytest.approx([1, 5, 15, 60, 240, 720, 1440], abs=0.2)
    assert the_mail().status == MailStatus.FAILED
    assert "refused" in the_mail().last_error


def test_while_there_is_no_server_a_pass_tries_one_mail_only(alice, bob, no_server):
    tell(alice, bob)
    assert delivery.deliver_due() == 0
    assert sorted(OutgoingMail.objects.values_list("attempts", flat=True)) == [0, 1]


def test_one_refused_mail_does_not_hold_up_the_others(alice, bob, sink):
    sink.recipient_answers = ["451 later"]
    tell(alice, bob)
    assert delivery.deliver_due() == 1


def test_a_mail_whose_sender_died_is_sent_with_the_same_message_id(alice, sink):
    tell(alice)
    delivery._claim(the_mail().pk)
    assert the_mail().status == MailStatus.SENDING
    assert minutes_to_wait() == pytest.approx(5, abs=0.2)
    assert delivery.deliver_due() == 0

    make_due()
    assert delivery.deliver_due() == 1
    assert sink.mails[0]["Message-ID"] == the_mail().message_id
    assert the_mail().status == MailStatus.SENT


def test_a_mail_that_kills_every_sender_is_given_up(alice, sink):
    tell(alice)
    for _attempt in range(MAX_ATTEMPTS):
        make_due()
        assert delivery._claim(the_mail().pk)
    make_due()
    tasks.deliver_due()
    assert the_mail().status == MailStatus.FAILED
    assert "died" in the_mail().last_error
    assert sink.mails == []


def test_a_late_failure_does_not_undo_what_another_sender_achieved(alice, sink):
    tell(alice)
    slow = delivery._claim(the_mail().pk)
    make_due()
    tasks.deliver_due()
    delivery._keep_failure(slow, TimeoutError("timed out"))
    assert the_mail().status == MailStatus.SENT


def test_an_address_that_is_none_fails_its_own_mail_only(alice, sink):
    forged = "a@example.test\nBcc: b@example.test"
    tell(addresses=[forged])
    tell(alice)
    tasks.deliver_due()
    assert OutgoingMail.objects.get(to=forged).status == MailStatus.FAILED
    assert [mail["To"] for mail in sink.mails] == ["alice@example.test"]


def test_a_long_name_with_line_breaks_adds_no_header(alice, sink):
    tell(alice, analysis_name="Shop\r\nBcc: charlie@example.test\n\n<p>" + "x" * 300)
    tasks.deliver(the_mail().pk)
    (mail,) = sink.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].strip() == the_mail().subject
    assert the_mail().subject.startswith("Prescan failed: Shop Bcc: charlie@example.test <p>xxx")


@pytest.mark.django_db(transaction=True)
def test_of_many_senders_at_once_one_sends(alice, sink):
    tell(alice)
    mail_id, start, outcomes = the_mail().pk, threading.Barrier(6), []

    def send() -> None:
        try:
            start.wait(timeout=10)
            outcomes.append(delivery.deliver(mail_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(start.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcome.name for outcome in outcomes) == ["NOT_DUE"] * 5 + ["SENT"]
    assert len(sink.mails) == 1


def test_without_a_mail_server_mails_are_kept_where_nobody_else_can_read_them(alice, settings, tmp_path):
    settings.EMAIL_BACKEND = "notifications.kept.EmailBackend"
    settings.MAIL_DIR = tmp_path / "data" / "mail"
    tell(alice)
    tasks.deliver(the_mail().pk)
    assert settings.MAIL_DIR.stat().st_mode & 0o777 == 0o700
    (kept,) = settings.MAIL_DIR.iterdir()
    assert "Subject: Prescan failed: Shop (1 of 1 scan)" in kept.read_text()
    assert the_mail().status == MailStatus.SENT


def test_mails_about_one_thing_stay_together_and_others_do_not(alice, sink):
    """By the thread that each of them answers; that of another thing is another one, and no thread is none."""
    with transaction.atomic():
        for number, thread in enumerate(["analysis:7", "analysis:7", "analysis:8", ""]):
            context = {**PRESCAN, "occurrence_number": number}
            outbox.enqueue("prescan_failed", str(number), users=[alice], context=context, thread=thread)
    tasks.deliver_due()
    first, second, other, alone = ("".join((mail["References"] or "").split()) for mail in sink.mails)
    assert first == second != other
    assert first.startswith("<")
    assert alone == ""
    assert {mail["In-Reply-To"] for mail in sink.mails} == {mail["References"] for mail in sink.mails}
    assert len({mail["Message-ID"] for mail in sink.mails}) == 4
