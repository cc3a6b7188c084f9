"""A real browser before the real pages. What it complains of fails the test."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from analyses.models import AllowedTarget

expect.set_options(timeout=10_000)
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this folder that run in this process."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.skip("there is no Chromium")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright runs a loop in this thread, which Django would take for a sign of asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False, args=QUIET)
        yield browser
        browser.close()


class Console:
    """What the browser complains of: errors, warnings, and breaches of the Content-Security-Policy."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = []  # parts of complaints that the test itself provokes

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(part in text for part in self.expected)]


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def browse(chromium, live_server, console) -> Iterator[Callable[..., Page]]:
    """Open a browser window: `browse(alice)` signed in as her, `browse()` as somebody who is not signed in."""
    contexts = []

    def open_window(user: User | None = None, **options) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("console", console.heard)
        context.on("weberror", lambda error: console.complaints.append(str(error.error)))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " breach => console.error(`${breach.violatedDirective} forbids ${breach.blockedURI}`))"
        )
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["vedette_session"].value
            context.add_cookies([{"name": "vedette_session", "value": session, "url": live_server.url}])
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert console.unexpected() == []


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def either(request, browse) -> Callable[..., Page]:
    """Open windows as `browse` does, in a browser that runs scripts, then in one that runs none."""
    return partial(browse, java_script_enabled=request.param)


@pytest.fixture
def page(browse, alice) -> Page:
    """Alice's window."""
    return browse(alice)


@pytest.fixture
def polls(page: Page) -> list[Request]:
    """Every poll that is sent."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "hx-request" in request.headers else None)
    return sent


@pytest.fixture
def allowed(transactional_db) -> AllowedTarget:
    """Hosts below example.test may be scanned."""
    return AllowedTarget.objects.create(pattern="*.example.test")
