"""What a browser holds once somebody is signed in: cookies, tokens in headers, what its pages keep. In its process.

Single-page applications keep a token and send it with each request of theirs, so the headers of those are looked at.
"""

import json
import re
from contextlib import suppress
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, Request, Response

from analyses.addresses import InvalidTarget, parse_target

MOST_HEADERS = 10
LONGEST_VALUE = 8_000  # characters of a header
MOST_ASKED = 20
MOST_STORED = 500_000  # characters

_TOKEN = re.compile(r"authorization$|token|api-?key|csrf|xsrf|jwt|auth|session", re.IGNORECASE)
_NEVER = re.compile(r"(sec|access-control|proxy)-|cookie|:", re.IGNORECASE)
_BY_SCRIPTS = ("xhr", "fetch")
_LOCKED_STATUSES = (423, 429)
_KEPT = "() => [Object.entries(localStorage), Object.entries(sessionStorage)]"
_MARK = "__vedette"
_RESTORE = f"""(([origin, kept]) => {{
  try {{
    if (location.origin !== origin || sessionStorage.getItem('{_MARK}')) return;
    [localStorage, sessionStorage].forEach((store, at) => kept[at].forEach(([name, value]) => store[name] = value));
    sessionStorage.setItem('{_MARK}', '1');
  }} catch (error) {{}}
}})"""


class SessionFound:
    """Watches what the pages of one origin ask for while a script is played."""

    def __init__(self, origin: str):
        self._origin = origin
        self.headers: dict[str, str] = {}  # the newest value of each
        self.asked: dict[str, None] = {}  # addresses that scripts got an answer from
        self.locked = False  # an answer said that there were too many tries

    def watch(self, page: Page) -> None:
        """Begin to watch."""
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _asked(self, request: Request) -> None:
        if not self._is_ours(request.url):
            return
        for name, value in request.headers.items():
            known = name in self.headers or len(self.headers) < MOST_HEADERS
            fit = len(value) <= LONGEST_VALUE and value.isascii() and value.isprintable()
            if _TOKEN.search(name) and not _NEVER.match(name) and known and fit:
                self.headers[name] = value

    def _answered(self, response: Response) -> None:
        request = response.request
        if not self._is_ours(request.url):
            return
        self.locked = response.status in _LOCKED_STATUSES
        if request.resource_type in _BY_SCRIPTS and request.method == "GET" and response.ok:
            self.asked.pop(request.url, None)
            self.asked[request.url] = None
            if len(self.asked) > MOST_ASKED:
                del self.asked[next(iter(self.asked))]

    def _is_ours(self, url: str) -> bool:
        with suppress(InvalidTarget):
            return parse_target(url.partition("#")[0]).origin == self._origin
        return False

    def told(self, context: BrowserContext, page: Page) -> dict[str, Any]:
        """All of it, to be said."""
        cookies = [
            {key: cookie.get(key) for key in ("name", "value", "domain", "path", "secure")}
            for cookie in context.cookies()
        ]
        return {"cookies": cookies, "headers": self.headers, "asked": [*reversed(self.asked)], "kept": self._kept(page)}

    def _kept(self, page: Page) -> list[list[list[str]]] | None:
        """What the page keeps in its two stores, where that is not too much."""
        if not self._is_ours(page.url):
            return None
        with suppress(Error):
            kept: list[list[list[str]]] = page.evaluate(_KEPT)
            if sum(len(name) + len(value) for store in kept for name, value in store) <= MOST_STORED:
                return kept
        return None


def restoring(origin: str, kept: str) -> str:
    """A script that puts into a page's stores what they held, once, before the page's own scripts run."""
    return f"{_RESTORE}([{json.dumps(origin)}, {kept}])"
