"""A mail is in the language of whoever reads it: all of it, and whatever the language of whoever caused it."""

import json
import re
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from analyses import lifecycle
from analyses.prescan.contract import Outcome, Step
from analyses.said import said
from dashboard.accounts.models import ChosenLanguage
from notifications import digests, wishes
from notifications.models import Choice, Hook, HookMessage, MailStatus, OutgoingMail
from notifications.samples import SAMPLES, sample
from notifications.wording import Wording, word
from tests.notifications.conftest import make_due, tell
from tests.results.runs import FAILED, SQL, found, run
from tests.scene import UNREACHED, an_analysis, prescanned
from tests.words.pseudo import OPEN, spoken, untranslated

pytestmark = pytest.mark.django_db
NAMES = frozenset({"alice", "archer", "shop", "bob", "vedette", "utc", "first"})
# What earlier mails said: stored, and so nobody's to translate.
STORED = [line["subject"] for facts in SAMPLES.values() for line in facts.get("lines", ())]


def without_stored(text: str) -> str:
    text = re.sub(r"(?m)^ {3}\| .*$", "", text)  # what an engine said, as it said it
    for stored in STORED:
        text = text.replace(stored, "")
    return text


def german(event: str, **facts) -> Wording:
    with spoken(), translation.override("en"):
        leave = {"unsubscribe_path": "/unsubscribe/sample/", "has_account": True}
        return word(event, {**SAMPLES[event], **facts}, "Alice Archer", language="de", **leave)


def left_in(words: Wording) -> list[str]:
    """The English that is left in a mail."""
    lines = "".join(f"<p>{line}</p>" for line in without_stored(words.text).splitlines())
    html = words.html
    for facts in SAMPLES.values():
        for line in facts.get("lines", ()):
            html = html.replace(line["subject"], "")
    return [left for part in (without_stored(words.subject), lines, html) for left in untranslated(part, NAMES)]


@pytest.mark.parametrize("event", SAMPLES)
def test_no_mail_holds_english(event):
    words = german(event)
    assert left_in(words) == []
    assert '<html lang="de"' in words.html


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("schedule_ended", {"failures": 1, "scans": SAMPLES["schedule_ended"]["scans"] * 30}),
        ("prescan_failed", {"scan_count": 1, "failed_count": 1, "passed_count": 0}),
        ("prescan_failed", {"passed_count": 2, "prescan_only": True}),
        ("prescan_failed", {"passed_count": 1, "ended": None}),
        ("prescan_succeeded", {"scan_count": 4, "prescan_only": True}),
        ("results_held", {"total": 0}),
        ("results_held", {"total": 1}),
        ("results_published", {"total": 0}),
        ("results_published", {"total": 0, "partial": False, "why_partial": "", "new_count": None}),
        ("results_published", {"total": 1, "partial": False, "why_partial": "", "new_count": 0, "gone_count": 2}),
        ("digest", {"count": 200, "more": 100}),
        ("overflow", {"count": 1}),
    ],
)
def test_what_a_mail_says_only_sometimes_is_no_english_either(event, facts):
    assert left_in(german(event, **facts)) == []


def test_a_sample_is_english_whatever_the_language_of_whoever_looks():
    with spoken():
        words = [sample(event) for event in SAMPLES]
    assert OPEN not in "".join(part for of in words for part in (of.subject, of.text, of.html))
    assert all('<html lang="en"' in of.html for of in words)


def reads_german(*people: User) -> None:
    for person in people:
        ChosenLanguage.objects.create(user=person, language="de")


def is_german(mail: OutgoingMail) -> bool:
    """Whether a mail is in German, or in English: all three parts."""
    told = [OPEN in part for part in (mail.subject, mail.text, mail.html)]
    assert len(set(told)) == 1, told
    assert f'<html lang="{"de" if told[0] else "en"}"' in mail.html
    return told[0]


@pytest.mark.parametrize("language", ["en", "de"])
def test_everybody_who_is_told_of_an_event_reads_it_in_their_own_language(alice, lead, language):
    reads_german(lead)
    second = User.objects.create_user("second", "second@example.test")
    second.groups.set(lead.groups.all())
    second.user_permissions.set(lead.user_permissions.all())
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/", recipients="told@example.test")
    with spoken(), translation.override(language):
        run(analysis, alice, found(SQL), FAILED)
    mails = {mail.to: mail for mail in OutgoingMail.objects.filter(event="results_published")}
    assert {to: is_german(mail) for to, mail in mails.items()} == {
        lead.email: True,
        second.email: False,
        "told@example.test": False,
    }
    theirs, english = mails[lead.email], mails[second.email]
    assert "They are partial: 1 of 2 scans failed or ended early.\n" in english.text
    assert "⟦They are partial: ⟦1 of 2 scans failed or ended early.⟧⟧\n" in theirs.text
    assert untranslated(theirs.html, NAMES | {analysis.name.lower(), *lead.get_username().lower().split()}) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_statuses_and_what_to_do_are_said_in_the_readers_language(alice, language):
    reads_german(alice)
    analysis = an_analysis(alice, recipients="told@example.test")
    with spoken(), translation.override(language):
        prescanned(lifecycle.submit(analysis, alice), replace(UNREACHED, advice=""))
    mails = {mail.to: mail for mail in OutgoingMail.objects.filter(event="prescan_failed")}
    english, theirs = mails["told@example.test"].text, mails[alice.email].text
    assert "   Status: Connection Error\n" in english
    assert "   What to do: Check the address, the network" in english
    assert "   ⟦Status:⟧ ⟦Connection Error⟧\n" in theirs
    assert "   ⟦What to do:⟧ ⟦Check the address, the network" in theirs


def test_causes_and_advice_of_the_prescan_are_said_in_the_readers_language(alice):
    reads_german(alice)
    analysis = an_analysis(alice, recipients="told@example.test")
    refused = {
        "cause": said("Connection refused at %(spot)s", spot="10.1.2.3:443"),
        "advice": said("Start the site, or correct the port: nothing listens there."),
    }
    step = Step("Connection", Outcome.FAILED, **refused)
    prescanned(lifecycle.submit(analysis, alice), replace(UNREACHED, steps=(step,), **refused))
    mails = {mail.to: mail for mail in OutgoingMail.objects.filter(event="prescan_failed")}
    english, theirs = mails["told@example.test"], mails[alice.email]
    for part in (english.text, english.html):
        assert "Connection refused at 10.1.2.3:443" in part
        assert "Start the site, or correct the port" in part
    for part in (theirs.text, theirs.html):
        assert "Verbindung zu 10.1.2.3:443 abgelehnt" in part
        assert "Starten Sie die Website oder berichtigen Sie den Port" in part
        assert "refused" not in part


def test_the_daily_mail_is_in_its_readers_language(alice, bob):
    reads_german(alice)
    for person in (alice, bob):
        wishes.choose(person, {"prescan_failed": Choice.DAILY})
    with spoken(), translation.override("en"):
        tell(alice, bob)
        make_due()
        assert digests.write_due() == 2
    mails = OutgoingMail.objects.filter(event="digest", status=MailStatus.QUEUED)
    assert {mail.to: is_german(mail) for mail in mails} == {alice.email: True, bob.email: False}


def test_a_language_that_is_spoken_no_more_is_english(alice):
    ChosenLanguage.objects.create(user=alice, language="tlh")
    tell(alice)
    assert not is_german(OutgoingMail.objects.get())


def test_what_hooks_are_told_is_english_whatever_the_language_of_whoever_caused_it(alice, lead):
    hook = Hook.objects.create(
        name="Chat", address="https://chat.example.test/", events=["results_published"], for_everybody=True
    )
    reads_german(alice, lead)
    with spoken():
        run(an_analysis(alice), alice, found(SQL))
    told = json.loads(HookMessage.objects.get(hook=hook).body)
    assert OPEN not in str(told)
    assert told["title"] == "Results published"
    assert told["status"] == "Completed - Results Available"
    assert told["counts"] == {"critical": 1, "high": 0, "medium": 0, "low": 0, "info": 0}
