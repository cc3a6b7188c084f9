"""Signing in: each way of it, what tells success from failure, and that the secret goes nowhere else."""

import logging
from dataclasses import replace

import pytest

from analyses.engines.contract import Cookie
from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.statuses import ScanStatus
from tests.prescan.conftest import LOOPBACK, STEPS, assert_failed_at, by_form, outcomes, prescan_of
from tests.targets import certificates, sites
from tests.targets.serving import Answer, redirect, serve

SIGN_IN = ScanStatus.AUTHENTICATION_ERROR
PASSWORD = "correct horse"
AGAIN = "The sign-in page shows its password form again: user name or password is wrong"


def seen(result) -> str:
    return result.steps[STEPS.index("Sign-in")].cause


def test_a_form_with_a_token_among_other_forms_signs_in():
    form_site = sites.FormSite()
    with serve(form_site) as site:
        result = prescan_of(site.url, by_form(site))
    assert outcomes(result)["Sign-in"] == "passed", seen(result)
    (submission,) = form_site.submitted
    assert {name: submission.fields[name] for name in ("user", "pass", "do")} == {
        "user": "alice", "pass": PASSWORD, "do": "sign-in",
    }  # fmt: skip
    assert "remember" not in submission.fields
    assert submission.headers["origin"] == site.url.rstrip("/")
    assert not any("guest" in asked.query.values() for asked in site.asked)
    assert not any(asked.path in ("/search", "/newsletter") for asked in site.asked)


def test_the_session_holds_the_cookies_for_the_engine():
    with serve(sites.FormSite()) as site:
        cookies = {cookie.name: cookie for cookie in prescan_of(site.url, by_form(site)).session.cookies}
    assert set(cookies) == {"session", "csrf"}
    assert replace(cookies["session"], value="") == Cookie("session", "", "127.0.0.1", "/", False)


def test_the_cookies_of_a_host_without_a_dot_keep_its_name(names):
    names["localhost"] = ["127.0.0.1"]
    with serve(sites.FormSite()) as site:
        url = f"http://localhost:{site.port}/"
        result = prescan_of(url, by_form(site, login_url=f"{url}login/"))
    assert {cookie.domain for cookie in result.session.cookies} == {"localhost"}


def test_the_runner_signs_in_again_by_the_same_way():
    with serve(sites.FormSite()) as site:
        session = session_for(PrescanTarget(site.url, sign_in=by_form(site), allowed=LOOPBACK))
        assert "session" in {cookie.name for cookie in session.cookies}
        with pytest.raises(SignInFailed) as failure:
            session_for(PrescanTarget(site.url, sign_in=by_form(site, secret="wrong one"), allowed=LOOPBACK))
    assert failure.value.cause == AGAIN
    assert failure.value.advice
    assert not failure.value.locked


def test_signing_in_to_a_target_that_is_gone_fails_the_same_way():
    with serve(sites.FormSite()) as site:
        target = PrescanTarget(site.url, sign_in=by_form(site), allowed=LOOPBACK)
    with pytest.raises(SignInFailed, match="Connection refused"):
        session_for(target, seconds=5)


def test_without_a_sign_in_there_is_nothing_to_do():
    assert session_for(PrescanTarget("http://127.0.0.1:9/", allowed=LOOPBACK)).cookies == ()


@pytest.mark.parametrize(
    ("site_with", "cause"),
    [
        (sites.FormSite(), AGAIN),
        (sites.FormSite(wrong_status=401), "The target answered 401 Unauthorized to the sign-in form"),
        (sites.FormSite(wrong_shows_form=False), "The target stayed on its sign-in page"),
        (sites.FormSite(wrong="<p>Too many failed attempts.</p>"), "account is locked"),
        (sites.FormSite(wrong="<b>Your account</b> is locked", wrong_status=403), "account is locked"),
    ],
)
def test_a_wrong_password_is_an_authentication_error(site_with, cause):
    with serve(site_with) as site:
        result = prescan_of(site.url, by_form(site, secret="wrong one"))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert cause in result.cause
    assert result.session.cookies == ()


def test_a_locked_account_is_told_apart_for_the_runner():
    with serve(sites.FormSite(wrong_status=429)) as site, pytest.raises(SignInFailed) as failure:
        session_for(PrescanTarget(site.url, sign_in=by_form(site, secret="wrong one"), allowed=LOOPBACK))
    assert failure.value.locked


def test_a_form_that_is_sent_in_parts_signs_in():
    form_site = sites.FormSite(enctype="enctype='multipart/form-data'")
    with serve(form_site) as site:
        result = prescan_of(site.url, by_form(site))
    assert result.failure is None, seen(result)
    assert form_site.submitted[0].headers["content-type"].startswith("multipart/form-data")


def test_a_form_that_is_sent_by_get_signs_in_and_its_address_is_never_shown():
    page = sites.FormSite().login_page.replace("method='post' action='{action}'", "method='get' action='{action}'")
    with serve(sites.FormSite(login_page=page)) as site:
        result = prescan_of(site.url, by_form(site))
        wrong = prescan_of(site.url, by_form(site, secret="wrong one"))
    assert result.failure is None, seen(result)
    assert_failed_at(wrong, "Sign-in", SIGN_IN)
    assert "?" not in wrong.cause


def test_the_check_text_decides():
    with serve(sites.FormSite()) as site:
        good = prescan_of(site.url, by_form(site, check_text="Welcome, alice"))
        bad = prescan_of(site.url, by_form(site, check_text="Welcome, bob"))
        elsewhere = prescan_of(site.url, by_form(site, check_text="Sign out", check_url=f"{site.url}account/"))
    assert good.failure is None
    assert elsewhere.failure is None
    assert_failed_at(bad, "Sign-in", SIGN_IN)
    assert bad.cause == f"The check text is not on {site.url} after signing in"


def test_the_check_text_is_found_as_a_person_reads_it():
    account = "<p>Welcome,\n <b>Alice&nbsp;&amp; Bob</b></p>"
    with serve(sites.FormSite(account=account)) as site:
        assert prescan_of(site.url, by_form(site, check_text="Welcome, Alice & Bob")).failure is None


def test_a_check_text_overrules_a_landing_page_with_a_password_form():
    account = "<form><input type=password name=p></form><p>Welcome, alice</p>"
    with serve(sites.FormSite(account=account)) as site:
        assert prescan_of(site.url, by_form(site, check_text="Welcome, alice")).failure is None
        assert_failed_at(prescan_of(site.url, by_form(site)), "Sign-in", SIGN_IN)


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        ("<div id='app'></div><script src='/app.js'></script>", "There is no form with a password field"),
        ("<form method=post action='javascript:go()'><input type=password name=p></form>", "not a web address"),
        ("<form method=post action='http://127.0.0.2/'><input type=password name=p></form>", "sends the password to"),
    ],
)
def test_a_sign_in_page_that_cannot_be_used_says_why(page, cause):
    with serve(sites.always(Answer(page))) as site:
        result = prescan_of(site.url, by_form(site))
        assert {asked.method for asked in site.asked} == {"GET"}
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert cause in result.cause


def test_a_base_element_does_not_send_the_password_elsewhere():
    with serve(sites.plain, host="127.0.0.2") as canary:
        form = f"<base href='{canary.url}'><form method=post action='login'><input type=password name=p></form>"
        with serve(sites.always(Answer(form))) as site:
            result = prescan_of(site.url, by_form(site))
        assert canary.asked == []
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "sends the password to" in result.cause


@pytest.mark.parametrize("code", [302, 307, 308])
def test_a_redirect_does_not_send_the_password_elsewhere(code):
    form = Answer("<form method=post action='/go'><input name=u><input type=password name=p></form>")
    with serve(sites.plain, host="127.0.0.2") as canary:
        with serve(sites.by_path(start=form, login=form, go=redirect(canary.url, code))) as site:
            result = prescan_of(site.url, by_form(site))
        assert canary.asked == []
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "which the settings do not name" in result.cause


def test_a_password_is_not_sent_from_https_to_http(tmp_path, monkeypatch):
    authority = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serve(sites.plain) as open_site:
        form = f"<form method=post action='{open_site.url}'><input type=password name=p></form>"
        with serve(sites.always(Answer(form)), tls=authority.context("127.0.0.1")) as site:
            result = prescan_of(site.url, by_form(site))
        assert open_site.asked == []
    assert_failed_at(result, "Sign-in", SIGN_IN)


def test_signing_in_over_tls_carries_secure_cookies(tmp_path, monkeypatch):
    authority = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serve(sites.FormSite(cookie="Path=/; Secure"), tls=authority.context("127.0.0.1")) as site:
        result = prescan_of(site.url, by_form(site))
    assert result.failure is None, seen(result)
    assert {cookie.secure for cookie in result.session.cookies if cookie.name == "session"} == {True}


def test_cookies_for_https_only_on_an_http_target_are_named_as_the_cause():
    with serve(sites.FormSite(cookie="Path=/; Secure")) as site:
        result = prescan_of(site.url, by_form(site))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "cookies for https only" in result.cause


def test_a_sign_in_without_any_cookie_cannot_be_used():
    form = Answer("<form method=post action='/go'><input name=u><input type=password name=p></form>")
    with serve(sites.by_path(start=Answer(sites.PAGE), login=form, go=redirect("/"))) as site:
        result = prescan_of(site.url, by_form(site))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "The target set no cookie for the sign-in"


def test_a_start_page_out_of_scope_after_signing_in_is_no_authentication_error():
    class Leading(sites.FormSite):
        def __call__(self, asked):
            answer = super().__call__(asked)
            signed_in = asked.cookies.get("session") in self._sessions
            return redirect("/dashboard/") if signed_in and asked.path == "/shop/" else answer

    with serve(Leading()) as site:
        result = prescan_of(f"{site.url}shop/", by_form(site))
    assert_failed_at(result, "Sign-in", ScanStatus.VERIFICATION_FAILED)
    assert "outside of its scope" in result.cause


def test_a_sign_in_page_on_a_host_that_is_not_allowed_is_refused():
    with serve(sites.plain) as site:
        result = prescan_of(site.url, by_form(site, login_url="http://elsewhere.example/"))
    assert_failed_at(result, "Sign-in", ScanStatus.VERIFICATION_FAILED)
    assert "elsewhere.example is not among the allowed targets" in result.cause


# --- HTTP basic and headers ---------------------------------------------------------------------------------


def basic(**others) -> SignIn:
    return SignIn(**{"method": SignInMethod.BASIC, "username": "alice", "secret": PASSWORD, **others})


def header(value: str = "Bearer token-12345", **others) -> SignIn:
    return SignIn(method=SignInMethod.HEADER, secret=value, **others)


def test_http_basic_signs_in_and_answers_its_header():
    with serve(sites.basic("alice", PASSWORD)) as site:
        result = prescan_of(site.url, basic())
    assert result.failure is None, seen(result)
    assert result.session.headers == (("Authorization", "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ=="),)


def test_a_wrong_basic_password_is_an_authentication_error():
    with serve(sites.basic("alice", PASSWORD)) as site:
        result = prescan_of(site.url, basic(secret="wrong one"))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "The target refuses the user name and password: it answered 401 Unauthorized"


def test_a_target_that_wants_something_else_than_basic_is_named():
    with serve(sites.header("authorization", "x", ("WWW-Authenticate", "Digest realm=x"))) as site:
        result = prescan_of(site.url, basic())
    assert "The target asks for Digest" in result.advice


def test_a_bearer_token_signs_in_and_goes_with_every_request_to_the_target():
    with serve(sites.header("authorization", "Bearer token-12345")) as site:
        result = prescan_of(site.url, header(check_text="Welcome, alice"))
    assert result.failure is None, seen(result)
    assert result.session.headers == (("Authorization", "Bearer token-12345"),)


def test_a_header_of_another_name_signs_in():
    with serve(sites.header("X-Key", "abc-12345")) as site:
        result = prescan_of(site.url, header("abc-12345", header="X-Key"))
    assert result.session.headers == (("X-Key", "abc-12345"),)


def test_a_wrong_header_is_an_authentication_error():
    with serve(sites.header("authorization", "Bearer token-12345")) as site:
        result = prescan_of(site.url, header("Bearer expired"))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert result.cause == "The target refuses the header Authorization: it answered 401 Unauthorized"


def test_a_header_never_goes_to_another_origin():
    with serve(sites.plain) as other:
        with serve(sites.always(redirect(other.url))) as site:
            prescan_of(site.url, header(), scope="domain")
        assert other.asked
        assert not any("authorization" in asked.headers for asked in other.asked)


def test_a_header_that_makes_no_difference_passes_and_says_so():
    with serve(sites.plain) as site:
        result = prescan_of(site.url, header())
    assert result.failure is None
    assert "the same with and without signing in" in seen(result)


def test_a_check_text_that_strangers_see_too_proves_nothing():
    with serve(sites.plain) as site:
        result = prescan_of(site.url, header(check_text="Shop"))
    assert_failed_at(result, "Sign-in", SIGN_IN)
    assert "without signing in too" in result.cause


@pytest.mark.parametrize(
    "sign_in",
    [
        header("Bearer a\r\nX-Injected: yes"),
        header("Bearer café"),
        header(header="X Key"),
        header(header="Host"),
        header(""),
        basic(username="al:ice"),
    ],
)
def test_what_cannot_be_sent_in_a_header_is_refused_in_words(sign_in):
    with serve(sites.plain) as site:
        result = prescan_of(site.url, sign_in)
        assert not any("x-injected" in asked.headers for asked in site.asked)
    assert_failed_at(result, "Sign-in", SIGN_IN)


# --- Secrets ------------------------------------------------------------------------------------------------

CANARY = "canary/5ecret+word é"


def _canary_sites():
    form = "<form method=post action='/go'><input name=u><input type=password name=p></form>"
    get_form = form.replace("method=post", "method=get")

    def echo(asked):
        """Puts what it was sent into the address it leads to, over and over."""
        sent = {**asked.fields, **asked.query}.get("p", "")
        return redirect(f"/shown/{sent}?again={sent}") if sent or asked.path != "/" else Answer(form)

    yield sites.FormSite()
    yield sites.FormSite(password=CANARY)
    yield sites.always(Answer(form))
    yield sites.always(Answer(get_form))
    yield sites.by_path(start=Answer(sites.PAGE), login=Answer(form), go=redirect(f"/{CANARY.encode().hex()}"))
    yield echo
    yield lambda asked: Answer(form) if asked.method == "GET" and asked.path == "/" else echo(asked)


@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("method", [SignInMethod.FORM, SignInMethod.BASIC, SignInMethod.HEADER])
def test_the_secret_appears_nowhere(number, method, caplog):
    caplog.set_level(logging.DEBUG)
    with serve(list(_canary_sites())[number]) as site:
        sign_in = SignIn(method, site.url, "alice", CANARY)
        target = PrescanTarget(site.url, sign_in=sign_in, allowed=LOOPBACK)
        result = prescan_of(site.url, sign_in)
        try:
            told = repr(session_for(target))
        except SignInFailed as failure:
            told = f"{failure!r} {failure} {failure.cause} {failure.advice}"
    shown = " ".join([repr(result), repr(target), told, *(f"{step.cause} {step.advice}" for step in result.steps)])
    for spelling in (CANARY, "5ecret", "Y2FuYXJ5"):
        assert spelling not in shown
        assert spelling not in caplog.text
