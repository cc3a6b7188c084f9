"""The schedule of an analysis: chosen on its page, stored, logged, and said at its place when it makes no sense."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from analyses import lifecycle
from analyses.models import Activity, Analysis, AnalysisOccurrence
from analyses.statuses import AnalysisStatus
from tests.configure.pages import errors_of, form_of, text_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)  # a Wednesday; 14:00 in Berlin
WEEKLY = {
    "start": "at", "start_at": "2026-09-03T22:00", "zone": "Europe/Berlin", "repeat": "weekly",
    "repeat_days": ["0", "3"], "repeat_until": "2026-12-31",
}  # fmt: skip
NIGHTS = {"pause_from": "22:00", "pause_until": "06:00"}


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


def _the() -> Analysis:
    return Analysis.objects.get()


def test_a_weekly_schedule_is_stored_as_it_was_chosen(fill, allowed):
    assert fill(name="Shop", **WEEKLY).status_code == 302
    analysis = _the()
    assert analysis.start_at == datetime(2026, 9, 3, 22, 0, tzinfo=BERLIN)
    assert (analysis.repeat, analysis.repeat_days, analysis.zone) == ("weekly", "03", "Europe/Berlin")
    assert (analysis.repeat_until, analysis.repeat_count) == (date(2026, 12, 31), None)


def test_its_page_shows_it_again_in_its_own_zone(fill, as_alice, allowed):
    fill(name="Shop", **WEEKLY, **NIGHTS, pause_days=["0"])
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    shown = form_of(as_alice.get(reverse("analyses:configure", args=[_the().pk])))
    expected = {**WEEKLY, **NIGHTS, "pause_days": ["0"]}
    assert {name: shown[name] if name.endswith("_days") else shown[name][0] for name in expected} == expected
    assert fill(_the()).status_code == 302
    assert Activity.objects.count() == 1  # nothing changed by looking at it


def test_when_it_ends_itself_and_that_it_only_prescans_are_stored_shown_and_logged(fill, as_alice, allowed):
    fill(name="Shop", **WEEKLY)
    assert (_the().repeat_off_after, _the().prescan_only) == (3, False)
    fill(_the(), repeat_off_after="5", prescan_only="on")
    assert (_the().repeat_off_after, _the().prescan_only) == (5, True)
    logged = Activity.objects.order_by("pk").last()
    assert logged.cause == "Stop repeating after failed runs in a row: 3 → 5\nPrescan only: no → yes"
    shown = as_alice.get(reverse("analyses:configure", args=[_the().pk]))
    assert (form_of(shown)["repeat_off_after"], "prescan_only" in form_of(shown)) == (["5"], True)
    assert "Europe/Berlin, until 31 Dec 2026, prescan only" in text_of(shown)
    fill(_the(), repeat_off_after="")
    assert _the().repeat_off_after is None


def test_what_does_not_repeat_keeps_after_how_many_failures_it_would_end(fill, allowed):
    fill(name="Shop", **WEEKLY, repeat_off_after="7")
    fill(_the(), repeat="once", repeat_off_after="nonsense")
    assert (_the().repeat, _the().repeat_off_after) == ("", 7)


@pytest.mark.parametrize(("sent", "said"), [("0", "at least 1"), ("101", "at most 100"), ("x", "a whole number")])
def test_a_number_of_failures_that_makes_no_sense_is_said_at_its_place(fill, allowed, sent, said):
    assert said in errors_of(fill(name="Shop", **WEEKLY, repeat_off_after=sent))["repeat_off_after"]


def test_for_people_who_only_want_now_nothing_has_to_be_chosen(fill, as_alice, allowed):
    as_alice.cookies["timezone"] = "Europe/Berlin"
    fill(name="Shop", urls="https://a.example.test/", then="submit")
    analysis = _the()
    assert (analysis.start_at, analysis.repeat, analysis.pause_window, analysis.next_start) == (None, "", None, None)
    assert analysis.status == AnalysisStatus.SUBMITTED


def test_another_viewers_zone_is_no_change_where_no_time_is_of_it(fill, as_alice, shop):
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    fill(shop, description="New")
    assert Activity.objects.get().cause == "Description: (empty) → New"


@pytest.mark.parametrize("typed", ["Europe/Berlin", "europe/berlin", "Berlin", " berlin "])
def test_a_zone_may_be_typed_as_people_do(fill, allowed, typed):
    fill(name="Shop", **WEEKLY | {"zone": typed})
    assert _the().zone == "Europe/Berlin"


def test_the_same_local_time_of_another_zone_is_another_moment(fill, shop):
    fill(shop, **WEEKLY)
    fill(shop, zone="America/New_York")
    shop.refresh_from_db()
    assert shop.start_at == datetime(2026, 9, 3, 22, 0, tzinfo=ZoneInfo("America/New_York"))


def test_what_does_not_belong_to_the_choice_is_left_out(fill, shop):
    fill(shop, **WEEKLY | NIGHTS | {"end_by": "2026-09-05T10:00"})
    shop.refresh_from_db()
    assert shop.end_by is None
    fill(shop, start="now", repeat="once", pause_from="", pause_until="", pause_days=["1"])
    shop.refresh_from_db()
    assert (shop.start_at, shop.repeat_days, shop.repeat_until, shop.pause_days) == (None, "", None, "")
    fill(shop, **WEEKLY | {"repeat": "daily"})
    shop.refresh_from_db()
    assert (shop.repeat, shop.repeat_days) == ("daily", "")


AT_NIGHT = {"start": "at", "zone": "Europe/Berlin"}
BAD = [
    ("zone", {**WEEKLY, "zone": "Europe/Bärlin"}, "Choose a time zone from the list"),
    ("zone", {**WEEKLY, "zone": ""}, "Choose a time zone from the list"),
    ("zone", {**WEEKLY, "zone": "Europe/../UTC"}, "Choose a time zone from the list"),
    ("start_at", {**WEEKLY, "start_at": "2026-09-02T13:00"}, "This time has passed."),
    ("start_at", {**WEEKLY, "start_at": "0001-01-01T00:00"}, "Enter a date and a time"),
    ("start_at", {**AT_NIGHT, "start_at": "2027-03-28T02:30"}, "Clocks go forward over 02:30. Choose"),
    ("start_at", {**AT_NIGHT, **NIGHTS, "start_at": "2026-09-03T23:00"}, "in the pause window, until Fri 4 Sep 2026"),
    ("repeat", {**WEEKLY, "repeat": "hourly"}, "Select a valid choice"),
    ("repeat_days", {**WEEKLY, "repeat_days": ["0"]}, "The first start is on a Thursday. Choose Thursday too"),
    ("repeat_days", {**WEEKLY, "repeat_days": ["7"]}, "Select a valid choice"),
    ("repeat_until", {**WEEKLY, "repeat_until": "2026-09-02"}, "before the first start, on 3 Sep 2026"),
    ("repeat_until", {**WEEKLY, "repeat_until": "soon"}, "Enter a date, like"),
    ("repeat_until", {"repeat": "daily", "repeat_until": "2026-09-01"}, "before the first start, on 2 Sep 2026"),
    ("repeat_count", {**WEEKLY, "repeat_count": "0"}, "Enter at least 1"),
    ("repeat_count", {**WEEKLY, "repeat_count": "1001"}, "Enter at most 1,000"),
    ("repeat_count", {**WEEKLY, "repeat_count": "ten"}, "Enter a whole number"),
    ("pause_until", {"pause_from": "22:00"}, "Choose both times"),
    ("pause_from", {"pause_until": "06:00"}, "Choose both times"),
    ("pause_from", {"pause_from": "late", "pause_until": "06:00"}, "Enter a time, like"),
    ("pause_until", {"pause_from": "06:00", "pause_until": "03:00"}, "at most 20 hours long"),
    ("pause_until", {"pause_from": "06:00", "pause_until": "06:00"}, "at most 20 hours long"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "message"), BAD, ids=[f"{field}-{n}" for n, (field, *_) in enumerate(BAD)])
def test_what_makes_no_sense_is_said_at_its_place_and_nothing_is_lost(fill, allowed, field, typed, message):
    page = fill(name="Shop", **typed)
    assert page.status_code == 200
    assert message in errors_of(page)[field]
    assert list(errors_of(page)) == [field]
    shown = form_of(page)
    for name, value in typed.items():
        if value not in ("hourly", ["7"]):  # no such choice can be shown
            assert shown[name] == ([value] if isinstance(value, str) else value)
    assert not Analysis.objects.exists()


def test_a_whole_day_may_be_paused_where_others_are_left(fill, shop):
    assert fill(shop, pause_from="00:00", pause_until="00:00", pause_days=["5", "6"]).status_code == 302
    shop.refresh_from_db()
    assert (shop.pause_from, shop.pause_until, shop.pause_days) == (time(0), time(0), "56")


def test_a_time_that_comes_twice_is_the_first(fill, shop):
    fill(shop, start="at", start_at="2026-10-25T02:30", zone="Europe/Berlin")
    shop.refresh_from_db()
    assert shop.start_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "de"])
def test_changes_are_logged_in_english_words_in_anybodys_request(fill, as_alice, shop, language):
    as_alice.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    fill(shop, **WEEKLY | NIGHTS | {"start_at": "2026-09-03T12:00", "pause_days": ["4", "5", "6"]})
    assert Activity.objects.get().cause == (
        "Start: as soon as it is submitted → Thu 3 Sep 2026, 10:00 (UTC)\nRepeat: Once → Weekly\n"
        "Repeat on: (empty) → Monday and Thursday\nLast day: (empty) → 31 Dec 2026\n"
        "Time zone: UTC → Europe/Berlin\nPause from: (empty) → 22:00\nPause until: (empty) → 06:00\n"
        "Pause on: (empty) → Friday to Sunday"
    )
    shop.refresh_from_db()
    assert shop.schedule_changed_by.username == "alice"


class TestAScheduleUnderWay:
    @pytest.fixture
    def begun(self, fill, shop) -> Analysis:
        """Daily at 14:30 in Berlin; its first run is over."""
        fill(shop, start="at", start_at="2026-09-02T14:30", zone="Europe/Berlin", repeat="daily", then="submit")
        run = AnalysisOccurrence.objects.get()
        AnalysisOccurrence.objects.filter(pk=run.pk).update(status=AnalysisStatus.COMPLETED, ended_at=NOW)
        Analysis.objects.filter(pk=shop.pk).update(status=AnalysisStatus.COMPLETED)
        shop.refresh_from_db()
        return shop

    @pytest.fixture
    def tomorrow(self, time_machine, as_alice, alice):
        time_machine.move_to(NOW + timedelta(days=1), tick=False)
        as_alice.force_login(alice)

    def test_submitted_it_waits_for_its_first_start(self, begun):
        assert begun.occurrences.get().start_at == begun.start_at
        assert begun.next_start == begun.start_at + timedelta(days=1)

    def test_its_page_keeps_the_first_start_though_it_has_passed(self, begun, fill, tomorrow):
        assert fill(begun, description="New").status_code == 302
        begun.refresh_from_db()
        assert begun.start_at == datetime(2026, 9, 2, 12, 30, tzinfo=UTC)
        assert begun.next_start == datetime(2026, 9, 3, 12, 30, tzinfo=UTC)

    def test_saving_another_repetition_moves_its_next_run(self, begun, fill, tomorrow):
        assert fill(begun, repeat="weekly").status_code == 302
        begun.refresh_from_db()
        assert begun.next_start == datetime(2026, 9, 9, 12, 30, tzinfo=UTC)

    def test_a_run_besides_starts_now_and_the_schedule_goes_on(self, begun, fill, tomorrow):
        assert fill(begun, then="submit").status_code == 302
        begun.refresh_from_db()
        assert begun.status == AnalysisStatus.SUBMITTED
        assert begun.next_start == datetime(2026, 9, 3, 12, 30, tzinfo=UTC)

    def test_a_later_start_begins_it_anew(self, begun, fill, tomorrow):
        assert fill(begun, start_at="2026-09-10T08:00", then="submit").status_code == 302
        begun.refresh_from_db()
        later = datetime(2026, 9, 10, 6, 0, tzinfo=UTC)
        assert begun.status == AnalysisStatus.SCHEDULED
        assert (begun.start_at, begun.next_start) == (later, later + timedelta(days=1))
        assert begun.occurrences.get(ended_at=None).nominal_at == later

    def test_once_ends_it(self, begun, fill, tomorrow):
        assert fill(begun, repeat="once").status_code == 302
        begun.refresh_from_db()
        assert begun.next_start is None

    def test_it_cannot_have_fewer_runs_than_it_has_had(self, begun, fill, tomorrow):
        assert "1 of its runs have begun already" in errors_of(fill(begun, repeat_count="1"))["repeat_count"]

    def test_a_first_start_in_the_past_is_refused(self, begun, fill, tomorrow):
        assert "passed" in errors_of(fill(begun, start_at="2026-09-03T08:00"))["start_at"]

    def test_the_next_five_runs_are_those_to_come(self, begun, as_alice, tomorrow):
        page = as_alice.get(reverse("analyses:configure", args=[begun.pk]))
        runs = page.context["page"].preview.runs
        assert [f"{run.at:%d %H:%M}" for run in runs] == [f"0{day} 12:30" for day in range(3, 8)]


def test_a_pause_window_goes_with_the_next_run(fill, shop):
    fill(shop, **NIGHTS, zone="Europe/Berlin", then="submit")
    run = shop.occurrences.get()
    assert (run.pause_from, run.pause_until, run.zone) == (time(22), time(6), "Europe/Berlin")


def test_while_it_runs_the_schedule_is_shown_and_cannot_be_changed(fill, as_alice, shop, alice):
    fill(shop, **WEEKLY | {"start": "now", "repeat_days": []} | NIGHTS, then="submit")
    lifecycle.begin_prescan(shop.occurrences.get().pk)
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    assert not {"start", "start_at", "repeat", "repeat_days", "zone", "pause_from"} & set(form_of(page))
    assert "Weekly on Wednesday at 14:00 Europe/Berlin" in text_of(page)
    assert fill(shop, description="New").status_code == 302
    page = fill(shop, repeat="daily", zone="Asia/Tokyo")
    assert "Not possible now." in errors_of(page)["repeat"]
    shop.refresh_from_db()
    assert (shop.repeat, shop.zone) == ("weekly", "Europe/Berlin")
