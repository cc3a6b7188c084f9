"""At most so many scans at once against one host, whoever's they are; nobody else waits for a host that is full."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses import lifecycle, presence
from analyses.models import Activity, Analysis, ScanOccurrence
from tests.scene import an_analysis, ends, let_pass, prescanned, running, scans_of, started, status

pytestmark = pytest.mark.django_db
SHOP = "http://shop.test/"


@pytest.fixture(autouse=True)
def one_at_once(settings) -> None:
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 3, 1
    presence.say_present("worker@here", "default")
    presence.say_present("scanner@here", "scans")


def queued(owner, *urls: str, name: str = "") -> Analysis:
    analysis = an_analysis(owner, *urls, name=name or f"Analysis {Analysis.objects.count()}")
    prescanned(lifecycle.submit(analysis, owner))
    return analysis


def only_scan(analysis: Analysis) -> ScanOccurrence:
    return scans_of(analysis.occurrences.get())[0]


def waits(client, analysis: Analysis) -> str:
    """What the summary says it waits for."""
    page = client.get(f"/analyses/{analysis.pk}/").content.decode()
    found = re.search(r"banner--blue.*?<span>(.*?)<a ", page, re.DOTALL)
    return found[1].strip() if found else ""


def hosts_at_work() -> list[str]:
    return sorted(ScanOccurrence.objects.exclude(slot=None).values_list("target_host", flat=True))


def test_two_analyses_do_not_scan_one_host_at_once(alice):
    _, _, [held] = running(alice, SHOP)
    second = queued(alice, SHOP)
    assert lifecycle.claim(only_scan(second).pk) is None
    ends(held, finds=False)
    assert lifecycle.claim(only_scan(second).pk) is None  # its findings are tested again: its host is asked
    lifecycle.publish(held)
    assert lifecycle.startable() == [only_scan(second).pk]
    assert started(only_scan(second))


def test_as_many_run_at_once_as_may(alice, settings):
    settings.SCANS_PER_HOST = 2
    _, _, claims = running(alice, *[f"http://shop.test/{n}" for n in range(5)])
    assert len(claims) == 2


def test_without_a_limit_a_host_takes_all_slots(alice, settings):
    settings.SCANS_PER_HOST = 0
    _, _, claims = running(alice, *[f"http://shop.test/{n}" for n in range(5)])
    assert len(claims) == 3


@pytest.mark.parametrize(
    ("url", "is_the_same"),
    [
        ("https://shop.test/", True),  # its twin
        ("https://shop.test:443/other?x=1", True),
        ("http://shop.test:8080/", False),
        ("http://www.shop.test/", False),
    ],
)
def test_a_host_is_a_name_and_a_port_by_http_or_https(alice, url, is_the_same):
    running(alice, SHOP)
    assert (lifecycle.startable() == []) is True
    other = queued(alice, url)
    assert (lifecycle.startable() == []) is is_the_same
    assert (started(only_scan(other)) is None) is is_the_same


def test_a_host_that_is_full_keeps_nobody_else_waiting(alice):
    """Not even where a thousand runs that came before wait for it, or a thousand scans of the same run."""
    running(alice, SHOP)
    for number in range(30):
        queued(alice, SHOP, name=f"Waits {number}")
    many = queued(alice, *[f"http://shop.test/{n}" for n in range(50)], "http://quiet.test/", name="Many")
    last = queued(alice, "http://else.test/", name="Last")
    quiet = many.occurrences.get().scans.get(url="http://quiet.test/")
    assert lifecycle.startable() == [quiet.pk, only_scan(last).pk]
    assert started(only_scan(last))
    assert started(quiet)
    assert hosts_at_work() == ["else.test", "quiet.test", "shop.test"]


def test_what_starts_first_is_still_decided_fairly(alice):
    """The same host for all: whoever has nothing at work goes before an earlier run that has."""
    _, _, [held, _] = running(alice, SHOP, "http://shop.test/more", "http://b.test/", name="Early")
    late = queued(alice, SHOP, name="Late")
    assert lifecycle.startable() == []
    ends(held, finds=False)
    lifecycle.publish(held)
    assert lifecycle.startable() == [only_scan(late).pk]


def test_claiming_among_a_thousand_takes_a_few_queries(alice):
    running(alice, SHOP)
    many = queued(alice, *[f"http://shop.test/{n}" for n in range(1000)], name="Many")
    last = queued(alice, "http://else.test/", name="Last")
    refused, given = many.occurrences.get().scans.last().pk, only_scan(last).pk
    with CaptureQueriesContext(connection) as queries:
        assert lifecycle.claim(refused) is None
    assert len(queries) <= 12
    with CaptureQueriesContext(connection) as queries:
        assert lifecycle.claim(given)
    assert len(queries) <= 16


def test_a_paused_scan_leaves_its_host_to_others_and_waits_for_it_afterwards(alice):
    analysis, occurrence, [held] = running(alice, SHOP)
    second = queued(alice, SHOP)
    lifecycle.pause(analysis, alice)
    assert lifecycle.startable() == []  # its engine has not been suspended yet
    lifecycle.suspended(held)
    other = started(only_scan(second))
    assert other
    lifecycle.resume(analysis, alice)
    assert lifecycle.claim(held.scan_id) is None
    ends(other, finds=False)
    lifecycle.publish(other)
    assert lifecycle.claim(held.scan_id)
    assert status(scans_of(occurrence)[0]) == "Resuming"


def test_a_lost_runner_keeps_its_host_until_somebody_has_taken_over(alice, time_machine, settings):
    _, _, [lost] = running(alice, SHOP)
    second = queued(alice, SHOP)
    let_pass(time_machine, settings.LEASE_SECONDS + 1)
    assert lifecycle.claim(only_scan(second).pk) is None
    assert lifecycle.claim(lost.scan_id)
    assert lifecycle.claim(only_scan(second).pk) is None


def test_a_worker_that_is_shut_down_before_its_engine_runs_gives_the_host_back(alice):
    first, second = queued(alice, SHOP), queued(alice, SHOP)
    lifecycle.release(lifecycle.claim(only_scan(first).pk))
    assert hosts_at_work() == []
    assert only_scan(second).host_slot is None


def test_a_run_that_waits_for_its_host_says_so_with_its_place(as_alice, alice):
    running(alice, SHOP)
    second, third = queued(alice, SHOP), queued(alice, "https://shop.test/")
    said = "1 scan waits for another scan of shop.test to end: at most 1 at once. It is number {} of those that wait"
    assert waits(as_alice, second).startswith(said.format(1))
    assert waits(as_alice, third).startswith(said.format(2))
    page = " ".join(re.sub(r"<[^>]+>", " ", as_alice.get("/queue/").content.decode()).split())
    assert re.search(
        r"Number 1 for its host Analysis 1 .* For another scan of shop.test to end: at most 1 at once", page
    )


def test_a_run_that_can_go_on_with_other_hosts_says_how_many_cannot(as_alice, alice):
    running(alice, SHOP)
    mixed = queued(alice, SHOP, "http://shop.test/more", "http://quiet.test/")
    assert waits(as_alice, mixed) == (
        "1 scan waits for a scanner to take the free slot. "
        "2 scans wait for another scan of shop.test to end: at most 1 at once."
    )


def test_scans_that_wait_for_several_hosts_name_none(as_alice, alice):
    running(alice, SHOP)
    running(alice, "http://else.test/", name="Else")
    assert waits(as_alice, queued(alice, SHOP, "http://else.test/")) == (
        "2 scans wait for others of their hosts to end: at most 1 of a host at once."
    )


def test_who_waits_for_a_host_takes_no_place_in_the_line_for_slots(as_alice, alice, settings):
    settings.SCAN_CAPACITY = 2
    running(alice, SHOP)
    running(alice, "http://else.test/", name="Else")
    first, second, third = queued(alice, SHOP), queued(alice, "http://a.test/"), queued(alice, "http://b.test/")
    assert "It is number 1 of those that wait for this host." in waits(as_alice, first)
    assert "It is number 1 in line." in waits(as_alice, second)
    assert "It is number 2 in line." in waits(as_alice, third)


def test_the_status_is_queued_with_warning_while_the_host_is_full(alice):
    _, _, [held] = running(alice, SHOP)
    second = queued(alice, SHOP)
    assert status(only_scan(second)) == "Queued with warning"
    told = Activity.objects.get(scan_occurrence=only_scan(second), new_status="Queued with warning")
    assert told.cause == "At most 1 at once scan shop.test, and as many do."
    assert only_scan(second).cause == ""  # why it waits may change while it waits
    ends(held, finds=False)
    lifecycle.publish(held)
    lifecycle.show_places_in_line()
    assert status(only_scan(second)) == "Queued"


def test_a_limit_that_was_lowered_counts_what_still_runs_beyond_it(alice, settings):
    settings.SCANS_PER_HOST = 3
    _, _, [first, _, _] = running(alice, SHOP, "http://shop.test/2", "http://shop.test/3")
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 9, 2
    ends(first, finds=False)
    lifecycle.publish(first)  # number 1 is free, and two run: numbers 2 and 3
    assert lifecycle.claim(only_scan(queued(alice, SHOP)).pk) is None
    assert lifecycle.startable() == []


def test_who_passes_a_prescan_and_gets_no_place_takes_none_from_others_of_its_run(alice):
    running(alice, SHOP)
    mixed = queued(alice, SHOP, "http://shop.test/more", "http://a.test/", "http://b.test/")
    assert [str(status(scan)) for scan in scans_of(mixed.occurrences.get())] == [
        "Queued with warning", "Queued with warning", "Queued", "Queued",
    ]  # fmt: skip
