"""Deleting while somebody else is at work: real threads on PostgreSQL. Either is first, and the other is told."""

import pytest

from analyses import lifecycle
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, AnalysisOccurrence, DeletedAnalysis, Finding, State
from tests.lifecycle.test_races import at_once
from tests.scene import an_analysis, published

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_twice_at_once_is_once(alice):
    analysis = published(alice)
    results = at_once(*[lambda: lifecycle.delete(analysis, alice)] * 3)
    assert sorted(map(type, results), key=str) == sorted([type(None), *[lifecycle.Refused] * 2], key=str)
    assert DeletedAnalysis.objects.count() == 1


@pytest.mark.parametrize("number", range(5))
def test_a_submission_at_the_same_moment_is_refused_or_first(alice, number):
    analysis = an_analysis(alice)
    deleted, submitted = at_once(lambda: lifecycle.delete(analysis, alice), lambda: lifecycle.submit(analysis, alice))
    if isinstance(submitted, AnalysisOccurrence):
        assert isinstance(deleted, lifecycle.Refused)
        assert Analysis.objects.filter(pk=analysis.pk).exists()
    else:
        assert isinstance(submitted, lifecycle.Refused), submitted
        assert deleted is None
        assert not AnalysisOccurrence.objects.exists()


@pytest.mark.parametrize("number", range(3))
def test_judging_its_findings_at_the_same_moment_ends_in_no_deadlock(alice, number):
    analysis = published(alice)
    findings = list(Finding.objects.values_list("pk", flat=True))
    deleted, _ = at_once(
        lambda: lifecycle.delete(analysis, alice),
        lambda: triage(analysis, findings, State.CONFIRMED, alice, "Seen."),
    )
    assert deleted is None
    assert not Analysis.objects.exists()
