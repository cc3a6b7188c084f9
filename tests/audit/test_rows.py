"""The audit: silent about what really ran, and it bites when a row is spoiled behind the lifecycle's back."""

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission

from analyses import audit
from notifications import wishes
from notifications.models import Choice, OutgoingMail
from tests.audit import spoiling, spoiling_work
from tests.audit.installation import breaches
from tests.scene import published

SPOILED = spoiling.SPOILED | spoiling_work.SPOILED
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]


def test_nothing_breaks_where_the_lifecycle_wrote_everything(history):
    assert breaches() == {}


def test_nothing_breaks_on_an_empty_installation():
    assert breaches() == {}


def test_every_invariant_says_in_one_sentence_what_it_means():
    meanings = [audit.meaning_of(invariant) for invariant in audit.INVARIANTS]
    assert all(meaning.endswith(".") for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_every_invariant_is_documented():
    text = (settings.BASE_DIR / "docs" / "reliability.md").read_text()
    rows = [f"| {audit.name_of(invariant)} | {audit.meaning_of(invariant)} |" for invariant in audit.INVARIANTS]
    assert [row for row in rows if row not in text] == []


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_it_bites(spoil, installation):
    spoil(installation)
    invariant, words = SPOILED[spoil]
    assert any(words in line for line in breaches().get(invariant, [])), breaches()


def test_nobody_is_missed_who_has_chosen_a_daily_mail_or_none(alice, lead):
    wishes.choose(alice, dict.fromkeys(wishes.choices_of(alice), Choice.NONE))
    wishes.choose(lead, dict.fromkeys(wishes.choices_of(lead), Choice.DAILY))
    published(alice, name="Published")
    assert OutgoingMail.objects.held().exists()
    assert breaches() == {}


def test_every_invariant_has_a_row_that_breaks_it():
    elsewhere = {"no engine runs without a lease"}
    assert {name for name, _ in SPOILED.values()} | elsewhere == set(map(audit.name_of, audit.INVARIANTS))


def test_who_became_a_lead_afterwards_has_missed_nothing(charlie, alice, installation):
    """Everything about people is edited by administrators, whose edits are on record."""
    charlie.user_permissions.add(Permission.objects.get(codename="lead_security"))
    assert "were not told to charlie@example.test" in str(breaches()["results are told once"])
    LogEntry.objects.log_actions(alice.pk, [charlie], CHANGE, "is a lead now")
    assert breaches() == {}
