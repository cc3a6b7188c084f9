"""An installation with runs in every state that matters to the audit."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analyses import lifecycle
from analyses.moves import Ending
from notifications.models import InternalRecipient
from tests.audit.installation import Installation
from tests.scene import FLAW, UNREACHED, an_analysis, ends, prescanned, published, running


@pytest.fixture
def installation(alice: User, lead: User) -> Installation:
    InternalRecipient.objects.create(address="appsec@example.test")
    done = published(alice, "http://shop.test/", "http://other.test/", name="Published")
    in_prescan = an_analysis(alice, name="In prescan")
    lifecycle.begin_prescan(lifecycle.submit(in_prescan, alice).pk)
    scheduled = an_analysis(alice, name="Scheduled")
    lifecycle.submit(scheduled, alice, start_at=timezone.now() + timedelta(days=1))
    at_work, _, [held] = running(alice, name="At work")
    lifecycle.record_found(held, [FLAW])
    return Installation(done, at_work, in_prescan, scheduled)


@pytest.fixture
def history(alice: User, installation: Installation) -> Installation:
    """And runs that ended in other ways."""
    failed = an_analysis(alice, name="Unreachable")
    prescanned(lifecycle.submit(failed, alice), UNREACHED)
    stopped, _, [held] = running(alice, name="Stopped, deleted")
    lifecycle.record_found(held, [FLAW])
    lifecycle.stop(stopped, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    again, _, [held] = running(alice, name="Twice")
    ends(held, Ending.ERROR, finds=False)
    lifecycle.submit(again, alice)
    lifecycle.stop(again, alice, keep=True)
    withdrawn = an_analysis(alice, name="Withdrawn")
    lifecycle.submit(withdrawn, alice, start_at=timezone.now() + timedelta(days=1))
    lifecycle.withdraw(withdrawn, alice)
    return installation
