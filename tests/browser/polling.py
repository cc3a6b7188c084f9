"""Letting a page poll, without waiting for it: its clock is wound on."""

from playwright.sync_api import Page, Request

SECONDS = 5  # from one poll to the next


def wind_on(page: Page, seconds: int = SECONDS) -> None:
    page.clock.run_for(seconds * 1000)


def poll(page: Page) -> int:
    """Let the next poll happen; returns what it was answered, once that is on the page."""
    page.evaluate("() => { settled = new Promise(on => addEventListener('htmx:afterSettle', on, { once: true })); }")
    with page.expect_response(lambda response: "hx-request" in response.request.headers) as answer:
        wind_on(page)
    if answer.value.status == 200:
        page.evaluate("settled.then(() => null)")
    return answer.value.status


def sent(page: Page, polls: list[Request]) -> int:
    """How many polls have been sent by now."""
    page.evaluate("document.title")  # after this answer, all that the page sent before it is known here
    return len(polls)


def is_quiet(page: Page, polls: list[Request]) -> bool:
    """Is nothing asked of the server for a whole minute?"""
    before = sent(page, polls)
    wind_on(page, 60)
    return sent(page, polls) == before
