"""What may be changed in which status: the page shows it, and the server holds it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from analyses.models import Analysis
from analyses.statuses import EDITABLE, AnalysisStatus
from tests.configure.pages import errors_of, form_of, text_of

LOCKED = sorted(set(AnalysisStatus) - EDITABLE)
OPEN = sorted(EDITABLE - {AnalysisStatus.SCHEDULED})  # a scheduled one has an occurrence: see test_scheduled
PLAIN = {"scope": "folder", "speed": "normal", "sign_in_method": "none"}
LOCKED_CHANGES = {
    "excluded_urls": "https://shop.example.test/logout",
    "user_agent": "Other/1",
    "urls": "https://new.example.test/",
    "duration_0": "2",
}


@pytest.fixture
def in_status(shop):
    def put(status: AnalysisStatus) -> Analysis:
        shop.status = status  # only the lifecycle writes it: here it stands for any way of getting there
        shop.save()
        return shop

    return put


@pytest.mark.parametrize("status", OPEN)
def test_everything_may_be_changed(fill, in_status, status):
    analysis = in_status(status)
    assert fill(analysis, **LOCKED_CHANGES).status_code == 302
    analysis.refresh_from_db()
    assert (analysis.user_agent, analysis.duration) == ("Other/1", timedelta(hours=2))
    assert analysis.scans.count() == 3
    assert analysis.status == status


@pytest.mark.parametrize("status", LOCKED)
def test_the_page_says_why_and_offers_only_what_is_possible(as_alice, in_status, status):
    page = as_alice.get(reverse("analyses:configure", args=[in_status(status).pk]))
    assert f"The status is {status.label}, so only the name" in text_of(page)
    assert "Save and submit" not in text_of(page)
    sent = set(form_of(page))
    assert not sent & {"excluded_urls", "user_agent", "urls", "scan", "start", "start_at", "end_by"}
    assert {"name", "description", "teams", "duration_0"} <= sent


@pytest.mark.parametrize("status", LOCKED)
def test_name_description_teams_and_a_longer_duration_may_be_changed(fill, in_status, status):
    analysis = in_status(status)
    response = fill(analysis, name="New", description="Why", teams=[], duration_0="2", duration_1="days")
    assert response.status_code == 302
    analysis.refresh_from_db()
    assert (analysis.name, analysis.description, analysis.duration) == ("New", "Why", timedelta(days=2))
    assert not analysis.teams.exists()
    assert analysis.scans.count() == 2


@pytest.mark.parametrize("status", LOCKED)
def test_the_rest_is_refused_at_its_place_whatever_is_sent(fill, in_status, status):
    """As from a page that was opened before the status changed, or made by hand."""
    analysis = in_status(status)
    scan = analysis.scans.first()
    page = fill(analysis, **LOCKED_CHANGES, scan=[str(scan.pk)], remove=[str(scan.pk)])
    assert set(errors_of(page)) == {"excluded_urls", "user_agent", "urls", "duration"}
    assert f"Not possible now. The status is {status.label}" in errors_of(page)["user_agent"]
    analysis.refresh_from_db()
    assert (analysis.user_agent, analysis.excluded_urls, analysis.revision) == ("", "", 1)
    assert analysis.scans.count() == 2


def test_settings_of_a_url_are_refused_too(fill, in_status):
    analysis = in_status(AnalysisStatus.IN_PROGRESS)
    scan = analysis.scans.first()
    page = fill(
        analysis,
        **{"scan": [str(scan.pk)], f"scan-{scan.pk}-url": "https://other.example.test/"},
        **{
            f"scan-{scan.pk}-scope": "folder",
            f"scan-{scan.pk}-sign_in_method": "none",
            f"scan-{scan.pk}-speed": "normal",
        },
    )
    assert "The settings of the URLs were not saved." in text_of(page)
    scan.refresh_from_db()
    assert scan.url == "https://shop.example.test/"


def test_the_status_at_the_moment_of_saving_decides(as_alice, shop, fill):
    """The page was opened while everything could be changed; the run has begun meanwhile."""
    address = reverse("analyses:configure", args=[shop.pk])
    sent = form_of(as_alice.get(address)) | {"user_agent": "Other/1", "then": "save"}
    Analysis.objects.filter(pk=shop.pk).update(status=AnalysisStatus.IN_PROGRESS)
    page = as_alice.post(address, sent)
    assert "Not possible now." in errors_of(page)["user_agent"]
    assert 'value="Other/1"' in page.content.decode()


def test_save_and_submit_is_refused_while_it_runs(fill, in_status):
    page = fill(in_status(AnalysisStatus.IN_PROGRESS), name="New", then="submit")
    assert "already under way" in text_of(page)
    assert Analysis.objects.get().name == "Shop"


class TestScheduled:
    @pytest.fixture
    def scheduled(self, fill, shop) -> Analysis:
        starts = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        assert fill(shop, start="at", start_at=starts, then="submit").status_code == 302
        shop.refresh_from_db()
        assert shop.status == AnalysisStatus.SCHEDULED
        return shop

    def test_the_run_takes_the_changes_over(self, fill, scheduled):
        assert fill(scheduled, urls="https://new.example.test/", user_agent="Other/1").status_code == 302
        scheduled.refresh_from_db()
        assert scheduled.status == AnalysisStatus.SCHEDULED
        run = scheduled.occurrences.get(ended_at=None)
        assert run.start_at == scheduled.start_at
        assert run.user_agent == "Other/1"
        assert run.scans.count() == 3
        assert run.scans.get(url="https://admin.example.test/").secret == "stored-secret"

    def test_a_new_start_time_moves_it(self, fill, scheduled):
        later = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
        fill(scheduled, start_at=later.strftime("%Y-%m-%dT%H:%M"))
        assert scheduled.occurrences.get(ended_at=None).start_at == later

    def test_a_new_name_leaves_the_run_alone(self, fill, scheduled):
        fill(scheduled, name="Renamed")
        assert scheduled.occurrences.count() == 1

    def test_start_now_needs_save_and_submit(self, fill, scheduled):
        assert "use Save and submit" in errors_of(fill(scheduled, start="now"))["start"]
        assert fill(scheduled, start="now", then="submit").status_code == 302
        scheduled.refresh_from_db()
        assert scheduled.status == AnalysisStatus.SUBMITTED

    def test_save_and_submit_without_a_change_leaves_it_scheduled(self, fill, scheduled):
        assert fill(scheduled, then="submit").status_code == 302
        assert scheduled.occurrences.count() == 1


def test_a_start_of_an_earlier_run_says_nothing_about_the_next(fill, as_alice, in_status):
    analysis = in_status(AnalysisStatus.COMPLETED)
    Analysis.objects.filter(pk=analysis.pk).update(start_at=timezone.now() - timedelta(days=7))
    page = as_alice.get(reverse("analyses:configure", args=[analysis.pk]))
    assert form_of(page)["start"] == ["now"]
    assert fill(analysis, name="New").status_code == 302
    assert fill(analysis, then="submit").status_code == 302
    analysis.refresh_from_db()
    assert analysis.status == AnalysisStatus.SUBMITTED


def test_a_duration_that_is_no_whole_hour_stays_what_it_is(fill, shop):
    Analysis.objects.filter(pk=shop.pk).update(duration=timedelta(minutes=20))
    assert fill(shop, name="New").status_code == 302
    shop.refresh_from_db()
    assert shop.duration == timedelta(minutes=20)
