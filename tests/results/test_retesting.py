"""Test again: what a person asks for, what a worker makes of it, and what everybody reads of it afterwards."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from analyses import lifecycle, retesting, tasks
from analyses.engines.contract import FoundFlaw, Severity
from analyses.models import Activity, AllowedTarget, Analysis, Finding, Retest, RetestOutcome, Scan
from dashboard.shutdown import stopping
from tests.configure.pages import text_of
from tests.engines.following import wait_until
from tests.results.runs import found, run
from tests.scene import FLAW, an_analysis, give_secrets, let_pass, published
from tests.targets.serving import Answer, Asked, serve
from tests.targets.sites import FormSite

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
PASSWORD = "correct horse"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def here(settings, tmp_path):
    settings.SCRIPTED_ENGINE = True
    settings.WORK_DIR = tmp_path / "work"
    return settings


@pytest.fixture
def as_alice(alice) -> Client:
    return signed_in(alice)


@pytest.fixture
def site():
    """What the scripted engine's flaws are at: it is only looked up, never asked."""
    AllowedTarget.objects.create(pattern="127.0.0.1")
    return "http://127.0.0.1:9/"


@pytest.fixture
def finding(alice, site) -> Finding:
    """One that the scripted engine confirms whenever it is asked."""
    return one_at(alice, site)


def one_at(owner: User, url: str, **fields) -> Finding:
    flaw = replace(FLAW, url=f"{url}item?id=1")
    return Finding.objects.get(analysis=published(owner, url, flaws=(flaw,), **fields))


def page_of(finding: Finding) -> str:
    return f"/analyses/{finding.analysis_id}/results/?finding={finding.pk}"


def press(client: Client, finding: Finding):
    """Press the button; answers the page after it."""
    return client.post(f"/analyses/{finding.analysis_id}/findings/{finding.pk}/test-again/", follow=True)


def carried_out() -> Retest:
    """What comes of the newest one when a worker has taken it."""
    retest = Retest.objects.latest("pk")
    retesting.drive(retest.pk)
    retest.refresh_from_db()
    return retest


def log_of(finding: Finding) -> list[tuple[str, str, str]]:
    entries = Activity.objects.filter(analysis=finding.analysis_id, action__icontains="test").order_by("pk")
    return list(entries.values_list("action", "actor_name", "cause"))


@dataclass
class Members(FormSite):
    """A site whose search, for those signed in, repeats what it is asked for."""

    mended: bool = False
    searched: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/search" and asked.cookies.get("session") in self._sessions:
            word = asked.query.get("q", "")
            self.searched.append(word)
            return Answer(f"<html><p>{word.replace('<', '&lt;') if self.mended else word}</p></html>")
        return super().__call__(asked)


@pytest.mark.engine
def test_a_flaw_behind_a_sign_in_is_still_there_until_it_is_mended(alice, as_alice):
    """The real engine and a real site, that in the end is away."""
    members = Members(password=PASSWORD)
    with serve(members) as served:
        AllowedTarget.objects.create(pattern=served.spot)
        analysis = an_analysis(alice, served.url, engine="wapiti")
        analysis.scans.update(
            sign_in_method="form", login_url=f"{served.url}login/", username="alice", check_text="Sign out"
        )
        give_secrets(analysis, secret=PASSWORD)
        evil = "q=%3CScRiPt%3Ealert%28%27x%27%29%3C%2FsCrIpT%3E"
        request = f"GET /search?{evil} HTTP/1.1\nHost: {served.spot}"
        url = f"{served.url}search?{evil}"
        category = "Reflected Cross Site Scripting"
        run(analysis, alice, found(FoundFlaw(category, Severity.HIGH, "GET", url, "q", "xss", request=request)))
        finding = Finding.objects.get()

        assert "Waiting for a scanner to test it again: alice asked for it" in text_of(press(as_alice, finding))
        assert carried_out().outcome == "there", Retest.objects.get().cause
        assert "default" in members.searched  # a harmless value first
        page = text_of(as_alice.get(page_of(finding)))
        assert "Still there." in page
        assert "Judge it fixed" not in page

        members.mended = True
        press(as_alice, finding)
        assert carried_out().outcome == "gone", Retest.objects.latest("pk").cause
    page = text_of(as_alice.get(page_of(finding)))
    assert "Not there any more." in page
    assert "alice had it tested again: Still there" in page  # its history
    assert "Judge it fixed" in page
    finding.refresh_from_db()
    assert finding.state == "open"  # what to make of it is for people

    press(as_alice, finding)  # the site is away by now
    retest = carried_out()
    assert retest.outcome == "unknown"
    assert "could not be reached" in retest.cause
    where = f"{category} at GET {served.spot}/search in q"
    assert log_of(finding)[:4] == [
        ("Test of a finding requested", "alice", f"{where}."),
        ("Finding tested again", "alice", f"{where}: Still there."),
        ("Test of a finding requested", "alice", f"{where}."),
        ("Finding tested again", "alice", f"{where}: Not there any more."),
    ]
    assert log_of(finding)[5][2].startswith(f"{where}: Could not be told, because: The target could not be reached")


def test_its_page_asks_again_until_it_is_over_and_tells_how_far_it_is(as_alice, finding, breaches):
    assert "hx-trigger" not in as_alice.get(page_of(finding), headers=HTMX).content.decode()
    press(as_alice, finding)
    waiting = as_alice.get(page_of(finding), headers=HTMX).content.decode()
    assert 'hx-trigger="every 5s"' in waiting
    poll = waiting.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert as_alice.get(poll, headers=HTMX).status_code == 204
    assert lifecycle.begin_retest(Retest.objects.get().pk)
    under_way = as_alice.get(poll, headers=HTMX)
    assert "Being tested again" in text_of(under_way)
    assert "Test again" not in text_of(under_way)  # one at a time
    assert breaches() == []
    lifecycle.put_down_retest(Retest.objects.get().pk)
    carried_out()
    over = as_alice.get(poll, headers=HTMX)
    assert "Still there." in text_of(over)
    assert "hx-trigger" not in over.content.decode()


def test_who_may_not_judge_sees_what_came_of_it_and_no_button(as_alice, alice, finding):
    press(as_alice, finding)
    carried_out()
    reader = User.objects.create_user("reader")
    reader.groups.add(*alice.groups.filter(name="Shop team"))
    finding.analysis.teams.set(reader.groups.all())
    page = text_of(signed_in(reader).get(page_of(finding)))
    assert "Still there." in page
    assert "Test again" not in page
    assert press(signed_in(reader), finding).status_code == 403


def test_a_finding_of_another_analysis_is_not_there(as_alice, alice, charlie, finding):
    theirs = one_at(charlie, "http://127.0.0.1:9/", name="Theirs")
    mine = f"/analyses/{finding.analysis_id}/findings/{theirs.pk}/test-again/"
    assert as_alice.post(mine).status_code == 404
    assert press(as_alice, theirs).status_code == 404
    assert not Retest.objects.exists()


def refused(client: Client, finding: Finding, reason: str) -> None:
    """The button says so, and pressing it all the same does nothing."""
    page = client.get(page_of(finding))
    assert f"Not possible now: {reason}" in text_of(page)
    assert "disabled" in page.content.decode().split("/test-again/")[1].split("</button>")[0]
    assert reason in text_of(press(client, finding))
    assert not Retest.objects.exists()


def test_it_is_refused_while_a_run_is_under_way(as_alice, alice, finding):
    lifecycle.submit(finding.analysis, alice)
    refused(as_alice, finding, "A run of this analysis is under way")


def test_it_is_refused_where_the_target_is_no_longer_allowed(as_alice, finding):
    AllowedTarget.objects.all().delete()
    refused(as_alice, finding, "127.0.0.1:9 is no longer an allowed target.")


def test_it_is_refused_while_everything_is_stopped(as_alice, finding):
    lifecycle.stop_everything(User.objects.create_superuser("root"))
    refused(as_alice, finding, "Everything was stopped by root")


@pytest.mark.parametrize("change", [{"login_url": "http://127.0.0.1:8/in"}, {"url": "http://127.0.0.1:8/"}, None])
def test_secrets_are_never_sent_where_they_were_not_meant_for(as_alice, alice, site, change):
    """The run's own are erased, and its scan has other settings by now, or is gone."""
    analysis = an_analysis(alice, site)
    analysis.scans.update(sign_in_method="form", login_url=f"{site}login/", username="alice")
    give_secrets(analysis, secret=PASSWORD)
    run(analysis, alice, found(replace(FLAW, url=f"{site}item?id=1")))
    finding = Finding.objects.get()
    assert retesting.refusal(finding, retesting.place_of(finding)) == ""
    scans = Scan.objects.filter(analysis=analysis)
    scans.update(**change) if change else scans.delete()
    refused(as_alice, finding, "The address or the sign-in of its scan has been changed since.")


def test_one_person_has_few_under_way(as_alice, alice, site, monkeypatch):
    monkeypatch.setattr(lifecycle.retests, "MOST_OPEN", 1)
    flaws = [replace(FLAW, url=f"{site}{name}?id=1") for name in ("a", "b")]
    published(alice, site, flaws=tuple(flaws))
    first, second = Finding.objects.order_by("pk")
    press(as_alice, first)
    assert "It is being tested already." in text_of(press(as_alice, first)) or Retest.objects.count() == 1
    assert "1 tests of yours are under way." in text_of(press(as_alice, second))
    assert Retest.objects.get().finding == first


@contextmanager
def at_work(retest: Retest):
    """A worker that has taken it; waited for in the end."""

    def work() -> None:
        try:
            retesting.drive(retest.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert wait_until(Retest.objects.filter(pk=retest.pk, lease_until__isnull=False).exists, 20)
    yield worker
    worker.join(60)
    assert not worker.is_alive()


@pytest.fixture
def long(alice, as_alice, site, monkeypatch) -> Retest:
    """One that takes a while, and looks around all the time."""
    monkeypatch.setattr(retesting, "BEAT_SECONDS", 0.0)
    analysis = published(alice, f"{site}?testing=100", flaws=(replace(FLAW, url=f"{site}item?id=1"),))
    press(as_alice, Finding.objects.get(analysis=analysis))
    return Retest.objects.get()


def test_it_ends_when_a_run_begins(alice, long):
    with at_work(long):
        lifecycle.submit(Analysis.objects.get(), alice)
    long.refresh_from_db()
    assert (long.outcome, long.cause) == ("unknown", retesting.UNDER_WAY.replace("is under way", "has begun"))


def test_it_ends_when_everything_is_stopped(long, own_work):
    with at_work(long):
        lifecycle.stop_everything(User.objects.create_superuser("root"))
    long.refresh_from_db()
    assert (long.outcome, long.cause) == ("unknown", f"{lifecycle.halted()}")
    assert list(own_work.iterdir()) == []  # nothing of it stays on the machine


def test_it_ends_when_the_target_is_no_longer_allowed(long):
    with at_work(long):
        AllowedTarget.objects.all().delete()
    long.refresh_from_db()
    assert long.cause == "127.0.0.1:9 is no longer an allowed target."


def test_it_goes_with_its_analysis(long):
    with at_work(long):
        Analysis.objects.all().delete()
    assert not Retest.objects.exists()
    assert not Activity.objects.exists()


def test_one_that_was_given_up_meanwhile_ends_and_says_nothing_more(long):
    with at_work(long):
        lifecycle.end_retest(long.pk, RetestOutcome.UNKNOWN, "Given up.")
    long.refresh_from_db()
    assert long.cause == "Given up."
    assert Activity.objects.filter(action="Finding tested again").count() == 1


def test_a_worker_that_is_shut_down_leaves_it_to_the_next(long):
    with at_work(long):
        stopping.set()
    stopping.clear()
    assert retesting.waiting() == [long.pk]


def test_a_lost_worker_is_noticed(long, time_machine):
    assert lifecycle.begin_retest(long.pk)
    assert not lifecycle.begin_retest(long.pk)  # nobody else takes it
    retesting.clear_up()
    assert Retest.objects.get().ended_at is None
    let_pass(time_machine, 61)
    retesting.clear_up()
    assert Retest.objects.get().cause == "Its worker was lost. Test it again."
    assert not lifecycle.renew_retest(long.pk)


def test_one_that_no_worker_takes_says_so(long):
    Retest.objects.update(asked_at=timezone.now() - retesting.WAITS - timedelta(seconds=1))
    retesting.clear_up()
    assert Retest.objects.get().cause.startswith("No scanner took it.")


def test_what_waits_is_ended_when_everything_is_stopped(long):
    lifecycle.stop_everything(User.objects.create_superuser("root"))
    tasks.sweep()
    assert Retest.objects.get().cause.startswith("Everything was stopped by root")


def test_the_task_carries_out_all_that_wait(alice, as_alice, site):
    for name in ("a", "b"):
        press(as_alice, one_at(alice, site, name=name))
    tasks.retest(0)
    assert list(Retest.objects.values_list("outcome", flat=True)) == ["there", "there"]


def test_a_run_that_sees_it_again_ends_the_advice_to_judge_it_fixed(as_alice, alice, site):
    """The scripted engine does not reproduce what its module xss found."""
    flaw = replace(FLAW, url=f"{site}item?id=1", module="xss")
    analysis = an_analysis(alice, site)
    run(analysis, alice, found(flaw))
    finding = Finding.objects.get()
    press(as_alice, finding)
    assert carried_out().outcome == "gone"
    assert "Judge it fixed" in text_of(as_alice.get(page_of(finding)))
    run(analysis, alice, found(flaw))
    assert "Judge it fixed" not in text_of(as_alice.get(page_of(finding)))
