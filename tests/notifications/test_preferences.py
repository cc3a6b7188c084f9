"""Everybody chooses what they are told and when; what must arrive does; without a choice it is told at once."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from dashboard.accounts.models import ChosenZone
from notifications import kinds, wishes
from notifications.models import Choice, DigestTime, MailStatus, OutgoingMail, Preference
from tests.notifications.conftest import tell, the_mail

pytestmark = pytest.mark.django_db
PAGE = reverse("notifications:preferences")
ENDED = {"failures": 3, "status": "All Verifications Failed"}


def choices(**others: str) -> dict[str, str]:
    """What the page's form sends: everything at once but these."""
    return {**{kind.event: "at_once" for kind in kinds.OPTIONAL}, "hour": "8", **others}


def test_whoever_chose_nothing_is_told_at_once(alice):
    tell(alice)
    assert the_mail().status == MailStatus.QUEUED


def test_somebody_is_not_told_what_they_do_not_want_and_others_are(client, alice, bob):
    client.force_login(alice)
    assert client.post(PAGE, choices(prescan_failed="none")).status_code == 302
    assert tell(alice, bob) == 2
    assert OutgoingMail.objects.get(user=alice).status == MailStatus.UNWANTED
    assert OutgoingMail.objects.get(user=bob).status == MailStatus.QUEUED


def test_what_is_not_wanted_never_leaves(alice, sink):
    from notifications import tasks

    wishes.choose(alice, {"prescan_failed": Choice.NONE})
    tell(alice)
    tasks.deliver(the_mail().pk)
    tasks.deliver_due()
    assert sink.mails == []


def test_another_kind_is_another_choice(alice):
    wishes.choose(alice, {"prescan_failed": Choice.NONE})
    tell(alice, event="prescan_succeeded")
    assert the_mail().status == MailStatus.QUEUED


@pytest.mark.parametrize("choice", [Choice.NONE, Choice.DAILY])
def test_what_must_arrive_comes_at_once_whatever_is_stored(alice, choice):
    wishes.choose(alice, {"schedule_ended": choice})
    assert not Preference.objects.exists()
    Preference.objects.create(user=alice, event="schedule_ended", choice=choice)
    tell(alice, event="schedule_ended", **ENDED)
    assert the_mail().status == MailStatus.QUEUED


def test_the_page_says_what_must_arrive(client, alice):
    client.force_login(alice)
    page = client.get(PAGE).content.decode()
    must = page[page.index('id="must-schedule_ended"') :]
    assert "Always at once." in must
    assert 'name="schedule_ended"' not in page


def test_the_page_shows_what_is_chosen_and_is_linked_from_every_page(client, alice):
    wishes.choose(alice, {"results_published": Choice.DAILY})
    wishes.choose_digest_hour(alice, 17)
    client.force_login(alice)
    form = client.get(PAGE).context["form"]
    assert form["results_published"].value() == Choice.DAILY
    assert form["prescan_failed"].value() == Choice.AT_ONCE
    assert form["hour"].value() == 17
    assert f'href="{PAGE}"' in client.get(reverse("analyses:list")).content.decode()


def test_looking_at_the_page_stores_nothing(client, alice):
    client.force_login(alice)
    client.get(PAGE)
    assert not Preference.objects.exists()
    assert not DigestTime.objects.exists()


@pytest.mark.parametrize("wrong", [{"hour": "24"}, {"prescan_failed": "sometimes"}])
def test_what_is_no_choice_is_refused_and_nothing_is_stored(client, alice, wrong):
    client.force_login(alice)
    assert client.post(PAGE, choices(results_held="none", **wrong)).status_code == 400
    assert not Preference.objects.exists()


def test_people_change_their_own_choices_only(client, alice, bob):
    client.force_login(alice)
    client.post(PAGE, {**choices(prescan_failed="none"), "user": bob.pk})
    assert set(Preference.objects.values_list("user", flat=True)) == {alice.pk}


def test_what_has_not_left_yet_stays_when_it_is_no_longer_wanted(alice, sink):
    tell(alice)
    tell(alice, event="prescan_succeeded")
    wishes.choose(alice, {"prescan_failed": Choice.NONE})
    waiting = dict(OutgoingMail.objects.values_list("event", "status"))
    assert waiting == {"prescan_failed": MailStatus.UNWANTED, "prescan_succeeded": MailStatus.QUEUED}


def test_an_unwanted_mail_is_not_sent_again_by_the_administration(admin_client, alice):
    wishes.choose(alice, {"prescan_failed": Choice.NONE})
    tell(alice)
    form = {"action": "send_again", "_selected_action": [the_mail().pk]}
    admin_client.post(reverse("admin:notifications_outgoingmail_changelist"), form)
    assert the_mail().status == MailStatus.UNWANTED


def test_the_page_says_what_somebody_was_told_and_what_they_were_not(client, alice, bob):
    tell(alice)
    wishes.choose(alice, {"prescan_succeeded": Choice.NONE})
    tell(alice, event="prescan_succeeded")
    tell(bob, analysis_name="Of Bob alone")
    client.force_login(alice)
    page = client.get(PAGE).content.decode()
    for said in ("Prescan failed: Shop (1 of 1 scan)", "Queued", "Prescan succeeded: Shop", "Not wanted"):
        assert said in page
    assert "Of Bob alone" not in page


def test_many_readers_cost_no_more_queries_than_few(alice, bob, django_assert_num_queries):
    """Also when they have choices of their own."""
    people = [User.objects.create_user(f"p{number}", f"p{number}@example.test") for number in range(40)]
    for person in people[:20]:
        wishes.choose(person, {"prescan_failed": Choice.DAILY})
        wishes.choose_digest_hour(person, 9)
        ChosenZone.objects.create(user=person, zone="Europe/Berlin")
    few = _queries(people[19:21], "1")
    assert _queries(people, "2") == few
    assert OutgoingMail.objects.held().count() == 21


def _queries(people, about: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        tell(*people, about=about, addresses=[f"{about}@example.test"])
    return len(asked)


def test_a_page_of_many_mails_costs_as_many_queries_as_one_of_few(client, alice):
    client.force_login(alice)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in range(12):
        tell(alice, about=str(number))
        if number in (0, 11):
            with CaptureQueriesContext(connection) as asked:
                client.get(PAGE)
            counts.append(len(asked))
    assert counts[0] == counts[1]
