"""What other choices would have sent is what really was; in an hour with too many the rest comes in one mail."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from notifications import ledger, tasks, wishes
from notifications.models import Choice, MailStatus, OutgoingMail
from tests.configure.pages import text_of
from tests.notifications.conftest import tell

pytestmark = pytest.mark.django_db
PAGE = reverse("notifications:preferences")
START = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
KINDS = ("prescan_failed", "prescan_succeeded", "schedule_ended")
ENDED = {"failures": 3, "status": "All Verifications Failed"}


def five_days(person, time_machine) -> None:
    """Something every seven hours, and nine things at once on the third day; mails leave every hour."""
    number = 0
    for step in range(120):
        time_machine.move_to(START + timedelta(hours=step), tick=False)
        tasks.deliver_due()
        for _ in range(9 if step == 60 else 1 if step % 7 == 0 else 0):
            number += 1
            tell(person, about=str(number), event=KINDS[number % 3], **ENDED)
    time_machine.move_to(START + timedelta(days=6), tick=False)
    tasks.deliver_due()


CHOICES = {
    "at once": {},
    "daily": {"prescan_failed": Choice.DAILY, "prescan_succeeded": Choice.DAILY},
    "some": {"prescan_failed": Choice.DAILY, "prescan_succeeded": Choice.NONE},
    "none": {"prescan_failed": Choice.NONE, "prescan_succeeded": Choice.NONE},
}


@pytest.mark.parametrize("cap", [0, 3])
@pytest.mark.parametrize("chosen", CHOICES)
def test_the_replay_gives_the_number_that_was_really_sent(alice, sink, settings, time_machine, chosen, cap):
    settings.MAILS_PER_HOUR = cap
    wishes.choose(alice, CHOICES[chosen])
    five_days(alice, time_machine)
    assert ledger.replay(alice).total == len(sink.mails) > 0


def test_it_gives_the_number_of_other_choices_too(alice, sink, settings, time_machine):
    """What was not wanted has a row as well, so nothing is lost for the count."""
    settings.MAILS_PER_HOUR = 3
    wishes.choose(alice, CHOICES["none"])
    five_days(alice, time_machine)
    numbers = {name: ledger.replay(alice, choices).total for name, choices in CHOICES.items()}
    assert numbers["none"] == len(sink.mails)
    assert numbers["at once"] > numbers["some"] > numbers["none"]
    by_kind = ledger.replay(alice).by_kind["prescan_failed"]
    assert by_kind == {Choice.AT_ONCE: 9, Choice.DAILY: 5, Choice.NONE: 0}


def test_the_page_says_it_for_every_kind(client, alice):
    for number in range(3):
        tell(alice, about=str(number))
    OutgoingMail.objects.filter(key__contains=":2:").update(created_at=START - timedelta(days=400))
    client.force_login(alice)
    page = text_of(client.get(PAGE))
    assert "With your choices, 2 mails would have come to you in the last 30 days." in page
    assert "In the last 30 days: at once 2 mails, in the daily mail 1." in page
    assert "In the last 30 days: at once 0 mails, in the daily mail 0." in page


def test_beyond_so_many_in_an_hour_the_rest_becomes_one_mail(alice, bob, sink, settings, time_machine):
    settings.MAILS_PER_HOUR = 2
    time_machine.move_to(START, tick=False)
    for number in range(5):
        tell(alice, bob, about=str(number), analysis_name=f"Shop {number}")
    tasks.deliver_due()
    assert len(sink.mails) == 4
    assert OutgoingMail.objects.filter(user=alice, status=MailStatus.CAPPED).count() == 3
    time_machine.move_to(START + timedelta(minutes=29))
    tasks.deliver_due()
    assert len(sink.mails) == 4
    time_machine.move_to(START + timedelta(minutes=31))
    tasks.deliver_due()
    tasks.deliver_due()
    mail = next(mail for mail in sink.mails[4:] if mail["To"] == "alice@example.test")
    assert len(sink.mails) == 6
    assert mail["Subject"].strip() == "3 more notifications: Prescan failed: Shop 2 (1 of 1 scan) and 2 more"
    assert "In one hour 2 mails went to you" in mail.get_body(["plain"]).get_content()
    assert mail["List-Unsubscribe"] is None  # what is in it is chosen by its kinds
    assert {mail.digest.event for mail in OutgoingMail.objects.filter(status=MailStatus.GATHERED)} == {"overflow"}


def test_the_next_hour_begins_anew(alice, settings, time_machine):
    settings.MAILS_PER_HOUR = 1
    time_machine.move_to(START, tick=False)
    for number in range(2):
        tell(alice, about=str(number))
    time_machine.move_to(START + timedelta(minutes=30), tick=False)
    tell(alice, about="later")
    assert OutgoingMail.objects.get(key__contains=":later:").status == MailStatus.QUEUED


def test_what_must_arrive_is_never_held(alice, settings):
    settings.MAILS_PER_HOUR = 1
    for number in range(3):
        tell(alice, about=str(number), event="schedule_ended", **ENDED)
    assert set(OutgoingMail.objects.values_list("status", flat=True)) == {MailStatus.QUEUED}


def test_what_an_hour_had_too_many_of_does_not_come_with_the_daily_mail(alice, settings, sink, time_machine):
    settings.MAILS_PER_HOUR = 1
    time_machine.move_to(START, tick=False)
    wishes.choose(alice, {"prescan_succeeded": Choice.DAILY})
    tell(alice, about="daily", event="prescan_succeeded")
    for number in range(2):
        tell(alice, about=str(number))
    time_machine.move_to(START + timedelta(minutes=31), tick=False)
    tasks.deliver_due()
    assert OutgoingMail.objects.get(key__contains=":daily:").status == MailStatus.HELD


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (MailStatus.SENT, "You were to be told at once."),
        (MailStatus.HELD, "You chose the daily mail: it comes Mon 2 Nov 2026, 06:30."),
        (MailStatus.CAPPED, "More than 20 mails in an hour: told in one Mon 2 Nov 2026, 06:30."),
        (MailStatus.UNWANTED, "Not sent: you chose not to get mails of this kind."),
        (MailStatus.FAILED, "Not sent: given up after 1 attempt."),
        (MailStatus.QUEUED, "The mail server did not take it: tried again Mon 2 Nov 2026, 06:30."),
    ],
)
def test_the_ledger_says_of_each_why(client, alice, admin_client, status, words):
    tell(alice)
    OutgoingMail.objects.update(status=status, next_try_at=START, attempts=1)
    client.force_login(alice)
    assert words in text_of(client.get(PAGE))
    number = OutgoingMail.objects.get().pk
    assert words in text_of(admin_client.get(f"/admin/notifications/outgoingmail/{number}/change/"))


def test_it_goes_on_to_older_mails(client, alice, bob):
    for number in range(25):
        tell(alice, bob, about=str(number))
    client.force_login(alice)
    first = client.get(PAGE)
    second = client.get(PAGE, {"before": first.context["older"]})
    numbers = [mail.pk for page in (first, second) for mail, _ in page.context["mails"]]
    assert numbers == sorted(OutgoingMail.objects.filter(user=alice).values_list("pk", flat=True), reverse=True)
    assert second.context["older"] is None
    assert client.get(PAGE, {"before": "x' OR 1"}).status_code == 200
