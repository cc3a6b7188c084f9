"""The further filters of the list: folded away, in the address, and forgiving."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis
from tests.pages.test_analyses_list import shown
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def errors(response) -> dict:
    return response.context["filter"].form.errors


def is_unfolded(response) -> bool:
    return 'id="more-filters" open' in response.content.decode()


def test_owner(as_lead, alice, bob):
    an_analysis(alice, name="Hers")
    an_analysis(bob, name="His")
    assert shown(as_lead.get("/", {"owner": "ALI"})) == ["Hers"]


def test_team(as_alice, alice, team):
    an_analysis(alice, name="Hers")
    an_analysis(alice, name="Ours").teams.add(team)
    assert shown(as_alice.get("/", {"team": team.pk})) == ["Ours"]


def test_only_own_teams_are_offered_and_to_a_lead_all(as_alice, as_lead, alice, team):
    other = Group.objects.create(name="Another team")
    an_analysis(alice)

    def offered(client) -> list[str]:
        return [name for _, name in client.get("/").context["filter"].form.fields["team"].choices]

    assert offered(as_alice) == ["All teams", "Shop team"]
    assert offered(as_lead) == ["All teams", "Another team", "Shop team"]
    assert "team" in errors(as_alice.get("/", {"team": other.pk}))


def test_business_unit(as_alice, alice):
    an_analysis(alice, name="Shop", business_unit="Retail Europe")
    an_analysis(alice, name="Mill", business_unit="Industry")
    assert shown(as_alice.get("/", {"business_unit": "retail"})) == ["Shop"]


@pytest.mark.parametrize(
    ("severity", "found"),
    [("critical", {"A"}), ("high", {"A", "B"}), ("medium", {"A", "B"}), ("low", {"A", "B", "C"})],
)
def test_findings_of_at_least_a_severity(as_alice, alice, severity, found):
    an_analysis(alice, name="A", critical_count=1)
    an_analysis(alice, name="B", high_count=2)
    an_analysis(alice, name="C", low_count=1)
    an_analysis(alice, name="D")
    assert set(shown(as_alice.get("/", {"severity": severity}))) == found


def test_with_and_without_a_next_run(as_alice, alice):
    later = timezone.now() + timedelta(days=1)
    waits = an_analysis(alice, name="Waits", start_at=later)
    lifecycle.submit(waits, alice, start_at=later)
    an_analysis(alice, name="Repeats", next_start=later)
    an_analysis(alice, name="Draft", start_at=later)
    assert set(shown(as_alice.get("/", {"repeats": "yes"}))) == {"Waits", "Repeats"}
    assert shown(as_alice.get("/", {"repeats": "no"})) == ["Draft"]


def test_days_of_the_start(as_alice, alice):
    for day in (1, 2, 3):
        an_analysis(alice, name=f"Of day {day}", started_at=at(day))
    an_analysis(alice, name="Never")
    asked = {"started_from": "2026-03-02", "started_to": "2026-03-02", "sort": "name"}
    assert shown(as_alice.get("/", asked)) == ["Of day 2"]
    assert shown(as_alice.get("/", {"started_from": "2026-03-02", "sort": "name"})) == ["Of day 2", "Of day 3"]


def test_days_of_the_last_change(as_alice, alice):
    an_analysis(alice, name="Old")
    an_analysis(alice, name="New")
    Analysis.objects.filter(name="Old").update(changed_at=at(1))
    assert shown(as_alice.get("/", {"changed_to": "2026-03-31"})) == ["Old"]
    assert shown(as_alice.get("/", {"changed_from": "2026-03-31"})) == ["New"]


def test_a_day_is_one_of_the_viewers_clock(as_alice, alice):
    an_analysis(alice, name="Late", started_at=at(1, 23))
    asked = {"started_from": "2026-03-02", "started_to": "2026-03-02"}
    assert shown(as_alice.get("/", asked)) == []
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    assert shown(as_alice.get("/", asked)) == ["Late"]


@pytest.mark.parametrize(
    "name",
    ["status", "team", "severity", "repeats", "changed_from", "changed_to", "started_from", "started_to"],
)
@pytest.mark.parametrize("value", ["nonsense", "9" * 40, "-1", "0001-01-01", "9999-12-31", "2026-02-30", "\x00"])
def test_what_makes_no_sense_is_said_at_its_place_and_empties_nothing(as_alice, alice, name, value):
    an_analysis(alice, name="Shop")
    response = as_alice.get("/", {name: value, "name": "sho"})
    assert shown(response) == ["Shop"]
    assert list(errors(response)) == [name]
    field = response.context["filter"].form[name]
    assert f'id="{field.auto_id}_error"' in response.content.decode()
    assert is_unfolded(response) == (name != "status")


def test_an_end_before_its_beginning_is_left_out(as_alice, alice):
    an_analysis(alice, name="Shop", started_at=at(5))
    response = as_alice.get("/", {"started_from": "2026-03-04", "started_to": "2026-03-01"})
    assert list(errors(response)) == ["started_to"]
    assert shown(response) == ["Shop"]


@pytest.mark.parametrize("name", ["name", "owner", "business_unit"])
@pytest.mark.parametrize("text", ["\x00", "x" * 500])
def test_text_that_cannot_be_meant_is_left_out(as_alice, alice, name, text):
    an_analysis(alice, name="Shop")
    response = as_alice.get("/", {name: text})
    assert shown(response) == ["Shop"]
    assert list(errors(response)) == [name]


def test_they_are_folded_away_until_one_is_used(as_alice, alice):
    an_analysis(alice)
    assert not is_unfolded(as_alice.get("/?name=shop&status=saved"))
    assert is_unfolded(as_alice.get("/?owner=alice"))


def test_they_are_offered_again_as_they_were_chosen(as_alice, alice):
    an_analysis(alice)
    page = as_alice.get("/?severity=high&started_from=2026-03-02&sort=-next&size=50").content.decode()
    assert '<option value="high" selected>' in page
    assert 'value="2026-03-02"' in page
    assert '<input type="hidden" name="sort" value="-next">' in page


def test_what_runs_next_comes_first_and_what_never_does_last_both_ways(as_alice, alice):
    now = timezone.now()
    for name, days in (("In 2 days", 2), ("In 3 days", 3), ("In 1 day", 1)):
        an_analysis(alice, name=name, next_start=now + timedelta(days=days))
    first = an_analysis(alice, name="In an hour", start_at=now + timedelta(hours=1))
    lifecycle.submit(first, alice, start_at=first.start_at)
    an_analysis(alice, name="Never", start_at=now)
    assert shown(as_alice.get("/?sort=next")) == ["In an hour", "In 1 day", "In 2 days", "In 3 days", "Never"]
    assert shown(as_alice.get("/?sort=-next")) == ["In 3 days", "In 2 days", "In 1 day", "In an hour", "Never"]
