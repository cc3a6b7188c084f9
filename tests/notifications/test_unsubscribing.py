"""Whoever has a mail that is optional can stop its kind without signing in; looking at the link does nothing."""

import re

import pytest
from django.test import Client

from notifications import tasks, unsubscribing, wishes
from notifications.models import Choice, MailStatus, OutgoingMail, Preference, Unsubscribed
from tests.notifications.conftest import tell, the_mail

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mail_program() -> Client:
    """Whoever has a mail, and no session here; it would notice that a token is asked for."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://vedette.example.test"


def link_in(mail: OutgoingMail) -> str:
    """The path of the link for its kind, as it stands in both parts of the mail."""
    return links_in(mail)[0]


def links_in(mail: OutgoingMail) -> list[str]:
    """The paths of the links for its kind and for all kinds: the same in both parts."""
    of_text, of_html = (
        re.findall(r"https://vedette\.example\.test(/unsubscribe/[^\s\"<]+)", part) for part in (mail.text, mail.html)
    )
    assert of_text == of_html
    assert len(of_text) == 2
    return of_text


def test_one_link_stops_all_that_is_optional_and_undoes_exactly_that(alice, mail_program):
    wishes.choose(alice, {"results_held": Choice.NONE, "results_published": Choice.DAILY})
    before = wishes.choices_of(alice)
    tell(alice)
    link = links_in(the_mail())[1]
    assert "but those that must arrive" in mail_program.get(link).content.decode()
    assert wishes.choices_of(alice) == before  # looking changes nothing
    page = mail_program.post(link).content.decode()
    assert "<h1>Unsubscribed</h1>" in page
    assert set(wishes.choices_of(alice).values()) == {Choice.NONE}
    tell(alice, about="2", event="schedule_ended", failures=3, status="All Verifications Failed")
    assert OutgoingMail.objects.get(event="schedule_ended").status == MailStatus.QUEUED
    mail_program.post(link, {"undo": "yes", "was": re.findall(r'name="was" value="([^"]+)"', page)})
    assert wishes.choices_of(alice) == before


def test_it_stops_all_for_an_address_without_an_account_too(mail_program):
    tell(addresses=["appsec@example.test"])
    kind, every = links_in(the_mail())
    mail_program.post(kind)
    page = mail_program.post(every).content.decode()
    tell(addresses=["appsec@example.test"], event="prescan_succeeded")
    assert set(OutgoingMail.objects.values_list("status", flat=True)) == {MailStatus.UNWANTED}
    mail_program.post(every, {"undo": "yes", "was": re.findall(r'name="was" value="([^"]+)"', page)})
    assert Unsubscribed.objects.get().event == "prescan_failed"  # that was asked for before


def test_one_click_in_a_mail_program_unsubscribes(alice, sink, mail_program):
    tell(alice)
    tasks.deliver(the_mail().pk)
    (mail,) = sink.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = "".join(mail["List-Unsubscribe"].split())[1:-1]
    assert address == f"https://vedette.example.test{link_in(the_mail())}"
    answer = mail_program.post(address.removeprefix("https://vedette.example.test"), ONE_CLICK)
    assert answer.status_code == 200
    tell(alice, about="2")
    assert OutgoingMail.objects.get(key__contains=":2:").status == MailStatus.UNWANTED


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "patch", "delete"])
def test_looking_at_the_link_changes_nothing(alice, mail_program, method):
    tell(alice)
    answer = getattr(mail_program, method)(link_in(the_mail()))
    assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert not Preference.objects.exists()


def test_the_page_asks_does_and_undoes(alice, mail_program):
    wishes.choose(alice, {"prescan_failed": Choice.AT_ONCE})
    tell(alice)
    link = link_in(the_mail())
    assert "<h1>Unsubscribe?</h1>" in mail_program.get(link).content.decode()
    page = mail_program.post(link).content.decode()
    assert "<h1>Unsubscribed</h1>" in page
    assert "Prescan failed" in page
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.NONE
    page = mail_program.post(link, {"undo": "yes", "was": re.findall(r'name="was" value="([^"]+)"', page)})
    assert "It was undone" in page.content.decode()
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.AT_ONCE


def test_it_can_be_undone_at_a_later_visit_too(alice, mail_program):
    tell(alice)
    link = link_in(the_mail())
    mail_program.post(link)
    assert 'name="undo"' in mail_program.get(link).content.decode()
    mail_program.post(link, {"undo": "yes"})
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.AT_ONCE


def test_what_is_undone_is_about_the_links_kind_only(alice, mail_program):
    wishes.choose(alice, {"results_held": Choice.NONE})
    tell(alice)
    link = link_in(the_mail())
    mail_program.post(link)
    mail_program.post(link, {"undo": "yes", "was": ["results_held:at_once", "prescan_failed:daily", "x:y", "::"]})
    assert wishes.choices_of(alice)["results_held"] == Choice.NONE
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.DAILY


def test_one_persons_link_is_not_about_another(alice, bob, mail_program):
    tell(alice, bob)
    mail_program.post(link_in(OutgoingMail.objects.get(user=alice)))
    assert set(Preference.objects.values_list("user", flat=True)) == {alice.pk}


def test_an_address_without_an_account_is_unsubscribed_whatever_its_case(mail_program):
    tell(addresses=["AppSec@example.test"])
    link = link_in(the_mail())
    mail_program.post(link)
    assert tell(addresses=["appsec@Example.test"], about="2") == 1
    assert OutgoingMail.objects.get(key__contains=":2:").status == MailStatus.UNWANTED
    mail_program.post(link, {"undo": "yes"})
    assert not Unsubscribed.objects.exists()
    tell(addresses=["appsec@example.test"], about="3")
    assert OutgoingMail.objects.get(key__contains=":3:").status == MailStatus.QUEUED


def test_what_waits_to_be_tried_again_is_not_sent_after_that(alice, sink, mail_program):
    sink.recipient_answers = ["451 later"]
    tell(alice)
    tasks.deliver(the_mail().pk)
    mail_program.post(link_in(the_mail()))
    assert the_mail().status == MailStatus.UNWANTED


def test_a_mail_that_must_arrive_has_no_such_link(alice, sink):
    tell(alice, event="schedule_ended", failures=3, status="All Verifications Failed")
    tasks.deliver(the_mail().pk)
    (mail,) = sink.mails
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert "/unsubscribe/" not in the_mail().text + the_mail().html
    assert "/notifications/" in the_mail().text


def test_a_link_for_what_must_arrive_could_not_be_made_up_either(alice, mail_program):
    from django.core import signing

    token = signing.Signer(salt=unsubscribing._SALT).sign_object(["schedule_ended", alice.pk])
    assert mail_program.post(f"/unsubscribe/{token}/").status_code == 403


def test_no_link_and_no_choice_keeps_back_what_must_arrive(alice, mail_program):
    tell(alice, event="schedule_ended", failures=3, status="All Verifications Failed")
    path = unsubscribing.path_for("digest", alice.email, alice.pk)
    mail_program.post(path, {"undo": "yes", "was": ["schedule_ended:none", "prescan_failed:none"]})
    assert the_mail().status == MailStatus.QUEUED
    assert not Preference.objects.exists()
    wishes.choose(alice, {"schedule_ended": Choice.NONE})
    assert the_mail().status == MailStatus.QUEUED


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: "x" + t, lambda t: t.swapcase(), lambda t: "of-no-link"])
def test_a_link_that_was_not_made_here_does_nothing(alice, mail_program, spoil):
    tell(alice)
    token = link_in(the_mail()).split("/")[2]
    for method in (mail_program.get, mail_program.post):
        assert method(f"/unsubscribe/{spoil(token)}/").status_code == 403
    assert not Preference.objects.exists()


def test_a_signature_made_for_something_else_is_none(alice, mail_program):
    from django.core import signing

    token = signing.Signer(salt="other").sign_object(["prescan_failed", alice.pk])
    assert mail_program.post(f"/unsubscribe/{token}/").status_code == 403


def test_the_link_of_somebody_who_is_gone_does_nothing(alice, mail_program):
    tell(alice)
    link = link_in(the_mail())
    alice.delete()
    assert mail_program.post(link).status_code == 403


def test_every_other_page_of_notifications_needs_a_session(mail_program):
    assert mail_program.get("/notifications/").status_code == 302


def test_an_address_that_a_database_holds_for_the_same_goes_on_being_told():
    """To some a dotless i is an i in capitals."""
    tell(addresses=["alice@example.test"])
    wishes.unsubscribe_address("al\N{LATIN SMALL LETTER DOTLESS I}ce@example.test", "prescan_failed")
    assert the_mail().status == MailStatus.QUEUED
    wishes.unsubscribe_address("Alice@example.test", "prescan_failed")
    assert the_mail().status == MailStatus.UNWANTED
