"""Mails that tell of hostile targets: opened in a real browser nothing of them runs, loads, or leads elsewhere."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analyses import lifecycle
from analyses.lifecycle import announcements
from analyses.models import AllowedTarget, Analysis
from analyses.moves import Ending
from analyses.prescan.contract import Outcome, PrescanResult, Step
from analyses.statuses import ScanStatus
from notifications import digests, kinds
from notifications.models import OutgoingMail
from notifications.wording import word
from tests.scene import FLAW, an_analysis, prescanned, scans_of, started
from tests.security.hostile import EVERYTHING, PAYLOADS, fitting
from tests.security.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVENTS = {path.name for path in (settings.BASE_DIR / "templates/mail").iterdir() if path.is_dir()}
HOSTILE = PrescanResult(
    steps=(Step("Name", Outcome.FAILED, EVERYTHING, EVERYTHING),),
    failure=ScanStatus.CONNECTION_ERROR,
    cause=EVERYTHING,
    advice=EVERYTHING,
)


@pytest.fixture
def mails(lead, settings) -> list[OutgoingMail]:
    """Mails of every kind, for each payload that a name can be."""
    AllowedTarget.objects.create(pattern="*.test")
    for number, payload in enumerate(PAYLOADS[:24]):
        lead.first_name = lead.last_name = fitting(number, 150)
        lead.save()
        _tell_everything(lead, f"{number} {fitting(number, 110)}", f"http://shop.test/?{number}{payload}")
    told = list(OutgoingMail.objects.all())
    facts = digests.facts([OutgoingMail(event=mail.event, subject=mail.subject, path="/") for mail in told], "UTC")
    facts |= {"kind": EVERYTHING, "lines": [{"subject": text, "path": "/", "at": timezone.now()} for text in PAYLOADS]}
    words = {event: word(event, facts, EVERYTHING) for event in (*kinds.MADE_OF_OTHERS, kinds.BARE)}
    several = [OutgoingMail(event=event, subject=of.subject, text=of.text, html=of.html) for event, of in words.items()]
    return [*told, *several]


def _tell_everything(owner, name: str, url: str) -> None:
    analysis = an_analysis(owner, url, name=name, hold_results=True, recipients="told@example.test")
    prescanned(lifecycle.submit(analysis, owner), HOSTILE)
    with transaction.atomic():
        announcements.schedule_ended(analysis.occurrences.first(), 3)
        announcements.flapping(analysis.occurrences.first(), 5)
    occurrence = lifecycle.submit(Analysis.objects.get(pk=analysis.pk), owner)
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    lifecycle.record_found(held, [FLAW])
    lifecycle.end_run(held, Ending.COMPLETED)
    lifecycle.publish(held)
    lifecycle.publish_results(Analysis.objects.get(pk=analysis.pk), owner)


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]


def addresses_in(page: str) -> list[str]:
    """Where a page leads, and what it loads."""
    reader = _Addresses()
    reader.feed(page)
    return reader.found


def test_nothing_of_a_mail_runs_or_loads(mails, browse, live_server, console):
    """Without any policy: what a mail program does."""
    assert {mail.event for mail in mails} == EVENTS
    watch = Watch(browse(bypass_csp=True), live_server.url)
    watch.page.goto("about:blank")
    for mail in mails:
        watch.page.set_content(mail.html, wait_until="load")
        told = len(watch.unexpected)
        watch.look()
        watch.unexpected[told:] = [f"{mail.event}, {mail.subject}: {one}" for one in watch.unexpected[told:]]
        if watch.page.locator("[src], link, [background]").count():
            watch.unexpected.append(f"{mail.event} loads something")
    assert "\n".join(watch.unexpected) == ""


def test_every_link_of_a_mail_is_one_of_ours(mails, settings):
    for mail in mails:
        links = addresses_in(mail.html)
        assert links
        assert {link for link in links if not link.startswith(f"{settings.SITE_URL}/")} == set()


def test_no_line_of_a_mail_is_forged(mails):
    for mail in mails:
        assert mail.subject.isprintable()
        assert len(mail.subject) <= 200
        assert not re.search(r"^(forged|bcc|subject)", mail.text, re.MULTILINE | re.IGNORECASE)
        assert all(letter.isprintable() or letter == "\n" for letter in mail.text)
