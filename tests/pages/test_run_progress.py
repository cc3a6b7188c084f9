"""The summary of a run: how much of it is done, how much of its time is used, who is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import Phase, Progress, Requests
from analyses.models import FindingInstance, Specification
from tests.configure.pages import text_of
from tests.scene import UNREACHED, an_analysis, ends, let_pass, prescanned, published, running, scans_of, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(client, alice):
    """The summary as its owner sees it, who has just signed in."""

    def open_it(analysis):
        client.force_login(alice)
        return client.get(f"/analyses/{analysis.pk}/")

    return open_it


@pytest.fixture
def at_work(alice, settings, time_machine):
    """Six hours into a run that may take a day; of three scans one could not start, the others attack."""
    settings.SCAN_CAPACITY = 2
    time_machine.move_to(timezone.now().replace(hour=10, minute=0, second=0, microsecond=0), tick=False)
    analysis = an_analysis(alice, *[f"http://{name}.test/" for name in "abc"], duration=timedelta(days=1))
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    first, second = (started(scan) for scan in scans_of(occurrence)[1:])
    let_pass(time_machine, 6 * 3600)
    lifecycle.heartbeat(first, Progress(Phase.ATTACKING, 12, 30, 100, "SQL injection", Requests(made=1200)))
    lifecycle.heartbeat(second, Progress(Phase.ATTACKING, 5, 20, 100, "Cross-site scripting", Requests(made=34)))
    return analysis, [first, second]


def test_it_counts_over_all_scans(see, at_work):
    analysis, [first, _] = at_work
    text = text_of(see(analysis))
    for part in (
        "Progress 25 %", "Scans done 0 of 2", "1 of 3 with problems", "Pages found 17", "Requests made 1,234",
        "At work Cross-site scripting, SQL injection", "Running for 6 h",
    ):  # fmt: skip
        assert part in text
    ends(first, finds=False)
    assert "Scans done 1 of 2" in text_of(see(analysis))


def test_it_says_how_much_time_is_left_and_draws_how_much_is_used(see, at_work):
    analysis, _ = at_work
    answer = see(analysis)
    text = text_of(answer)
    assert "Time left 18 h of 24 h ends by " in text
    assert "25 % used" in text
    assert '<progress class="progress" max="100" value="25" aria-label="Time used">' in answer.content.decode()


def test_while_it_is_verified_the_findings_count_and_no_time_runs(see, at_work):
    analysis, claims = at_work
    for held in claims:
        ends(held)
    lifecycle.record_verification(claims[0], {FindingInstance.objects.first().pk: True})
    answer = see(analysis)
    text = text_of(answer)
    assert "Verified 1 of 2 findings" in text
    assert "Time left" not in text
    assert "At work" not in text
    assert "<progress" not in answer.content.decode()


def test_an_ended_run_keeps_its_numbers_and_how_long_it_took(see, at_work, time_machine):
    analysis, claims = at_work
    let_pass(time_machine, 3600)
    for held in claims:
        ends(held, finds=False)
        lifecycle.publish(held)
    let_pass(time_machine, 3600)
    answer = see(analysis)
    for part in ("Scans done 2 of 2", "Pages found 17", "Requests made 1,234", "Ran for 7 h"):
        assert part in text_of(answer)
    assert "<progress" not in answer.content.decode()


def test_what_waits_has_no_bar_at_all(see, alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(days=1))
    answer = see(analysis)
    assert "Time left" not in text_of(answer)
    assert "<progress" not in answer.content.decode()


def test_it_names_who_is_told_and_who_changed_the_schedule_last(see, alice):
    analysis = an_analysis(alice, recipients="ops@shop.test\nciso@shop.test", schedule_changed_by=alice)
    text = text_of(see(analysis))
    assert "Further recipients ops@shop.test, ciso@shop.test" in text
    assert "Schedule last changed by alice" in text
    assert "Further recipients None" in text_of(see(an_analysis(alice, name="Other")))


def test_each_target_has_its_kind_and_leads_to_its_prescan_and_its_scan(see, alice):
    analysis, occurrence, _ = running(alice)
    scan = scans_of(occurrence)[0]
    page = see(analysis).content.decode()
    own = f"/analyses/{analysis.pk}/scans/{scan.pk}/"
    assert 'data-label="Kind">URL<' in page
    assert f'<a href="{own}">View scan details' in page
    assert f'<a href="{own}#prescan">View prescan details' in page
    pets = Specification.objects.create(analysis=analysis, name="x", form="HAR", endpoints=[], requests="")
    occurrence.scans.update(specification=pets)
    assert 'data-label="Kind">API<' in see(analysis).content.decode()


def test_a_target_can_be_configured_where_its_settings_may_be_changed(see, alice):
    analysis = published(alice)
    scan = analysis.scans.get()
    link = f"/analyses/{analysis.pk}/configure/?scan={scan.pk}#scan-{scan.pk}"
    assert link in see(analysis).content.decode()
    other, _, _ = running(alice, name="Other")
    assert f"/analyses/{other.pk}/configure/?scan=" not in see(other).content.decode()
