"""The Configuration tab: what a run was told to do stays readable, whatever is edited later; no secret is on it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis, AnalysisOccurrence, Scan, ScanOccurrence, Specification
from tests.configure.pages import text_of
from tests.scene import an_analysis, prescanned, published

pytestmark = pytest.mark.django_db
PASSWORD, KEY, TOKEN = "correct-horse-battery", "JBSWY3DPEHPK3PXP", "Bearer very-secret-token"


@pytest.fixture
def full(alice, team) -> Analysis:
    """An analysis that sets everything, with a scan that signs in, and an API."""
    analysis = an_analysis(
        alice, name="Shop", description="What it is for", excluded_urls="http://shop.test/admin/\nhttp://shop.test/x",
        user_agent="Vedette/1", business_unit="Retail", contact_name="Carol", contact_email="carol@example.test",
        recipients="dave@example.test", hold_results=True, zone="Europe/Berlin", pause_from=time(22),
        pause_until=time(6), repeat="daily", repeat_off_after=4,
    )  # fmt: skip
    analysis.teams.add(team)
    analysis.scans.update(
        scope="page", speed="slow", both_schemes=True, allowed_hosts="cdn.shop.test", user_agent="Own/2",
        excluded_urls="http://shop.test/own", sign_in_method="form", login_url="http://shop.test/login",
        username="robot", check_text="Sign out", logout_url="http://shop.test/bye", headers_name="X-Key",
        client_certificate_name="CN=robot", crawl_script_name="Walk.side",
    )  # fmt: skip
    scan = analysis.scans.get()
    scan.secret, scan.totp_secret, scan.headers = PASSWORD, KEY, f"X-Key: {TOKEN}"
    scan.client_certificate, scan.crawl_script = "-----BEGIN PRIVATE", "{script}"
    scan.save()
    pets = Specification.objects.create(
        analysis=analysis, name="pets.yaml", form="OpenAPI 3.1", endpoints=[], requests="[]"
    )
    Scan.objects.create(
        analysis=analysis, position=2, url="http://api.test/", specification=pets,
        excluded_endpoints=["DELETE /pets/{id}"],
    )  # fmt: skip
    return analysis


EVERYTHING = (
    "Description What it is for", "Owner alice", "Teams that may see it Shop team",
    "As soon as it is submitted, then daily at the same time Europe/Berlin",
    "Stop repeating after failed runs in a row 4", "Name Shop",
    "http://shop.test/admin/", "User agent Vedette/1", "E-mail of the contact carol@example.test",
    "Further recipients dave@example.test", "Business unit Retail", "Contact Carol",
    "Hold the results for review yes", "Pause window Every day from 22:00 until 06:00 the next day, Europe/Berlin",
    "Longest duration 1 day", "Prescan only no", "Scope This page only", "Speed Slow: one request at a time",
    "http or https twin yes", "Further hosts cdn.shop.test", "Excluded URLs http://shop.test/own",
    "User agent Own/2", "Sign-in Sign-in form", "Sign-in page http://shop.test/login", "User name robot",
    "Text when signed in Sign out", "Sign-out address http://shop.test/bye", "Extra headers X-Key",
    "Client certificate CN=robot", "Crawl script Walk.side", "Password stored", "Key for one-time codes stored",
    "pets.yaml · OpenAPI 3.1", "Endpoints left out DELETE /pets/{id}",
)  # fmt: skip


def tab(client, analysis, **query):
    return client.get(f"/analyses/{analysis.pk}/configuration/", query)


def test_of_an_analysis_that_has_not_run_it_shows_what_is_stored(as_alice, full):
    text = text_of(tab(as_alice, full))
    assert [part for part in EVERYTHING if part not in text] == []
    assert "What is stored; it is what the next run is told to do." in text


def test_of_a_run_it_shows_what_was_frozen_whatever_is_edited_later(as_alice, alice, bob, full):
    lifecycle.submit(full, alice)
    Analysis.objects.update(
        name="New name", excluded_urls="", user_agent="", business_unit="", recipients="", hold_results=False,
        description="", owner=bob, repeat="", repeat_off_after=None,
    )  # fmt: skip
    full.teams.update(name="New team")
    full.scans.update(scope="domain", username="other", excluded_urls="")
    text = text_of(tab(as_alice, full))
    assert [part for part in EVERYTHING if part not in text.replace("New name", "")] == []
    assert "What run 1 was told to do" in text
    assert "Start As soon as it was submitted" in text


def test_secrets_are_only_said_to_be_stored(as_alice, alice, full):
    for _ in range(2):
        page = tab(as_alice, full).content.decode()
        for secret in (PASSWORD, KEY, TOKEN, "very-secret", "BEGIN PRIVATE", "{script}"):
            assert secret not in page
        lifecycle.submit(full, alice) if not full.occurrences.exists() else None


def test_of_an_ended_run_the_password_is_said_to_be_erased(as_alice, alice):
    analysis = published(alice)
    scan = ScanOccurrence.objects.get()
    scan.configuration |= {"sign_in_method": "basic", "username": "robot"}
    scan.save()
    assert "Password used, and erased when the scan had ended" in text_of(tab(as_alice, analysis))


def test_of_an_ended_run_it_is_known_which_scans_had_a_key_for_codes(as_alice, alice):
    analysis = an_analysis(alice, "http://with.test/", "http://without.test/")
    analysis.scans.update(sign_in_method="form", username="robot")
    scan = analysis.scans.get(url="http://with.test/")
    scan.totp_secret = KEY
    scan.save()
    lifecycle.submit(analysis, alice)
    analysis.refresh_from_db()
    lifecycle.stop(analysis, alice, keep=False)
    assert not ScanOccurrence.objects.exclude(totp_secret="").exists()
    text = text_of(tab(as_alice, analysis))
    erased = "Key for one-time codes used, and erased when the scan had ended"
    assert [erased in part for part in text.split("without.test/", 1)] == [True, False]


def test_an_earlier_run_by_its_number(as_alice, alice):
    analysis = published(alice, user_agent="First/1")
    Analysis.objects.update(user_agent="Second/2")
    prescanned(lifecycle.submit(analysis, alice))
    assert "User agent Second/2" in text_of(tab(as_alice, analysis))
    page = tab(as_alice, analysis, occurrence=1)
    assert "User agent First/1" in text_of(page)
    assert "You are looking at run 1 of 2" in text_of(page)
    assert f'<a href="/analyses/{analysis.pk}/configuration/">Go to the latest</a>' in page.content.decode()


@pytest.mark.parametrize("number", ["0", "3", "x", "-1"])
def test_an_unknown_run_is_404(as_alice, alice, number):
    assert tab(as_alice, published(alice), occurrence=number).status_code == 404


def test_it_says_that_the_configuration_has_been_changed_since(as_alice, alice):
    analysis = published(alice)
    assert "has been changed since" not in text_of(tab(as_alice, analysis))
    lifecycle.edited(analysis, alice, "User agent: x → y")
    assert "The configuration has been changed since" in text_of(tab(as_alice, analysis))


def test_a_run_of_before_these_things_were_kept_says_so(as_alice, alice):
    analysis = published(alice)
    AnalysisOccurrence.objects.update(configuration={})
    ScanOccurrence.objects.update(configuration={})
    text = text_of(tab(as_alice, analysis))
    for label in ("Name", "Owner", "Teams that may see it", "Repeat"):
        assert f"{label} not kept of this run" in text


def test_the_time_of_a_scheduled_run_stands_in_its_own_zone(as_alice, alice, time_machine):
    time_machine.move_to(datetime(2026, 9, 2, 12, 0, tzinfo=UTC))
    first = datetime(2026, 9, 3, 20, 0, tzinfo=UTC)
    analysis = an_analysis(alice, zone="Europe/Berlin", start_at=first, repeat="weekly")
    lifecycle.submit(analysis, alice, start_at=first)
    as_alice.force_login(alice)
    text = text_of(tab(as_alice, analysis))
    assert "Start Thu 3 Sep 2026, 22:00 Europe/Berlin" in text
    assert "Repeat Weekly on Thursday at 22:00 Europe/Berlin" in text


def test_a_run_of_an_analysis_that_does_not_repeat_says_nothing_of_how_it_would_end(as_alice, alice):
    text = text_of(tab(as_alice, published(alice)))
    assert "Repeat –" in text
    assert "Stop repeating" not in text


def test_what_was_meant_for_all_is_not_said_again_of_each(as_alice, alice):
    analysis = an_analysis(alice, excluded_urls="http://shop.test/all/", user_agent="Vedette/1")
    lifecycle.submit(analysis, alice)
    assert text_of(tab(as_alice, analysis)).count("http://shop.test/all/") == 1
    assert text_of(tab(as_alice, analysis)).count("Vedette/1") == 1


def test_the_tab_leads_to_it_and_so_does_every_row_of_the_history(as_alice, alice):
    analysis = published(alice)
    prescanned(lifecycle.submit(analysis, alice))
    address = f'href="/analyses/{analysis.pk}/configuration/'
    assert f'{address}"' in as_alice.get(f"/analyses/{analysis.pk}/").content.decode()
    assert f'{address}?occurrence=1"' in as_alice.get(f"/analyses/{analysis.pk}/", {"occurrence": 1}).content.decode()
    history = as_alice.get(f"/analyses/{analysis.pk}/history/").content.decode()
    assert f'{address}?occurrence=1">Configuration' in history
    assert f'{address}">Configuration' in history


def test_strangers_get_404_and_hostile_text_stays_text(as_charlie, as_alice, alice):
    analysis = an_analysis(alice, "http://shop.test/?<script>", description="<script>alert(1)</script>")
    assert tab(as_charlie, analysis).status_code == 404
    assert "<script>alert" not in tab(as_alice, analysis).content.decode()


@pytest.fixture
def big(alice) -> Analysis:
    """A thousand scans, every third of an API."""
    analysis = Analysis.objects.create(name="Big", owner=alice, engine="scripted")
    files = Specification.objects.bulk_create(
        Specification(analysis=analysis, name=f"{n}.json", form="HAR", endpoints=[], requests="[]") for n in range(333)
    )
    Scan.objects.bulk_create(
        Scan(
            analysis=analysis, position=n, url=f"http://h{n}.test/", sign_in_method="basic", username="u", secret="s",
            specification=files[n // 3] if n % 3 == 0 and n < 999 else None,
            excluded_urls="\n".join(f"http://h{n}.test/a/rather/long/path/{x}" for x in range(20)),
        )
        for n in range(1000)
    )  # fmt: skip
    return analysis


@pytest.mark.parametrize("submitted", [False, True])
def test_a_thousand_scans_take_as_many_queries_as_one_and_fifty_are_on_a_page(
    as_alice, alice, big, submitted, django_assert_max_num_queries
):
    small = an_analysis(alice, name="Small")
    for analysis in (big, small):
        if submitted:
            lifecycle.submit(analysis, alice)
    for analysis in (big, small):
        with django_assert_max_num_queries(9):
            page = tab(as_alice, analysis)
    page = tab(as_alice, big)
    assert page.content.count(b'class="scan__summary"') == 50
    assert len(page.content) < 300_000
    assert "http://h950.test/" in text_of(tab(as_alice, big, scans=20))


def test_a_poll_with_nothing_new_gets_no_page(as_alice, alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    address = tab(as_alice, analysis).context["poll_url"]
    assert as_alice.get(address, headers={"HX-Request": "true"}).status_code == 204


def test_a_poll_with_news_gets_the_live_part_with_every_setting(as_alice, alice, full):
    lifecycle.submit(full, alice)
    address = tab(as_alice, full).context["poll_url"]
    Analysis.objects.update(version=99)
    part = as_alice.get(address, headers={"HX-Request": "true"})
    assert [text for text in EVERYTHING if text not in text_of(part)] == []
    assert "Save as template" not in text_of(part)  # what is being typed there is not touched
