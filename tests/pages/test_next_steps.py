"""Of every status: where what it advises can be done, and who can do it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from analyses import lifecycle
from analyses.next_steps import ACT, ADMINISTRATOR, ANYBODY, CONFIGURE, LOG, PUBLISH, QUEUE, RESULTS, SCANS, next_steps
from analyses.roles import Right
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, ScanStatus
from tests.scene import UNREACHED, an_analysis, prescanned
from tests.statuses.reading import Element, Page

EVERY_STATUS = [*AnalysisStatus, *ScanStatus]
# What is advised in these words can be done at these places.
PLACES = {
    r"\bsubmit": {ACT}, r"settings|allow a longer|change the schedule": {CONFIGURE}, r"read the results": {RESULTS},
    r"scans? .*(why|cause)|scan's details": {SCANS}, r"Read the cause": {LOG}, r"publish": {PUBLISH},
    r"slot|capacity": {QUEUE},
}  # fmt: skip


def test_there_are_53():
    assert len(EVERY_STATUS) == 53


@pytest.mark.parametrize("status", EVERY_STATUS, ids=lambda status: f"{type(status).__name__}-{status.value}")
def test_a_status_names_the_places_of_what_it_advises(status):
    steps = next_steps(status)
    advice = str((ANALYSIS if isinstance(status, AnalysisStatus) else SCAN)[status].advice)
    assert steps
    assert {step.who for step in steps} <= {*Right.labels, ADMINISTRATOR, ANYBODY}
    wanted = [places for words, places in PLACES.items() if re.search(words, advice, re.IGNORECASE)]
    assert [places for places in wanted if not places & set(steps)] == [], advice
    if "administrator" in advice:
        assert ADMINISTRATOR in {step.who for step in steps}


@pytest.fixture
def as_admin(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin", "admin@example.test", "a-long-password-1"))
    return client


def links(element: Element) -> dict[str, str]:
    """Where each place leads, with who can go there."""
    [shown] = element.of_class("next-steps")
    found = {}
    for part in shown.inside:
        link = part.first("a")
        found[part.words()] = link.attributes["href"] if link else ""
    return found


def test_the_reference_leads_there_from_every_status_and_every_link_can_be_followed(as_admin):
    page = Page(as_admin.get(reverse("analyses:statuses")))
    addresses = set()
    for status in EVERY_STATUS:
        anchor = status.value if isinstance(status, AnalysisStatus) else f"scan-{status.value}"
        shown = links(page.by_id(anchor))
        assert list(shown) == [f"{step.label} ({step.who})" for step in next_steps(status)]
        addresses |= set(shown.values())
    assert f"{reverse('analyses:list')}?status=all_verifications_failed" in addresses
    assert {as_admin.get(address).status_code for address in addresses} == {200}


def test_pages_of_an_analysis_lead_to_its_own_places(as_alice, alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    [scan] = occurrence.scans.all()
    configure = {"Configure Analysis (Creator)": reverse("analyses:configure", args=[analysis.pk])}
    act = {"Analysis Actions (Submitter)": reverse("analyses:summary", args=[analysis.pk]) + "#actions"}
    details = {f"Scan Details ({ANYBODY})": reverse("analyses:scans", args=[analysis.pk])}
    page = Page(as_alice.get(reverse("analyses:scan", args=[analysis.pk, scan.pk])))
    [head], [of_scan] = page.of_class("page-header"), page.of_class("scan-head")
    assert links(head) == details | configure | act  # All Verifications Failed
    assert links(of_scan) == configure | act  # Connection Error


def test_whoever_is_no_administrator_is_told_who_is_and_led_nowhere(as_alice):
    page = Page(as_alice.get(reverse("analyses:statuses")))
    assert links(page.by_id("scan-verification_failed"))["Allowed targets (Administrator)"] == ""
