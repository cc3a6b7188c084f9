"""The steps of a crawl script, each as Playwright does it; what does not work is said in words for people.

Messages quote nothing that was typed or expected: it may be a secret.
"""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Locator, Page, TimeoutError, expect

from analyses.prescan.side import TYPING
from analyses.said import said as _

Command = dict[str, Any]
NO_ANSWER = _("the page that it leads to did not answer in time")


class StepFailed(Exception):
    """The step could not be done; the message says why."""


def carry_out(page: Page, command: Command, milliseconds: float, leads_on: Callable[[], bool]) -> bool:
    """Do one step within a time; tells whether it typed into a field for passwords. Raises StepFailed.

    `leads_on` tells whether the page is about to become another one: then that is what took too long.
    """
    name, element = command["name"], _element(page, command)
    page.set_default_timeout(milliseconds)
    try:
        if element is None:
            _WITHOUT_ELEMENT[name](page, command, milliseconds)
        elif name in _ACTIONS:
            return _act(element, command)
        else:
            _expect(element, command, milliseconds)
    except TimeoutError as error:
        raise StepFailed(NO_ANSWER if leads_on() else _why_not(element)) from error
    except AssertionError as error:
        raise StepFailed(_UNMET[re.sub(r"^(assert|verify)", "", name)]) from error
    except Error as error:
        raise StepFailed(_in_words(error)) from error
    return False


def _element(page: Page, command: Command) -> Locator | None:
    by, text = command["by"], command["text"]
    if not by:
        return None
    if by == "linkText":
        return page.locator("a", has_text=re.compile(rf"^\s*{re.escape(text.strip())}\s*$")).first
    if by in ("id", "name"):
        quoted = re.sub(r"[\\\"\n\r\f]", lambda found: f"\\{ord(found[0]):x} ", text)
        return page.locator(f'css=[{by}="{quoted}"]').first
    return page.locator(f"{by}={text}").first


# --- Pages ------------------------------------------------------------------------------------------------------


def _open(page: Page, command: Command, milliseconds: float) -> None:
    page.goto(command["address"], wait_until="commit", timeout=milliseconds)


def _pause(page: Page, command: Command, milliseconds: float) -> None:
    wanted = int(command["target"] or command["value"])
    page.wait_for_timeout(min(wanted, milliseconds))


def _title(page: Page, command: Command, milliseconds: float) -> None:
    expect(page).to_have_title(command["target"], timeout=milliseconds)


_WITHOUT_ELEMENT: dict[str, Callable[[Page, Command, float], None]] = {
    "open": _open,
    "pause": _pause,
    "assertTitle": _title,
    "verifyTitle": _title,
}


# --- Elements ---------------------------------------------------------------------------------------------------


def _act(element: Locator, command: Command) -> bool:
    kind = ""
    if command["name"] in TYPING:
        kind = (element.get_attribute("type") or "").lower()
        if kind == "file":
            raise StepFailed(_("files are not handed over to a page"))
    _ACTIONS[command["name"]](element, command)
    return kind == "password"


def _send_keys(element: Locator, command: Command) -> None:
    for is_key, text in command["keys"]:
        if is_key:
            element.press(text)
        else:
            element.press_sequentially(text)


def _select(element: Locator, command: Command) -> None:
    by, _, choice = command["value"].partition("=")
    if by == "index":
        element.select_option(index=int(choice))
    elif by == "value":
        element.select_option(value=choice)
    else:
        element.select_option(label=choice)


_ACTIONS: dict[str, Callable[[Locator, Command], Any]] = {
    "click": lambda element, _: element.click(),
    "clickAt": lambda element, _: element.click(),
    "doubleClick": lambda element, _: element.dblclick(),
    "mouseOver": lambda element, _: element.hover(),
    "check": lambda element, _: element.check(),
    "uncheck": lambda element, _: element.uncheck(),
    "type": lambda element, command: element.fill(command["value"]),
    "sendKeys": _send_keys,
    "select": _select,
}


def _expect(element: Locator, command: Command, milliseconds: float) -> None:
    """Wait until what a step expects has come true. Raises AssertionError."""
    found, value = expect(element), command["value"]
    what = re.sub(r"^(assert|verify)", "", command["name"])
    if what.startswith("waitForElement") and value:
        milliseconds = min(milliseconds, float(value))
    if what in ("waitForText", "Text"):
        found.to_have_text(value.strip(), use_inner_text=True, timeout=milliseconds)
    elif what == "NotText":
        found.to_be_attached(timeout=milliseconds)
        found.not_to_have_text(value.strip(), use_inner_text=True, timeout=milliseconds)
    elif what == "Value":
        found.to_have_value(value, timeout=milliseconds)
    elif what == "waitForElementVisible":
        found.to_be_visible(timeout=milliseconds)
    elif what == "waitForElementNotVisible":
        found.not_to_be_visible(timeout=milliseconds)
    elif what == "waitForElementEditable":
        found.to_be_editable(timeout=milliseconds)
    else:
        found.to_be_attached(attached="NotPresent" not in what, timeout=milliseconds)


_UNMET = {
    "Text": _("the text there is another one"),
    "waitForText": _("the text there is another one"),
    "NotText": _("the text there is the one that must not be, or there is no such element"),
    "Value": _("the value there is another one"),
    "Title": _("the title of the page is another one"),
    "ElementPresent": _("there is no such element on the page"),
    "ElementNotPresent": _("there is such an element on the page"),
    "waitForElementPresent": _("there is no such element on the page"),
    "waitForElementNotPresent": _("the element is still on the page"),
    "waitForElementVisible": _("the element does not show"),
    "waitForElementNotVisible": _("the element still shows"),
    "waitForElementEditable": _("the element cannot be typed into"),
}


# --- What went wrong --------------------------------------------------------------------------------------------


def _why_not(element: Locator | None) -> str:
    if element is None:
        return NO_ANSWER
    try:
        if element.count() == 0:
            return _("there is no such element on the page")
    except Error:
        return NO_ANSWER
    return _("the element is there, but hidden, disabled, covered or without such a choice")


def _in_words(error: Error) -> str:
    text = error.message
    if "Download is starting" in text:
        return _("it is a download, not a page")
    if found := re.search(r"net::(ERR_[A-Z_]+)", text):
        why = found[1].removeprefix("ERR_").lower().replace("_", " ")
        return _("the page could not be loaded (%(reason)s)", reason=why)
    if "selector" in text.lower() or "XPathResult" in text or "evaluate" in text.lower():
        return _("the element is given in a way that cannot be read")
    if "crashed" in text or "closed" in text:
        return _("the page was closed, or the browser failed")
    return _("that is not possible with this element")
