"""A daily mail comes once a day, at its reader's hour, with all that was held, and never without anything in it."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.accounts.models import ChosenZone
from notifications import digests, outbox, tasks, wishes
from notifications.models import Choice, MailStatus, OutgoingMail
from tests.notifications.conftest import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def daily(alice):
    """Alice has everything in a daily mail."""
    wishes.choose(alice, dict.fromkeys(wishes.choices_of(alice), Choice.DAILY))
    return alice


def its_hour_comes() -> None:
    OutgoingMail.objects.held().update(next_try_at=timezone.now())


def the_digests() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(event="digest").order_by("pk"))


def test_what_is_held_is_sent_in_one_mail_when_its_hour_comes(daily, sink):
    tell(daily)
    tell(daily, event="prescan_succeeded", analysis_name="Bank")
    tasks.deliver_due()
    assert sink.mails == []
    its_hour_comes()
    tasks.deliver_due()
    (mail,) = sink.mails
    assert mail["To"] == "alice@example.test"
    assert mail["Subject"].strip() == "2 notifications: Prescan failed: Shop (1 of 1 scan) and 1 more"
    for part in ("plain", "html"):
        text = mail.get_body([part]).get_content()
        assert text.index("Prescan failed: Shop") < text.index("Prescan succeeded: Bank")
        assert "/analyses/7/" in text
    assert {m.digest_id for m in OutgoingMail.objects.filter(status=MailStatus.GATHERED)} == {the_digests()[0].pk}
    assert not OutgoingMail.objects.held().exists()


def test_what_needs_its_reader_most_comes_first(daily):
    tell(daily, event="prescan_succeeded", analysis_name="Bank")
    tell(daily)
    its_hour_comes()
    digests.write_due()
    assert the_digests()[0].subject.startswith("2 notifications: Prescan failed: Shop")


def test_there_is_no_daily_mail_without_anything_in_it(daily, sink):
    tasks.deliver_due()
    assert sink.mails == []
    assert the_digests() == []


def test_it_is_written_once_however_often_it_is_rung_for(daily, sink):
    tell(daily)
    its_hour_comes()
    for _ring in range(3):
        tasks.deliver_due()
    assert len(sink.mails) == 1


def test_what_comes_after_todays_waits_for_tomorrows(daily, sink):
    """Also when its hour has been moved meanwhile: there is one a day."""
    tell(daily)
    its_hour_comes()
    tasks.deliver_due()
    tell(daily, about="2")
    its_hour_comes()
    tasks.deliver_due()
    assert len(sink.mails) == 1
    held = OutgoingMail.objects.held().get()
    assert held.next_try_at > timezone.now()
    OutgoingMail.objects.filter(event="digest").update(key="digest:2020-01-01:1")  # another day's
    its_hour_comes()
    tasks.deliver_due()
    assert len(sink.mails) == 2


def test_a_crash_before_it_is_stored_loses_nothing(daily, sink, monkeypatch):
    tell(daily)
    its_hour_comes()
    monkeypatch.setattr("notifications.outbox.ring", lambda _: 1 / 0)  # the last step
    with pytest.raises(ZeroDivisionError):
        digests.write(daily.pk)
    monkeypatch.undo()
    assert the_digests() == []
    assert OutgoingMail.objects.held().count() == 1
    tasks.deliver_due()
    assert len(sink.mails) == 1


def test_a_daily_mail_that_cannot_be_written_keeps_nobody_elses_back(daily, bob, sink, monkeypatch, caplog):
    wishes.choose(bob, {"prescan_failed": Choice.DAILY})
    tell(daily, bob)
    its_hour_comes()
    tell(daily.__class__.objects.create(username="zoe", email="zoe@example.test"), about="2")
    word = outbox.word

    def word_but_alices(event, facts, name, **rest):
        return 1 / 0 if name == "alice" else word(event, facts, name, **rest)

    monkeypatch.setattr(outbox, "word", word_but_alices)
    tasks.deliver_due()
    assert {mail["To"] for mail in sink.mails} == {"bob@example.test", "zoe@example.test"}
    assert f"The daily mail of person {daily.pk} could not be written" in caplog.text
    assert OutgoingMail.objects.held().get().user == daily


@pytest.mark.parametrize("zone", ["Moon/Base", "", "../../etc/passwd", "Europe"])
def test_a_zone_that_this_machine_does_not_know_is_utc(daily, sink, zone):
    ChosenZone.objects.create(user=daily, zone=zone)
    tell(daily)
    assert OutgoingMail.objects.held().get().next_try_at.hour == 8
    its_hour_comes()
    tasks.deliver_due()
    assert len(sink.mails) == 1


def test_it_is_tried_again_like_every_mail(daily, sink):
    sink.recipient_answers = ["451 later"]
    tell(daily)
    its_hour_comes()
    tasks.deliver_due()
    assert the_digests()[0].status == MailStatus.QUEUED
    OutgoingMail.objects.filter(event="digest").update(next_try_at=timezone.now())
    tasks.deliver_due()
    assert the_digests()[0].status == MailStatus.SENT
    assert len(sink.mails) == 1


def test_it_goes_to_the_address_its_reader_has_now(daily, sink):
    tell(daily)
    daily.email = "alice@new.example.test"
    daily.save()
    its_hour_comes()
    tasks.deliver_due()
    assert [mail["To"] for mail in sink.mails] == ["alice@new.example.test"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_whoever_cannot_be_told_any_more_gets_none_and_the_row_says_why(daily, sink, change):
    tell(daily)
    for name, value in change.items():
        setattr(daily, name, value)
    daily.save()
    its_hour_comes()
    tasks.deliver_due()
    assert sink.mails == []
    mail = OutgoingMail.objects.get()
    assert (mail.status, mail.last_error) == (MailStatus.FAILED, "Its reader has no account or no address any more.")


def test_what_was_held_for_somebody_who_is_gone_says_so(daily, sink):
    tell(daily)
    daily.delete()
    its_hour_comes()
    tasks.deliver_due()
    assert OutgoingMail.objects.get().status == MailStatus.FAILED


def test_what_is_no_longer_wanted_is_not_in_it(daily, sink):
    tell(daily)
    tell(daily, event="prescan_succeeded")
    wishes.choose(daily, {"prescan_failed": Choice.NONE})
    its_hour_comes()
    tasks.deliver_due()
    (mail,) = sink.mails
    assert mail["Subject"].strip() == "1 notification: Prescan succeeded: Shop (1 scan)"


def test_its_link_stops_it_and_what_would_be_in_it(daily, client, sink):
    wishes.choose(daily, {"results_held": Choice.AT_ONCE})
    tell(daily)
    its_hour_comes()
    tasks.deliver_due()
    address = "".join(sink.mails[0]["List-Unsubscribe"].split())[1:-1]
    path = address[address.index("/unsubscribe/") :]
    page = client.post(path)
    assert "Unsubscribed" in page.content.decode()
    assert set(wishes.choices_of(daily).values()) == {Choice.AT_ONCE, Choice.NONE}
    client.post(path, {"undo": "yes", "was": page.context["was"]})
    assert wishes.choices_of(daily)["prescan_failed"] == Choice.DAILY
    assert wishes.choices_of(daily)["results_held"] == Choice.AT_ONCE


def test_of_very_many_the_first_are_listed_and_the_rest_counted(daily):
    for number in range(120):
        tell(daily, about=str(number))
    its_hour_comes()
    digests.write_due()
    (mail,) = the_digests()
    assert "100. Prescan failed" in mail.text
    assert "101. " not in mail.text
    assert "And 20 more, in Vedette." in mail.text
    assert "And 20 more, in Vedette." in mail.html


@pytest.mark.parametrize(
    ("now", "hour", "zone", "comes"),
    [
        ("2026-11-24T07:59", 8, "UTC", "2026-11-24T08:00"),
        ("2026-11-24T08:00", 8, "UTC", "2026-11-25T08:00"),
        ("2026-11-24T12:00", 8, "Asia/Tokyo", "2026-11-24T23:00"),
        ("2026-03-28T23:00", 2, "Europe/Berlin", "2026-03-29T01:00"),  # 2:00 is left out: 3:00
        ("2026-10-24T23:00", 2, "Europe/Berlin", "2026-10-25T00:00"),  # 2:00 comes twice: the first
        ("2026-10-25T00:30", 2, "Europe/Berlin", "2026-10-26T01:00"),
    ],
)
def test_its_hour_is_on_the_clocks_of_the_reader(now, hour, zone, comes):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = wishes.next_digest(moment, wishes.DailyTime(hour, ZoneInfo(zone)))
    assert found == datetime.fromisoformat(comes).replace(tzinfo=UTC)


def test_times_in_it_are_on_the_clocks_of_the_reader(daily):
    ChosenZone.objects.create(user=daily, zone="Asia/Tokyo")
    tell(daily)
    OutgoingMail.objects.update(created_at=datetime(2026, 11, 24, 20, 5, tzinfo=UTC))
    its_hour_comes()
    digests.write_due()
    assert "25 Nov 2026, 05:05" in the_digests()[0].text


def test_a_changed_hour_counts_for_what_is_held(daily):
    tell(daily)
    hour = (timezone.now() + timedelta(hours=5)).hour
    wishes.choose_digest_hour(daily, hour)
    at = OutgoingMail.objects.held().get().next_try_at
    assert at.hour == hour
    assert timedelta(0) < at - timezone.now() <= timedelta(hours=5)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_writes_it(daily):
    for number in range(3):
        tell(daily, about=str(number))
    its_hour_comes()
    start, written = threading.Barrier(5), []

    def work() -> None:
        try:
            start.wait(timeout=10)
            written.append(digests.write(daily.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(start.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(written) == [False] * 4 + [True]
    assert len(the_digests()) == 1
    assert OutgoingMail.objects.filter(digest=the_digests()[0]).count() == 3


def test_without_details_it_names_kinds_only_also_of_what_was_held_before(daily, sink, settings):
    tell(daily)
    settings.NOTIFY_WITHOUT_DETAILS = True
    its_hour_comes()
    tasks.deliver_due()
    (mail,) = sink.mails
    told = str(mail["Subject"]) + "".join(mail.get_body([part]).get_content() for part in ("plain", "html"))
    assert "Prescan failed" in told
    assert "Shop" not in told
