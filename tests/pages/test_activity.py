"""The activity log on the summary page: days, kinds, anchors, and what is said again and again."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from analyses import lifecycle
from analyses.lifecycle.writing import change, note_on
from analyses.models import Activity, Analysis
from tests.scene import an_analysis, published, running, scans_of
from tests.statuses.reading import Element, Page

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def shop(alice, time_machine) -> Analysis:
    """Created on a Monday, edited on the Tuesday."""
    time_machine.move_to(NOON, tick=False)
    analysis = an_analysis(alice)
    time_machine.move_to(NOON.replace(day=5), tick=False)
    lifecycle.edited(analysis, alice, "Another name.")
    return analysis


def log(client, analysis, **asked):
    return client.get(f"/analyses/{analysis.pk}/", asked).context["log"]


def actions(shown) -> list[str]:
    return [line.entry.action for _, lines in shown.days for line in lines]


def options(form: Element) -> list[Element]:
    return [each for each in form.walk() if each.name == "option"]


def page(client, analysis, **asked) -> str:
    return client.get(f"/analyses/{analysis.pk}/", asked).content.decode().split('id="log"')[1]


def test_each_day_has_a_heading_the_newest_first(as_alice, shop):
    text = page(as_alice, shop)
    tuesday, monday = text.index("Tuesday, 5 May 2026"), text.index("Monday, 4 May 2026")
    assert tuesday < text.index("Another name.") < monday < text.index("Created")


def test_days_are_those_of_the_viewer(as_alice, alice, time_machine):
    time_machine.move_to(datetime(2026, 5, 4, 22, 30, tzinfo=UTC), tick=False)
    analysis = an_analysis(alice)
    as_alice.cookies["timezone"] = "Europe/Berlin"
    assert "Tuesday, 5 May 2026" in page(as_alice, analysis)


def test_an_entry_has_its_time_for_people_and_programs(as_alice, shop):
    assert '<time datetime="2026-05-05T12:00:00+00:00" title="Tuesday, 5 May 2026, 12:00:00 UTC">' in page(
        as_alice, shop
    )


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("status", lambda entry: entry.new_status != ""),
        ("people", lambda entry: entry.actor_id is not None),
        ("system", lambda entry: entry.actor_id is None and entry.new_status == ""),
    ],
)
def test_it_can_be_narrowed_to_a_kind(as_alice, alice, kind, fits):
    analysis = published(alice)
    wanted = {entry.pk for entry in Activity.objects.filter(analysis=analysis) if fits(entry)}
    assert wanted
    shown = log(as_alice, analysis, kind=kind)
    assert {line.entry.pk for _, lines in shown.days for line in lines} == wanted
    assert f'href="?kind={kind}#log" aria-current="true"' in page(as_alice, analysis, kind=kind)


def test_a_kind_that_is_none_shows_everything(as_alice, shop):
    assert actions(log(as_alice, shop, kind="banana")) == actions(log(as_alice, shop))


def test_of_a_kind_with_nothing_it_says_so_and_leads_back(as_alice, shop):
    text = page(as_alice, shop, kind="system")
    assert "Nothing fits" in text
    assert 'href="?#log"' in text


def test_the_kind_stays_when_one_scan_is_looked_at_and_its_log_continued(as_alice, alice):
    analysis, occurrence, _ = running(alice)
    scan = occurrence.scans.get()
    shown = log(as_alice, analysis, scan=scan.pk, kind="status", before=10**9)
    assert shown.wanted.address == f"?scan={scan.pk}&kind=status#log"
    assert [address for address, _, _ in shown.kinds][1:] == [
        f"?scan={scan.pk}&kind={kind}#log" for kind in ("status", "people", "system", "notices")
    ]


def test_the_address_of_an_entry_begins_with_it_whatever_came_later(as_alice, alice, shop):
    first = Activity.objects.filter(analysis=shop).earliest("pk")
    for number in range(60):
        lifecycle.edited(shop, alice, f"Change {number}.")
    shown = log(as_alice, shop, before=first.pk + 1)
    assert shown.days[0][1][0].entry == first
    assert f'href="?before={first.pk + 1}#entry-{first.pk}"' in page(as_alice, shop, before=first.pk + 1)


def test_what_the_system_says_again_and_again_is_one_line(as_alice, alice, time_machine):
    analysis, _, _ = running(alice)
    time_machine.move_to(NOON, tick=False)
    for minute in range(14):
        time_machine.move_to(NOON.replace(minute=minute), tick=False)
        note_on(analysis, "No progress", cause="Its numbers have not changed.")
    text = page(as_alice, analysis)
    assert text.count("No progress") == 1
    assert "×14, first <time" in text
    line = log(as_alice, analysis).days[0][1][0]
    assert (line.entry.at.minute, line.first.at.minute) == (13, 0)


def test_what_people_do_again_and_again_is_told_each_time(as_alice, alice, shop):
    for _ in range(3):
        lifecycle.edited(shop, alice, "The same.")
    assert page(as_alice, shop).count("The same.") == 3


def test_equal_lines_of_two_scans_stay_two(as_alice, alice):
    analysis, occurrence, _ = running(alice, "http://a.test/", "http://b.test/")
    with change(occurrence.pk) as opened:
        for scan in occurrence.scans.all():
            opened.note("No progress", scan=scan)
    assert page(as_alice, analysis).count("No progress") == 2


def test_a_status_is_told_from_old_to_new(as_alice, alice):
    analysis, _, _ = running(alice)
    text = page(as_alice, analysis, kind="status")
    assert 'Prescanning <span aria-label="became">→</span> <strong>' in text


def test_the_kind_of_an_entry_has_a_word(as_alice, alice):
    shown = log(as_alice, published(alice))
    words = {
        (line.entry.actor_id is not None, line.entry.new_status != ""): str(line.kind)
        for _, [*lines] in shown.days
        for line in lines
    }
    assert words == {(True, True): "Person", (False, True): "Status", (False, False): "System"}
    assert 'title="Person"' in page(as_alice, shown.days[0][1][0].entry.analysis)


def test_a_scan_is_chosen_in_a_form_that_keeps_what_else_is_chosen(as_alice, alice):
    analysis, occurrence, _ = running(alice, "http://a.test/", "http://b.test/")
    second = scans_of(occurrence)[1]
    form = Page(as_alice.get(f"/analyses/{analysis.pk}/", {"kind": "status", "times": "utc"})).by_id("log-scan-form")
    assert {
        each.attributes["name"]: each.attributes["value"]
        for each in [each for each in form.walk() if each.name == "input"]
    } == {
        "kind": "status",
        "times": "utc",
    }
    assert [option.words() for option in options(form)][1:] == ["http://a.test/", "http://b.test/"]
    chosen = Page(as_alice.get(f"/analyses/{analysis.pk}/", {"scan": second.pk})).by_id("log-scan-form")
    assert [option.words() for option in options(chosen) if "selected" in option.attributes] == ["http://b.test/"]


def test_of_one_scan_there_is_nothing_to_choose(as_alice, shop):
    assert 'id="log-scan"' not in page(as_alice, shop)


def test_a_scan_of_an_earlier_run_that_is_chosen_is_among_the_choices_and_no_stranger_is(as_alice, alice, charlie):
    analysis = published(alice, "http://a.test/", "http://b.test/")
    [first, _] = scans_of(analysis.occurrences.get())
    lifecycle.submit(analysis, alice)
    assert log(as_alice, analysis, scan=first.pk).scans[-1] == (str(first.pk), "http://a.test/ (#1)")
    foreign = scans_of(published(charlie, "http://secret.test/", name="Other").occurrences.get())[0]
    assert "secret" not in page(as_alice, analysis, scan=foreign.pk)


def test_times_can_be_had_in_utc_and_stay_so(as_alice, shop):
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    text = page(as_alice, shop)
    assert "Times are in Asia/Tokyo." in text
    assert ">21:00:00</time>" in text
    text = page(as_alice, shop, times="utc")
    assert "Times are in UTC." in text
    assert ">12:00:00</time>" in text
    shown = log(as_alice, shop, times="utc", kind="people")
    assert (shown.wanted.query, shown.other_times) == ("kind=people&times=utc", "?kind=people#log")


def test_days_are_those_of_the_times(as_alice, alice, time_machine):
    time_machine.move_to(datetime(2026, 5, 4, 22, 30, tzinfo=UTC), tick=False)
    analysis = an_analysis(alice)
    as_alice.cookies["timezone"] = "Europe/Berlin"
    assert "Monday, 4 May 2026" in page(as_alice, analysis, times="utc")


def test_who_reads_older_entries_is_not_refreshed(as_alice, alice):
    analysis, _, _ = running(alice)
    assert as_alice.get(f"/analyses/{analysis.pk}/").context["live"]
    older = as_alice.get(f"/analyses/{analysis.pk}/", {"before": 10**6})
    assert not older.context["live"]
    assert "every 5s" not in older.content.decode()


class TestFiles:
    """The whole log as it is narrowed."""

    def text(self, client, analysis, form: str, **asked) -> str:
        answer = client.get(f"/analyses/{analysis.pk}/log/{form}/", asked)
        assert answer["Content-Disposition"] == f'attachment; filename="analysis-{analysis.pk}-activity.{form}"'
        return answer.getvalue().decode()

    def lines(self, client, analysis, **asked) -> list[dict[str, str]]:
        text = self.text(client, analysis, "csv", **asked)
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    def test_they_hold_every_entry_however_many_and_the_page_leads_there(self, as_alice, alice, shop):
        for number in range(120):
            lifecycle.edited(shop, alice, f"Change {number}.")
        pks = list(Activity.objects.filter(analysis=shop).order_by("-pk").values_list("pk", flat=True))
        assert [int(line["Number"]) for line in self.lines(as_alice, shop, before=5)] == pks
        assert [entry["id"] for entry in json.loads(self.text(as_alice, shop, "json"))["entries"]] == pks
        assert f'href="/analyses/{shop.pk}/log/csv/?kind=people" download' in page(as_alice, shop, kind="people")

    def test_they_are_narrowed_as_the_page_is(self, as_alice, alice):
        analysis = published(alice, "http://a.test/", "http://b.test/")
        scan = scans_of(analysis.occurrences.get())[0]
        wanted = {"scan": str(scan.pk), "kind": "status"}
        lines = self.lines(as_alice, analysis, **wanted)
        assert {(line["Scan"], line["New status"] != "") for line in lines} == {("http://a.test/", True)}
        assert (lines[0]["Old status"], lines[0]["New status"], lines[0]["Run"]) == (
            "Completed - Verifying Results",
            "Completed - Results Available",
            "1",
        )
        about = json.loads(self.text(as_alice, analysis, "json", **wanted))
        assert (about["filters"], len(about["entries"])) == (wanted, len(lines))

    def test_their_times_are_in_the_zone_of_whoever_reads_them_or_in_utc(self, as_alice, shop):
        as_alice.cookies["timezone"] = "Asia/Tokyo"
        assert self.lines(as_alice, shop)[0]["Time"] == "2026-05-05T21:00:00+09:00"
        assert self.lines(as_alice, shop, times="utc")[0]["Time"] == "2026-05-05T12:00:00+00:00"

    def test_no_cell_is_a_formula(self, as_alice, alice, shop):
        lifecycle.edited(shop, alice, "=1+1")
        assert self.lines(as_alice, shop)[0]["Cause"] == "'=1+1"

    def test_strangers_and_unknown_forms_get_404(self, as_charlie, as_alice, shop):
        assert as_charlie.get(f"/analyses/{shop.pk}/log/csv/").status_code == 404
        assert as_alice.get(f"/analyses/{shop.pk}/log/pdf/").status_code == 404
