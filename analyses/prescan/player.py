"""Plays a recorded script in Chromium, step by step, and keeps the browser to the places it was given.

Two walls: Chromium itself knows no way but the egress proxy, and no name but its, whatever asks for one; and every
request is judged here before it is sent. Redirects are not shown to Playwright's own routes, so those of the page are
judged through Chromium's protocol.

Runs in a process of its own, see `browser`. Says lines: {"at": n} before each step, {"at": n, "shot": …} after it where
that is wanted, and last of all {"outcome": "played" | "failed" | "no browser", …}, with a picture of where it ended.
"""

import time
from collections.abc import Callable
from pathlib import Path
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
from analyses.prescan.rendered import Shots, picture, seen, waited_for
from analyses.prescan.script_steps import NO_ANSWER, StepFailed, carry_out
from analyses.prescan.session_found import SessionFound, restoring
from analyses.prescan.side import CODE, TYPING
from analyses.prescan.totp import read_key, unused_code
from analyses.said import packed, said_by
from analyses.said import said as _

HERE = "127.0.0.1"
MOST_VISITED = 200
MOST_HELD_BACK = 5
LOOK_MILLISECONDS = 50
NO_CODE = _("no one-time code was free in time: other sign-ins had used them")

_QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip
_WITHOUT_NETWORK = ("data:", "blob:", "about:")
# Ways around HTTP, which no crawl needs.
_FORGET = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete globalThis[name]"

Job = dict[str, Any]
Say = Callable[[dict[str, Any]], None]


def play(job: Job, say: Say) -> None:
    """Play the whole script and say what came of it."""
    port = job["way_out"]["port"]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=job["program"],
                chromium_sandbox=job["sandbox"],
                args=[
                    *_QUIET,
                    f"--host-resolver-rules=MAP {HERE}:{port} {HERE}:{port}, MAP * ~NOTFOUND",
                    f"--ignore-certificate-errors-spki-list={','.join(job['keys'])}",
                ],
                # Its password goes by Chromium's own pipe. Loopback would be reached past it otherwise.
                proxy={
                    "server": f"http://{HERE}:{port}",
                    "bypass": "<-loopback>",
                    "username": job["way_out"]["username"],
                    "password": job["way_out"]["password"],
                },
            )
        except Error as error:
            say({"outcome": "no browser", "detail": str(error)[:4000]})
            return
        context = browser.new_context(
            accept_downloads=False,
            service_workers="block",
            user_agent=job["user_agent"] or None,
            viewport={"width": 1280, "height": 800},
        )
        context.add_cookies(job["cookies"])
        context.add_init_script(_FORGET)
        if job["kept"]:
            context.add_init_script(restoring(parse_target(job["start"]).origin, job["kept"]))
        _Playing(context, job).to_its_end(say)


class _Playing:
    """One script being played."""

    def __init__(self, context: BrowserContext, job: Job):
        self.job = job
        self.start = parse_target(job["start"])
        self.places = [(parse_target(url), scope) for url, scope in job["places"]]
        self.named = [parse_target(url) for url in job["named"]]
        self.spots = {(host, port) for host, port in job["spots"]}
        self.page = context.new_page()
        self.visited: dict[str, None] = {}
        self.held_back: dict[str, None] = {}
        self.strayed = ""  # where the page was about to go, although it must not
        self.passwords: list[int] = []  # the steps that typed into a field for passwords
        self.codes: list[str] = []  # the one-time codes that were typed
        self.found = SessionFound(self.start.origin)
        self.shots = Shots(job["pictures"])
        self.asked_for: list[list[str]] = []  # for each step, the addresses that the page asked for at it
        self._pending: set[Request] = set()
        self._context = context
        self._watch(context, self.page)

    def to_its_end(self, say: Say) -> None:
        """Play every step, or up to the first that fails; then prove what is to be proved."""
        outcome: Job = {}
        for at, command in enumerate(self.job["commands"]):
            say({"at": at})
            self.asked_for.append([])
            try:
                if self._play(command):
                    self.passwords.append(at)
                if shot := self.shots.next(self._picture):
                    say({"at": at, "shot": shot})
            except StepFailed as failure:
                outcome = {"outcome": "failed", "at": at, "cause": packed(said_by(failure))}
                break
        if not outcome:
            outcome = {"outcome": "played", "visited": list(self.visited), "passwords": self.passwords}
            if self.job["proof"]:
                outcome |= self._prove(self.job["proof"])
        outcome |= {"held_back": list(self.held_back), "codes": self.codes, "asked_for": self.asked_for}
        outcome |= {"locked": self.found.locked}
        say(outcome)  # a page that keeps the browser busy may never show: then this was the last word
        say({**outcome, "seen": seen(self.page), "picture": self._picture()})

    def _picture(self) -> str:
        """What shows in the end, without what the script typed."""
        commands = self.job["commands"]
        passwords = [text for at in self.passwords for text in _pieces(commands[at]) or [commands[at]["value"]]]
        typed = any(command["name"] in TYPING for command in commands)
        return picture(self.page, typed=typed, secrets=[*passwords, *self.codes])

    def _prove(self, proof: Job) -> Job:
        """Open the page on which being signed in shows, and see whether it does; tell what the browser holds."""
        status = None
        self.asked_for.append([])
        try:
            if proof["address"]:
                response = self.page.goto(proof["address"], wait_until="commit", timeout=1000 * proof["seconds"])
                status = response.status if response else None
                self._settle(time.monotonic() + proof["seconds"])
            self._refuse_straying()
            proved = not proof["text"] or waited_for(self.page, proof["text"], proof["seconds"], there=proof["there"])
        except (Error, StepFailed):
            return {"proved": False, "status": status, "strayed": self.strayed}
        return {"proved": proved, "status": status, "strayed": "", **self.found.told(self._context, self.page)}

    def _play(self, command: Job) -> bool:
        if self.job["codes"] and any(CODE in text for text in (command["value"], *_pieces(command))):
            command = self._with_code(command)
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
            raise StepFailed(_("the page was closed, or the browser failed")) from error
        self._refuse_straying()
        return secret

    def _with_code(self, command: Job) -> Job:
        """The step with a one-time code in it, which nobody has used before."""
        asked = self.job["codes"]
        code = unused_code(
            read_key(asked["key"]),
            asked["seconds"],
            folder=Path(asked["folder"]),
            pause=lambda seconds: self.page.wait_for_timeout(1000 * seconds),
        )
        if code is None:
            raise StepFailed(NO_CODE)
        self.codes.append(code)
        keys = [[is_key, text.replace(CODE, code)] for is_key, text in command.get("keys", ())]
        return command | {"value": command["value"].replace(CODE, code), "keys": keys}

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
            raise StepFailed(_("the page did not finish loading in time")) from error

    def _refuse_straying(self) -> None:
        if self.strayed:
            raise StepFailed(_("it leads to %(page)s, outside of the scope of the scan", page=self.strayed))

    # --- What the browser asks for ---

    def _watch(self, context: BrowserContext, page: Page) -> None:
        context.on("page", lambda opened: opened.close())  # what a site opens beside the page is none of the script's
        context.route("**/*", self._judge)
        page.on("framenavigated", self._navigated)
        page.on("request", self._asked)
        for event in ("response", "requestfailed"):
            page.on(event, self._answered)
        self.found.watch(page)
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
            return
        ours = self.job["extra"] if address.origin == self.start.origin else {}
        if address.origin in self.job["trusted"]:
            ours = ours | self.job["headers"]
        route.continue_(headers=request.headers | ours) if ours else route.continue_()

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
        """In the scan's scope, one of the pages that the sign-in settings name, or where a sign-in may lead."""
        if address.host in self.job["hosts"]:
            return True
        return any(in_scope(address, *place) for place in self.places) or any(map(address.same_page, self.named))

    def _navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame and frame.url.startswith("http") and len(self.visited) < MOST_VISITED:
            self.visited[frame.url.partition("#")[0]] = None

    def _asked(self, request: Request) -> None:
        telling = request.resource_type in ("document", "xhr", "fetch") and not request.redirected_from
        if telling and self.asked_for and len(self.asked_for[-1]) < MOST_VISITED:
            self.asked_for[-1].append(request.url)
        if request.is_navigation_request() and self._of_the_page(request) and request.frame == self.page.main_frame:
            self._pending.add(request)

    def _answered(self, thing: Request | Response) -> None:
        self._pending.discard(thing.request if isinstance(thing, Response) else thing)


def _pieces(command: Job) -> list[str]:
    return [text for is_key, text in command.get("keys", ()) if not is_key]


def _shown(url: str) -> str:
    """An address for people: without its query."""
    try:
        return parse_target(url).shown
    except InvalidTarget:
        return "something that is no web address"
