"""Every page, in each of its states: accessible in light and in dark, usable on a narrow screen, without complaints.

That the browser complains of nothing is what the window itself sees to (conftest.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, Phase, Progress, Severity
from analyses.models import Analysis
from tests.scene import FLAW, UNREACHED, an_analysis, many_analyses, prescanned, published, running

pytestmark = pytest.mark.browser
LONG = "https://a-rather-long-host-name-of-a-department.example.test/a/path/that/goes/on/index.html?q=" + 60 * "x"
NARROW = {"width": 320, "height": 640}


@dataclass(frozen=True)
class State:
    """A page in one of its states: `make` brings it about and returns its address, `then` is done on the page."""

    make: Callable[[User], str]
    then: Callable[[Page], None] = lambda page: None
    signed_in: bool = True
    complaint: str = ""


def _draft(owner: User) -> Analysis:
    return an_analysis(owner, "http://shop.test/", LONG, name="Shop", description="What it is for.")


def _running(owner: User) -> Analysis:
    analysis, _, claims = running(owner, LONG, "http://b.test/", name="An analysis with a rather long name")
    lifecycle.heartbeat(claims[0], Progress(Phase.ATTACKING, 48, 212, 384, "Cross Site Scripting"))
    lifecycle.record_crawled(claims[0], [CrawledPage("GET", f"{LONG}{number}", 200) for number in range(3)])
    lifecycle.record_found(claims[0], [FLAW])
    return analysis


def _failed(owner: User) -> Analysis:
    analysis = an_analysis(owner)
    prescanned(lifecycle.submit(analysis, owner), UNREACHED)
    return analysis


def _published(owner: User) -> Analysis:
    worst = replace(FLAW, url=LONG, info="SQL error", request=f"GET {LONG} HTTP/1.1", response=f"error near {LONG}")
    others = [replace(FLAW, severity=severity, category=f"Flaw: {severity}") for severity in Severity]
    return published(owner, LONG, flaws=(worst, *others))


def _filled(owner: User) -> str:
    many_analyses(owner, 30)
    _running(owner)
    _published(owner)
    return "/"


def _open_menu(page: Page) -> None:
    page.get_by_text("Analysis Actions", exact=True).click()


def _unfold(page: Page) -> None:
    page.get_by_text("SQL Injection").click()
    page.get_by_text("Evidence", exact=True).click()


def _unfold_scan(page: Page) -> None:
    page.locator("#scans summary").first.click()
    page.locator("#scans").get_by_label("Sign-in", exact=True).first.select_option(value="form")


def _make_mistakes(page: Page) -> None:
    page.get_by_label("Add URLs, one a line").fill(f"{LONG}\nftp://nowhere")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#problems")).to_be_visible()


STATES = {
    "sign-in": State(lambda owner: "/sign-in/", signed_in=False),
    "list, empty": State(lambda owner: "/"),
    "list, filled": State(_filled),
    "list, nothing fits": State(lambda owner: f"/?name=no-{_draft(owner).pk}"),
    "summary, draft": State(lambda owner: f"/analyses/{_draft(owner).pk}/"),
    "summary, running": State(lambda owner: f"/analyses/{_running(owner).pk}/", _open_menu),
    "summary, published": State(lambda owner: f"/analyses/{_published(owner).pk}/"),
    "scan details, running": State(lambda owner: f"/analyses/{_running(owner).pk}/scans/"),
    "scan details, prescan failed": State(lambda owner: f"/analyses/{_failed(owner).pk}/scans/"),
    "results": State(lambda owner: f"/analyses/{_published(owner).pk}/results/", _unfold),
    "results, none": State(lambda owner: f"/analyses/{_draft(owner).pk}/results/"),
    "configure, new": State(lambda owner: "/analyses/new/"),
    "configure, a draft": State(lambda owner: f"/analyses/{_draft(owner).pk}/configure/", _unfold_scan),
    "configure, with errors": State(lambda owner: "/analyses/new/", _make_mistakes),
    "configure, running": State(lambda owner: f"/analyses/{_running(owner).pk}/configure/"),
    "confirm": State(lambda owner: f"/analyses/{_running(owner).pk}/actions/stop-delete/"),
    "statuses": State(lambda owner: "/statuses/"),
    "not found": State(lambda owner: "/analyses/999/", complaint="404"),
}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("name", STATES)
def test_it_is_accessible_and_fits_a_narrow_screen(browse, console, alice, name):
    state = STATES[name]
    if state.complaint:
        console.expected.append(state.complaint)
    page = browse(alice if state.signed_in else None)
    page.goto(state.make(alice))
    state.then(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [NARROW["width"]] * 2
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/analyses/allowedtarget/", "/admin/analyses/allowedtarget/add/"])
def test_the_administration_runs_under_the_same_policy(browse, admin_user, allowed, path):
    page = browse(admin_user)
    page.goto(path)
    expect(page.locator("#content")).to_be_visible()


def test_a_breach_of_the_policy_would_be_noticed(page, console):
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    expect(page.locator("img[onerror]")).to_be_attached()
    assert page.evaluate("window.ran") is None
    assert [text for text in console.complaints if "script-src" in text]
    console.expected += ["script-src", "404"]
