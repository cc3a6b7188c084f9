"""Signing in by forms of many shapes: names before passwords, one-time codes, pages that lead on."""

import time

import pytest

from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.prescan.totp import read_key, unused_code
from analyses.statuses import ScanStatus
from tests.prescan.conftest import LOOPBACK, STEPS, assert_failed_at, by_form, prescan_of
from tests.targets import sites
from tests.targets.serving import Answer, redirect, serve
from tests.targets.single_page import KEY
from tests.targets.staged import CODE, DIGITS, NAME, PASSWORD, Staged

SIGN_IN = ScanStatus.AUTHENTICATION_ERROR
QUICK = f"otpauth://totp/Shop?secret={KEY}&period=10"  # its codes are soon over
CODED = {"totp_secret": KEY, "check_text": "Welcome, alice"}


@pytest.fixture(autouse=True)
def codes_of_their_own(tmp_path, monkeypatch):
    """No test waits for the code that another has used."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize(
    "stages",
    [
        (NAME, PASSWORD),
        (NAME + PASSWORD + CODE,),
        (NAME + PASSWORD, CODE),
        (NAME, PASSWORD, CODE),
        (NAME, PASSWORD + CODE),
        (NAME + PASSWORD, DIGITS),
        (NAME + PASSWORD, "<input type='checkbox' name='trust'>" + CODE),
    ],
)
def test_what_is_asked_for_page_by_page_is_given(stages):
    shop = Staged(stages, key=read_key(KEY))
    with serve(shop) as site:
        result = prescan_of(site.url, by_form(site, **CODED))
    assert result.failure is None, result.cause
    assert shop.tries == [True]
    assert shop.stray == []


def test_without_a_check_text_it_is_the_same():
    with serve(Staged((NAME + PASSWORD, CODE), key=read_key(KEY))) as site:
        result = prescan_of(site.url, by_form(site, totp_secret=KEY))
    assert result.failure is None, result.cause


def test_two_sign_ins_use_two_codes():
    shop = Staged((NAME + PASSWORD, CODE), key=read_key(QUICK))
    with serve(shop) as site:
        target = PrescanTarget(site.url, sign_in=by_form(site, totp_secret=QUICK), allowed=LOOPBACK)
        assert session_for(target).cookies != session_for(target).cookies
    assert shop.tries == [True, True]
    assert len(set(shop.codes)) == 2


def test_a_code_that_another_machine_has_used_is_followed_by_the_next():
    shop = Staged((NAME + PASSWORD, CODE), key=read_key(QUICK), refused=1)
    with serve(shop) as site:
        result = prescan_of(site.url, by_form(site, totp_secret=QUICK), seconds=30)
    assert result.failure is None, result.cause
    assert shop.tries == [False, True]


def test_codes_that_are_refused_are_not_tried_endlessly():
    shop = Staged((NAME + PASSWORD, CODE), key=read_key(QUICK), refused=9)
    with serve(shop) as site:
        result = prescan_of(site.url, by_form(site, totp_secret=QUICK), seconds=40)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "The target refuses the one-time code"
    assert len(shop.codes) == 2


def test_a_code_that_would_come_too_late_is_not_waited_for():
    shop = Staged((NAME + PASSWORD, CODE), key=read_key(KEY))
    with serve(shop) as site:
        target = PrescanTarget(site.url, sign_in=by_form(site, totp_secret=KEY), allowed=LOOPBACK)
        for later in (0, 30):  # this period's code, and that of the next, which may begin meanwhile
            unused_code(read_key(KEY), 60, now=lambda later=later: time.time() + later)
        with pytest.raises(SignInFailed, match="No one-time code was free in time"):
            session_for(target, seconds=0.5)


def test_a_site_that_asks_for_a_code_without_a_key_for_it_is_told():
    with serve(Staged((NAME + PASSWORD, CODE), key=read_key(KEY))) as site:
        result = prescan_of(site.url, by_form(site))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "The target asks for a one-time code after the password"
    assert "Enter the key" in result.advice


def test_a_key_that_cannot_be_read_is_told():
    with serve(Staged((NAME + PASSWORD, CODE), key=read_key(KEY))) as site:
        result = prescan_of(site.url, by_form(site, totp_secret="0189"))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "not in base 32" in result.cause


def test_a_wrong_code_beside_the_password_may_be_the_cause():
    with serve(Staged((NAME + PASSWORD + CODE,), key=read_key(QUICK))) as site:
        result = prescan_of(site.url, by_form(site, totp_secret=KEY[::-1].replace("0", "A")))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "user name, password or one-time code is wrong" in result.cause


def test_an_account_that_is_locked_after_three_tries_is_told_apart():
    shop = Staged(most_tries=3)
    with serve(shop) as site:
        target = PrescanTarget(site.url, sign_in=by_form(site, secret="wrong one"), allowed=LOOPBACK)
        locked = []
        for _ in range(4):
            with pytest.raises(SignInFailed) as failure:
                session_for(target)
            locked.append(failure.value.locked)
    assert locked == [False, False, False, True]
    assert shop.tries == [False] * 3


def test_the_password_of_a_second_page_goes_to_no_other_host():
    leaking = Answer(f"<form method=post action='http://127.0.0.2/'>{PASSWORD}</form>")
    first = Answer(f"<form method=post action='/next'>{NAME}</form>")
    with serve(sites.by_path(start=first, login=first, next=leaking)) as site:
        result = prescan_of(site.url, by_form(site))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "sends the password to http://127.0.0.2" in result.cause


def test_a_newsletter_is_no_sign_in():
    with serve(sites.always(Answer(Staged().before))) as site:
        result = prescan_of(site.url, by_form(site))
        assert {asked.method for asked in site.asked} == {"GET"}
    assert "There is no form with a password field" in result.steps[STEPS.index("Sign-in")].cause


SHAPES = {
    "a page that leads on": ("<meta http-equiv='Refresh' content=\"0; url='/login/'\">", sites.FormSite()),
    "a form for new accounts before it": (
        "",
        sites.FormSite(
            login_page="<form action='/register' method='post'><input name='mail'>"
            "<input type='password' name='new' autocomplete='new-password'></form>" + sites.FormSite().login_page
        ),
    ),
    "a button that says where to send it": (
        "",
        sites.FormSite(
            login_page=sites.FormSite()
            .login_page.replace("action='{action}'", "action='/nowhere'")
            .replace("<button name='do'", "<button formaction='/login/' name='do'")
        ),
    ),
    "fields that only say what they are for": (
        "",
        sites.FormSite(login_page=sites.FormSite().login_page.replace("name='user'", "type='text' name='user'")),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_common_shapes_sign_in(shape):
    entrance, shop = SHAPES[shape]

    def answer(asked):
        return Answer(entrance) if asked.path == "/enter" else shop(asked)

    with serve(answer) as site:
        page = f"{site.url}enter" if entrance else f"{site.url}login/"
        result = prescan_of(site.url, by_form(site, login_url=page, check_text="Welcome, alice"))
        assert not any(asked.path in ("/register", "/nowhere") for asked in site.asked)
    assert result.failure is None, result.cause


def test_a_chain_of_redirects_that_set_cookies_is_followed():
    shop = sites.FormSite()

    def answer(asked):
        if asked.path == "/enter":
            return redirect("/two", 302, ("Set-Cookie", "one=1; Path=/"))
        if asked.path == "/two":
            return redirect("/login/", 303) if asked.cookies.get("one") else Answer("No cookies", 400)
        return shop(asked)

    with serve(answer) as site:
        result = prescan_of(site.url, by_form(site, login_url=f"{site.url}enter"))
    assert result.failure is None, result.cause


@pytest.mark.parametrize("to", ["http://127.0.0.2/", "javascript:x()"])
def test_a_page_does_not_lead_on_to_another_host(to):
    with serve(sites.plain, host="127.0.0.2") as other:
        to = to.replace("127.0.0.2/", f"127.0.0.2:{other.port}/")
        with serve(sites.always(Answer(f"<meta http-equiv=refresh content='0;url={to}'>"))) as site:
            result = prescan_of(site.url, by_form(site))
        assert other.asked == []
    assert_failed_at(result, "Sign-in", SIGN_IN)


def test_extra_headers_go_with_every_request_to_the_target_and_nowhere_else():
    shop = sites.FormSite()

    def guarded(asked):
        return shop(asked) if asked.headers.get("x-gate") == "open-12345" else Answer("Closed", 404)

    settings = {"headers": (("X-Gate", "open-12345"), ("User-Agent", "Special"))}
    with serve(guarded) as site, serve(sites.plain) as other:
        good = prescan_of(site.url, by_form(site), **settings)
        assert {asked.headers["user-agent"] for asked in site.asked} == {"Special"}
        prescan_of(site.url, SignIn(SignInMethod.HEADER, secret="Bearer 1", check_url=other.url), **settings)
        assert other.asked
        assert not any("x-gate" in asked.headers for asked in other.asked)
    assert good.failure is None, good.cause
    assert "open-12345" not in repr(good)
