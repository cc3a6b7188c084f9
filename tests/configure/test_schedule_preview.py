"""The next five runs, in words: on the page itself, and for its script."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from analyses import lifecycle
from analyses.models import Analysis, AnalysisOccurrence
from tests.configure.pages import text_of
from tests.scene import prescanned, scans_of, started

NEW = "/analyses/new/schedule/"
NOW = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
DAILY = {"start": "at", "start_at": "2026-09-03T22:00", "zone": "Europe/Berlin", "repeat": "daily"}


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def preview(as_alice):
    return lambda address=NEW, **chosen: text_of(
        as_alice.get(address, chosen | {"duration_0": "8", "duration_1": "hours"})
    )


def test_the_next_five_runs_are_named(preview):
    assert preview(**DAILY) == (
        "Daily at 22:00 Europe/Berlin "
        "Thu 3 Sep 2026, 22:00 Thu 3 Sep 2026, 20:00 for you "
        "Fri 4 Sep 2026, 22:00 Fri 4 Sep 2026, 20:00 for you "
        "Sat 5 Sep 2026, 22:00 Sat 5 Sep 2026, 20:00 for you "
        "Sun 6 Sep 2026, 22:00 Sun 6 Sep 2026, 20:00 for you "
        "Mon 7 Sep 2026, 22:00 Mon 7 Sep 2026, 20:00 for you "
        "And so on."
    )


def test_the_last_ones_are_said_to_be_the_last(preview):
    text = preview(**DAILY, repeat_count="2")
    assert "Daily at 22:00 Europe/Berlin, 2 runs in all" in text
    assert "No run follows these." in text
    assert "5 Sep" not in text


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, "As soon as it is submitted"),
        ({"repeat": "daily"}, "As soon as it is submitted, then daily at the same time Europe/Berlin"),
        ({"repeat": "weekly", "repeat_days": ["0"]}, "submitted, then weekly on Monday at the same time Europe/Berlin"),
        ({"repeat": "weekly"}, "then weekly on the same weekday at the same time"),
        ({"repeat": "monthly", "repeat_count": "3"}, "then monthly on the same day at the same time Europe/Berlin, 3"),
        ({**DAILY, "repeat": "once"}, "Once, on 3 Sep 2026 at 22:00 Europe/Berlin"),
        ({**DAILY, "repeat": "weekly"}, "Weekly on Thursday at 22:00 Europe/Berlin"),
        ({**DAILY, "repeat": "monthly"}, "Monthly on the 3rd at 22:00 Europe/Berlin"),
        ({**DAILY, "repeat": "monthly", "start_at": "2027-01-31T09:00"}, "Monthly on the 31st, or the last day of a"),
        ({**DAILY, "repeat_until": "2026-12-31"}, "Daily at 22:00 Europe/Berlin, until 31 Dec 2026"),
        ({**DAILY, "repeat_until": "2026-12-31", "repeat_count": "9"}, "until 31 Dec 2026, at most 9 runs"),
        ({"pause_from": "22:00", "pause_until": "06:00"}, "Every day from 22:00 until 06:00 the next day, Europe"),
        ({"pause_from": "00:00", "pause_until": "00:00", "pause_days": ["5", "6"]}, "On Saturday and Sunday, the"),
        ({"pause_from": "09:00", "pause_until": "17:00", "pause_days": list("01234")}, "On Monday to Friday from 09"),
    ],
)  # fmt: skip
def test_it_is_said_in_words(preview, chosen, words):
    assert words in preview(**{"start": "now", "repeat": "once", "zone": "Europe/Berlin"} | chosen)


@pytest.mark.parametrize(
    ("chosen", "note"),
    [
        ({"start_at": "2027-03-27T02:30"},
         "Sun 28 Mar 2027, 03:00 Sun 28 Mar 2027, 01:00 for you Clocks go forward over 02:30: it starts at 03:00."),
        ({"start_at": "2026-10-24T02:30"}, "Clocks go back: 02:30 comes twice, and it starts the first time."),
        ({"start_at": "2027-01-31T09:00", "repeat": "monthly"}, "February has no 31st: it starts on the last day."),
        ({"pause_from": "20:00", "pause_until": "06:00", "pause_days": ["5"]},
         "Sat 5 Sep 2026, 20:00 for you In the pause window: its scans wait until Sun 6 Sep 2026, 06:00."),
    ],
)  # fmt: skip
def test_what_is_unusual_is_explained(preview, chosen, note):
    assert note in preview(**DAILY | chosen)


def test_a_start_now_within_the_pause_window_says_that_it_waits(preview):
    chosen = {"start": "now", "repeat": "once", "zone": "Europe/Berlin", "pause_from": "12:00", "pause_until": "15:00"}
    assert "In the pause window: its scans wait until Wed 2 Sep 2026, 15:00." in preview(**chosen)


@pytest.mark.parametrize(
    "chosen", [{}, {"start": "at"}, {"start": "x", "zone": "x" * 9999}, DAILY | {"start_at": "9999-12-31T23:59"}]
)
def test_what_cannot_be_said_yet_says_why_and_never_fails(preview, chosen):
    assert "The next runs are shown here once this is settled:" in preview(**chosen)


def test_the_page_shows_them_without_scripts_when_it_is_wrong_elsewhere(fill, allowed):
    page = fill(name="", **DAILY)
    assert "Daily at 22:00 Europe/Berlin Thu 3 Sep 2026, 22:00" in text_of(page)


def test_the_page_shows_them_when_urls_are_added(fill):
    assert "Daily at 22:00 Europe/Berlin Thu 3 Sep" in text_of(fill(urls="https://a.test/", **DAILY, then="add"))


def test_the_page_shows_those_of_a_saved_one(fill, as_alice, shop):
    fill(shop, **DAILY)
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    assert "Daily at 22:00 Europe/Berlin Thu 3 Sep 2026, 22:00" in text_of(page)


def test_for_now_there_is_no_list(as_alice):
    as_alice.cookies["timezone"] = "Europe/Berlin"
    page = as_alice.get("/analyses/new/").content.decode()
    assert "next-runs__list" not in page
    assert "<strong>As soon as it is submitted</strong>" in page


def test_that_of_another_is_404_for_a_stranger(client, charlie, bob, shop):
    address = reverse("analyses:schedule", args=[shop.pk])
    client.force_login(charlie)
    assert client.get(address).status_code == 404
    client.force_login(bob)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405


def test_signed_out_a_script_is_told_so(client):
    assert client.get(NEW, headers={"HX-Request": "true"}).status_code == 401


def test_it_is_kept_by_no_cache(as_alice):
    assert "no-store" in as_alice.get(NEW)["Cache-Control"]


@pytest.mark.parametrize("repeat", ["once", "daily", "weekly", "monthly"])
def test_it_takes_at_most_3_queries(as_alice, shop, repeat, django_assert_max_num_queries):
    address = reverse("analyses:schedule", args=[shop.pk])
    with django_assert_max_num_queries(3):
        as_alice.get(address, DAILY | {"repeat": repeat, "duration_0": "8", "duration_1": "hours"})


SKIPPED = "May be skipped: the run before can last until"


@pytest.mark.parametrize(
    ("chosen", "may_be_skipped"),
    [
        ({"duration_0": "23"}, 0),
        ({"duration_0": "24"}, 4),
        ({"duration_0": "3", "duration_1": "days"}, 4),
        ({"repeat": "weekly", "repeat_days": ["0", "3"], "duration_0": "80"}, 2),
        ({"start": "now", "duration_0": "24"}, 4),
        ({"duration_0": "24", "prescan_only": "on"}, 0),
    ],
)
def test_runs_that_may_be_skipped_since_the_one_before_can_last_so_long_are_foreseen(as_alice, chosen, may_be_skipped):
    text = text_of(as_alice.get(NEW, DAILY | {"duration_1": "hours"} | chosen))
    assert "And so on." in text
    assert text.count(SKIPPED) == may_be_skipped


def test_it_is_said_until_when_the_run_before_can_last(as_alice):
    text = text_of(as_alice.get(NEW, DAILY | {"duration_0": "30", "duration_1": "hours"}))
    assert f"Fri 4 Sep 2026, 20:00 for you {SKIPPED} Sat 5 Sep 2026, 04:00. Sat 5 Sep 2026, 22:00" in text


def test_the_run_that_is_under_way_counts_too(as_alice, alice, shop, time_machine):
    first = datetime(2026, 9, 3, 20, 0, tzinfo=UTC)
    Analysis.objects.filter(pk=shop.pk).update(
        start_at=first, repeat="daily", zone="Europe/Berlin", duration=timedelta(hours=8)
    )
    shop.refresh_from_db()
    lifecycle.submit(shop, alice, start_at=first)
    time_machine.move_to(first, tick=False)
    prescanned(shop.occurrences.get())
    AnalysisOccurrence.objects.update(duration=timedelta(hours=30))
    started(scans_of(shop.occurrences.get())[0])
    shop.refresh_from_db()
    as_alice.force_login(alice)
    for address in (f"/analyses/{shop.pk}/", "/calendar/"):
        assert text_of(as_alice.get(address)).count(SKIPPED) == 1
