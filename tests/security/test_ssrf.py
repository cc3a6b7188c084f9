"""No spelling of an address that must not be reached is reached, by any of the ways out: the canaries hear nothing.

Whatever this process connects to is looked at, too: an attempt at anything but the site under test is one too many,
and is not let out, so that a test that fails does not knock at somebody's door.
"""

import html
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from django.urls import reverse

from analyses import lifecycle, prescanner
from analyses.egress.proxy import Proxy
from analyses.engines.contract import EngineError, Place, Target
from analyses.engines.wapiti.engine import _way_out
from analyses.forms.rows import MOST_OPEN
from analyses.models import AllowedTarget
from analyses.prescan import playing
from analyses.prescan.contract import PrescanTarget, Session, SignIn, SignInMethod
from analyses.prescan.lookout import Lookout
from analyses.specifications.contract import SpecificationError
from analyses.statuses import ScanStatus
from analyses.targets import refusal
from tests.configure.pages import form_of
from tests.egress.talking import Talk
from tests.engines.conftest import wapiti
from tests.engines.following import all_of
from tests.prescan.conftest import names, nothing_is_left, prescan_of
from tests.prescan.scripts import side
from tests.scene import an_analysis
from tests.security.spellings import LED_BY_NAME, RESOLVED, SPELLINGS, WRITTEN
from tests.specifications.reading import openapi, read_here
from tests.targets.serving import Answer, Asked, Site, redirect, serve

__all__ = ["names", "nothing_is_left", "wapiti"]  # fixtures
MOST_HOPS = 10
STOPPED = (ScanStatus.SUBMIT_FAILED, ScanStatus.VERIFICATION_FAILED, ScanStatus.CONNECTION_ERROR)
# As references, which leave something out, they are pages of the site that has them. Browsers read them otherwise.
RELATIVE = ("http:127.", "http:///127.", "http:////127.")


# --- Who listens, and who looks on ------------------------------------------------------------------------------------


@dataclass
class Watch:
    """What this process connects to, as long as it is watched."""

    on: bool = False
    let_out: set[tuple[str, int]] = field(default_factory=set)
    strayed: list[object] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple) -> None:
        if not self.on or event not in ("socket.connect", "socket.sendto"):
            return
        place = arguments[1]
        if isinstance(place, tuple) and place[:2] not in self.let_out:
            self.strayed.append(place)
            raise ConnectionRefusedError("Strayed")


WATCH = Watch()
sys.addaudithook(WATCH)


@contextmanager
def canary(host: str, port: int, heard: list[str]) -> Iterator[int]:
    """Listeners for TCP and UDP that nothing may connect or send to."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener, socket.socket(family, socket.SOCK_DGRAM) as udp:
        number = listener.getsockname()[1]
        udp.bind((host, number))

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    heard.append(f"{host}:{number}")
                    connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield number
        listener.shutdown(socket.SHUT_RDWR)
        udp.setblocking(False)
        with suppress(BlockingIOError):
            udp.recv(1)
            heard.append(f"udp {host}:{number}")


@dataclass
class Scene:
    """A site that may be scanned and does what it can to lead elsewhere, among canaries."""

    site: Site
    port: int  # at which only canaries listen
    busy: str = ""  # the page that leads everywhere

    @property
    def allowed(self) -> tuple[str, ...]:
        return (self.site.spot, "*.corp.test", "metadata.google.internal")

    def spelled(self, text: str) -> str:
        return text.replace("{site}", str(self.site.port)).replace("{port}", str(self.port))

    @property
    def all(self) -> list[str]:
        return [self.spelled(text) for text in SPELLINGS]


@pytest.fixture
def scene(names) -> Iterator[Scene]:
    """Everything that goes on meanwhile is watched; whatever strays fails the test."""
    for name, addresses in RESOLVED.items():
        names[name] = addresses * 100 if isinstance(addresses[0], list) else addresses
    heard: list[str] = []
    with ExitStack() as stack:
        site = stack.enter_context(serve(lambda asked: _astray(asked, scene)))
        port = stack.enter_context(canary("127.0.0.1", 0, heard))
        for host, at in (("127.0.0.2", port), ("::1", port), ("127.0.0.2", site.port), ("::1", site.port)):
            stack.enter_context(canary(host, at, heard))
        scene = Scene(site, port)
        WATCH.on, WATCH.let_out, WATCH.strayed = True, {("127.0.0.1", site.port)}, []
        try:
            yield scene
        finally:
            WATCH.on = False
    assert heard == []
    assert WATCH.strayed == []


def _astray(asked: Asked, scene: Scene) -> Answer:
    """Pages that lead to every spelling in every way."""
    first, _, number = asked.path.strip("/").partition("/")
    if first == "away" and number.isdigit():
        return redirect(_header(scene.all[int(number)]), 307 if asked.method == "POST" else 302)
    if first == "hops" and number.isdigit():
        further = f"/hops/{int(number) - 1}" if int(number) > 1 else f"http://127.0.0.2:{scene.port}/"
        return redirect(further)
    if first == "busy":
        return Answer(scene.busy)
    return Answer("<!doctype html><h1>Shop</h1>")


def _header(url: str) -> str:
    """As a header carries it: the bytes of UTF-8, one line."""
    return url.replace("\r", "").replace("\n", "").replace("\0", "").encode().decode("latin-1")


def _everywhere(scene: Scene) -> str:
    parts = []
    for number, url in enumerate(scene.all):
        for to in (html.escape(url, quote=True), f"/away/{number}"):
            parts.append(
                f'<a href="{to}">x</a><img src="{to}"><iframe src="{to}"></iframe><link rel="preconnect" href="{to}">'
                f'<link rel="dns-prefetch" href="{to}"><link rel="stylesheet" href="{to}"><form method="post"'
                f' action="{to}"><input name="word"></form>'
            )
    return "<!doctype html><h1>Shop</h1>" + "".join(parts)


def test_there_are_enough_of_them():
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 60


def test_the_canaries_hear_who_connects_to_them():
    heard: list[str] = []
    with canary("127.0.0.2", 0, heard) as port, socket.create_connection(("127.0.0.2", port)) as connection:
        assert connection.recv(1) == b""
    assert heard == [f"127.0.0.2:{port}"]


# --- Without a connection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", WRITTEN)
def test_an_address_that_is_written_so_is_refused(text):
    url = text.replace("{site}", "8001").replace("{port}", "8002")
    assert refusal(url, ("127.0.0.1:8001", "*.corp.test"))


@pytest.mark.django_db
def test_no_form_that_is_saved_reaches_any(scene, client, alice):
    allow(scene)
    client.force_login(alice)
    new = reverse("analyses:new")
    sent = form_of(client.get(new)) | {"name": "Shop", "urls": "\n".join(scene.all), "then": "save"}
    assert client.post(new, sent).status_code == 200, "it is shown again"
    for number, some in enumerate(batched(scene.all, MOST_OPEN)):
        name, own = f"Shop {number}", scene.site.url
        analysis = an_analysis(alice, *(f"{own}{number}" for number in range(len(some))), name=name)
        change = reverse("analyses:configure", args=[analysis.pk])
        sent = form_of(client.get(change)) | {"then": "save"}
        for scan, url in zip(analysis.scans.all(), some, strict=True):
            fields = dict.fromkeys(("url", "login_url", "check_url", "allowed_hosts"), url) | {"sign_in_method": "form"}
            sent |= {f"scan-{scan.pk}-{name}": value for name, value in fields.items()}
        assert client.post(change, sent).status_code == 200


def batched(urls: list[str], size: int) -> Iterator[list[str]]:
    for begin in range(0, len(urls), size):
        yield urls[begin : begin + size]


@pytest.mark.django_db(transaction=True)
def test_no_run_that_is_submitted_reaches_any(scene, alice, settings):
    """As the database might hold them, though no form would take them."""
    settings.SCRIPTED_ENGINE = True
    allow(scene)
    for number, some in enumerate((WRITTEN, LED_BY_NAME)):
        urls = dict.fromkeys(scene.spelled(text).replace("\0", "") for text in ("http://127.0.0.1:{site}/", *some))
        occurrence = lifecycle.submit(an_analysis(alice, *urls, name=f"Shop {number}"), alice)
        prescanner.drive(occurrence.pk)
        went_on = {scan.url for scan in occurrence.scans.exclude(status__in=STOPPED)}
        assert went_on - {f"http://flips.corp.test:{scene.site.port}/"} == {scene.site.url}


def allow(scene: Scene) -> None:
    for pattern in scene.allowed:
        AllowedTarget.objects.create(pattern=pattern)


def test_the_base_url_of_a_specification_reaches_none(scene):
    for url in scene.all:
        with suppress(SpecificationError):
            read_here(openapi({"/x": {"get": {}}}, servers=[{"url": url}]))


# --- The prescan and the lookout --------------------------------------------------------------------------------------


def _prescan(scene: Scene, url: str = "", sign_in: SignIn | None = None, **others):
    return prescan_of(url or scene.site.url, sign_in, allowed=scene.allowed, **others)


def _fails(url: str, failure: object) -> None:
    """It must not pass, unless it led to what may be scanned at first, and was held to it."""
    assert failure is not None or "flips.corp.test" in url, url


def test_no_target_is_reached(scene):
    for url in scene.all:
        _fails(url, _prescan(scene, url).failure)


def test_no_redirect_is_followed_to_any(scene):
    for number, url in enumerate(scene.all):
        failure = _prescan(scene, f"{scene.site.url}away/{number}", scope="domain").failure
        if not url.startswith(RELATIVE):
            _fails(url, failure)


@pytest.mark.parametrize("hops", range(1, MOST_HOPS + 1))
def test_no_redirect_is_followed_to_any_however_late(scene, hops):
    assert _prescan(scene, f"{scene.site.url}hops/{hops}", scope="domain").failure
    assert len(scene.site.asked) == hops


@pytest.mark.parametrize("method", [SignInMethod.FORM, SignInMethod.HEADER])
def test_no_sign_in_page_and_no_page_that_shows_it_is_reached(scene, method):
    for url in scene.all:
        others = {"username": "alice", "secret": "correct horse", "check_text": "Welcome"}
        assert _prescan(scene, "", SignIn(method, login_url=url, **others)).failure
        assert _prescan(scene, "", SignIn(method, check_url=url, **others)).failure


def test_no_further_host_is_reached(scene):
    for url in scene.all:
        _fails(url, _prescan(scene, allowed_hosts=(url,)).failure)


def test_a_lookout_looks_at_none(scene):
    for number, url in enumerate(scene.all):
        for looked_at, witness in ((url, ""), (scene.site.url, url), (f"{scene.site.url}away/{number}", "")):
            sign_in = SignIn(SignInMethod.HEADER, secret="correct horse", check_text="Welcome", check_url=witness)
            target = PrescanTarget(looked_at, sign_in=sign_in, allowed=scene.allowed)
            Lookout(target, Session(witness=witness), every=60, failures=3, sign_ins=3).look()


def test_a_crawl_script_opens_none(scene, monkeypatch):
    """They are judged before a browser is started."""
    monkeypatch.setattr(playing, "ProcessGroup", None)
    for url in scene.all:
        if "flips.corp.test" not in url:
            assert _prescan(scene, crawl_script=side(("open", url))).failure, url


# --- The way out of the browser and of the engine ---------------------------------------------------------------------


def _asked_for(proxy: Proxy, spot: str, url: str) -> list[str]:
    """What it answers to a tunnel and to a plain request."""
    answers = []
    for line in (f"CONNECT {spot} HTTP/1.1", f"GET {url} HTTP/1.1"):
        talk = Talk(proxy)
        with closing(talk.connection):
            answers.append(talk.ask(line.encode().decode("latin-1")))
    return answers


def test_the_engines_way_out_leads_to_none(scene):
    """Neither for whoever asks for it, nor where it is a place of the scan itself."""
    for url in scene.all:
        spot = url.partition("://")[2].partition("/")[0]
        for target in (Target(url), Target(scene.site.url, places=(Place(url, ("127.0.0.2",)),))):
            allowed = Target(**{**vars(target), "allowed": scene.allowed})
            with suppress(EngineError), _way_out(allowed) as proxy:
                WATCH.let_out.add(("127.0.0.1", proxy.port))
                for said in _asked_for(proxy, spot, url):
                    assert not said.startswith("HTTP/1.1 200") or "flips.corp.test" in url, url


TRY = """
const attempt = work => { try { const done = work(); done && done.catch && done.catch(() => 0) } catch (error) {} };
for (const to of TRIES) {
  attempt(() => fetch(to, {mode: 'no-cors'})); attempt(() => navigator.sendBeacon(to, 'x'));
  attempt(() => new EventSource(to)); attempt(() => new WebSocket(to.replace(/^http/, 'ws')));
  attempt(() => new WebTransport(to.replace(/^http:/, 'https:')));
  attempt(() => new RTCPeerConnection({iceServers: [{urls: to.replace(/^http:[/]+/, 'stun:').replace(/[/].*/, '')}]})
    .createDataChannel('x'));
}
"""


def _with_scripts(scene: Scene) -> str:
    """The page that leads everywhere, and tries it by scripts too: its own, and a worker's."""
    tries = json.dumps([*scene.all, *(f"/away/{number}" for number in range(len(scene.all)))])
    code = TRY.replace("TRIES", tries)
    worker = f"new Worker(URL.createObjectURL(new Blob([{json.dumps(code)}])));"
    later = f"document.body.insertAdjacentHTML('beforeend', {json.dumps(_everywhere(scene))}); {worker} {code}"
    script = f"addEventListener('load', () => setTimeout(() => {{ {later} }}, 100))".replace("</", "<\\/")
    return f"<!doctype html><h1>Shop</h1><script>{script}</script>"


def _tried(scene: Scene) -> bool:
    """Whether most of the redirects were asked for: whoever is led nowhere has not been tempted."""
    return len({asked.path for asked in scene.site.asked if asked.path.startswith("/away/")}) > len(scene.all) / 2


@pytest.mark.browser
@pytest.mark.usefixtures("nothing_is_left")
def test_a_page_leads_the_browser_to_none(scene):
    """By its resources, its frames, its scripts and workers, and by redirects of all of these."""
    scene.busy = _with_scripts(scene)
    script = side(("open", "/busy"), ("pause", "8000"), ("assertText", "css=h1", "Shop"))
    result = _prescan(scene, crawl_script=script, seconds=90)
    assert result.failure is None, result.cause
    assert _tried(scene)


@pytest.mark.engine
def test_a_page_leads_the_engine_to_none(scene, wapiti, tmp_path):
    """By links, frames and forms, and by redirects of all of these, whatever it attacks."""
    scene.busy = _everywhere(scene)
    target = Target(
        f"{scene.site.url}busy", scope="domain", allowed=scene.allowed, modules=("http_headers", "redirect")
    )
    all_of(wapiti.start(target, tmp_path, resume=False))
    assert _tried(scene)
