"""What the page promises is what happens: the runs of a schedule start at the times that were shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from analyses import lifecycle
from analyses.models import Analysis, AnalysisOccurrence
from analyses.statuses import AnalysisStatus
from tests.configure.pages import form_of, text_of

ODD = [
    # Clocks in Berlin go forward over 02:30 on 28 March 2027, and back over it on 31 October.
    {"start_at": "2027-03-26T02:30", "repeat": "daily", "zone": "Europe/Berlin"},
    {"start_at": "2027-10-29T02:30", "repeat": "daily", "zone": "Europe/Berlin"},
    {"start_at": "2026-12-31T23:30", "repeat": "monthly", "zone": "Asia/Tokyo"},
    {"start_at": "2027-03-25T00:15", "repeat": "weekly", "repeat_days": ["3", "6"], "zone": "America/New_York"},
    {"start_at": "2027-04-03T01:45", "repeat": "daily", "zone": "Australia/Lord_Howe"},
]


def _sweep() -> None:
    """What the sweep does every ten seconds; what it starts is over at once."""
    for pk in list(lifecycle.due_schedules()):
        lifecycle.fire(pk)
    AnalysisOccurrence.objects.filter(ended_at=None).exclude(status=AnalysisStatus.SCHEDULED).update(
        status=AnalysisStatus.COMPLETED, ended_at=datetime.now(UTC)
    )


@pytest.mark.parametrize("chosen", ODD, ids=[f"{odd['repeat']} {odd['zone']}" for odd in ODD])
def test_the_runs_start_when_the_page_said(fill, as_alice, shop, time_machine, chosen):
    first = datetime.fromisoformat(chosen["start_at"]).replace(tzinfo=UTC)
    time_machine.move_to(first - timedelta(days=2), tick=False)
    as_alice.force_login(shop.owner)
    assert fill(shop, start="at", **chosen, repeat_count="5").status_code == 302
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    promised = [run.at for run in page.context["page"].preview.runs]
    assert len(promised) == 5
    assert fill(shop, then="submit").status_code == 302
    waiting = AnalysisOccurrence.objects.get()
    assert waiting.start_at == promised[0]
    AnalysisOccurrence.objects.update(status=AnalysisStatus.COMPLETED, ended_at=promised[0])
    Analysis.objects.update(status=AnalysisStatus.COMPLETED)
    started = [waiting.nominal_at]
    for moment in promised[1:]:
        time_machine.move_to(moment - timedelta(seconds=1), tick=False)
        _sweep()
        assert AnalysisOccurrence.objects.count() == len(started)
        time_machine.move_to(moment + timedelta(seconds=5), tick=False)
        _sweep()
        started.append(AnalysisOccurrence.objects.latest("number").nominal_at)
    assert started == promised
    time_machine.move_to(promised[-1] + timedelta(days=400), tick=False)
    _sweep()
    assert AnalysisOccurrence.objects.count() == 5


def test_a_schedule_that_is_put_off_by_a_save_has_all_its_runs_before_it_again(fill, as_alice, shop, time_machine):
    now = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    as_alice.force_login(shop.owner)
    fill(shop, repeat="daily", repeat_count="3", zone="UTC", then="submit")
    AnalysisOccurrence.objects.update(status=AnalysisStatus.COMPLETED, ended_at=now)
    time_machine.move_to(now + timedelta(days=1, seconds=5), tick=False)
    _sweep()
    Analysis.objects.update(status=AnalysisStatus.COMPLETED)
    shop.refresh_from_db()
    assert shop.repeat_fired == 2
    as_alice.force_login(shop.owner)  # the session of yesterday has ended
    put_off = {"start": "at", "start_at": "2026-09-10T22:00", "repeat_count": "2"}
    put_off |= {"duration_0": "8", "duration_1": "hours"}
    shown = form_of(as_alice.get(reverse("analyses:configure", args=[shop.pk])))
    before = text_of(as_alice.get(reverse("analyses:schedule", args=[shop.pk]), shown | put_off))
    assert "10 Sep 2026, 22:00 Fri 11 Sep 2026, 22:00 No run follows these." in before
    assert fill(shop, **put_off).status_code == 302
    shop.refresh_from_db()
    assert (shop.next_start, shop.repeat_fired) == (datetime(2026, 9, 10, 22, 0, tzinfo=UTC), 0)
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    assert [run.at.day for run in page.context["page"].preview.runs] == [10, 11]
