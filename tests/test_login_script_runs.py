"""A login script from its submission to the end of the scan: the prescan, the engine's session, what is kept of it."""

import pytest

from analyses import frozen, lifecycle, prescanner, runner
from analyses.models import AllowedTarget, AuthHealth
from analyses.prescan.sign_in import session_for
from analyses.targets import AllowedNow
from tests.prescan.scripts import side
from tests.prescan.test_sign_in_script import WELCOME, typed
from tests.scene import an_analysis, scans_of, status
from tests.targets.serving import serve
from tests.targets.single_page import SinglePage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db, settings):
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="127.0.0.1")
    return SinglePage()


def prescanned(site, alice, *commands):
    analysis = an_analysis(alice, site.url)
    analysis.scans.update(sign_in_method="script", login_script_name="login.side", check_text="Welcome, alice")
    scan = analysis.scans.get()
    scan.login_script = side(*commands)
    scan.save()
    occurrence = lifecycle.submit(analysis, alice)
    prescanner.drive(occurrence.pk)
    return analysis, scans_of(occurrence)[0]


def test_the_scan_is_signed_in_by_playing_it(shop, alice):
    with serve(shop) as site:
        _, scan = prescanned(site, alice, *typed(), WELCOME)
        assert status(scan) == "Queued", scan.cause
        session = session_for(frozen.prescan_target(scan, allowed=AllowedNow((site.spot,))), seconds=60)
        ((name, value),) = frozen.engine_target(scan, session, allowed=AllowedNow()).headers
        assert name == "authorization"
        assert value.removeprefix("Bearer ") in shop.sessions
        runner.drive(scan.pk)
    assert status(scan) == "Completed - Results Available", scan.cause
    assert scan.auth_health == AuthHealth.OK
    assert scan.login_script == ""  # the copy is erased with the end of the scan


def test_a_script_that_does_not_sign_in_is_an_authentication_error(shop, alice, monkeypatch):
    monkeypatch.setattr("analyses.prescan.playing.STEP_SECONDS", 1.5)
    with serve(shop) as site:
        _, scan = prescanned(site, alice, *typed("wrong one"), WELCOME)
    assert status(scan) == "Authentication Error"
    assert scan.cause.startswith("Login script login.side: “Login”, step 5 (waitForText css=h1): ")
