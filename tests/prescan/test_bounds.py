"""How long a prescan and a sign-in may take: scripts and one-time codes add their own time."""

from analyses.prescan.bounds import prescan_seconds, sign_in_seconds
from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.playing import MOST_SECONDS
from analyses.prescan.totp import MOST_WAIT

SCRIPT = SignIn(SignInMethod.SCRIPT, login_script="{}")
FORM = SignIn(SignInMethod.FORM)


def target(sign_in: SignIn = FORM, **others) -> PrescanTarget:
    return PrescanTarget("http://shop.test/", sign_in=sign_in, **others)


def test_requests_alone_take_what_is_given():
    assert prescan_seconds(target(), 60) == sign_in_seconds(target(), 60) == 60


def test_each_script_adds_its_time():
    assert prescan_seconds(target(crawl_script="{}"), 60) == 60 + MOST_SECONDS
    assert sign_in_seconds(target(SCRIPT), 30) == 30 + MOST_SECONDS
    both = SignIn(SignInMethod.SCRIPT, login_script="{}", logout_script="{}")
    assert prescan_seconds(target(both), 60) == 60 + 3 * MOST_SECONDS
    assert sign_in_seconds(target(both), 30) == 30 + MOST_SECONDS  # a scan signs in, and not out


def test_a_one_time_code_may_have_to_be_waited_for():
    coded = SignIn(SignInMethod.FORM, totp_secret="JBSWY3DPEHPK3PXP")
    assert sign_in_seconds(target(coded), 30) == 30 + MOST_WAIT
