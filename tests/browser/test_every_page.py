"""Every page, in each of its states: accessible in light and in dark, usable on a narrow screen, without complaints.

That the browser complains of nothing is what the window itself sees to (conftest.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from analyses import lifecycle, presence
from analyses.configuration_templates import save_as_template
from analyses.engines.contract import CrawledPage, Phase, Progress, Severity
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, ConfigurationTemplate, Finding, SavedView, SignInTest, SignInTestStep
from analyses.models import State as Judged
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import FLAW, UNREACHED, an_analysis, many_analyses, prescanned, published, running

pytestmark = pytest.mark.browser
LONG = "https://a-rather-long-host-name-of-a-department.example.test/a/path/that/goes/on/index.html?q=" + 60 * "x"
NARROW = {"width": 320, "height": 640}
BETWEEN = (880, 768)  # just wide enough for tables, and a tablet
SHEET = {"width": 688, "height": 1017}  # what the margins leave of A4
PRINTED = {
    "width": SHEET["width"],
    "pressed": [],
    "noTables": 0,
    "noHeadings": 0,
    "colours": ["rgb(21, 26, 33)", "rgb(255, 255, 255)"],  # as in the light, on white
}


@dataclass(frozen=True)
class State:
    """A page in one of its states: `make` brings it about and returns its address, `then` is done on the page."""

    make: Callable[[User], str]
    then: Callable[[Page], None] = lambda page: None
    signed_in: bool = True
    complaints: tuple[str, ...] = ()  # of the browser: those that the state is about


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
    worst = replace(FLAW, url=LONG, info="SQL error", request=f"GET /{LONG} HTTP/1.1", response=f"error near {LONG}")
    others = [replace(FLAW, severity=severity, category=f"Flaw: {severity}") for severity in Severity]
    return published(owner, LONG, flaws=(worst, *others))


def _compared(owner: User) -> str:
    """A third run, partial, of which something was judged before; two before it that may be compared."""
    analysis = an_analysis(owner, A, B)
    run(analysis, owner, found(SQL), found())
    run(analysis, owner, found(SQL, replace(XSS, url=f"{LONG}{A}")), found(HEADER))
    triage(analysis, Finding.objects.values_list("pk", flat=True), Judged.FIXED, owner, LONG)
    run(analysis, owner, found(SQL, replace(SQL, parameter="sort")), FAILED)
    return f"/analyses/{analysis.pk}/results/"


def _partly_judged(owner: User) -> str:
    analysis = _published(owner)
    Finding.objects.filter(analysis=analysis, severity="low").update(state=Judged.CONFIRMED)
    return "/findings/"


def _judge_all(page: Page) -> None:
    for box in page.locator("input[name='finding']").all():
        box.check()
    page.get_by_label("Selected findings are").select_option(value="confirmed")
    page.get_by_role("button", name="Set state").click()
    expect(page.locator(".outcome").first).to_be_visible()


def _unfold_beside_the_trend(page: Page) -> None:
    expect(page.locator("#trend .trend__line")).to_have_count(1)
    page.locator(".finding summary").first.click()


def _template(owner: User) -> ConfigurationTemplate:
    analysis = an_analysis(owner, LONG, name="Pattern", repeat="daily", excluded_urls=LONG, hold_results=True)
    return save_as_template(analysis, "A template with a name", owner, list(owner.groups.all()))


def _planned(owner: User) -> str:
    start = timezone.now() + timedelta(minutes=5)
    for number in range(5):
        name = f"{number} An analysis with a rather long name, as some have them"
        analysis = an_analysis(owner, name=name, start_at=start, repeat="daily", zone="Asia/Tokyo")
        lifecycle.submit(analysis, owner, start_at=start)
    Analysis.objects.update(pause_from=time(0), pause_until=time(0))
    return "/calendar/"


def _queued(owner: User) -> str:
    presence.say_present("worker@a-rather-long-host-name-of-a-department.example.test", "scans")
    _running(owner)
    prescanned(lifecycle.submit(an_analysis(owner, LONG, name="Waits, with a rather long name"), owner))
    return "/queue/"


def _told(owner: User) -> str:
    _failed(owner)
    return "/notifications/"


def _filled(owner: User) -> str:
    many_analyses(owner, 30)
    _running(owner)
    _published(owner)
    return "/"


def _two(owner: User) -> str:
    _draft(owner)
    _running(owner)
    return "/"


def _with_results(owner: User) -> str:
    published(owner, LONG, name="An analysis with a rather long name")
    _draft(owner)
    return "/"


def _with_views(owner: User) -> str:
    _filled(owner)
    for name, query in (("Failed", "attention=on"), ("A view " * 8, "owner=alice&severity=info")):
        SavedView.objects.create(user=owner, name=name, query=query)
    return "/?owner=alice&severity=info&started_from=banana"


def _work_in_the_list(page: Page) -> None:
    page.get_by_label("Choose").last.check()
    page.get_by_text("Save view", exact=True).click()
    page.locator("tr details.menu").first.evaluate("menu => { menu.open = true; }")


def _hear_of_something_new(page: Page) -> None:
    an_analysis(User.objects.get(username="alice"), name="A new one")
    page.keyboard.press("r")
    expect(page.locator("[data-new-rows]")).to_be_visible()


def _hear_of_nothing(page: Page) -> None:
    page.clock.install()
    page.reload()
    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(15_000)
    expect(page.locator(".is-stale")).to_be_visible()


def _show_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _ask_in_bulk(page: Page) -> None:
    for box in page.locator("input[name='chosen']").all()[:2]:
        box.check()
    page.get_by_role("button", name="Stop and delete results…").click()
    expect(page.locator(".named").first).to_be_visible()


def _export_in_bulk(page: Page) -> None:
    for box in page.locator("input[name='chosen']").all():
        box.check()
    page.get_by_role("button", name="Export…").click()
    expect(page.get_by_role("button", name="Findings as SARIF")).to_be_visible()


def _report_in_bulk(page: Page) -> None:
    for box in page.locator("input[name='chosen']").all()[:2]:
        box.check()
    page.locator("#bulk").get_by_role("button", name="Stop and save results").click()
    expect(page.locator(".outcome").first).to_be_visible()


def _open_menu(page: Page) -> None:
    page.locator("#actions > summary").click()


def _unfold(page: Page) -> None:
    page.locator(".finding:has(.evidence__command) > summary").first.click()
    page.get_by_text("As a curl command").first.click()


def _unfold_scan(page: Page) -> None:
    page.locator("#scans summary").first.click()
    page.locator("#scans").get_by_label("Sign-in", exact=True).first.select_option(value="form")


def _unfold_configuration(page: Page) -> None:
    page.locator(".scans-shown summary").first.click()


def _tried(owner: User) -> str:
    picture = b"\xff\xd8\xff"
    test = SignInTest.objects.create(user=owner, url=LONG, succeeded=False, cause="No", advice="Correct it.")
    for position, outcome in enumerate(("passed", "skipped", "failed")):
        SignInTestStep.objects.create(
            test=test,
            position=position,
            name="Sign-in",
            outcome=outcome,
            cause=LONG,
            advice="Look.",
            screenshot=picture,
        )
    SignInTest.objects.update(ended_at=timezone.now())
    return f"/sign-in-tests/{test.pk}/"


def _stopping_everything(owner: User) -> str:
    """As an administrator, with a scan under way."""
    _running(owner)
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    return "/stop-everything/"


def _stop_everything(page: Page) -> None:
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_text("Everything was stopped").first).to_be_visible()


def _make_mistakes(page: Page) -> None:
    page.get_by_label("Add URLs, one a line").fill(f"{LONG}\nftp://nowhere")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#problems")).to_be_visible()


def _save_what_is_stale(page: Page) -> None:
    Analysis.objects.update(description="Saved meanwhile", user_agent=LONG, revision=9)
    page.get_by_label("Description").fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Somebody else has saved this analysis meanwhile")).to_be_visible()


STATES = {
    "sign-in": State(lambda owner: "/sign-in/", signed_in=False),
    "list, empty": State(lambda owner: "/"),
    "list, filled": State(_filled),
    "list, at work": State(_with_views, _work_in_the_list),
    "list, something new": State(_two, _hear_of_something_new),
    "list, connection lost": State(_two, _hear_of_nothing, complaints=("ERR_FAILED", "htmx:")),
    "list, keys": State(_filled, _show_keys),
    "list, a question": State(_two, _ask_in_bulk),
    "list, an export": State(_with_results, _export_in_bulk),
    "list, a report": State(_two, _report_in_bulk),
    "list, nothing fits": State(lambda owner: f"/?name=no-{_draft(owner).pk}"),
    "summary, draft": State(lambda owner: f"/analyses/{_draft(owner).pk}/"),
    "summary, running": State(lambda owner: f"/analyses/{_running(owner).pk}/", _open_menu),
    "summary, published": State(lambda owner: f"/analyses/{_published(owner).pk}/"),
    "scan details, running": State(lambda owner: f"/analyses/{_running(owner).pk}/scans/"),
    "scan details, prescan failed": State(lambda owner: f"/analyses/{_failed(owner).pk}/scans/"),
    "results": State(lambda owner: f"/analyses/{_published(owner).pk}/results/", _unfold),
    "results, compared": State(_compared, _unfold_beside_the_trend),
    "results, nothing fits": State(lambda owner: f"{_compared(owner)}?q=nowhere"),
    "results, exports": State(_compared, lambda page: page.locator("#exports summary").click()),
    "report": State(lambda owner: f"{_compared(owner)}report/"),
    "results, none": State(lambda owner: f"/analyses/{_draft(owner).pk}/results/"),
    "configuration, stored": State(lambda owner: f"/analyses/{_draft(owner).pk}/configuration/", _unfold_configuration),
    "configuration, a run": State(
        lambda owner: f"/analyses/{_running(owner).pk}/configuration/", _unfold_configuration
    ),
    "findings": State(lambda owner: f"/findings/?analysis={_published(owner).name}&severity=banana"),
    "findings, judged": State(_partly_judged, _judge_all),
    "findings, selected": State(_partly_judged, lambda page: page.locator("input[name='finding']").first.check()),
    "findings, none": State(lambda owner: "/findings/"),
    "account": State(lambda owner: "/account/"),
    "keyboard": State(lambda owner: "/keyboard/"),
    "sessions": State(lambda owner: "/account/sessions/"),
    "history": State(lambda owner: f"/analyses/{_published(owner).pk}/history/"),
    "configure, new": State(lambda owner: "/analyses/new/"),
    "configure, a draft": State(lambda owner: f"/analyses/{_draft(owner).pk}/configure/", _unfold_scan),
    "configure, with errors": State(lambda owner: "/analyses/new/", _make_mistakes),
    "configure, stale": State(lambda owner: f"/analyses/{_draft(owner).pk}/configure/", _save_what_is_stale),
    "sign-in test, failed": State(_tried),
    "sign-in test, waiting": State(
        lambda owner: f"/sign-in-tests/{SignInTest.objects.create(user=owner, url=LONG).pk}/"
    ),
    "configure, running": State(lambda owner: f"/analyses/{_running(owner).pk}/configure/"),
    "stop everything": State(_stopping_everything),
    "everything stopped": State(_stopping_everything, _stop_everything),
    "delete": State(lambda owner: f"/analyses/{_draft(owner).pk}/delete/"),
    "confirm": State(lambda owner: f"/analyses/{_running(owner).pk}/actions/stop-delete/"),
    "templates": State(lambda owner: f"/templates/?page={_template(owner).pk}"),
    "templates, none": State(lambda owner: "/templates/"),
    "delete a template": State(lambda owner: f"/templates/{_template(owner).pk}/delete/"),
    "configure, from a template": State(lambda owner: f"/analyses/new/?template={_template(owner).pk}"),
    "calendar": State(_planned),
    "queue": State(_queued),
    "queue, empty": State(lambda owner: "/queue/"),
    "calendar, empty": State(lambda owner: "/calendar/"),
    "statuses": State(lambda owner: "/statuses/"),
    "help": State(lambda owner: "/help/"),
    "style": State(lambda owner: "/style/", lambda page: page.locator(".style__menu summary").click()),
    "notifications": State(_told),
    "not found": State(lambda owner: "/analyses/999/", complaints=("404",)),
}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def on_paper(page: Page) -> dict[str, object]:
    """What is there of a page that is printed: whether it is too wide, what could be pressed, which tables are none."""
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(SHEET)
    return page.evaluate(
        """() => {
            const seen = selector => [...document.querySelectorAll(selector)].filter(part => part.checkVisibility());
            const style = part => getComputedStyle(part);
            return {
                width: document.scrollingElement.scrollWidth,
                pressed: seen("button, .button, .menu, .site-header, .tabs, dialog, [data-live-note], .filters")
                    .map(part => part.outerHTML.slice(0, 100)),
                noTables: seen("table").filter(part => style(part).display !== "table").length,
                noHeadings: seen("thead").filter(part => style(part).display !== "table-header-group").length,
                colours: [style(document.body).color, style(document.documentElement).backgroundColor],
            };
        }"""
    )


@pytest.mark.parametrize("name", STATES)
def test_it_is_accessible_fits_a_narrow_screen_and_prints(browse, console, alice, name):
    state = STATES[name]
    console.expected += state.complaints
    page = browse(alice if state.signed_in else None)
    page.goto(state.make(alice))
    state.then(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    for width in (*BETWEEN, NARROW["width"]):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [width] * 2
    assert violations(page) == []
    assert on_paper(page) == PRINTED


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state.then is State.then])
def test_german_fits_and_is_accessible_too(browse, console, alice, name):
    """Its words are longer. Of the states that are there without pressing anything, which is done in English."""
    state = STATES[name]
    console.expected += state.complaints
    page = browse(alice if state.signed_in else None, locale="de-DE")
    page.goto(state.make(alice))
    assert page.locator("html").get_attribute("lang") == "de"
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    for width in (*BETWEEN, NARROW["width"]):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [width] * 2
    assert violations(page) == []


def test_a_breach_of_the_policy_would_be_noticed(page, console):
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    expect(page.locator("img[onerror]")).to_be_attached()
    assert page.evaluate("window.ran") is None
    assert [text for text in console.complaints if "script-src" in text]
    console.expected += ["script-src", "404"]
