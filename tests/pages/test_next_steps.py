"""Of every status: where what it advises can be done, and who can do it."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from analyses import lifecycle
from analyses.next_steps import ACT, ADMINISTRATOR, CONFIGURE, LOG, PUBLISH, QUEUE, RESULTS, SCANS, next_steps
from analyses.roles import Right
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, ScanStatus
from tests.scene import UNREACHED, an_analysis, prescanned, published
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
    assert {step.who for step in steps} <= {*Right.labels, ADMINISTRATOR, ""}
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
    """Where each place leads; those who cannot go there are told who can."""
    found = {}
    for part in (part for shown in element.of_class("next-steps") for part in shown.inside):
        link = part.first("a")
        found[part.words()] = link.attributes["href"] if link else ""
    return found


def head_of(client, analysis, path: str = "") -> Element:
    [head] = Page(client.get(f"/analyses/{analysis.pk}/{path}")).of_class("page-header")
    return head


def test_the_reference_leads_there_from_every_status_and_every_link_can_be_followed(as_admin):
    page = Page(as_admin.get(reverse("analyses:statuses")))
    addresses = set()
    for status in EVERY_STATUS:
        anchor = status.value if isinstance(status, AnalysisStatus) else f"scan-{status.value}"
        shown = links(page.by_id(anchor))
        assert list(shown) == list(dict.fromkeys(str(step.label) for step in next_steps(status)))
        addresses |= set(shown.values())
    assert f"{reverse('analyses:list')}?status=all_verifications_failed" in addresses
    assert {as_admin.get(address).status_code for address in addresses} == {200}


def test_pages_of_an_analysis_lead_to_its_own_places_and_never_to_the_page_one_is_on(as_alice, alice):
    analysis = an_analysis(alice, "http://shop.test/", "http://mill.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED, UNREACHED)
    scan = occurrence.scans.first()
    configure = {"Configure Analysis": reverse("analyses:configure", args=[analysis.pk])}
    act = {"Analysis Actions": reverse("analyses:summary", args=[analysis.pk]) + "#actions"}
    details = {"Scan Details": reverse("analyses:scans", args=[analysis.pk])}
    page = Page(as_alice.get(reverse("analyses:scan", args=[analysis.pk, scan.pk])))
    [of_scan] = page.of_class("scan-head")
    assert links(of_scan) == links(page.of_class("page-header")[0]) == configure | act
    assert links(head_of(as_alice, analysis, "history/")) == details | configure | act
    assert links(head_of(as_alice, analysis)) == details | configure | {"Analysis Actions": "#actions"}


def test_of_what_is_published_results_do_not_lead_to_results(as_alice, alice):
    analysis = published(alice)
    assert "Results" in links(head_of(as_alice, analysis))
    assert "Results" not in " ".join(links(head_of(as_alice, analysis, "results/")))


def test_whoever_cannot_do_it_is_told_who_can_and_led_nowhere(as_alice, as_bob, bob, alice, team):
    page = Page(as_alice.get(reverse("analyses:statuses")))
    assert links(page.by_id("scan-verification_failed"))["Allowed targets (Administrator)"] == ""
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    bob.groups.remove(*Group.objects.filter(name__in=["Creators", "Submitters"]))
    assert links(head_of(as_bob, analysis)) == {"Configure Analysis (Creator)": "", "Analysis Actions (Submitter)": ""}
    assert list(links(head_of(as_alice, analysis))) == ["Configure Analysis", "Analysis Actions"]
