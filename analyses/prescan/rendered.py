"""Looks at a page as it shows in the browser: a text in it, whether it asks for a password, a picture of it."""

import base64
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Error, Page

MOST_PICTURE = 300_000  # bytes
MOST_SHOTS = 30  # pictures, of the steps of one script
MOST_SHOTS_SIZE = 3_000_000  # characters, in base 64
MOST_TEXT = 5_000  # characters, of what is told of a page
_LOOK_MILLISECONDS = 100
_REST_MILLISECONDS = 3_000
_PICTURE_MILLISECONDS = 4_000
_QUALITIES = (60, 30)
_PASSWORDS = "input[type=password]"
# Whatever can be typed into: pages exchange the element that a script typed into for another, or show it elsewhere.
_FIELDS = ", ".join([
    "input:not([type=button], [type=submit], [type=reset], [type=image], [type=checkbox], [type=radio])",
    "textarea", "[contenteditable]:not([contenteditable=false])",
])  # fmt: skip
_COVER = "#8a8f98"
_LEAST_SECRET = 4  # characters; shorter ones are part of other words


def shows(page: Page, text: str) -> bool:
    """Tell whether a text is on the page, as a person sees it or in what it is made of."""
    with suppress(Error):
        if " ".join(text.split()) in " ".join(page.inner_text("body", timeout=2_000).split()):
            return True
        return text in page.content()
    return False


def waited_for(page: Page, text: str, seconds: float, *, there: bool) -> bool:
    """Wait until a text is there, or is there no more; tells whether that came true.

    A page whose scripts are still at work may only not have drawn it yet: it is gone when they have settled.
    """
    ends = time.monotonic() + seconds
    while True:
        if not there and not shows(page, text):
            _let_settle(page)
        if shows(page, text) is there:
            return True
        if time.monotonic() > ends:
            return False
        page.wait_for_timeout(_LOOK_MILLISECONDS)


def _let_settle(page: Page) -> None:
    """Wait until nothing is asked for any more, though not for ever: some pages never rest."""
    with suppress(Error):
        page.wait_for_load_state("networkidle", timeout=_REST_MILLISECONDS)


def seen(page: Page) -> dict[str, Any]:
    """What shows: where it is, whether it asks for a password, and the beginning of its text."""
    told: dict[str, Any] = {"url": page.url, "asks": False, "text": ""}
    with suppress(Error):
        told["text"] = page.inner_text("body", timeout=2_000)[:MOST_TEXT]
        page.wait_for_selector("input[type=password]:visible", timeout=300)
        told["asks"] = True
    return told


def picture(page: Page, *, typed: bool = False, secrets: Iterable[str] = ()) -> str:
    """A JPEG of what shows, in base 64; empty where there is none.

    Covered in it are the fields for passwords; with `typed`, all that can be typed into; and texts that hold one of
    the `secrets`.
    """
    covered = [page.locator(_FIELDS if typed else _PASSWORDS)]
    covered += [page.get_by_text(text) for text in dict.fromkeys(secrets) if len(text) >= _LEAST_SECRET]
    for quality in _QUALITIES:
        with suppress(Error):
            taken = page.screenshot(
                type="jpeg",
                quality=quality,
                timeout=_PICTURE_MILLISECONDS,
                animations="disabled",
                mask=covered,
                mask_color=_COVER,
            )
            if len(taken) <= MOST_PICTURE:
                return base64.b64encode(taken).decode()
            continue
        break
    return ""


class Shots:
    """Pictures of a script's steps, each where it differs from the one before; bounded in number and size."""

    def __init__(self, wanted: bool):
        self._left = MOST_SHOTS if wanted else 0
        self._left_size = MOST_SHOTS_SIZE
        self._last = ""

    def next(self, take: Callable[[], str]) -> str:
        """The picture after a step; empty where there is none to be told."""
        if not self._left:
            return ""
        taken = take()
        self._left -= 1
        self._left_size -= len(taken)
        if not taken or self._left_size < 0:  # a page that cannot be pictured costs seconds each time
            self._left = 0
            return ""
        same, self._last = taken == self._last, taken
        return "" if same else taken
