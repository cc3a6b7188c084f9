"""What a new installation is given, and that it is given it once."""

import pytest
from django.contrib.auth.models import User

from analyses import first_start, lifecycle, prescan
from analyses.demo_shop import serve
from analyses.frozen import prescan_target
from analyses.models import Activity, AllowedTarget, Analysis, ScanOccurrence
from analyses.prescan.contract import Outcome
from analyses.statuses import AnalysisStatus
from analyses.targets import AllowedNow

pytestmark = pytest.mark.django_db
SHOP = "127.0.0.1:23456"


@pytest.fixture
def administrator() -> User:
    return first_start.make_administrator()[0]


def test_the_administrator_is_made_once():
    made, password = first_start.make_administrator()
    assert (made.username, made.email, made.is_superuser, made.is_staff) == ("admin", "admin@localhost", True, True)
    assert made.check_password(password)
    assert first_start.make_administrator() == (made, "")
    assert User.objects.get() == made


def test_no_administrator_is_made_beside_another_one():
    alice = User.objects.create_superuser("alice", "alice@example.test", "a-long-password-1")
    assert first_start.make_administrator("another-long-password") == (alice, "")


def test_a_given_password_is_taken_and_not_given_back():
    made, password = first_start.make_administrator("correct horse battery")
    assert made.check_password("correct horse battery")
    assert password == ""


@pytest.mark.parametrize("weak", ["admin", "short", "password1234", "123456789012"])
def test_a_weak_password_makes_no_administrator(weak):
    with pytest.raises(first_start.WeakPassword, match="ADMIN_PASSWORD is refused"):
        first_start.make_administrator(weak)
    assert not User.objects.exists()


def test_the_demo_is_submitted_by_the_administrator_and_logged(administrator):
    analysis = first_start.submit_demo(SHOP, administrator)
    analysis.refresh_from_db()
    assert (analysis.status, analysis.owner, analysis.scan_count) == (AnalysisStatus.SUBMITTED, administrator, 1)
    actions = Activity.objects.filter(analysis=analysis).values_list("action", flat=True)
    assert {"Created", "Submitted"} <= set(actions)


def test_the_demo_is_submitted_once_whatever_has_become_of_it(administrator):
    first_start.submit_demo(SHOP, administrator)
    assert first_start.submit_demo(SHOP, administrator) is None
    Analysis.objects.all().delete()
    assert first_start.submit_demo(SHOP, administrator) is None
    assert not Analysis.objects.exists()
    assert AllowedTarget.objects.get().pattern == SHOP


def test_an_analysis_somebody_called_like_the_demo_is_left_alone(administrator):
    Analysis.objects.create(name="demo SHOP", owner=administrator)
    assert first_start.submit_demo(SHOP, administrator) is None
    assert Analysis.objects.get().status == AnalysisStatus.SAVED


def test_the_demo_passes_its_prescan_signed_in(administrator):
    with serve() as shop:
        first_start.submit_demo(shop.address, administrator)
        scan = ScanOccurrence.objects.get()
        allowed = AllowedNow(lifecycle.allowed_patterns(scan.occurrence.analysis_id))
        result = prescan.run(prescan_target(scan, allowed=allowed), seconds=20)
    assert result.failure is None
    assert {step.name: step.outcome for step in result.steps}["Sign-in"] is Outcome.PASSED
    assert result.session.cookies
