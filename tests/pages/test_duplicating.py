"""Duplicate: a copy with everything, secrets too, that belongs to whoever made it; and both logs say so."""

import tracemalloc
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from analyses import configuring, duplicating, lifecycle
from analyses.models import Analysis, Scan, Specification
from analyses.models.secrets import SECRETS, Sealed
from analyses.statuses import AnalysisStatus
from tests.configure.pages import form_of, text_of
from tests.lifecycle.test_races import at_once
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
STORED = {name: f"the {name} of the original" for name in SECRETS}


@pytest.fixture
def shop(alice, team) -> Analysis:
    analysis = an_analysis(
        alice, "http://a.test/", "http://b.test/", name="Shop", description="What it is for", zone="Europe/Berlin",
        start_at=datetime(2026, 9, 3, 20, 0, tzinfo=UTC), repeat="weekly", repeat_days="03", repeat_count=9,
        pause_from=time(22), pause_until=time(6), excluded_urls="http://a.test/x", recipients="dave@example.test",
        duration=timedelta(hours=5), hold_results=True, business_unit="Retail", repeat_off_after=None,
    )  # fmt: skip
    analysis.teams.add(team, Group.objects.create(name="Others"))
    scan = analysis.scans.first()
    for name, text in STORED.items():
        setattr(scan, name, text)
    scan.sign_in_method, scan.username, scan.crawl_script_name = "form", "robot", "Walk.side"
    scan.save()
    pets = Specification.objects.create(
        analysis=analysis, name="pets.yaml", form="OpenAPI 3.1", endpoints=[{"method": "GET", "path": "/pets"}],
        requests='[{"secret": 1}]', uploaded_by=alice,
    )  # fmt: skip
    Scan.objects.create(analysis=analysis, position=7, url="http://a.test/", specification=pets)
    return analysis


def post(client, analysis):
    return client.post(f"/analyses/{analysis.pk}/duplicate/")


def test_it_leads_to_the_configuration_of_the_copy_and_says_so(as_bob, shop):
    answer = as_bob.post(f"/analyses/{shop.pk}/duplicate/", follow=True)
    copy = Analysis.objects.get(name="Copy of Shop")
    assert answer.redirect_chain == [(f"/analyses/{copy.pk}/configure/", 302)]
    assert "“Copy of Shop” is saved: a copy of “Shop” with its settings and its stored passwords." in text_of(answer)
    for text in STORED.values():
        assert text not in answer.content.decode()


def test_the_copy_belongs_to_whoever_made_it_and_to_their_own_teams(as_bob, bob, shop, team):
    post(as_bob, shop)
    copy = Analysis.objects.get(name="Copy of Shop")
    assert copy.owner == bob
    assert list(copy.teams.all()) == [team]
    assert copy.status == AnalysisStatus.SAVED
    assert copy.scan_count == 3


def test_settings_are_copied_and_the_first_start_is_not(as_alice, shop):
    lifecycle.submit(shop, shop.owner, start_at=timezone.now() + timedelta(hours=1))
    Analysis.objects.update(end_by=timezone.now() - timedelta(days=1), repeat_until=date(2020, 1, 1))
    post(as_alice, shop)
    shop.refresh_from_db()
    copy = Analysis.objects.get(name="Copy of Shop")
    assert shop.next_start
    assert (copy.start_at, copy.next_start, copy.repeat_fired) == (None, None, 0)
    assert (copy.end_by, copy.repeat_until) == (None, None)
    passed = {"end_by", "repeat_until"}
    assert {name: getattr(copy, name) for name in duplicating.COPIED if name not in passed} == {
        name: getattr(shop, name) for name in duplicating.COPIED if name not in passed
    }
    assert copy.starts_at_once
    assert not copy.occurrences.exists()


def test_every_setting_of_an_analysis_is_copied_or_left_out_on_purpose():
    own = {
        "id", "name", "owner", "start_at", "next_start", "repeat_fired", "repeat_failures", "flapping_since",
        "schedule_changed_by", "revision", "created_at", "status", "version", "changed_at", "started_at", "ended_at",
        "deadline", "scan_count", "problem_count", "held", "due_count", "done_count", "pages", "percent",
        "critical_count", "high_count", "medium_count", "low_count", "info_count",
    }  # fmt: skip
    assert {field.name for field in Analysis._meta.concrete_fields} - own == set(duplicating.COPIED)


def test_scans_have_the_same_settings_and_secrets(as_alice, shop):
    post(as_alice, shop)
    copy = Analysis.objects.get(name="Copy of Shop")
    names = [
        field.attname
        for field in Scan._meta.concrete_fields
        if field.name not in ("id", "analysis", "specification", "seal")
    ]  # fmt: skip
    assert [[getattr(scan, name) for name in names] for scan in copy.scans.all()] == [
        [getattr(scan, name) for name in names] for scan in shop.scans.all()
    ]
    assert copy.scans.first().secret == STORED["secret"]
    assert shop.scans.count() == 3


def test_a_specification_is_a_row_of_its_own(as_alice, shop):
    post(as_alice, shop)
    copy = Analysis.objects.get(name="Copy of Shop")
    original, new = shop.specifications.get(), copy.specifications.get()
    assert new.pk != original.pk
    assert copy.scans.get(specification=new).position == 7
    assert shop.scans.get(specification=original)
    assert (new.name, new.endpoints, new.requests) == (original.name, original.endpoints, original.requests)
    shop.delete()
    assert Specification.objects.get() == new


def test_a_secret_that_cannot_be_read_cannot_be_read_in_the_copy(as_alice, shop, settings):
    """It is bound to its row, and nobody could bind it to another one. The original gets it back with its key."""
    keys = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = ["another key"]
    post(as_alice, shop)
    settings.CREDENTIAL_KEYS = keys
    assert isinstance(Analysis.objects.get(name="Copy of Shop").scans.first().secret, Sealed)
    assert shop.scans.first().secret == STORED["secret"]


def test_few_scans_and_specifications_are_held_at_a_time(alice):
    script = "x" * 200_000
    analysis = Analysis.objects.create(name="Big", owner=alice)
    for number in range(150):
        Scan.objects.create(analysis=analysis, url=f"http://h{number}.test/", crawl_script=script)
    del script
    tracemalloc.start()
    try:
        duplicating.duplicate(analysis, alice)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert Analysis.objects.get(name="Copy of Big").scans.count() == 150
    assert most < 60_000_000  # all of them are 40 MB, as they are stored


def test_both_logs_say_so(as_bob, shop):
    post(as_bob, shop)
    copy = Analysis.objects.get(name="Copy of Shop")
    entry = shop.activity.get(action="Duplicated")
    assert (entry.actor_name, entry.cause) == ("bob", "As “Copy of Shop”.")
    log = list(copy.activity.order_by("pk").values_list("action", "new_status", "cause"))
    assert log == [("Created", "Saved for Later", ""), ("Created as a copy", "", "Of “Shop”.")]


def test_names_stay_unique_whatever_their_case_and_length(as_alice, alice, shop):
    an_analysis(alice, name="COPY OF SHOP (2)")
    for _ in range(3):
        post(as_alice, shop)
    long = an_analysis(alice, name="x" * 120)
    for _ in range(2):
        post(as_alice, long)
    names = set(Analysis.objects.values_list("name", flat=True))
    assert {"Copy of Shop", "Copy of Shop (3)", "Copy of Shop (4)"} <= names
    assert {f"Copy of {'x' * 112}", f"Copy of {'x' * 100} (2)"} <= names


@pytest.mark.django_db(transaction=True)
def test_copies_made_at_the_same_moment_get_different_names(alice, shop):
    copies = at_once(*[lambda: duplicating.duplicate(shop, alice)] * 4)
    assert {str(copy) for copy in copies} == {
        "Copy of Shop",
        "Copy of Shop (2)",
        "Copy of Shop (3)",
        "Copy of Shop (4)",
    }


def test_it_can_be_saved_and_submitted_as_it_is(as_alice, shop, settings):
    configuring.AllowedTarget.objects.create(pattern="*.test")
    shop.scans.filter(specification=None).update(sign_in_method="none")
    post(as_alice, shop)
    copy = Analysis.objects.get(name="Copy of Shop")
    address = f"/analyses/{copy.pk}/configure/"
    answer = as_alice.post(address, form_of(as_alice.get(address)) | {"then": "submit"})
    assert answer.status_code == 302
    copy.refresh_from_db()
    assert copy.status == AnalysisStatus.SUBMITTED


def test_strangers_get_404_and_opening_the_address_does_nothing(as_charlie, as_alice, shop):
    assert post(as_charlie, shop).status_code == 404
    answer = as_alice.get(f"/analyses/{shop.pk}/duplicate/", follow=True)
    assert "Nothing was done." in text_of(answer)
    assert Analysis.objects.count() == 1


def test_it_is_in_the_menu_of_every_status(as_alice, alice, shop):
    button = f'action="/analyses/{shop.pk}/duplicate/"'
    assert button in as_alice.get(f"/analyses/{shop.pk}/").content.decode()
    lifecycle.submit(shop, alice)
    assert button in as_alice.get(f"/analyses/{shop.pk}/").content.decode()


def test_a_thousand_scans_take_few_queries(alice, django_assert_max_num_queries):
    analysis = Analysis.objects.create(name="Big", owner=alice)
    Scan.objects.bulk_create(
        Scan(analysis=analysis, position=n, url=f"http://h{n}.test/", secret="s") for n in range(1000)
    )
    with django_assert_max_num_queries(100):
        copy = duplicating.duplicate(analysis, alice)
    assert copy.scans.count() == 1000
