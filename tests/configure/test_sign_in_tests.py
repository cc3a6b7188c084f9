"""Test connection and sign-in: the real prescan of what stands on the page, with pictures, before anything is saved."""

import threading
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from analyses import meanwhile, sign_in_tests, tasks
from analyses.configuring import ScanSettings
from analyses.models import Activity, AllowedTarget, Analysis, Scan, SignInTest, SignInTestStep
from analyses.prescan import playing
from dashboard.shutdown import stopping
from tests.configure.pages import form_of, text_of
from tests.engines.following import wait_until
from tests.lifecycle.test_races import at_once
from tests.targets import sites
from tests.targets.serving import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse"


@pytest.fixture
def site(transactional_db):
    """A site with a sign-in form that may be scanned."""
    AllowedTarget.objects.create(pattern="127.0.0.1")
    with serve(sites.FormSite()) as serving:
        yield serving


@pytest.fixture
def ask(as_alice, site):
    """Press the button of a new URL on a page that is not saved, with this password; answers the page after it."""

    def press(password: str = PASSWORD, *, address: str = "analyses:new-test-sign-in", **more):
        values = {
            "url": site.url, "scope": "folder", "speed": "normal", "sign_in_method": "form", "username": "alice",
            "login_url": f"{site.url}login/", "secret": password, "check_text": "Sign out",
        } | more  # fmt: skip
        sent = form_of(as_alice.get(reverse("analyses:new"))) | {"scan": ["new-1"], "test": "new-1"}
        return as_alice.post(
            reverse(address), sent | {f"scan-new-1-{name}": value for name, value in values.items()}, follow=True
        )

    return press


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(meanwhile, "BEAT_SECONDS", 0.05)


@pytest.fixture
def no_browser():
    """All browsers are in use, until `over` is called."""
    with ExitStack() as taken:
        for _ in range(playing.AT_ONCE):
            taken.enter_context(playing._free)
        taken.over = taken.close
        yield taken


@contextmanager
def at_work(test, by=sign_in_tests.drive):
    """A worker that has taken it; waited for in the end."""

    def work() -> None:
        try:
            by(test.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert wait_until(SignInTest.objects.filter(pk=test.pk, lease_until__isnull=False).exists, 20)
    yield worker
    worker.join(60)
    assert not worker.is_alive()


def done(page) -> SignInTest:
    """What comes of it when a worker has taken it."""
    test = page.context["test"]
    sign_in_tests.drive(test.pk)
    test.refresh_from_db()
    return test


def test_what_stands_on_the_page_is_tried_and_nothing_is_saved(ask, as_alice):
    page = ask()
    assert "Waiting for a worker" in text_of(page)
    test = done(page)
    assert test.succeeded, test.cause
    assert not Analysis.objects.exists()
    page = as_alice.get(reverse("analyses:sign-in-test", args=[test.pk]))
    assert "It works." in text_of(page)
    assert "What the browser showed" in text_of(page)


def test_it_shows_what_a_signed_in_person_sees(ask, as_alice):
    test = done(ask())
    step = test.steps.get(name="Sign-in")
    picture = as_alice.get(reverse("analyses:sign-in-test-picture", args=[test.pk, step.position]))
    assert picture["Content-Type"] == "image/jpeg"
    assert picture.content[:3] == b"\xff\xd8\xff"
    assert len(picture.content) < 300_000


def test_a_wrong_password_is_said_with_a_picture_of_the_sign_in_page(ask, as_alice):
    test = done(ask("wrong"))
    assert test.succeeded is False
    assert test.cause.startswith("Authentication Error: ")
    assert bytes(test.steps.get(name="Sign-in").screenshot).startswith(b"\xff\xd8\xff")
    page = as_alice.get(reverse("analyses:sign-in-test", args=[test.pk]))
    assert "It does not work." in text_of(page)
    assert "wrong" not in page.content.decode().replace("Wrong", "")


def test_its_password_is_encrypted_while_it_waits_and_erased_afterwards(ask):
    test = ask().context["test"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM analyses_signintest")
        assert PASSWORD not in cursor.fetchone()[0]
    assert SignInTest.objects.get().secret == PASSWORD
    sign_in_tests.drive(test.pk)
    assert SignInTest.objects.get().secret == ""


def test_an_empty_password_means_the_stored_one(as_alice, alice, site):
    analysis = Analysis.objects.create(name="Shop", owner=alice)
    scan = Scan.objects.create(
        analysis=analysis, url=site.url, sign_in_method="form", login_url=f"{site.url}login/", username="alice",
        secret=PASSWORD, check_text="Sign out",
    )  # fmt: skip
    sent = form_of(as_alice.get(reverse("analyses:configure", args=[analysis.pk]))) | {"test": str(scan.pk)}
    page = as_alice.post(reverse("analyses:test-sign-in", args=[analysis.pk]), sent, follow=True)
    assert done(page).succeeded
    assert PASSWORD not in page.content.decode()


def test_what_applies_to_all_urls_is_taken_from_the_page_too(ask, site, as_alice):
    test = ask(user_agent="").context["test"]
    assert test.configuration["user_agent"] == ""
    sent = form_of(as_alice.get(reverse("analyses:new"))) | {
        "scan": ["new-1"], "test": "new-1", "user_agent": "Everyone/1", "scan-new-1-url": site.url,
        "scan-new-1-scope": "folder", "scan-new-1-speed": "normal", "scan-new-1-sign_in_method": "none",
    }  # fmt: skip
    test = done(as_alice.post(reverse("analyses:new-test-sign-in"), sent, follow=True))
    assert test.succeeded, test.cause
    assert {asked.headers["user-agent"] for asked in site.asked} >= {"Everyone/1"}


def test_the_log_says_who_tried_what_is_stored(as_alice, alice, site):
    analysis = Analysis.objects.create(name="Shop", owner=alice)
    scan = Scan.objects.create(analysis=analysis, url=site.url)
    sent = form_of(as_alice.get(reverse("analyses:configure", args=[analysis.pk]))) | {"test": str(scan.pk)}
    as_alice.post(reverse("analyses:test-sign-in", args=[analysis.pk]), sent)
    entry = Activity.objects.get(action="Connection and sign-in tried out")
    assert (entry.actor, entry.cause) == (alice, site.url)


def test_what_is_missing_is_said_instead(ask):
    page = ask("", username="")
    assert "Not tested yet." in text_of(page)
    assert "User name: Give the user name to sign in with." in text_of(page)
    assert not SignInTest.objects.exists()


def test_what_is_not_allowed_is_never_connected_to(ask, site):
    AllowedTarget.objects.all().delete()
    test = done(ask())
    assert test.cause.startswith("Verification Failed: ")
    assert site.asked == []


def test_it_is_nobody_elses(ask, client, bob):
    test = done(ask())
    client.force_login(bob)
    assert client.get(reverse("analyses:sign-in-test", args=[test.pk])).status_code == 404
    assert client.get(reverse("analyses:sign-in-test-picture", args=[test.pk, 0])).status_code == 404


def test_an_analysis_one_may_not_see_cannot_be_used(client, charlie, alice, site):
    analysis = Analysis.objects.create(name="Shop", owner=alice)
    client.force_login(charlie)
    assert client.post(reverse("analyses:test-sign-in", args=[analysis.pk]), {"test": "1"}).status_code == 404


def test_one_person_has_three_under_way_at_most(ask):
    for _ in range(3):
        ask()
    assert "3 tests of yours are under way" in text_of(ask())
    assert SignInTest.objects.count() == 3


def test_of_many_at_once_three_are_begun(alice, site):
    settings = ScanSettings(None, {"url": site.url})
    results = at_once(*[lambda: sign_in_tests.begin(alice, None, settings, {})] * 8)
    assert [type(result) for result in results].count(SignInTest) == SignInTest.objects.count() == 3
    assert [type(result) for result in results].count(sign_in_tests.TooMany) == 5


def test_one_that_waits_for_a_browser_is_not_lost(ask, no_browser, quick):
    test = ask().context["test"]
    with at_work(test) as worker:
        SignInTest.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        assert wait_until(lambda: SignInTest.objects.get().lease_until > timezone.now() + timedelta(seconds=30), 20)
        assert worker.is_alive()
        no_browser.over()
    assert SignInTest.objects.get().succeeded


def test_its_steps_are_told_while_it_is_under_way(ask, no_browser, quick):
    with at_work(ask().context["test"]):
        assert wait_until(lambda: SignInTestStep.objects.filter(outcome="passed").count() >= 2, 20)
        assert SignInTest.objects.get().ended_at is None
        no_browser.over()


def test_a_worker_that_lost_it_leaves_it_alone(ask, no_browser, quick):
    with at_work(ask().context["test"]):
        SignInTest.objects.update(ended_at=timezone.now(), succeeded=False, cause="Lost.")
    assert SignInTest.objects.get().cause == "Lost."


def test_a_worker_that_is_to_end_leaves_it_to_another(ask, no_browser, quick):
    test = ask().context["test"]
    with at_work(test):
        assert wait_until(SignInTestStep.objects.exists, 20)
        stopping.set()
    stopping.clear()
    assert sign_in_tests.waiting() == [test.pk]
    no_browser.over()
    sign_in_tests.drive(test.pk)
    assert SignInTest.objects.get().succeeded


def test_of_several_a_worker_does_one_after_the_other_without_blocking(ask, no_browser, quick):
    first, second = ask().context["test"], ask().context["test"]
    with at_work(first, by=tasks.test_sign_in):
        tasks.test_sign_in(second.pk)  # comes back at once
        assert sign_in_tests.waiting() == [second.pk]
        no_browser.over()
    assert SignInTest.objects.filter(succeeded=True).count() == 2


def test_one_that_waits_for_its_turn_is_not_given_up(ask):
    first, second = ask().context["test"], ask().context["test"]
    SignInTest.objects.filter(pk=first.pk).update(lease_until=timezone.now() + timedelta(seconds=30))
    SignInTest.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    tasks.sweep()
    assert sign_in_tests.waiting() == [second.pk]
    SignInTest.objects.filter(pk=second.pk).update(created_at=timezone.now() - timedelta(minutes=61))
    tasks.sweep()
    assert sign_in_tests.waiting() == []


def test_two_workers_do_it_once(ask):
    test = done(ask())
    sign_in_tests.drive(test.pk)
    assert test.steps.filter(name="Sign-in").count() == 1


def test_one_that_no_worker_takes_ends_and_loses_its_password(ask):
    test = ask().context["test"]
    SignInTest.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    tasks.sweep()
    test.refresh_from_db()
    assert (test.succeeded, test.secret) == (False, "")
    assert "No worker took it" in test.cause


def test_one_whose_worker_was_lost_ends_too(ask):
    test = ask().context["test"]
    SignInTest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep()
    test.refresh_from_db()
    assert (test.cause, test.secret) == ("Its worker was lost. Try again.", "")


def test_it_is_forgotten_after_an_hour(ask):
    done(ask())
    SignInTest.objects.update(ended_at=timezone.now() - timedelta(minutes=61))
    tasks.sweep()
    assert not SignInTest.objects.exists()
