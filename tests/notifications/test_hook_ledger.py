"""What a hook's settings would have sent in the last days is what hooks with those settings really heard."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import hook_ledger, hooks, kinds, tasks
from notifications.models import Hook, HookMessage, Occasion
from tests.configure.pages import text_of
from tests.notifications.test_hook_admin import page_of
from tests.notifications.test_hooks import a_hook, happens
from tests.upgrades import as_it_was_at

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
KINDS = [kind.event for kind in kinds.KINDS]
EVERY = Group.objects.all
SETTINGS = {
    "everything": {},
    "two kinds": {"events": ["results_published", "prescan_failed"]},
    "no kind": {"events": []},
}


@pytest.fixture
def other_team(db) -> Group:
    return Group.objects.create(name="Other team")


def month(time_machine, *teams: Group) -> None:
    """Something every sixteen hours, seen by nobody, by each team or by all in turn."""
    seen = [Group.objects.none(), *(Group.objects.filter(pk=team.pk) for team in teams), EVERY()]
    for number in range(40):
        time_machine.move_to(START + timedelta(hours=16 * number), tick=False)
        happens(KINDS[number % len(KINDS)], str(number), seen[number % len(seen)])
        if number % 3 == 0:  # the same is told once, however often it is said
            happens(KINDS[number % len(KINDS)], str(number), seen[number % len(seen)])


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("chosen", SETTINGS)
def test_the_replay_gives_the_number_that_was_really_heard(receiver, time_machine, team, other_team, chosen, limited):
    hook = a_hook(receiver, *([team] if limited else []), **SETTINGS[chosen])
    month(time_machine, team, other_team)
    tasks.tell_hooks_due()
    assert hook_ledger.replay(hook).total == len(receiver.heard)
    assert hook_ledger.replay(hook).sent == len(receiver.heard)
    assert bool(receiver.heard) == (chosen != "no kind")


def test_it_gives_the_number_of_a_hook_that_was_not_there_yet_too(receiver, time_machine, team, other_team):
    told = {}
    for name, teams, facts in (
        ("everybody", [], {}),
        ("one team", [team], {}),
        ("both teams", [team, other_team], {"events": ["results_held"]}),
    ):
        Hook.objects.all().delete()
        Occasion.objects.all().delete()
        hook = a_hook(receiver, *teams, name=name, **facts)
        month(time_machine, team, other_team)
        told[name] = hook.messages.count()
        hook.delete()
        later = a_hook(receiver, *teams, name=f"{name}, made later", **facts)
        played = hook_ledger.replay(later)
        assert (played.total, played.sent) == (told[name], 0)
    assert told["everybody"] > told["one team"] > told["both teams"] > 0


def test_what_is_older_is_not_counted(receiver, time_machine):
    time_machine.move_to(START, tick=False)
    hook = a_hook(receiver)
    happens(about="old")
    time_machine.move_to(START + timedelta(days=hook_ledger.DAYS, seconds=1), tick=False)
    happens(about="new")
    tasks.tell_hooks_due()
    assert hook_ledger.replay(hook).total == 1


def test_the_page_of_a_hook_says_it_by_kind_and_what_became_of_it(admin_client, receiver):
    hook = a_hook(receiver, events=["results_published", "prescan_failed"])
    for number in range(3):
        happens("results_published", f"{number}")
    happens("prescan_failed", "1")
    happens("results_held", "1")
    receiver.answers = [200, 410, 503]
    for _ in range(3):
        tasks.tell_hooks_due()
    assert sorted(HookMessage.objects.values_list("status", flat=True)) == ["failed", "queued", "sent", "sent"]
    page = text_of(admin_client.get(page_of(hook)))
    assert "With the settings stored now, 4 messages would have gone to this hook in the last 30 days. 2 went." in page
    lines = {line.kind.event: line for line in hook_ledger.replay(hook).lines}
    published, held = lines["results_published"], lines["results_held"]
    assert (published.happened, published.sent + published.waiting + published.failed) == (3, 3)
    assert (held.is_chosen, held.happened, held.sent) == (False, 1, 0)
    assert "Results wait for review (not chosen) 1 0 0 0" in page
    assert "told of everybody's analyses" in page


def test_a_hook_that_is_off_says_what_it_misses(admin_client, receiver):
    hook = a_hook(receiver, active=False)
    happens()
    assert "1 message would have gone to this hook in the last 30 days, were it active. 0 went." in text_of(
        admin_client.get(page_of(hook))
    )


def test_a_test_is_no_occasion(admin_client, receiver):
    hook = a_hook(receiver)
    hooks.send_test(hook)
    tasks.tell_hooks_due()
    played = hook_ledger.replay(hook)
    assert (len(receiver.heard), played.total, played.sent) == (1, 0, 0)


def test_it_takes_two_queries_however_much_there_was(receiver, team):
    hook = a_hook(receiver, team)
    for number in range(40):
        happens(KINDS[number % len(KINDS)], str(number), EVERY())
    with CaptureQueriesContext(connection) as asked:
        assert hook_ledger.replay(hook).total == 40
    assert len(asked) == 2


@pytest.mark.django_db(transaction=True)
def test_the_upgrade_remembers_what_hooks_were_told_of(receiver, time_machine, team, other_team, monkeypatch):
    monkeypatch.setattr(f"{__name__}.KINDS", [kind for kind in KINDS if kind != "flapping"])  # those of then
    everybodys, teams_own = a_hook(receiver), a_hook(receiver, team, name="Team")
    month(time_machine, team)
    before = [hook_ledger.replay(hook).total for hook in (everybodys, teams_own)]
    with as_it_was_at("notifications", "0008_zones_of_accounts"):
        pass
    assert [hook_ledger.replay(hook).total for hook in (everybodys, teams_own)] == before
