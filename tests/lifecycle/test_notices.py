"""Mails and messages to web hooks that tell of a run are entries of its log: sent, failed or held back."""

import json
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analyses.lifecycle.times_in_words import in_utc
from analyses.models import Activity, Analysis
from notifications import attempts, delivery, digests, outbox, wishes
from notifications.models import (
    Choice,
    Hook,
    HookMessage,
    InternalRecipient,
    MailStatus,
    OutgoingMail,
)
from tests.scene import published

pytestmark = pytest.mark.django_db
SECRET = "quiet@elsewhere.test"


@pytest.fixture(autouse=True)
def taken(settings) -> None:
    """A mail server that takes everything."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def log(analysis: Analysis) -> list[tuple[str, str, str]]:
    """What it says of notices: the action, to whom, and how."""
    entries = Activity.objects.filter(analysis=analysis, key__startswith="notice:").order_by("pk")
    return list(entries.values_list("action", "target", "cause"))


def told(analysis: Analysis, event: str) -> list[OutgoingMail]:
    run = analysis.occurrences.get()
    return list(OutgoingMail.objects.filter(key__startswith=f"{event}:{run.pk}:").order_by("pk"))


def send(*mails: OutgoingMail) -> None:
    for row in mails:
        delivery.deliver(row.pk)


def refuse(monkeypatch) -> None:
    def send(_message):
        raise SMTPRecipientsRefused({SECRET: (550, b"no such user")})

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", send)


def test_a_sent_mail_is_an_entry_of_its_run(alice, lead):
    analysis = published(alice)
    before = Analysis.objects.get(pk=analysis.pk).version
    [to_lead] = told(analysis, "results_published")
    assert log(analysis) == []
    for _ in range(2):
        send(to_lead)
    assert log(analysis) == [("Mail sent", "to lead", "“Results published”.")]
    assert Analysis.objects.get(pk=analysis.pk).version > before  # open pages show it
    entry = Activity.objects.get(key__startswith="notice:")
    assert (entry.occurrence, entry.actor, entry.actor_name) == (analysis.occurrences.get(), None, "system")


def test_its_own_recipients_are_named_and_internal_ones_are_not(alice):
    InternalRecipient.objects.create(address=SECRET)
    analysis = published(alice, recipients="Team@example.test")
    send(*told(analysis, "results_published"))
    assert {whom for _, whom, _ in log(analysis)} == {"to Team@example.test", "to an internal recipient"}


def test_a_mail_that_failed_for_good_says_so_and_not_what_the_server_said(alice, monkeypatch):
    InternalRecipient.objects.create(address=SECRET)
    analysis = published(alice)
    refuse(monkeypatch)
    [mail] = told(analysis, "results_published")
    send(mail)
    [(action, whom, how)] = log(analysis)
    assert (action, whom) == ("Mail failed", "to an internal recipient")
    assert how == "“Results published”: given up at attempt 1. Administrators read why under Outgoing mails."
    monkeypatch.undo()
    outbox.send_again(OutgoingMail.objects.filter(pk=mail.pk))
    send(mail)
    assert [action for action, _, _ in log(analysis)] == ["Mail failed", "Mail sent"]


def test_a_mail_that_is_tried_again_has_not_failed(alice, lead, monkeypatch):
    analysis = published(alice)

    def send_later(_message):
        raise SMTPRecipientsRefused({"lead@example.test": (451, b"later")})

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send_later)
    send(*told(analysis, "results_published"))
    assert log(analysis) == []


def test_a_mail_whose_last_sender_died_has_failed(alice, lead):
    analysis = published(alice)
    rows = OutgoingMail.objects.filter(event="results_published")
    rows.update(status=MailStatus.SENDING, attempts=8, next_try_at=timezone.now(), claimed_at=timezone.now())
    attempts.give_up_abandoned(OutgoingMail.objects.all())
    assert [entry[:2] for entry in log(analysis)] == [("Mail failed", "to lead")]


def test_what_is_held_for_the_daily_mail_is_told_twice_when_held_and_when_sent(alice, lead):
    wishes.choose(lead, {"results_published": Choice.DAILY})
    analysis = published(alice)
    [held] = told(analysis, "results_published")
    when = in_utc(held.next_try_at, weekday=True)
    assert log(analysis) == [
        ("Mail held back", "to lead", f"“Results published”: it comes with the daily mail, {when}.")
    ]
    status = Activity.objects.get(analysis=analysis, new_status="Completed - Results Available", scan_occurrence=None)
    assert Activity.objects.get(key__startswith="notice:").pk > status.pk  # after what it tells of
    OutgoingMail.objects.to_gather().update(next_try_at=timezone.now())
    assert digests.write(lead.pk)
    send(OutgoingMail.objects.get(event="digest"))
    assert log(analysis)[1:] == [("Mail sent", "to lead", "“Results published”, in a mail that tells of several.")]


def test_what_the_cap_holds_back_is_told(alice, settings):
    settings.MAILS_PER_HOUR = 1
    first, second = published(alice, name="First"), published(alice, name="Second")
    assert log(first) == []
    [(action, whom, how)] = log(second)
    assert (action, whom) == ("Mail held back", "to alice")
    assert how.startswith("“Prescan succeeded”: after 1 in this hour it comes in one with the others, ")


def test_what_waits_for_a_reviewer_is_told_to_be_held_back_once(alice, lead):
    wishes.choose(lead, {"results_held": Choice.DAILY})
    analysis = published(alice, "http://a.test/", "http://b.test/", hold_results=True)
    assert [action for action, _, _ in log(analysis)] == ["Mail held back"]


@pytest.mark.parametrize(("is_taken", "action"), [(True, "Web hook told"), (False, "Web hook failed")])
def test_what_web_hooks_were_told_is_in_the_log(alice, is_taken, action):
    Hook.objects.create(name="Chat", address="https://chat.test/", events=["results_published"], for_everybody=True)
    analysis = published(alice)
    message = attempts.claim(HookMessage.objects.all(), HookMessage.objects.get().pk)
    if is_taken:
        attempts.keep_success(message)
    else:
        attempts.keep_failure(message, "404", for_good=True)
    assert [entry[:2] for entry in log(analysis)] == [(action, "to Chat")]


def test_a_mail_about_what_is_gone_is_sent_and_noted_nowhere(alice, lead):
    analysis = published(alice)
    [to_lead] = told(analysis, "results_published")
    analysis.delete()
    send(to_lead)
    assert OutgoingMail.objects.get(pk=to_lead.pk).status == MailStatus.SENT
    assert not Activity.objects.exists()


def test_the_page_counts_equal_ones_and_names_everybody_among_the_notices(alice, lead, client: Client):
    InternalRecipient.objects.create(address=SECRET)
    analysis = published(alice, recipients="team@example.test")
    send(*told(analysis, "results_published"))
    client.force_login(alice)

    def lines(kind: str):
        days = client.get(f"/analyses/{analysis.pk}/", {"kind": kind}).context["log"].days
        return [line for _, of_day in days for line in of_day]

    assert [line.times for line in lines("") if line.icon == "inbox"] == [3]
    assert len(lines("notices")) == 3
    assert not any(line.entry.key for line in lines("system"))


def test_a_file_of_the_log_says_whom(alice, lead, client: Client):
    analysis = published(alice)
    send(*told(analysis, "results_published"))
    client.force_login(alice)
    address = reverse("analyses:log-file", args=[analysis.pk, "json"])
    [entry] = json.loads(client.get(address, {"kind": "notices"}).getvalue())["entries"]
    assert (entry["kind"], entry["scan"], entry["cause"]) == ("notices", "", "“Results published”. (to lead)")
