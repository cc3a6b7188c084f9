"""Signing in by a recorded script, in a real Chromium: what becomes the session, and what is said where it fails."""

import time
from dataclasses import replace

import pytest

from analyses.engines.contract import Cookie
from analyses.prescan import playing
from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.prescan.totp import read_key
from analyses.statuses import ScanStatus
from tests.prescan.conftest import LOOPBACK, STEPS, assert_failed_at, outcomes, prescan_of
from tests.prescan.scripts import side
from tests.targets import sites
from tests.targets.serving import Answer, redirect, serve
from tests.targets.single_page import KEY, SinglePage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_is_left")]

SIGN_IN = ScanStatus.AUTHENTICATION_ERROR
PASSWORD = "correct horse"
OPEN = ("open", "/")
WELCOME = ("waitForText", "css=h1", "Welcome, alice")
SIGN_OUT = (("click", "id=out"), ("waitForElementPresent", "id=go"))


def typed(password: str = PASSWORD, code: str = "") -> tuple[tuple[str, ...], ...]:
    codes = (("type", "id=code", code),) if code else ()
    return (OPEN, ("type", "id=user", "alice"), ("type", "id=pass", password), *codes, ("click", "id=go"))


def by_script(*commands: tuple[str, ...], **others) -> SignIn:
    script = side(*(commands or (*typed(), WELCOME)))
    return SignIn(SignInMethod.SCRIPT, **{"login_script": script, "check_text": "Welcome, alice", **others})


def step(result, name: str = "Sign-in"):
    return result.steps[STEPS.index(name)]


def test_a_token_that_pages_keep_becomes_a_header_of_the_session():
    shop = SinglePage()
    with serve(shop) as site:
        result = prescan_of(site.url, by_script(), seconds=60)
    assert result.failure is None, result.cause
    (token,) = shop.sessions
    assert result.session.headers == (("authorization", f"Bearer {token}"),)
    assert result.session.cookies == ()
    assert result.session.witness == f"{site.url}api/me"
    assert token not in repr(result)
    assert step(result).cause == (
        "The check text shows in the browser; the session is the header Authorization; "
        f"its loss shows at {site.url}api/me"
    )


def test_a_token_of_one_tab_does_too():
    with serve(SinglePage(stored="sessionStorage")) as site:
        result = prescan_of(site.url, by_script(), seconds=60, crawl_script=side(OPEN, WELCOME))
    assert result.failure is None, result.cause
    assert [name for name, _ in result.session.headers] == ["authorization"]


def test_a_cookie_becomes_one_of_the_session():
    shop = SinglePage(stored="")
    with serve(shop) as site:
        result = prescan_of(site.url, by_script(), seconds=60)
    assert result.failure is None, result.cause
    assert result.session.cookies == (Cookie("session", next(iter(shop.sessions)), "127.0.0.1", "/", False),)
    assert result.session.headers == ()


def test_pages_that_servers_draw_are_proved_over_http_too():
    commands = (OPEN, ("type", "name=user", "alice"), ("type", "name=pass", PASSWORD), ("click", "name=do"))
    with serve(sites.FormSite()) as site:
        result = prescan_of(site.url, by_script(*commands), seconds=60)
    assert result.failure is None, result.cause
    assert step(result).cause.startswith(f"The check text is on {site.url}; the session is 2 cookies")
    assert not result.session.rendered


def test_the_session_works_without_the_browser():
    shop = SinglePage()
    with serve(shop) as site:
        session = session_for(PrescanTarget(site.url, sign_in=by_script(), allowed=LOOPBACK), seconds=60)
    assert session.headers
    assert session.addresses == ("127.0.0.1",)


def test_what_pages_keep_goes_along_to_the_crawl_script():
    with serve(SinglePage()) as site:
        result = prescan_of(site.url, by_script(), seconds=60, crawl_script=side(OPEN, WELCOME))
    assert result.failure is None, result.cause


def test_a_token_for_another_host_is_none_of_the_session():
    """Nor is what the scan sends itself."""
    with serve(sites.always(Answer("x", headers=(("Access-Control-Allow-Origin", "*"),)))) as other:
        away = f"fetch('{other.url}', {{headers: {{Authorization: 'Bearer elsewhere'}}}})"
        drawn = f"<script>{away}; document.body.innerHTML = 'Welcome' + ', alice'; document.cookie = 's=1'</script>"
        commands = (OPEN, ("pause", "500"))
        with serve(sites.always(Answer(f"<body>{drawn}</body>"))) as site:
            extra = {"headers": (("X-Auth-Gate", "open-12345"),)}
            result = prescan_of(site.url, by_script(*commands), seconds=60, allowed_hosts=(other.url,))
            gated = prescan_of(site.url, by_script(*commands), seconds=60, **extra)
            assert site.asked[-1].headers["x-auth-gate"] == "open-12345"
        assert any(asked.headers.get("authorization") == "Bearer elsewhere" for asked in other.asked)
    assert result.failure is None, result.cause
    assert result.session.headers == gated.session.headers == ()


def test_without_a_check_text_the_page_must_not_ask_for_a_password():
    with serve(SinglePage()) as site:
        good = prescan_of(site.url, by_script(check_text=""), seconds=60)
        bad = prescan_of(site.url, by_script(*typed("wrong one"), check_text=""), seconds=60)
    assert good.failure is None, good.cause
    assert "a check text would make sure" in step(good).cause
    assert_failed_at(bad, "Sign-in", SIGN_IN)
    assert "asks for a password after the login script" in bad.cause


def test_the_check_text_is_looked_for_on_the_check_page():
    with serve(SinglePage()) as site:
        found = prescan_of(site.url, by_script(check_url=f"{site.url}account"), seconds=60)
        missing = prescan_of(site.url, by_script(check_text="Welcome, bob"), seconds=60)
        assert "/account" in [asked.path for asked in site.asked]
    assert found.failure is None, found.cause
    assert_failed_at(missing, "Sign-in", SIGN_IN)
    assert missing.cause == f"The check text does not show on {site.url} after the login script"
    assert missing.steps[STEPS.index("Sign-in")].screenshot


def test_a_step_that_fails_is_named_and_what_it_types_is_not(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 1.5)
    with serve(SinglePage()) as site:
        result = prescan_of(site.url, by_script(*typed("wrong one"), WELCOME), seconds=60)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "Login script: “Login”, step 5 (waitForText css=h1): the text there is another one"
    assert "wrong one" not in repr(result)


@pytest.mark.parametrize("script", ["", "no script", side(("executeScript", "x"))])
def test_a_script_that_cannot_be_read_is_an_authentication_error(script):
    with serve(SinglePage()) as site:
        result = prescan_of(site.url, by_script(login_script=script))
    assert_failed_at(result, "Sign-in", SIGN_IN)


def test_a_session_that_is_nothing_the_scan_could_send_is_told():
    with serve(sites.always(Answer("<h1>Welcome, alice</h1>"))) as site:
        result = prescan_of(site.url, by_script(OPEN), seconds=60)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "neither a cookie nor a token" in result.cause


def test_a_check_text_that_strangers_see_too_proves_nothing():
    cookie = ("Set-Cookie", "a=b; Path=/")
    with serve(sites.always(Answer("<h1>Welcome, alice</h1>", headers=(cookie,)))) as site:
        result = prescan_of(site.url, by_script(OPEN), seconds=60)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "without signing in too" in result.cause


def test_an_account_that_is_locked_is_told_apart():
    shop = SinglePage(most_tries=3, tries=[False] * 3)
    with serve(shop) as site, pytest.raises(SignInFailed) as failure:
        session_for(PrescanTarget(site.url, sign_in=by_script(*typed()), allowed=LOOPBACK), seconds=60)
    assert failure.value.locked
    assert shop.tries == [False] * 3


def test_a_sign_in_on_another_host_that_the_settings_name_is_followed():
    def front(asked):
        if asked.path == "/back":
            return redirect("/", 302, ("Set-Cookie", "session=abcdef; Path=/"))
        return Answer("<h1>Welcome, alice</h1>") if asked.cookies.get("session") == "abcdef" else redirect(idp.url)

    def sign_in_there(asked):
        if asked.method == "POST":
            return redirect(f"{site.url}back", 302, ("Set-Cookie", "there=12345; Path=/"))
        return Answer("<form method=post><input id=pass type=password name=p><button id=go>Go</button></form>")

    commands = (OPEN, ("type", "id=pass", PASSWORD), ("click", "id=go"), WELCOME)
    with serve(sign_in_there, host="127.0.0.2") as idp, serve(front) as site:
        named = prescan_of(site.url, by_script(*commands, login_url=idp.url), seconds=60)
        unnamed = prescan_of(site.url, by_script(*commands), seconds=60, scope="domain")
    assert named.failure is None, named.cause
    assert [cookie.domain for cookie in named.session.cookies] == ["127.0.0.1"]
    assert unnamed.failure is not None


# --- Signing out ----------------------------------------------------------------------------------------------------


def test_what_signs_out_is_found_and_left_to_the_scan_to_avoid():
    shop = SinglePage()
    with serve(shop) as site:
        result = prescan_of(site.url, by_script(logout_script=side(*SIGN_OUT, name="Out")), seconds=90)
    assert result.failure is None, result.cause
    assert result.excluded_urls == (f"{site.url}api/sessions/end",)
    assert step(result).cause.endswith(f"the logout script signs out, so {site.url}api/sessions/end is left out")
    assert len(shop.sessions) == 1  # of the two, one was ended
    assert result.session.headers == (("authorization", f"Bearer {next(iter(shop.sessions))}"),)


def test_a_link_that_signs_out_is_left_out_and_pages_on_the_way_are_not():
    class Leaving(sites.FormSite):
        def __call__(self, asked):
            if asked.path == "/logout":
                self._sessions.discard(asked.cookies.get("session"))
                return redirect("/login/")
            return super().__call__(asked)

    shop = Leaving(account="<h1>Welcome, alice</h1><a href='/settings'>Settings</a><a href='/logout?now=1'>Out</a>")
    login = (OPEN, ("type", "name=user", "alice"), ("type", "name=pass", PASSWORD), ("click", "name=do"), WELCOME)
    out = side(("click", "linkText=Settings"), ("click", "linkText=Out"), ("waitForElementPresent", "name=pass"))
    with serve(shop) as site:
        result = prescan_of(site.url, by_script(*login, logout_script=out), seconds=90)
        textless = prescan_of(site.url, by_script(*login, logout_script=out, check_text=""), seconds=90)
    assert result.failure is None, result.cause
    assert result.excluded_urls == textless.excluded_urls == (f"{site.url}logout?now=1",)
    assert "the logout script signs out" in step(textless).cause


def test_a_logout_script_that_does_not_sign_out_is_an_authentication_error(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 2)
    monkeypatch.setattr("analyses.prescan.sign_out_script.STEP_SECONDS", 1)
    with serve(SinglePage()) as site:
        still = prescan_of(site.url, by_script(logout_script=side(("pause", "10"))), seconds=90)
        out = {"logout_script": side(("click", "id=none"), name="Out"), "logout_script_name": "leave.side"}
        broken = prescan_of(site.url, by_script(**out), seconds=90)
    assert_failed_at(still, "Sign-in", SIGN_IN)
    assert still.cause == "The check text still shows after the logout script"
    assert_failed_at(broken, "Sign-in", SIGN_IN)
    said = "Logout script leave.side: “Out”, step 1 (click id=none): there is no such element on the page"
    assert broken.cause == said


# --- One-time codes -------------------------------------------------------------------------------------------------


def test_a_script_types_the_code_of_the_moment():
    shop = SinglePage(key=read_key(KEY))
    with serve(shop) as site:
        result = prescan_of(site.url, by_script(*typed(code="${totp}"), WELCOME, totp_secret=KEY), seconds=60)
    assert result.failure is None, result.cause
    assert shop.tries == [True]


def test_two_sign_ins_use_two_codes():
    key = f"otpauth://totp/Shop?secret={KEY}&period=10"  # so that the next one comes soon
    shop = SinglePage(key=read_key(key))
    keys = by_script(("open", "/"), *typed()[1:3], ("sendKeys", "id=code", "${totp}"), ("click", "id=go"), WELCOME)
    target = PrescanTarget("", sign_in=keys, allowed=LOOPBACK)
    with serve(shop) as site:
        target = replace(target, url=site.url, sign_in=replace(keys, totp_secret=key))
        began = time.monotonic()
        assert session_for(target, seconds=60).headers != session_for(target, seconds=60).headers
        assert time.monotonic() - began < 40
    assert shop.tries == [True, True]


def test_a_script_that_types_a_code_without_a_key_for_it_says_so():
    with serve(SinglePage()) as site:
        result = prescan_of(site.url, by_script(*typed(code="${totp}"), WELCOME), seconds=60)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "step 4 (type id=code): it types a one-time code, and there is no key" in result.cause


def test_no_code_is_shown(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 1.5)
    sent = []

    def echo(asked):
        if asked.path == "/go":
            sent.append(asked.query["code"])
            return redirect(f"http://127.0.0.1:9/{asked.query['code']}/{KEY}")
        return Answer("<form action=/go><input id=code name=code><button id=go>Go</button></form>")

    with serve(echo) as site:
        commands = (OPEN, ("type", "id=code", "${totp}"), ("click", "id=go"))
        result = prescan_of(site.url, by_script(*commands, totp_secret=KEY), seconds=60)
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "/•••/•••" in result.cause
    assert sent[0] not in repr(result)
    assert KEY not in repr(result)


# --- Pictures -------------------------------------------------------------------------------------------------------


def test_each_step_that_used_a_browser_has_a_picture():
    with serve(SinglePage()) as site:
        result = prescan_of(site.url, by_script(), seconds=60, crawl_script=side(OPEN, WELCOME))
    assert outcomes(result)["Crawl script"] == "passed", result.cause
    pictured = {found.name: found.screenshot for found in result.steps if found.screenshot}
    assert set(pictured) == {"Sign-in", "Crawl script"}
    for picture in pictured.values():
        assert picture.startswith(b"\xff\xd8")
        assert len(picture) <= 300_000


def test_a_step_that_fails_has_a_picture_of_where_it_failed(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 1.5)
    with serve(sites.plain) as site:
        result = prescan_of(site.url, crawl_script=side(OPEN, ("click", "id=none")), seconds=60)
    assert step(result, "Crawl script").screenshot.startswith(b"\xff\xd8")
    assert result.failure is ScanStatus.CRAWL_SCRIPT_ERROR
