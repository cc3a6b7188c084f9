"""Nobody at work: the logs of the runs that waited or ran meanwhile tell it once, from when to when."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analyses import lifecycle, presence
from analyses.lifecycle import absences
from analyses.lifecycle.times_in_words import in_utc
from analyses.models import Activity, AllowedTarget, Analysis, Attendance, Outage
from analyses.tasks import sweep
from tests.scene import an_analysis, ends, let_pass, prescanned, published, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]
BEGINS, ENDS, MISSED = "No scanner at work", "A scanner is at work again", "No scanner was at work"


@pytest.fixture(autouse=True)
def at_work(settings, time_machine) -> None:
    settings.LEASE_SECONDS = 10**6  # a lost scanner's scans are another story
    AllowedTarget.objects.create(pattern="*.test")
    time_machine.move_to(timezone.now().replace(second=0, microsecond=0), tick=False)
    sign("default")
    sign("scans")


def sign(queue: str) -> None:
    presence.say_present(f"{queue}@here", queue)


def passes(time_machine, seconds: int) -> None:
    """Time, in which a worker is there, and no scanner."""
    for _ in range(seconds // 10):
        let_pass(time_machine, 10)
        sign("default")


def swept() -> None:
    """Whoever sweeps is a worker, which gives signs of life."""
    sign("default")
    sweep()


def told(analysis: Analysis) -> list[str]:
    """What its log says of who is at work, the earliest first."""
    entries = Activity.objects.filter(analysis=analysis, key__startswith="absence:").order_by("pk")
    return list(entries.values_list("action", flat=True))


def said(analysis: Analysis, action: str) -> str:
    return Activity.objects.get(analysis=analysis, action=action).cause


def clock() -> str:
    return in_utc(timezone.now(), seconds=True)


def queued(owner, name: str) -> Analysis:
    analysis = an_analysis(owner, name=name)
    prescanned(lifecycle.submit(analysis, owner))
    return analysis


def test_that_no_scanner_is_at_work_is_told_with_its_beginning_and_its_end(alice, time_machine):
    runs, waits = running(alice, name="Runs")[0], queued(alice, "Waits")
    since = clock()
    passes(time_machine, 40)
    swept()
    assert told(runs) == []  # it may be slow: pages do not say it either
    for _ in range(3):
        passes(time_machine, 10)
        swept()
    for analysis in (runs, waits):
        assert told(analysis) == [BEGINS]
        assert said(analysis, BEGINS) == f"The last sign of life of one was at {since}. It goes on with the first."
    passes(time_machine, 38 * 60 - 70)
    sign("scans")
    until = clock()
    for _ in range(2):
        swept()
        let_pass(time_machine, 10)
        sign("scans")
    for analysis in (runs, waits):
        assert told(analysis) == [BEGINS, ENDS]
        assert said(analysis, ENDS) == f"None was from {since} to {until}, 38 minutes."
    assert not Outage.objects.exists()


def test_each_absence_is_told_anew(alice, time_machine):
    analysis, _, _ = running(alice)
    for _ in range(2):
        passes(time_machine, 100)
        swept()
        sign("scans")
        swept()
    assert told(analysis) == [BEGINS, ENDS] * 2


def test_what_nobody_could_note_is_noted_by_the_first_worker_that_comes_back(alice, time_machine):
    runs, waits = running(alice, name="Runs")[0], an_analysis(alice, name="Waits")
    lifecycle.submit(waits, alice)
    since = clock()
    let_pass(time_machine, 41 * 60)
    for _ in range(2):
        sign("scans")
        swept()
    from_to = f"That was from {since} to {clock()}, 41 minutes; nobody could note it earlier."
    assert sorted(told(runs)) == [MISSED, "No worker was at work"]
    assert told(waits) == ["No worker was at work"]  # it waited for its prescan, and not for a scanner
    assert said(waits, "No worker was at work") == said(runs, MISSED) == from_to


def test_where_no_scanner_has_ever_been_that_is_told_from_the_first_sweep_on(alice, time_machine):
    Attendance.objects.filter(queue="scans").delete()
    analysis = queued(alice, "Waits")
    swept()
    since = clock()
    passes(time_machine, 50)
    swept()
    assert since in said(analysis, BEGINS)


@pytest.mark.parametrize("state", ["saved", "scheduled", "paused", "ended"])
def test_what_neither_waits_nor_runs_is_not_told(alice, time_machine, state):
    if state == "saved":
        analysis = an_analysis(alice)
    elif state == "scheduled":
        analysis = an_analysis(alice)
        lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(days=1))
    elif state == "paused":
        analysis, _, _ = running(alice)
        lifecycle.pause(analysis, alice)
    else:
        analysis = published(alice)
    passes(time_machine, 100)
    swept()
    assert told(analysis) == []


def test_what_was_submitted_afterwards_is_not_told(alice, time_machine):
    passes(time_machine, 100)
    sign("scans")
    let_pass(time_machine, 1)
    analysis, _, _ = running(alice)
    swept()
    assert told(analysis) == []


def test_what_ends_meanwhile_has_its_end_as_the_end(alice, time_machine):
    analysis, _, [held] = running(alice)
    passes(time_machine, 100)
    swept()
    ends(held, finds=False)
    lifecycle.publish(held)
    sign("scans")
    swept()
    assert told(analysis) == [BEGINS]


def test_two_workers_that_come_back_make_one_outage(time_machine):
    passes(time_machine, 100)
    presence.say_present("one@here", "scans")
    presence.say_present("other@here", "scans")
    assert Outage.objects.count() == 1


def test_a_sweep_tells_a_bounded_number_and_the_next_one_the_rest(alice, time_machine, monkeypatch):
    monkeypatch.setattr(absences, "MOST", 2)
    analyses = [queued(alice, f"{number}") for number in range(3)]
    passes(time_machine, 100)
    swept()
    assert sum(len(told(analysis)) for analysis in analyses) == 2
    sign("scans")
    for _ in range(2):
        swept()
    assert Outage.objects.count() == 0
    assert sum(told(analysis) == [BEGINS, ENDS] for analysis in analyses) == 2
    assert sum(told(analysis) == [MISSED] for analysis in analyses) == 1


def test_while_it_lasts_a_sweep_asks_three_times_and_writes_nothing(alice, time_machine):
    running(alice)
    passes(time_machine, 100)
    swept()
    with CaptureQueriesContext(connection) as queries:
        [lasting] = lifecycle.absences_to_tell()
        assert lifecycle.unaware_of(lasting) == []
        lifecycle.forget_if_told(lasting)
    assert len(queries) == 3
