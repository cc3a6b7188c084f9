"""Take the pictures of README.md and docs/ from the real pages: `make pictures`.

Runs the pages on a throw-away database with a made-up team's analyses, brought to their statuses by the real verbs.
"""

import json
import os
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver has a loop of its own in this thread

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.client import Client  # noqa: E402
from django.test.testcases import LiveServerThread  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from analyses import lifecycle, presence, sign_in_tests  # noqa: E402
from analyses.engines.contract import CrawledPage, FoundFlaw, Phase, Progress, Requests, Severity  # noqa: E402
from analyses.models import AllowedTarget, Analysis, FindingInstance, ScanOccurrence  # noqa: E402
from tests.scene import PASSED, UNREACHED, an_analysis, ends, prescanned, published, running, started  # noqa: E402
from tests.targets.pet_api import specification  # noqa: E402
from tests.targets.serving import serve  # noqa: E402
from tests.targets.sites import FormSite  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1440, "height": 900}
ENGINE = "wapiti"
SQL = FoundFlaw(
    "SQL Injection",
    Severity.CRITICAL,
    "GET",
    "https://shop.example.com/products?category=tea%27",
    "category",
    "sql",
    info="SQL Injection via injection in the parameter category",
    wstg=("WSTG-INPV-05",),
    request="GET /products?category=tea%27 HTTP/1.1\nHost: shop.example.com\nCookie: session=[hidden]",
    response='HTTP/1.1 500\n\nsqlite3.OperationalError: unrecognized token: "\'"',
)
XSS = replace(
    SQL,
    category="Reflected Cross Site Scripting",
    severity=Severity.HIGH,
    url="https://shop.example.com/search?q=%3Cscript%3E",
    parameter="q",
    module="xss",
    info="XSS vulnerability found via injection in the parameter q",
)
HEADERS = replace(
    SQL,
    category="Content Security Policy Configuration",
    severity=Severity.LOW,
    url="https://shop.example.com/",
    parameter="",
    module="csp",
    info="CSP is not set",
)


def make_analyses(mia: User, jonas: User) -> dict[str, Analysis]:
    """Analyses of a made-up company, in many statuses."""
    AllowedTarget.objects.create(pattern="*.example.com")
    lists = replace(SQL, url="https://shop.example.com/products?sort=price%27", parameter="sort")
    shop = published(mia, "https://shop.example.com/", name="Web shop", flaws=(SQL, lists, XSS), engine=ENGINE)
    run_again(shop, mia, SQL, lists, XSS, HEADERS)
    run_again(shop, mia, SQL, XSS, HEADERS)
    held = an_analysis(jonas, "https://press.example.com/", name="Press pages", hold_results=True)
    run_again(held, jonas, HEADERS)
    FindingInstance.objects.exclude(finding__severity="low").update(verification="confirmed")
    intranet = replace(HEADERS, url="https://intranet.example.com/")
    published(jonas, "https://intranet.example.com/", name="Intranet", flaws=(intranet,), engine=ENGINE)
    an_analysis(mia, "https://blog.example.com/", name="Company blog")
    later = timezone.now() + timedelta(hours=9)
    nightly = an_analysis(jonas, "https://pay.example.com/", name="Payments, nightly", start_at=later, repeat="daily")
    lifecycle.submit(nightly, jonas, start_at=later)
    failing = an_analysis(jonas, "https://old.example.com/", name="Old customer portal")
    prescanned(lifecycle.submit(failing, jonas), UNREACHED)
    half = an_analysis(mia, "https://a.partner.example.com/", "https://b.partner.example.com/", name="Partner portals")
    occurrence = lifecycle.submit(half, mia)
    prescanned(occurrence, UNREACHED, PASSED)
    portal = started(occurrence.scans.last())
    lifecycle.heartbeat(portal, Progress(Phase.CRAWLING, pages=7))
    desk, _, [held] = running(mia, "https://desk.example.com/", name="Service desk", engine=ENGINE)
    lifecycle.record_found(held, [XSS, HEADERS])
    lifecycle.record_crawled(held, [CrawledPage("GET", f"https://desk.example.com/tickets/{n}", 200) for n in range(8)])
    asked = Requests(made=2_918, lost=3, server_errors=12)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 48, 212, 384, "Cross Site Scripting", asked))
    stopped, _, [other] = running(jonas, "https://forum.example.com/", name="Forum")
    lifecycle.stop(stopped, jonas, keep=True)
    lifecycle.record_found(other, [replace(SQL, url="https://forum.example.com/topic?id=1", parameter="id")])
    ends(other, finds=False)
    lifecycle.publish(other)
    prescanned(lifecycle.submit(an_analysis(mia, "https://new.example.com/", name="New booking site"), mia))
    ScanOccurrence.objects.exclude(host="").update(host="scan-1")
    return {"shop": shop, "desk": desk, "partners": half}


def run_again(analysis: Analysis, owner: User, *flaws: FoundFlaw) -> None:
    """One more run to its end, published where nobody has to review it."""
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence)
    for scan in occurrence.scans.all():
        claim = started(scan)
        lifecycle.record_found(claim, flaws)
        ends(claim, finds=False)
        lifecycle.publish(claim)


def say_present() -> None:
    """That programs are at work: who says nothing for a while is taken for gone."""
    presence.say_present("worker@scan-1", "default")
    presence.say_present("scanner@scan-1", "scans")


def shoot(browser: Browser, address: str, cookie: str, analyses: dict[str, Analysis]) -> None:
    """One picture of each page, the list in the dark too."""
    pages = {
        "list": "/",
        "summary": f"/analyses/{analyses['desk'].pk}/",
        "scan-details": f"/analyses/{analyses['desk'].pk}/scans/",
        "results": f"/analyses/{analyses['shop'].pk}/results/",
        "history": f"/analyses/{analyses['shop'].pk}/history/",
        "report": f"/analyses/{analyses['shop'].pk}/results/report/",
        "stop": f"/analyses/{analyses['desk'].pk}/actions/stop-delete/",
        "queue": "/queue/",
        "mail": "/admin/notifications/outgoingmail/kinds/results_published/html/",
        "findings": "/findings/",
        "help": "/help/",
        "account": "/account/",
        "notifications": "/notifications/",
        "configure": f"/analyses/{analyses['shop'].pk}/configure/",
        "configuration": f"/analyses/{analyses['shop'].pk}/configuration/",
        "calendar": "/calendar/",
    }
    shoot_form(browser, address, cookie)
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=SIZE, color_scheme=scheme, timezone_id="Europe/Berlin")
        cookies = {"vedette_session": cookie, "timezone": "Europe/Berlin"}
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        for name, path in pages.items():
            if scheme == "light" or name == "list":
                say_present()
                page.goto(f"{address}{path}")
                if name == "results":
                    page.locator(".finding summary").first.click()
                page.screenshot(path=PICTURES / f"{name}{'' if scheme == 'light' else '-dark'}.png")
        context.close()


def shoot_form(browser: Browser, address: str, cookie: str) -> None:
    """An API in the list, and a sign-in being tested: against a small site of our own, with the real prescan."""
    AllowedTarget.objects.create(pattern="127.0.0.1")
    tall = {"width": SIZE["width"], "height": 3000}  # no bar of buttons lies over anything
    context = browser.new_context(viewport=tall, color_scheme="light", timezone_id="Europe/Berlin")
    context.add_cookies([{"name": "vedette_session", "value": cookie, "url": address}])
    page = context.new_page()
    with serve(FormSite()) as site:
        page.goto(f"{address}/analyses/new/")
        page.get_by_label("Name", exact=True).fill("Web shop and its API")
        page.get_by_label("Add URLs, one a line").fill(site.url)
        content = json.dumps(specification("https://api.example.com")).encode()
        file = {"name": "pets.json", "mimeType": "application/json", "buffer": content}
        page.get_by_label("Add API specifications").set_input_files(file)
        page.get_by_role("button", name="Add to the list").click()
        api, shop = page.locator("#scans > li").all()
        api.locator("summary").first.click()
        api.get_by_text("6 of 6 chosen").wait_for()
        api.screenshot(path=PICTURES / "api.png")
        api.locator("summary").first.click()
        shop.locator("summary").first.click()
        shop.get_by_label("Sign-in", exact=True).select_option(value="form")
        shop.get_by_label("Sign-in page").fill(f"{site.url}login/")
        shop.get_by_label("User name").fill("alice")
        shop.get_by_label("Password or header value").fill("correct horse")
        shop.get_by_label("Text that shows only when signed in").fill("Sign out")
        shop.get_by_role("button", name="Test connection and sign-in").click()
        shop.get_by_text("Waiting for a worker").wait_for()
        for test in sign_in_tests.waiting():
            sign_in_tests.drive(test)
        shop.get_by_text("It works.").wait_for()
        shop.get_by_text("What the browser showed").click()
        shop.locator(".scan__test").screenshot(path=PICTURES / "sign-in-test.png")
    context.close()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    mia = User.objects.create_superuser("mia", "mia@example.com", "a-long-password-1", first_name="Mia")
    analyses = make_analyses(mia, User.objects.create_user("jonas", "jonas@example.com"))
    client = Client()
    client.force_login(mia)
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            chromium_sandbox=False,
            args=["--disable-gpu"],
        )
        address = f"http://127.0.0.1:{server.port}"
        shoot(browser, address, client.cookies["vedette_session"].value, analyses)
        browser.close()
    server.terminate()


if __name__ == "__main__":
    main()
