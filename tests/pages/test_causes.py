"""Of every cause that is stored with a status: its page says why, what to do, where that is, and who can do it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User

from analyses import lifecycle
from analyses.lifecycle import prescans, runs
from analyses.models import Analysis, ScanOccurrence
from analyses.moves import Ending
from analyses.next_steps import next_steps
from analyses.prescan.checks import CHECKS
from analyses.prescan.contract import Outcome, PrescanResult, Step
from analyses.statuses import SCAN, ScanStatus
from analyses.statuses import Group as Family
from tests.scene import FLAW, an_analysis, prescanned, running, scans_of
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db
WHY = "It is told so by whatever ended it"
ADVICE = "Do this about it"
ENDED = {status for status in ScanStatus if SCAN[status].group in (Family.ENDED, Family.VERIFYING, Family.PUBLISHED)}


def failed_prescan(status: ScanStatus, check: str) -> Callable[[User], ScanOccurrence]:
    def happen(owner: User) -> ScanOccurrence:
        occurrence = lifecycle.submit(an_analysis(owner), owner)
        step = Step(check, Outcome.FAILED, WHY, ADVICE)
        prescanned(occurrence, PrescanResult((step,), failure=status, cause=WHY, advice=ADVICE))
        return scans_of(occurrence)[0]

    return happen


def ended(ending: Ending, stage: str) -> Callable[[User], ScanOccurrence]:
    def happen(owner: User) -> ScanOccurrence:
        _, occurrence, [held] = running(owner)
        if stage != "nothing":
            lifecycle.record_found(held, [FLAW])
        lifecycle.end_run(held, ending, WHY)
        if stage == "published":
            lifecycle.publish(held)
        return scans_of(occurrence)[0]

    return happen


def never_submitted(owner: User) -> ScanOccurrence:
    occurrence = lifecycle.submit(an_analysis(owner), owner)
    prescans.refuse_late(occurrence.pk)
    return scans_of(occurrence)[0]


def approval_withdrawn(owner: User) -> ScanOccurrence:
    analysis = an_analysis(owner)
    prescanned(lifecycle.submit(analysis, owner))
    held = lifecycle.claim(scans_of(analysis.occurrences.get())[0].pk)
    runs.end_run(held, Ending.ERROR, WHY, withdrawn=True)
    return scans_of(analysis.occurrences.get())[0]


def engine_not_started(owner: User) -> ScanOccurrence:
    analysis = an_analysis(owner)
    prescanned(lifecycle.submit(analysis, owner))
    held = lifecycle.claim(scans_of(analysis.occurrences.get())[0].pk)
    lifecycle.end_run(held, Ending.ERROR, WHY)
    return scans_of(analysis.occurrences.get())[0]


CAUSES: dict[str, Callable[[User], ScanOccurrence]] = {
    **{f"prescan: {check.name}": failed_prescan(check.failure, check.name) for check in CHECKS},
    **{f"{ending}, {stage}": ended(ending, stage) for ending in Ending for stage in ("nothing", "found", "published")},
    "no worker in time": never_submitted,
    "approval withdrawn": approval_withdrawn,
    "engine not started": engine_not_started,
}


@pytest.mark.parametrize("cause", CAUSES)
def test_its_page_says_why_and_what_to_do_and_where_and_who(cause, as_alice, as_bob, alice, bob, team):
    scan = CAUSES[cause](alice)
    scan.occurrence.analysis.teams.add(team)
    bob.groups.remove(*Group.objects.exclude(pk=team.pk))
    address = f"/analyses/{scan.occurrence.analysis_id}/scans/{scan.pk}/"
    [mine], [his] = (Page(client.get(address)).of_class("scan-head") for client in (as_alice, as_bob))
    text = mine.words()
    assert scan.cause or scan.status in CLEAR_BY_THEMSELVES
    assert scan.cause in text
    assert str(scan.shown.meaning) in text
    assert str(scan.next_step) in text
    steps = next_steps(ScanStatus(scan.status))
    links = [each.attributes["href"] for each in mine.walk() if each.name == "a" and "badge" not in each.classes]
    assert links, "no place to go on at"
    assert {as_alice.get(link).status_code for link in links} == {200}
    for step in steps:
        if step.right or step.for_administrators:
            assert f"{step.label} ({step.who})" in his.words()
            assert (f"({step.who})" in text) == (not step.is_for(alice))


# What is no fault needs no cause: that it ran to its end.
CLEAR_BY_THEMSELVES = {ScanStatus.COMPLETED_VERIFYING, ScanStatus.COMPLETED_AVAILABLE}


def test_every_status_with_which_a_scan_ends_is_among_them(alice):
    reached = set()
    for happen in CAUSES.values():
        reached.add(ScanStatus(happen(alice).status))
        Analysis.objects.all().delete()
    assert reached == ENDED
