"""Prescans that fail and succeed in turns: told once, then nothing until they are steady, and the log tells all."""

import pytest

from analyses import lifecycle
from analyses.lifecycle.flapping import MOST_CHANGES, changes, is_steady
from analyses.models import Activity, Analysis
from notifications.models import Hook, HookMessage, OutgoingMail
from tests.scene import UNREACHED, an_analysis, let_pass, prescanned

pytestmark = pytest.mark.django_db
FAILS, SUCCEEDS = True, False


@pytest.fixture
def analysis(alice):
    return an_analysis(alice, prescan_only=True, recipients="partner@example.test")


@pytest.fixture
def runs(analysis, alice):
    """Run it, once for each outcome, and answer which mails that wrote for alice, one line a run."""

    def runs(*outcomes: bool) -> list[str]:
        told = []
        for fails in outcomes:
            before = OutgoingMail.objects.count()
            analysis.refresh_from_db()
            prescanned(lifecycle.submit(analysis, alice), *([UNREACHED] if fails else []))
            mails = OutgoingMail.objects.order_by("pk").filter(user=alice).values_list("event", flat=True)
            told.append(mails.last() if OutgoingMail.objects.count() > before else "")
        return told

    return runs


IN_TURNS = (FAILS, SUCCEEDS) * 3


@pytest.mark.parametrize(
    ("failed", "number", "steady"),
    [
        ((), 0, False),
        ((FAILS,) * 2, 0, False),
        ((FAILS,) * 3, 0, True),
        (IN_TURNS, 5, False),
        ((*IN_TURNS, SUCCEEDS, SUCCEEDS), 0, True),
        ((*IN_TURNS, SUCCEEDS, SUCCEEDS, FAILS), 1, False),
    ],
)
def test_the_rule(failed, number, steady):
    assert (changes(failed), is_steady(failed)) == (number, steady)


def test_it_is_told_once_and_then_nothing_until_three_end_alike(analysis, runs, breaches):
    assert runs(*IN_TURNS) == ["prescan_failed", "prescan_succeeded"] * 2 + ["prescan_failed", "flapping"]
    assert runs(FAILS, SUCCEEDS, SUCCEEDS) == ["", "", ""]
    assert runs(SUCCEEDS, FAILS) == ["prescan_succeeded", "prescan_failed"]
    analysis.refresh_from_db()
    assert analysis.flapping_since is None
    assert breaches() == []


def test_after_it_was_steady_it_is_told_anew(runs, time_machine):
    runs(*IN_TURNS, SUCCEEDS, SUCCEEDS)
    let_pass(time_machine, 25 * 3600)
    assert runs(*IN_TURNS)[-1] == "flapping"
    assert OutgoingMail.objects.filter(event="flapping", user=None, to="partner@example.test").count() == 2


def test_what_changes_slowly_is_told_each_time(runs, time_machine):
    for fails in IN_TURNS * 2:
        assert runs(fails) == ["prescan_failed" if fails else "prescan_succeeded"]
        let_pass(time_machine, 6 * 3600)


@pytest.mark.parametrize("then", [(FAILS,) * 3, (FAILS, SUCCEEDS, FAILS)], ids=["alike", "in turns"])
def test_one_that_runs_once_a_day_from_then_on_is_told_each_time(analysis, runs, time_machine, then):
    runs(*IN_TURNS)
    for fails in then:
        let_pass(time_machine, 25 * 3600)
        assert runs(fails) == ["prescan_failed" if fails else "prescan_succeeded"]
    told = Activity.objects.get(key="notice:steady")
    assert told.cause == "Fewer than 3 prescans within a day: each is told again."


def test_few_changes_are_told_each_time(runs):
    assert "flapping" not in runs(*[bool(place % 2) for place in range(MOST_CHANGES + 1)], SUCCEEDS, SUCCEEDS)


def test_the_mail_says_how_often_and_what_comes_next(runs):
    runs(FAILS, SUCCEEDS, FAILS, SUCCEEDS, FAILS, SUCCEEDS, FAILS)
    mail = OutgoingMail.objects.get(event="flapping", to="partner@example.test")
    assert mail.subject == "Unsteady: Shop (its prescans changed 5 times within a day)"
    assert "three in a row have ended alike" in mail.text


def test_the_log_of_each_run_says_why_no_mail_told_of_it(analysis, runs):
    runs(*IN_TURNS, FAILS)
    told = dict(Activity.objects.filter(key="notice:flapping").values_list("occurrence__number", "cause"))
    assert told == {
        6: "Its prescans went from failing to succeeding or back 5 times within a day: told in one mail.",
        7: "No mail: its prescans fail and succeed in turns, and not 3 in a row ended alike.",
    }
    runs(FAILS, FAILS)
    assert Activity.objects.get(key="notice:steady").occurrence.number == 9


def test_web_hooks_are_told_like_people(analysis, runs):
    Hook.objects.create(
        name="Chat", address="https://hook.test/", events=["prescan_failed", "flapping"], for_everybody=True
    )
    runs(*IN_TURNS, FAILS)
    assert list(HookMessage.objects.order_by("pk").values_list("event", flat=True)) == ["prescan_failed"] * 3 + [
        "flapping"
    ]


def test_another_analysis_is_told_as_ever(alice, runs):
    other = an_analysis(alice, name="Mill", prescan_only=True)
    runs(*IN_TURNS)
    prescanned(lifecycle.submit(other, alice))
    assert OutgoingMail.objects.order_by("pk").last().event == "prescan_succeeded"
    assert Analysis.objects.exclude(flapping_since=None).get().name == "Shop"
