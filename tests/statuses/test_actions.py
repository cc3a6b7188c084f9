"""What the owner may ask in which status, over HTTP: done once and logged, or refused in words and nothing done."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from analyses import lifecycle
from analyses.actions import Action, refusal
from analyses.models import AllowedTarget, Analysis, Pause
from analyses.statuses import PAUSABLE
from analyses.statuses import AnalysisStatus as A
from tests.configure.pages import form_of
from tests.scene import running
from tests.statuses.facts import everything
from tests.statuses.quickly import BUILT, an_analysis_in
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db

_AGAIN = {Action.CONFIGURE: None, Action.SUBMIT: A.SUBMITTED, Action.PRESCAN: A.SUBMITTED}
_STOPPED = {Action.STOP_SAVE: A.STOPPED, Action.STOP_DELETE: A.STOPPED}
_RUNNING = {Action.PAUSE: None, Action.STOP_SAVE: A.STOPPED_SAVING, Action.STOP_DELETE: A.STOPPED_DELETING}

# From each status, what may be asked and where it leads: None where the status stays. Everything else is refused.
LEADS_TO: dict[A, dict[Action, A | None]] = {
    A.SAVED: _AGAIN,
    A.SUBMITTED: _STOPPED,
    A.NOT_SUBMITTED: _AGAIN,
    A.SCHEDULED: {Action.CONFIGURE: None, Action.RUN_NOW: None, Action.WITHDRAW: A.SAVED, **_STOPPED},
    A.PRESCANNING: _STOPPED,
    A.ALL_FAILED: _AGAIN,
    A.QUEUED: {Action.PAUSE: None, **_STOPPED},
    A.IN_PROGRESS: _RUNNING,
    A.IN_PROGRESS_WARNING: _RUNNING,
    A.STOPPED: _AGAIN,
    A.STOPPED_SAVING: {},
    A.STOPPED_DELETING: {**_AGAIN, Action.UNDO_DELETE: A.STOPPED_VERIFYING_PARTIAL},
    A.STOPPED_VERIFYING: {},
    A.STOPPED_VERIFYING_PARTIAL: {},
    A.STOPPED_AVAILABLE: _AGAIN,
    A.DURATION_ENDED: _AGAIN,
    A.DURATION_ENDED_PARTIAL: {},
    A.EXPIRED_VERIFYING: {},
    A.TECHNICAL_ISSUE: _AGAIN,
    A.COMPLETED_VERIFYING: {},
    A.COMPLETED_VERIFYING_PARTIAL: {},
    A.COMPLETED_PARTIAL: _AGAIN,
    A.COMPLETED: _AGAIN,
}
CELLS = [(status, action) for status in A for action in Action]
LEGAL = [(status, action) for status, action in CELLS if action in LEADS_TO[status]]
ILLEGAL = [cell for cell in CELLS if cell not in LEGAL]
ASKED = sorted(set(Action) - {Action.CONFIGURE})

# What the log says of the person's wish.
LOGGED = {
    Action.CONFIGURE: "Configuration changed",
    Action.SUBMIT: "Submitted",
    Action.PRESCAN: "Submitted",
    Action.RUN_NOW: "Run now requested",
    Action.WITHDRAW: "Withdrawn from schedule",
    Action.PAUSE: "Paused",
    Action.STOP_SAVE: "Stop and save results requested",
    Action.STOP_DELETE: "Stop and delete results requested",
    Action.UNDO_DELETE: "Deletion undone",
}


@pytest.fixture(autouse=True)
def allowed(db, settings) -> None:
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="*.test")


def ask(client: Client, analysis: Analysis, action: Action) -> Page:
    """Press it, with the name that deleting asks for, and read the page that follows.

    Configuring changes something that disturbs a run.
    """
    if action is not Action.CONFIGURE:
        return Page(client.post(f"/analyses/{analysis.pk}/actions/{action}/", {"name": analysis.name}, follow=True))
    address = f"/analyses/{analysis.pk}/configure/"
    sent = form_of(client.get(address)) | {"user_agent": "Another/1", "then": "save"}
    return Page(client.post(address, sent, follow=True))


def test_the_tables_have_every_status_and_253_cells():
    assert set(LEADS_TO) == set(BUILT) == set(A)
    assert len(LEGAL) + len(ILLEGAL) == len(CELLS) == 23 * 11


@pytest.mark.parametrize(("status", "action"), LEGAL)
def test_what_may_be_asked_is_done_once_and_logged(as_alice, alice, status, action):
    analysis = an_analysis_in(status, alice)
    page = ask(as_alice, analysis, action)
    analysis.refresh_from_db()
    assert analysis.status == (LEADS_TO[status][action] or status)
    assert "not possible" not in page.messages().lower()
    assert page.messages()
    assert analysis.activity.filter(action=LOGGED[action]).order_by("-pk")[0].actor == alice
    after = everything()
    ask(as_alice, analysis, action)
    assert everything() == after


@pytest.mark.parametrize("status", list(A))
def test_what_may_not_be_asked_is_refused_in_words_and_changes_nothing(as_alice, alice, status):
    """One after the other of the same analysis: it stays what it is, also for somebody with every right."""
    alice.groups.add(Group.objects.get(name="Security leads"))
    analysis = an_analysis_in(status, alice)
    before = everything()
    for action in (action for wanted, action in ILLEGAL if wanted is status):
        page = ask(as_alice, analysis, action)
        assert everything() == before, action
        if action is Action.CONFIGURE:
            assert f"Not possible now. The status is {status.label}, so only the name" in page.root.words()
        elif status is A.SAVED:
            assert page.messages() == f"{action.label} is not possible: it has never been submitted."
        else:
            reason = refusal(action, status)
            assert page.messages() == f"{action.label} is not possible now: {reason[0].lower()}{reason[1:]}"


@pytest.mark.parametrize("status", sorted(PAUSABLE))
def test_what_is_paused_can_be_resumed_once_and_not_paused_again(as_alice, alice, status):
    analysis = an_analysis_in(status, alice)
    ask(as_alice, analysis, Action.PAUSE)
    paused = everything()
    assert "already paused" in ask(as_alice, analysis, Action.PAUSE).messages()
    assert everything() == paused
    assert "Resumed." in ask(as_alice, analysis, Action.RESUME).messages()
    analysis.refresh_from_db()
    assert analysis.status == status
    assert analysis.occurrences.get().pause == Pause.NONE
    resumed = everything()
    assert "nobody has paused it" in ask(as_alice, analysis, Action.RESUME).messages()
    assert everything() == resumed


@pytest.mark.parametrize("status", sorted(set(A) - {A.SAVED, A.SCHEDULED}))
def test_a_schedule_that_repeats_can_be_ended_in_every_status(as_alice, alice, status):
    analysis = an_analysis_in(status, alice)
    Analysis.objects.filter(pk=analysis.pk).update(repeat="daily", next_start=timezone.now() + timedelta(hours=9))
    assert "no more runs follow" in ask(as_alice, analysis, Action.WITHDRAW).messages()
    analysis.refresh_from_db()
    assert (analysis.status, analysis.next_start) == (status, None)


def test_what_still_winds_down_is_not_submitted(as_alice, alice):
    analysis, _, _ = running(alice)
    lifecycle.stop(analysis, alice, keep=False)
    before = everything()
    assert "still winding down" in ask(as_alice, analysis, Action.SUBMIT).messages()
    assert everything() == before


@pytest.mark.parametrize("word", ["explode", "configure", "STOP-SAVE", "stop_save", "delete"])
@pytest.mark.parametrize("status", [A.SAVED, A.IN_PROGRESS, A.COMPLETED])
def test_an_action_that_does_not_exist_is_404_and_changes_nothing(as_alice, alice, status, word):
    analysis = an_analysis_in(status, alice)
    before = everything()
    assert as_alice.post(f"/analyses/{analysis.pk}/actions/{word}/").status_code == 404
    assert everything() == before


@pytest.mark.parametrize("path", [*(f"actions/{action}/" for action in ASKED), "configure/"])
def test_an_analysis_that_does_not_exist_or_is_a_strangers_is_404_and_changes_nothing(as_alice, charlie, path):
    theirs = an_analysis_in(A.IN_PROGRESS, charlie)
    before = everything()
    for pk in (theirs.pk, theirs.pk + 1):
        assert as_alice.post(f"/analyses/{pk}/{path}", {"then": "save", "name": "Mine"}).status_code == 404
    assert everything() == before
