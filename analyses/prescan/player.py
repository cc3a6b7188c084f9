"""Plays a crawl script in Chromium, step by step, and keeps the browser to the places it was given.

Two walls: Chromium itself finds no host but those in its `rules`, whatever asks for one; and every request is judged
here before it is sent. Redirects are not shown to Playwright's own routes, so those of the page are judged through
Chromium's protocol.

Runs in a process of its own, see `browser`. Says lines: {"at": n} before each step, and last of all
{"outcome": "played" | "failed" | "no browser", …}.
"""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    Error,
    Frame,
    Page,
    Request,
    Response,
    Route,
    TimeoutError,
    sync_playwright,
)

from analyses.addresses import Address, InvalidTarget, in_scope, parse_target
from analyses.prescan.script_steps import NO_ANSWER, StepFailed, carry_out

MOST_VISITED = 200
MOST_HELD_BACK = 5
LOOK_MILLISECONDS = 50

_QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-proxy-server", "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip
_WITHOUT_NETWORK = ("data:", "blob:", "about:")
# Ways around HTTP, which no crawl needs.
_FORGET = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete globalThis[name]"

Job = dict[str, Any]
Say = Callable[[dict[str, Any]], None]


def play(job: Job, say: Say) -> None:
    """Play the whole script and say what came of it."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=job["program"],
                chromium_sandbox=job["sandbox"],
                args=[
                    *_QUIET,
                    f"--host-resolver-rules={job['rules']}",
                    f"--ignore-certificate-errors-spki-list={','.join(job['keys'])}",
                ],
            )
        except Error as error:
            say({"outcome": "no browser", "detail": str(error)[:4000]})
            return
        context = browser.new_context(
            accept_downloads=False, service_workers="block", user_agent=job["user_agent"] or None
        )
        context.add_cookies(job["cookies"])
        context.add_init_script(_FORGET)
        _Playing(context, job).to_its_end(say)


class _Playing:
    """One script being played."""

    def __init__(self, context: BrowserContext, job: Job):
        self.job = job
        self.start = parse_target(job["start"])
        self.named = [parse_target(url) for url in job["named"]]
        self.spots = {(host, port) for host, port in job["spots"]}
        self.page = context.new_page()
        self.visited: dict[str, None] = {}
        self.held_back: dict[str, None] = {}
        self.strayed = ""  # where the page was about to go, although it must not
        self.passwords: list[int] = []  # the steps that typed into a field for passwords
        self._pending: set[Request] = set()
        self._watch(context, self.page)

    def to_its_end(self, say: Say) -> None:
        """Play every step, or up to the first that fails."""
        for at, command in enumerate(self.job["commands"]):
            say({"at": at})
            try:
                if self._play(command):
                    self.passwords.append(at)
            except StepFailed as failure:
                say({"outcome": "failed", "at": at, "cause": str(failure), "held_back": list(self.held_back)})
                return
        result = {"visited": list(self.visited), "passwords": self.passwords, "held_back": list(self.held_back)}
        say({"outcome": "played", **result})

    def _play(self, command: Job) -> bool:
        ends = time.monotonic() + self.job["step_seconds"]
        if command["name"] == "pause":
            ends += 60
        try:
            secret = carry_out(self.page, command, 1000 * self.job["step_seconds"], lambda: bool(self._pending))
            self._settle(ends)
        except StepFailed:
            self._refuse_straying()
            raise
        except Error as error:
            self._refuse_straying()
            raise StepFailed("the page was closed, or the browser failed") from error
        self._refuse_straying()
        return secret

    def _settle(self, ends: float) -> None:
        """Wait for the page that a step leads to, which the next one is meant for."""
        self.page.wait_for_timeout(LOOK_MILLISECONDS)
        while self._pending and not self.strayed:
            if time.monotonic() > ends:
                raise StepFailed(NO_ANSWER)
            self.page.wait_for_timeout(LOOK_MILLISECONDS)
        try:
            left = max(1.0, 1000 * (ends - time.monotonic()))
            self.page.wait_for_load_state("domcontentloaded", timeout=left)
        except TimeoutError as error:
            raise StepFailed("the page did not finish loading in time") from error

    def _refuse_straying(self) -> None:
        if self.strayed:
            raise StepFailed(f"it leads to {self.strayed}, outside of the scope of the scan")

    # --- What the browser asks for ---

    def _watch(self, context: BrowserContext, page: Page) -> None:
        context.on("page", lambda opened: opened.close())  # what a site opens beside the page is none of the script's
        context.route("**/*", self._judge)
        page.on("framenavigated", self._navigated)
        page.on("request", self._asked)
        for event in ("response", "requestfailed"):
            page.on(event, self._answered)
        protocol = context.new_cdp_session(page)
        main = protocol.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        protocol.on("Fetch.requestPaused", lambda event: self._judge_page(protocol, event, main))
        protocol.send("Fetch.enable", {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]})

    def _judge(self, route: Route) -> None:
        """Let a request through to the places that were judged, and nowhere else."""
        request = route.request
        if request.url.startswith(_WITHOUT_NETWORK):
            route.continue_()
            return
        address = self._reachable(request.url)
        if address is None or not self._of_the_page(request):
            route.abort("blockedbyclient")
        elif address.origin in self.job["trusted"]:
            route.continue_(headers={**request.headers, **dict(self.job["headers"])})
        else:
            route.continue_()

    def _of_the_page(self, request: Request) -> bool:
        try:
            return request.frame.page is self.page
        except Error:  # a window that is only just being opened
            return False

    def _reachable(self, url: str) -> Address | None:
        """The address, if it is at a place that was judged; otherwise note which host it was."""
        try:
            address = parse_target(url.partition("#")[0])
        except InvalidTarget:
            return None
        if (address.host, address.port) in self.spots:
            return address
        if len(self.held_back) < MOST_HELD_BACK:
            self.held_back[address.spot[:100]] = None
        return None

    def _judge_page(self, protocol: CDPSession, event: Job, main: str) -> None:
        """Let the page itself go on only within the scope; called for each redirect too."""
        address = self._reachable(event["request"]["url"])
        if event.get("frameId") == main and (address is None or not self._in_scope(address)):
            self.strayed = _shown(event["request"]["url"])
            address = None
        if address is None:
            protocol.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"})
        else:
            protocol.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    def _in_scope(self, address: Address) -> bool:
        """In the scan's scope, or one of the pages that the sign-in settings name."""
        return in_scope(address, self.start, self.job["scope"]) or any(map(address.same_page, self.named))

    def _navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame and frame.url.startswith("http") and len(self.visited) < MOST_VISITED:
            self.visited[frame.url.partition("#")[0]] = None

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request() and self._of_the_page(request) and request.frame == self.page.main_frame:
            self._pending.add(request)

    def _answered(self, thing: Request | Response) -> None:
        self._pending.discard(thing.request if isinstance(thing, Response) else thing)


def _shown(url: str) -> str:
    """An address for people: without its query."""
    try:
        return parse_target(url).shown
    except InvalidTarget:
        return "something that is no web address"
