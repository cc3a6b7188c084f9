"""The crawl script, played in a real Chromium: what its steps do, and what is said where one fails."""

import pytest
from playwright.sync_api import sync_playwright

from analyses.prescan import playing
from analyses.prescan import side as side_reader
from analyses.prescan.contract import SignIn, SignInMethod
from analyses.prescan.script_steps import StepFailed, carry_out
from tests.prescan.browsing import ERROR, OPEN, page, played, seen
from tests.prescan.conftest import assert_failed_at, by_form, prescan_of
from tests.prescan.scripts import side
from tests.targets import certificates, sites
from tests.targets.serving import Answer, serve

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_is_left")]


def test_what_it_visits_becomes_where_the_scan_starts():
    cart = page("<a href='/cart/?step=2#top'>Next</a>")
    with serve(sites.by_path(start=page("<a href='/cart/'> Cart </a>"), cart=cart)) as site:
        result = played(site, OPEN, ("click", "linkText=Cart"), ("click", "linkText=Next"))
    assert result.failure is None, seen(result)
    assert result.start_urls == (site.url, f"{site.url}cart/", f"{site.url}cart/?step=2")
    assert seen(result) == "3 steps played, 3 addresses to start from"


EVERY_ELEMENT = """
<form action='/done/' method='post'>
<input id='user' name='u' value='old'><input type='password' name='p'><textarea name='note'></textarea>
<select name='colour'><option value='r'>Red<option value='g'>Green<option value='b'>Blue</select>
<input type='checkbox' name='news'><input type='checkbox' name='terms' checked>
<button id='go' ondblclick="document.title='Twice'">Go</button></form>
<p id='menu' onmouseover="this.textContent='Open   now'">Menu</p>
<p id='late' hidden>Late</p><p id='gone'>Gone</p><input id='locked' disabled>
<script>setTimeout(() => { late.hidden = false; gone.remove(); locked.disabled = false }, 300);
go.onclick = event => { if (!window.ready) event.preventDefault() }</script>
"""


def test_every_command_does_what_it_says():
    with serve(sites.by_path(start=page(EVERY_ELEMENT), done=page("Thank you"))) as site:
        result = played(
            site,
            OPEN,
            ("assertTitle", "Shop"),
            ("verifyElementPresent", "id=user"),
            ("assertElementNotPresent", "css=.missing"),
            ("waitForElementPresent", "name=p", "5000"),
            ("waitForElementVisible", "id=late", "5000"),
            ("waitForElementNotVisible", "id=gone", "5000"),
            ("waitForElementNotPresent", "id=gone", "5000"),
            ("waitForElementEditable", "id=locked", "5000"),
            ("type", "id=user", "alice"),
            ("assertValue", "id=user", "alice"),
            ("sendKeys", "xpath=//textarea", "Hello${KEY_BACKSPACE}p${KEY_ENTER}you"),
            ("select", "name=colour", "label=Green"),
            ("select", "name=colour", "index=2"),
            ("check", "name=news"),
            ("uncheck", "css=[name=terms]"),
            ("mouseOver", "id=menu"),
            ("waitForText", "id=menu", "Open now"),
            ("verifyNotText", "id=menu", "Menu"),
            ("pause", "50"),
            ("doubleClick", "id=go"),
            ("assertTitle", "Twice"),
            ("sendKeys", "name=p", "hunter2${KEY_ENTER}"),
            ("assertText", "css=h1", "Shop"),
        )
        posted = [asked.fields for asked in site.asked if asked.method == "POST"]
    assert result.failure is None, seen(result)
    assert posted == []  # the page keeps its form from being sent until it is ready
    assert result.start_urls == (site.url,)


def test_a_form_is_filled_in_and_sent():
    start = page(EVERY_ELEMENT.replace("!window.ready", "false"))
    with serve(sites.by_path(start=start, done=page("<p>Thank you</p>"))) as site:
        result = played(
            site,
            OPEN,
            ("type", "id=user", "alice"),
            ("type", "name=p", "hunter2"),
            ("select", "name=colour", "value=g"),
            ("check", "name=news"),
            ("clickAt", "id=go", "3,4"),
            ("assertText", "css=p", "Thank you"),
        )
        (posted,) = [asked.fields for asked in site.asked if asked.method == "POST"]
    assert result.failure is None, seen(result)
    assert posted == {"u": "alice", "p": "hunter2", "note": "", "colour": "g", "news": "on", "terms": "on"}


def test_it_starts_signed_in():
    with serve(sites.FormSite()) as site:
        result = prescan_of(
            site.url, by_form(site), seconds=60, crawl_script=side(OPEN, ("assertText", "css=h1", "Welcome, alice"))
        )
    assert result.failure is None, seen(result)


def test_the_header_of_the_sign_in_goes_to_the_target_only(canary):
    secret = "Bearer token-12345"

    def answer(asked):
        if asked.headers.get("authorization") != secret:
            return Answer("Who are you?", 401)
        return page(f"<p>Welcome</p><img src='{canary.url}'>")

    with serve(answer) as site:
        sign_in = SignIn(SignInMethod.HEADER, secret=secret, check_url=site.url)
        script = side(OPEN, ("assertText", "css=p", "Welcome"), ("open", "/again"), ("assertText", "css=p", "Welcome"))
        result = prescan_of(site.url, sign_in, seconds=60, crawl_script=script)
    assert result.failure is None, seen(result)


def test_extra_headers_go_to_the_target_only():
    def guarded(asked):
        return page("<p>Open</p>") if asked.headers.get("x-gate") == "open-12345" else Answer("Closed", 403)

    with serve(sites.plain) as other, serve(guarded) as site:
        settings = {"headers": (("X-Gate", "open-12345"),), "allowed_hosts": (other.url,), "seconds": 60}
        within = played(site, OPEN, ("assertText", "css=p", "Open"), **settings)
        out = played(site, ("open", f"{other.url}x"), **settings)
        assert not any("x-gate" in asked.headers for asked in other.asked)
        assert "/x" not in [asked.path for asked in other.asked]
    assert within.failure is None, seen(within)
    assert "where the extra headers of the scan must not go" in seen(out)


def test_a_script_on_another_port_does_not_get_the_header():
    with serve(sites.plain) as other, serve(sites.header("x-key", "abc-12345")) as site:
        result = prescan_of(
            site.url,
            SignIn(SignInMethod.HEADER, secret="abc-12345", header="X-Key"),
            scope="domain",
            crawl_script=side(("open", other.url)),
        )
        assert other.asked == []
    assert_failed_at(result, "Crawl script", ERROR)
    assert "where the header of the sign-in must not go" in seen(result)


def test_a_name_leads_where_it_was_judged_to_lead(names):
    names["shop.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    with serve(sites.plain) as site, serve(sites.plain, host="127.0.0.2") as elsewhere:
        url = f"http://shop.test:{site.port}/"
        result = prescan_of(url, crawl_script=side(OPEN), allowed=("shop.test", "127.0.0.0/8"), seconds=60)
        assert [asked.headers["host"] for asked in site.asked][-1] == f"shop.test:{site.port}"
        assert elsewhere.asked == []
    assert result.failure is None, seen(result)
    assert result.start_urls == (url,)


def test_a_certificate_that_this_machine_trusts_is_trusted(tmp_path, monkeypatch):
    authority = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serve(sites.plain, tls=authority.context("127.0.0.1")) as site:
        result = played(site, OPEN, ("assertText", "css=h1", "Shop"))
    assert result.failure is None, seen(result)


def test_kept_addresses_hold_no_secrets():
    html = "<form><input name='q'><input type='password' name='w'><button>Go</button></form>"
    with serve(sites.always(page(html))) as site:
        result = played(
            site,
            ("open", "/?colour=green"),
            ("open", "/?session_token=abcdef"),
            ("open", "/reset/"),
            ("type", "name=q", "shoes"),
            ("type", "name=w", "hunter2 é"),
            ("click", "css=button"),
        )
        assert any(asked.query.get("w") == "hunter2 é" for asked in site.asked)
    assert result.failure is None, seen(result)
    assert result.start_urls == (f"{site.url}?colour=green", site.url, f"{site.url}reset/")


# --- Steps that fail --------------------------------------------------------------------------------------------------

FAILING = [
    (("click", "css=#missing"), "there is no such element on the page"),
    (("click", "id=hidden"), "the element is there, but hidden, disabled, covered or without such a choice"),
    (("type", "id=off", "hunter2"), "the element is there, but hidden, disabled"),
    (("type", "css=h1", "hunter2"), "that is not possible with this element"),
    (("type", "id=file", "/etc/passwd"), "files are not handed over to a page"),
    (("sendKeys", "id=file", "/etc/passwd"), "files are not handed over to a page"),
    (("select", "id=colour", "label=hunter2"), "without such a choice"),
    (("assertText", "css=h1", "hunter2"), "the text there is another one"),
    (("verifyText", "css=h1", "hunter2"), "the text there is another one"),
    (("verifyNotText", "css=h1", "Shop"), "the text there is the one that must not be"),
    (("assertValue", "id=off", "hunter2"), "the value there is another one"),
    (("assertTitle", "hunter2"), "the title of the page is another one"),
    (("assertElementPresent", "id=missing"), "there is no such element on the page"),
    (("verifyElementNotPresent", "id=off"), "there is such an element on the page"),
    (("waitForElementVisible", "id=hidden", "200"), "the element does not show"),
    (("waitForElementNotVisible", "id=off", "200"), "the element still shows"),
    (("waitForElementEditable", "id=off", "200"), "the element cannot be typed into"),
    (("click", "css=a[[["), "the element is given in a way that cannot be read"),
    (("click", "xpath=//a["), "the element is given in a way that cannot be read"),
]  # fmt: skip


ELEMENTS = (
    "<a id='hidden' hidden>x</a><input id='off' disabled value='v'><input id='file' type='FILE' name='f'>"
    "<select id='colour'><option>Red</select>"
)


@pytest.fixture(scope="module")
def open_page():
    """A page in a browser of this process, for steps one by one."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=playing._program(""), chromium_sandbox=False)
        opened = chromium.new_page()
        opened.set_content(page(ELEMENTS).body)
        yield opened
        chromium.close()


@pytest.mark.parametrize(("command", "cause"), FAILING, ids=[f"{c[0]}-{n}" for n, (c, _) in enumerate(FAILING)])
def test_a_step_that_cannot_be_done_says_why(command, cause, open_page):
    (step,) = side_reader.parse(side(command).encode()).commands
    with pytest.raises(StepFailed) as failure:
        carry_out(open_page, playing._command(step), 400, lambda: False)
    assert cause in str(failure.value)


def test_the_failure_names_the_step_and_nothing_that_was_typed(impatient):
    with serve(sites.always(page(ELEMENTS))) as site:
        typed = played(site, OPEN, ("type", "id=off", "hunter2"))
        sent = played(site, OPEN, ("type", "id=file", "/etc/passwd"))
        assert not any("root:" in str(asked.fields) for asked in site.asked)
    assert_failed_at(typed, "Crawl script", ERROR)
    assert seen(typed).startswith("Crawl script: “Login”, step 2 (type id=off): the element is there, but hidden")
    assert "hunter2" not in repr(typed)
    assert seen(sent) == "Crawl script: “Login”, step 2 (type id=file): files are not handed over to a page"
