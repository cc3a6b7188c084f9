"""The crawl script, played in a real Chromium: what it reaches, what it must not, and that nothing is left of it."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from analyses.prescan import browser, crawl_script
from analyses.prescan import side as side_reader
from analyses.prescan.contract import PrescanResult, SignIn, SignInMethod
from analyses.prescan.script_steps import StepFailed, carry_out
from analyses.statuses import ScanStatus
from tests.prescan.conftest import assert_failed_at, by_form, outcomes, prescan_of
from tests.prescan.scripts import side
from tests.targets import certificates, sites
from tests.targets.serving import Answer, redirect, serve

pytestmark = pytest.mark.browser

ERROR = ScanStatus.CRAWL_SCRIPT_ERROR
OPEN = ("open", "/")


def played(site, *commands, seconds: float = 60, project: dict | None = None, **others) -> PrescanResult:
    script = side(*commands, **(project or {}))
    return prescan_of(site.url, crawl_script=script, seconds=seconds, **others)


def seen(result: PrescanResult) -> str:
    return result.steps[-1].cause


def page(html: str) -> Answer:
    return Answer(f"<!doctype html><title>Shop</title><h1>Shop</h1>{html}")


class Canary(threading.Thread):
    """A listener that nothing may connect to."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@pytest.fixture
def canary():
    listening = Canary()
    yield listening
    listening.listener.close()
    assert listening.connections == 0


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")[:300]
    except OSError:
        return b"gone"


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch, tmp_path_factory):
    """No process below this one and no folder outlives a test."""
    tmp_path_factory.getbasetemp()  # made where it belongs, before another folder is the one for temporary things
    with tempfile.TemporaryDirectory(prefix="v-") as folder:  # a short name: Chromium makes a socket in it
        monkeypatch.setattr(tempfile, "tempdir", folder)
        before = set(browser.descendants(os.getpid()))
        yield
        deadline = time.monotonic() + 20  # what has been killed takes a moment to be gone
        while left := set(browser.descendants(os.getpid())) - before:
            assert time.monotonic() < deadline, [_command_of(pid) for pid in left]
            time.sleep(0.05)
        assert list(Path(folder).glob("vedette-browser-*")) == []


# --- Playing ----------------------------------------------------------------------------------------------------------


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
        chromium = playwright.chromium.launch(executable_path=crawl_script._program(""), chromium_sandbox=False)
        opened = chromium.new_page()
        opened.set_content(page(ELEMENTS).body)
        yield opened
        chromium.close()


@pytest.mark.parametrize(("command", "cause"), FAILING, ids=[f"{c[0]}-{n}" for n, (c, _) in enumerate(FAILING)])
def test_a_step_that_cannot_be_done_says_why(command, cause, open_page):
    (step,) = side_reader.parse(side(command).encode()).commands
    with pytest.raises(StepFailed) as failure:
        carry_out(open_page, crawl_script._command(step, {}), 400, lambda: False)
    assert cause in str(failure.value)


def test_the_failure_names_the_step_and_nothing_that_was_typed(impatient):
    with serve(sites.always(page(ELEMENTS))) as site:
        typed = played(site, OPEN, ("type", "id=off", "hunter2"))
        sent = played(site, OPEN, ("type", "id=file", "/etc/passwd"))
        assert not any("root:" in str(asked.fields) for asked in site.asked)
    assert_failed_at(typed, "Crawl script", ERROR)
    assert seen(typed).startswith("“Login”, step 2 (type id=off): the element is there, but hidden, disabled")
    assert "hunter2" not in repr(typed)
    assert seen(sent) == "“Login”, step 2 (type id=file): files are not handed over to a page"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(crawl_script, "STEP_SECONDS", 1.5)


# --- Hostile scripts and sites ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("open", "file:///etc/passwd"), ("open", "javascript:alert(1)"), ("executeScript", "x"), ("run", "x")],
)
def test_what_is_refused_when_it_is_read_starts_no_browser(command, monkeypatch):
    monkeypatch.setattr(crawl_script, "ProcessGroup", None)
    with serve(sites.plain) as site:
        result = played(site, command)
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("“Login”, step 1 (")


def test_a_script_of_another_address_is_told_so(canary):
    with serve(sites.plain) as site:
        result = played(site, OPEN, project={"url": canary.url})
    assert_failed_at(result, "Crawl script", ERROR)
    assert f"it leads to {canary.url}, outside of the scope of the scan" in seen(result)
    assert "Record the script at the address of the scan" in result.advice


LED_ASTRAY = {
    "a redirect": lambda to: redirect(to),
    "a redirect that keeps the form": lambda to: redirect(to, 307),
    "a script": lambda to: page(f"<script>location = '{to}'</script>"),
    "a refresh": lambda to: page(f"<meta http-equiv='refresh' content='0;url={to}'>"),
    "a form": lambda to: page(f"<form action='{to}' method='post'></form><script>document.forms[0].submit()</script>"),
}


@pytest.mark.parametrize("way", LED_ASTRAY)
def test_a_page_that_leads_to_another_port_is_not_followed(way, canary):
    with serve(sites.by_path(start=page("<a href='/go/'>Go</a>"), go=LED_ASTRAY[way](canary.url))) as site:
        result = played(site, OPEN, ("click", "linkText=Go"), ("pause", "500"), scope="domain")
    assert_failed_at(result, "Crawl script", ERROR)
    assert f"it leads to {canary.url}, outside of the scope of the scan" in seen(result)
    assert result.start_urls == ()


@pytest.mark.parametrize("way", LED_ASTRAY)
def test_a_page_that_leads_out_of_the_scope_is_not_followed(way):
    site_with = sites.by_path(shop=page("<a href='/go/'>Go</a>"), go=page(""), admin=page("Admin"))

    def answer(asked):
        return LED_ASTRAY[way]("/admin/") if asked.path == "/shop/go/" else site_with(asked)

    with serve(answer) as site:
        script = side(("open", "/shop/"), ("open", "/shop/go/"), ("pause", "500"))
        result = prescan_of(f"{site.url}shop/", crawl_script=script, seconds=60)
        assert "/admin/" not in [asked.path for asked in site.asked]
    assert_failed_at(result, "Crawl script", ERROR)
    assert f"it leads to {site.url}admin/, outside of the scope of the scan" in seen(result)


def test_what_was_typed_is_struck_from_an_address_it_was_put_into():
    form = page("<form action='/shop/go/'><input type='password' name='w'><button>Go</button></form>")

    def answer(asked):
        return redirect(f"/out/{asked.query['w']}/") if asked.path == "/shop/go/" else form

    with serve(answer) as site:
        script = side(("open", "/shop/"), ("type", "name=w", "hunter2"), ("click", "css=button"))
        result = prescan_of(f"{site.url}shop/", crawl_script=script, seconds=60)
    assert_failed_at(result, "Crawl script", ERROR)
    assert f"it leads to {site.url}out/•••/, outside of the scope of the scan" in seen(result)


QUIETLY_HELD_BACK = {
    "resources": "<img src='{to}'><img src='/away/'><link rel='stylesheet' href='{to}'><link rel='preconnect'"
    " href='{to}'><link rel='dns-prefetch' href='{to}'><iframe src='{to}'></iframe><iframe src='/away/'></iframe>"
    '<iframe srcdoc="<img src=\'{to}\'>"></iframe><script src="/away/"></script><video src="{to}"></video>',
    "scripts": "<script>fetch('{to}', {{mode: 'no-cors'}}); fetch('/away/', {{mode: 'no-cors'}});"
    "navigator.sendBeacon('{to}', 'x'); navigator.sendBeacon('/away/', 'x');"
    "new WebSocket('{to}'.replace('http', 'ws')); new EventSource('/away/'); new EventSource('{to}');"
    "new Worker(URL.createObjectURL(new Blob([`fetch('{to}', {{mode: 'no-cors'}})`])));"
    "navigator.serviceWorker.register('/worker/')</script>",
    "windows": "<a href='/away/' target='_blank' id='new'>x</a>"
    "<a href='/away/' ping='{to}' target='_blank' id='got'>x</a>"
    "<form action='{to}' method='post' target='_blank' id='form'></form>"
    "<script>window.open('{to}'); window.open('/away/'); window.open('about:blank');"
    "document.getElementById('new').click(); got.click(); form.submit()</script>",
    "ways around HTTP": "<iframe src='file:///etc/passwd'></iframe><a id='f' href='file:///etc/passwd'>x</a>"
    "<a id='j' href='javascript:void fetch(`{to}`)'>x</a><script>f.click(); j.click()</script>"
    "<iframe id='empty'></iframe><script>for (const where of [window, empty.contentWindow])"
    " try {{ new where.RTCPeerConnection({{iceServers: [{{urls: 'turn:{spot}?transport=tcp', username: 'a',"
    " credential: 'b'}}]}}).createDataChannel('x') }} catch (error) {{}}</script>",
    "dialogs": "<script>alert(1); confirm(2); prompt(3); window.onbeforeunload = () => 'stay'</script>",
}


@pytest.mark.parametrize("way", QUIETLY_HELD_BACK)
def test_what_a_page_asks_for_elsewhere_is_held_back_and_the_script_goes_on(way, canary):
    html = QUIETLY_HELD_BACK[way].format(to=canary.url, spot=f"127.0.0.1:{canary.port}")
    worker = Answer(f"fetch('{canary.url}')", headers=(("Content-Type", "text/javascript"),))
    site_with = sites.by_path(start=page(html), away=redirect(canary.url), worker=worker, cart=page("Cart"))
    with serve(site_with) as site:
        result = played(site, OPEN, ("pause", "1500"), ("assertText", "css=h1", "Shop"), ("open", "/cart/"))
    assert result.failure is None, seen(result)
    assert result.start_urls == (site.url, f"{site.url}cart/")


def test_what_was_held_back_is_said(canary):
    with serve(sites.always(page(f"<img src='{canary.url}'>"))) as site:
        result = played(site, OPEN, ("pause", "300"))
    assert seen(result).endswith(f"requests to 127.0.0.1:{canary.port} were held back")


def test_a_download_is_no_page_and_nothing_is_stored():
    file = Answer(b"x" * 1000, headers=(("Content-Disposition", "attachment; filename=x.bin"),))
    with serve(sites.by_path(start=page("<a href='/file/'>File</a>"), file=file)) as site:
        clicked = played(site, OPEN, ("click", "linkText=File"), ("pause", "300"))
        opened = played(site, ("open", "/file/"))
    assert clicked.failure is None, seen(clicked)
    assert_failed_at(opened, "Crawl script", ERROR)
    assert "it is a download, not a page" in seen(opened)


NEVER_DONE = [
    (sites.drip, "did not finish loading in time"),
    (sites.always(page("<script src='/slow/'></script>")), "did not finish loading in time"),
    (lambda asked: time.sleep(5) or page("Late"), "did not answer in time"),
]


@pytest.mark.parametrize("number", range(len(NEVER_DONE)))
def test_a_page_that_never_finishes_is_not_waited_for(number, impatient):
    never, cause = NEVER_DONE[number]

    def answer(asked):
        if asked.path == "/":
            return page("<a href='/never/'>Go</a>")
        return sites.drip(asked) if asked.path == "/slow/" else never(asked)

    for commands in ((OPEN, ("click", "linkText=Go")), (("open", "/never/"),)):
        with serve(answer) as site:
            result = played(site, *commands)
        assert_failed_at(result, "Crawl script", ERROR)
        assert cause in seen(result)


@pytest.mark.parametrize("trick", ["for (;;) {}", "for (;;) alert(1)", "setInterval(() => window.open('/'), 5)"])
def test_a_page_that_keeps_the_browser_busy_ends_with_the_time(trick):
    with serve(sites.by_path(start=page("<a href='/busy/'>Go</a>"), busy=page(f"<script>{trick}</script>"))) as site:
        started = time.monotonic()
        result = played(site, OPEN, ("click", "linkText=Go"), ("pause", "20000"), ("click", "id=none"), seconds=9)
        assert time.monotonic() - started < 20
    assert_failed_at(result, "Crawl script", ERROR)


def test_a_script_that_takes_too_long_is_ended_at_its_step():
    with serve(sites.plain) as site:
        result = played(site, OPEN, ("pause", "30000"), seconds=8)
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("“Login”, step 2 (pause 30000): the ")
    assert "that were left for the script were over" in seen(result)


def test_a_program_that_is_not_there_is_named_with_what_to_do():
    with serve(sites.plain) as site:
        result = played(site, OPEN, chromium="/nowhere/chromium")
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("There is no /nowhere/chromium")
    assert "apt-get install chromium" in result.advice


def test_a_machine_without_any_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with serve(sites.plain) as site:
        result = played(site, OPEN)
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("There is no Chromium on the machine")


def test_a_program_that_is_no_browser_is_told(caplog):
    with serve(sites.plain) as site:
        result = played(site, OPEN, chromium="/bin/false")
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result) == "Chromium could not be started on the machine that runs the prescan"
    assert "Chromium could not be started" in caplog.text


def test_more_scripts_than_browsers_wait_for_each_other(monkeypatch):
    monkeypatch.setattr(crawl_script, "_free", threading.BoundedSemaphore(1))
    results: list[PrescanResult] = []
    with serve(sites.plain) as site:
        threads = [threading.Thread(target=lambda: results.append(played(site, OPEN))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [result.failure for result in results] == [None] * 3, [seen(result) for result in results]


def test_without_a_script_it_is_skipped_with_a_reason():
    with serve(sites.plain) as site:
        result = prescan_of(site.url)
    assert outcomes(result)["Crawl script"] == "skipped"
    assert seen(result) == "There is no crawl script"


# --- Its process ------------------------------------------------------------------------------------------------------


def _job(site) -> bytes:
    job = {
        "start": site.url, "scope": "folder", "named": [], "spots": [["127.0.0.1", site.port]],
        "rules": f"MAP 127.0.0.1:{site.port} 127.0.0.1:{site.port}, MAP * ~NOTFOUND", "keys": [], "user_agent": "",
        "cookies": [{"name": "s", "value": "cookie-canary", "domain": "127.0.0.1", "path": "/", "secure": False}],
        "headers": {"X-Key": "header-canary"}, "trusted": [site.url.rstrip("/")], "step_seconds": 10,
        "program": crawl_script._program(""), "sandbox": os.geteuid() != 0,
        "commands": [
            {"name": "open", "target": "/", "value": "", "by": "", "text": "", "address": site.url},
            {"name": "pause", "target": "30000", "value": "typed-canary", "by": "", "text": ""},
        ],
    }  # fmt: skip
    return json.dumps(job).encode() + b"\n"


def _started(site, tmp_path) -> subprocess.Popen:
    command = [sys.executable, "-P", browser.__file__]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, start_new_session=True
    )
    running.stdin.write(_job(site))
    running.stdin.flush()
    while b'"at": 1' not in running.stdout.readline():
        assert running.poll() is None
    return running


def _below(pid: int) -> list[int]:
    return [found for found in browser.descendants(pid) if Path(f"/proc/{found}/cmdline").read_bytes()]


def test_nothing_outlives_a_worker_that_is_gone(tmp_path):
    with serve(sites.plain) as site:
        running = _started(site, tmp_path)
        below = _below(running.pid)
        assert len(below) > 3
        running.stdin.close()
        assert running.wait(10) == 0
        assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []


def test_nothing_is_told_on_a_command_line_and_no_port_is_open(tmp_path):
    with serve(sites.plain) as site:
        running = _started(site, tmp_path)
        try:
            below = [running.pid, *_below(running.pid)]
            lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in below]
            surroundings = [Path(f"/proc/{pid}/environ").read_text(errors="replace") for pid in below]
            assert any("--remote-debugging-pipe" in line for line in lines)
            assert not any("--remote-debugging-port" in line for line in lines)
            assert "canary" not in "".join(lines + surroundings)
            assert _listening(below) == []
        finally:
            running.stdin.close()
            running.wait(10)
        assert site.asked[0].cookies == {"s": "cookie-canary"}


def _listening(pids: list[int]) -> list[str]:
    """The TCP ports these processes listen at."""
    sockets = {os.readlink(link) for pid in pids for link in Path(f"/proc/{pid}/fd").glob("*") if os.path.lexists(link)}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
