"""The prescan of a run with many scans: what it reads, and how much of it at once."""

import threading
import weakref

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses import lifecycle, prescanner
from analyses.models import AllowedTarget, AnalysisOccurrence, ScanOccurrence
from analyses.prescan.contract import PrescanTarget
from analyses.statuses import ScanStatus
from tests.scene import an_analysis
from tests.targets.serving import Answer, Asked, serve
from tests.targets.sites import plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted(settings):
    settings.SCRIPTED_ENGINE = True


def submitted(owner, site, number: int) -> AnalysisOccurrence:
    """A run of so many scans of one site."""
    AllowedTarget.objects.get_or_create(pattern=site.spot)
    return lifecycle.submit(an_analysis(owner, *(f"{site.url}{n}/" for n in range(number))), owner)


def passed(occurrence) -> int:
    return occurrence.scans.filter(status__in=[ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING]).count()


def test_what_is_allowed_is_not_asked_again_for_each_of_100_scans(alice):
    with serve(plain) as site:
        occurrence = submitted(alice, site, 100)
        with CaptureQueriesContext(connection) as asked:
            prescanner.drive(occurrence.pk)
    assert passed(occurrence) == 100
    queries = [query["sql"] for query in asked]
    assert sum("allowedtarget" in sql for sql in queries) < 20
    assert len(queries) < 20 * 100


def test_as_many_targets_are_built_as_are_checked_at_once(alice, monkeypatch):
    """The requests of an API may be megabytes, and its secrets are secrets."""
    built: list[weakref.ref[PrescanTarget]] = []
    most, all_built = [0], threading.Event()
    build = prescanner.prescan_target

    def counted(scan: ScanOccurrence, **options) -> PrescanTarget:
        target = build(scan, **options)
        built.append(weakref.ref(target))
        most[0] = max(most[0], sum(reference() is not None for reference in built))
        if len(built) == 24:
            all_built.set()
        return target

    def slow_site(asked: Asked) -> Answer:
        all_built.wait(0.5)
        return plain(asked)

    monkeypatch.setattr(prescanner, "prescan_target", counted)
    with serve(slow_site) as site:
        occurrence = submitted(alice, site, 24)
        prescanner.drive(occurrence.pk)
    assert (len(built), passed(occurrence)) == (24, 24)
    assert most[0] <= prescanner.AT_ONCE + 1
