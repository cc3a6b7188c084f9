"""The browser that scripts are played in: what pages cannot make it do, and that nothing is left of it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analyses.egress.guard import Guard
from analyses.egress.proxy import USER, Proxy
from analyses.engines.contract import Cookie
from analyses.prescan import browser, playing
from analyses.prescan import side as side_reader
from analyses.prescan.contract import PrescanResult, PrescanTarget, Session
from analyses.prescan.spots import Spot, Steps
from analyses.targets import parse_target
from tests.prescan.browsing import ERROR, OPEN, page, played, seen
from tests.prescan.conftest import LOOPBACK, assert_failed_at, outcomes, prescan_of
from tests.prescan.scripts import side
from tests.targets import sites
from tests.targets.serving import Answer, redirect, serve

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_is_left")]


@pytest.mark.parametrize(
    "command",
    [("open", "file:///etc/passwd"), ("open", "javascript:alert(1)"), ("executeScript", "x"), ("run", "x")],
)
def test_what_is_refused_when_it_is_read_starts_no_browser(command, monkeypatch):
    monkeypatch.setattr(playing, "ProcessGroup", None)
    with serve(sites.plain) as site:
        result = played(site, command)
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("Crawl script: “Login”, step 1 (")


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
        result = played(site, OPEN, *[("pause", "30000")] * 3, seconds=14)  # time enough for a browser to start
    assert_failed_at(result, "Crawl script", ERROR)
    assert re.match(
        r"Crawl script: “Login”, step [234] \(pause 30000\): the ", seen(result)
    )  # each is cut to ten seconds
    assert "that were left for the script were over" in seen(result)


def test_a_program_that_is_not_there_is_named_with_what_to_do():
    with serve(sites.plain) as site:
        result = played(site, OPEN, chromium="/nowhere/chromium")
    assert_failed_at(result, "Crawl script", ERROR)
    assert seen(result).startswith("There is no /nowhere/chromium")
    assert "apt-get install chromium-headless-shell" in result.advice


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
    monkeypatch.setattr(playing, "_free", threading.BoundedSemaphore(1))
    results: list[PrescanResult] = []
    with serve(sites.plain) as site:
        threads = [threading.Thread(target=lambda: results.append(played(site, OPEN))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [result.failure for result in results] == [None] * 3, [seen(result) for result in results]


# --- What pictures do not show ---


def pictured(html: str, typed: str, *more) -> bytes:
    """The picture of a page after something was typed into it."""
    with serve(lambda _asked: page(html)) as site:
        result = played(site, OPEN, ("type", "id=field", typed), ("sendKeys", "id=field", typed), *more)
    assert result.failure is None, result.cause
    return result.steps[-1].screenshot


SHOWN = {
    "a one-time code": ("<input id=field>",),
    "several lines": ("<textarea id=field></textarea>",),
    "a text that is edited in place": ("<p id=field contenteditable>x</p>",),
    "a password that the page shows": (
        "<input id=field type=password><input id=show type=button value=Show onclick='field.type=`text`'>",
        ("click", "id=show"),
    ),
    "a password beside its field": (
        "<input id=field type=password oninput='shown.textContent = field.value'><p id=shown></p>",
    ),
    "a field that takes the place of the other": (
        "<div id=all><input id=field></div><input id=next type=button value=Next"
        " onclick='const v = field.value; all.innerHTML = `<input>`; all.firstChild.value = v'>",
        ("click", "id=next"),
    ),
}


@pytest.mark.parametrize("way", SHOWN)
def test_pictures_show_nothing_that_a_script_typed_into_a_field(way):
    assert pictured(SHOWN[way][0], "111111", *SHOWN[way][1:]) == pictured(SHOWN[way][0], "787878", *SHOWN[way][1:])


def test_pictures_show_the_rest_of_the_page():
    assert pictured("<input id=field><p>In stock</p>", "1") != pictured("<input id=field><p>Sold out</p>", "1")


def test_without_a_script_it_is_skipped_with_a_reason():
    with serve(sites.plain) as site:
        result = prescan_of(site.url)
    assert outcomes(result)["Crawl script"] == "skipped"
    assert seen(result) == "There is no crawl script"


# --- Its process ------------------------------------------------------------------------------------------------------


def _job(site, way_out: Proxy) -> bytes:
    """What a browser is told of a script that opens the site and then waits, signed in with a cookie and a header."""
    script = side_reader.parse(side(OPEN, ("type", "css=h1", "typed-canary"), ("pause", "30000")).encode())
    opening, typing, waiting = script.commands
    start = parse_target(site.url)
    session = Session((Cookie("s", "cookie-canary", "127.0.0.1"),), (("X-Key", "header-canary"),), kept="[]")
    steps = Steps((opening, waiting, typing), {0: start})
    job = playing._job(PrescanTarget(site.url), session, steps, [Spot(start)])
    way = {"port": way_out.port, "username": USER, "password": way_out.password}
    job |= {"way_out": way, "proof": None, "pictures": False, "program": playing._program("")}
    return json.dumps(job).encode() + b"\n"


def _started(site, way_out: Proxy, tmp_path) -> subprocess.Popen:
    command = [sys.executable, "-P", browser.__file__]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, start_new_session=True
    )
    running.stdin.write(_job(site, way_out))
    running.stdin.flush()
    while b'"at": 1' not in running.stdout.readline():
        assert running.poll() is None
    return running


def _below(pid: int) -> list[int]:
    return [found for found in browser.descendants(pid) if Path(f"/proc/{found}/cmdline").read_bytes()]


def _way_out(site) -> Proxy:
    return Proxy(Guard(LOOPBACK), [parse_target(site.url)])


def test_nothing_outlives_a_worker_that_is_gone(tmp_path):
    with serve(sites.plain) as site, _way_out(site) as way_out:
        running = _started(site, way_out, tmp_path)
        below = _below(running.pid)
        assert len(below) > 3
        running.stdin.close()
        assert running.wait(10) == 0
        assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []


def test_nothing_is_told_on_a_command_line_and_no_port_is_open(tmp_path):
    with serve(sites.plain) as site, _way_out(site) as way_out:
        running = _started(site, way_out, tmp_path)
        try:
            below = [running.pid, *_below(running.pid)]
            lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in below]
            surroundings = [Path(f"/proc/{pid}/environ").read_text(errors="replace") for pid in below]
            assert any("--remote-debugging-pipe" in line for line in lines)
            assert not any("--remote-debugging-port" in line for line in lines)
            assert "canary" not in "".join(lines + surroundings)
            assert way_out.password not in "".join(lines + surroundings)
            assert way_out.credentials not in "".join(lines + surroundings)
            assert _listening(below) == []
        finally:
            running.stdin.close()
            running.wait(10)
        assert site.asked[0].cookies == {"s": "cookie-canary"}
        assert not any("proxy" in name for asked in site.asked for name in asked.headers), (
            "nothing of it reaches a site"
        )


def test_without_its_way_out_a_browser_reaches_nothing(tmp_path, canary):
    """Though it is gone while the browser is at work: nothing is reached past it, not even on this machine."""
    html = f"<script>setInterval(() => {{ fetch('/x'); new Image().src = '{canary.url}' }}, 50)</script>"
    with serve(sites.always(page(html))) as site, _way_out(site) as way_out:
        running = _started(site, way_out, tmp_path)
        try:
            while len(site.asked) < 5:
                assert running.poll() is None
            way_out.close()
            heard, since, end = len(site.asked), time.monotonic(), time.monotonic() + 10
            while time.monotonic() < since + 1:  # a second in which nothing comes; what was under way may still come
                assert time.monotonic() < end, "the site is still asked"
                if len(site.asked) > heard:
                    heard, since = len(site.asked), time.monotonic()
                threading.Event().wait(0.05)
            assert running.poll() is None
        finally:
            running.stdin.close()
            running.wait(10)


def _listening(pids: list[int]) -> list[str]:
    """The TCP ports these processes listen at."""
    sockets = {os.readlink(link) for pid in pids for link in Path(f"/proc/{pid}/fd").glob("*") if os.path.lexists(link)}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
