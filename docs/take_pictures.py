"""Take the pictures of README.md and docs/ from the real pages: `make pictures`.

Runs the pages on a throw-away database with a made-up team's analyses, brought to their statuses by the real verbs.
"""

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

from analyses import lifecycle, presence  # noqa: E402
from analyses.engines.contract import CrawledPage, FoundFlaw, Phase, Progress, Severity  # noqa: E402
from analyses.models import Analysis, FindingInstance  # noqa: E402
from tests.scene import PASSED, UNREACHED, an_analysis, ends, prescanned, published, running, started  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1440, "height": 900}
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
    presence.say_present("worker@scan-1", "default")
    presence.say_present("scanner@scan-1", "scans")
    shop = published(mia, "https://shop.example.com/", name="Web shop", flaws=(SQL, XSS, HEADERS))
    FindingInstance.objects.exclude(finding__severity="low").update(verification="confirmed")
    published(jonas, "https://intranet.example.com/", name="Intranet", flaws=(HEADERS,))
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
    desk, _, [held] = running(mia, "https://desk.example.com/", name="Service desk")
    lifecycle.record_found(held, [XSS, HEADERS])
    lifecycle.record_crawled(held, [CrawledPage("GET", f"https://desk.example.com/tickets/{n}", 200) for n in range(8)])
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 48, 212, 384, "Cross Site Scripting"))
    stopped, _, [other] = running(jonas, "https://forum.example.com/", name="Forum")
    lifecycle.stop(stopped, jonas, keep=True)
    ends(other)
    lifecycle.publish(other)
    prescanned(lifecycle.submit(an_analysis(mia, "https://new.example.com/", name="New booking site"), mia))
    return {"shop": shop, "desk": desk, "partners": half}


def shoot(browser: Browser, address: str, cookie: str, analyses: dict[str, Analysis]) -> None:
    """One picture of each page, the list in the dark too."""
    pages = {
        "list": "/",
        "summary": f"/analyses/{analyses['desk'].pk}/",
        "scan-details": f"/analyses/{analyses['desk'].pk}/scans/",
        "results": f"/analyses/{analyses['shop'].pk}/results/",
        "configure": f"/analyses/{analyses['shop'].pk}/configure/",
    }
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=SIZE, color_scheme=scheme, timezone_id="Europe/Berlin")
        cookies = {"vedette_session": cookie, "timezone": "Europe/Berlin"}
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        for name, path in pages.items():
            if scheme == "light" or name == "list":
                page.goto(f"{address}{path}")
                page.screenshot(path=PICTURES / f"{name}{'' if scheme == 'light' else '-dark'}.png")
        context.close()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    mia = User.objects.create_superuser("mia", "mia@example.com", first_name="Mia")
    analyses = make_analyses(mia, User.objects.create_user("jonas", "jonas@example.com"))
    client = Client()
    client.force_login(mia)
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False, args=["--disable-gpu"]
        )
        address = f"http://127.0.0.1:{server.port}"
        shoot(browser, address, client.cookies["vedette_session"].value, analyses)
        browser.close()
    server.terminate()


if __name__ == "__main__":
    main()
