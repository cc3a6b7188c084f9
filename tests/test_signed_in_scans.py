"""What a sign-in obtains is what the real engine goes on with, to a flaw that only the signed-in can see."""

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import Activity, AllowedTarget, FindingInstance
from analyses.prescan.totp import read_key
from tests.prescan.scripts import side
from tests.scene import an_analysis, give_secrets, scans_of, status
from tests.targets.serving import serve
from tests.targets.signed_in import FLAWED, GREETING, FlawedInside, Forgetful, is_attack
from tests.targets.single_page import KEY
from tests.targets.sites import FormSite, basic
from tests.targets.staged import CODE, NAME, PASSWORD, Staged

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

SECRET = FormSite.password
QUICK_KEY = f"otpauth://totp/Shop:alice?secret={KEY}&period=10"  # three sign-ins need three codes
LOGIN = side(
    ("open", "/login/"), ("type", "name=user", "alice"), ("type", "name=pass", SECRET),
    ("click", "css=#sign-in button"), ("waitForText", "css=h1", GREETING),
)  # fmt: skip
FORM = {"sign_in_method": "form", "login_url": "login/", "username": "alice"}
BASIC = {"sign_in_method": "basic", "username": "alice"}
# What a site wants, how the scan signs in, and with which secrets.
WAYS = {
    "form": (FormSite, FORM, {"secret": SECRET}),
    "basic": (lambda: basic("alice", SECRET), BASIC, {"secret": SECRET}),
    "codes": (
        lambda: Staged((NAME + PASSWORD, CODE), key=read_key(QUICK_KEY)),
        FORM,
        {"secret": SECRET, "totp_secret": QUICK_KEY},
    ),
    "script": (FormSite, {"sign_in_method": "script"}, {"login_script": LOGIN}),
}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """One module: that of the flaw."""
    monkeypatch.setattr("analyses.engines.wapiti.modules.BY_DEFAULT", ("xss",))


def scanned(owner, site, secrets: dict[str, str], **sign_in: str):
    """The only scan of an analysis of this site, from its submission to its results."""
    AllowedTarget.objects.create(pattern=site.spot)
    analysis = an_analysis(owner, site.url, engine="wapiti")
    if sign_in.get("login_url"):
        sign_in["login_url"] = site.url + sign_in["login_url"]
    analysis.scans.update(check_text=GREETING, **sign_in)
    give_secrets(analysis, **secrets)
    occurrence = lifecycle.submit(analysis, owner)
    prescanner.drive(occurrence.pk)
    [scan] = scans_of(occurrence)
    assert status(scan) == "Queued", scan.cause
    runner.drive(scan.pk)
    assert status(scan) == "Completed - Results Available", scan.cause
    return scan


def assert_the_flaw_is_found(scan) -> None:
    found = FindingInstance.objects.get(scan_occurrence=scan, finding__module="xss")
    assert (found.finding.path, found.finding.parameter, found.verification) == (FLAWED, "word", "confirmed")


@pytest.mark.browser
@pytest.mark.parametrize(("site", "sign_in", "secrets"), WAYS.values(), ids=WAYS)
def test_a_flaw_behind_a_sign_in_is_found(alice, site, sign_in, secrets):
    with serve(FlawedInside(site())) as served:
        assert_the_flaw_is_found(scanned(alice, served, secrets, **sign_in))


def test_a_session_that_ends_during_the_scan_is_renewed_and_the_engine_goes_on_with_the_new_one(alice, settings):
    settings.PROBE_SECONDS = 0.5
    answers = Forgetful()
    with serve(answers) as site:
        scan = scanned(alice, site, {"secret": SECRET}, **FORM)
        attacks = [asked.cookies["session"] for asked in site.asked if is_attack(asked)]
    sessions = list(dict.fromkeys(attacks))
    assert sessions[0] == answers.ended
    assert len(sessions) == 3  # the one that ended, the new one, and that with which the finding was tested again
    assert_the_flaw_is_found(scan)
    entry = Activity.objects.get(action="Signed in again")
    assert (entry.scan_occurrence, entry.target) == (scan, site.url)
    assert entry.cause == f"The check text is not on {site.url}login/ after signing in"
