"""What is typed into forms and shown again, as an error or as it was: text, and nothing of it runs."""

from functools import partial

import pytest
from playwright.sync_api import Page

from analyses.models import Analysis
from tests.security.hostile import EVERYTHING, PAYLOADS
from tests.security.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Types into every field there is, chooses what no field offers, and sends the form.
TYPING = """
(form, text) => {
  for (const field of form.elements) {
    if (field.name === "csrfmiddlewaretoken" || field.type === "file") continue;
    if (field.tagName === "SELECT") field.append(new Option(text, text, true, true));
    else if (["checkbox", "radio"].includes(field.type)) { field.value = text; field.checked = true; }
    else if (["button", "submit"].includes(field.type)) continue;
    else if (field.type !== "hidden") { field.type = "text"; field.removeAttribute("maxlength"); field.value = text; }
  }
  form.noValidate = true;
  form.enctype = "application/x-www-form-urlencoded";
  HTMLFormElement.prototype.submit.call(form);
}
"""
PAGES = [
    "/", "/analyses/new/", "/analyses/{pk}/configure/", "/analyses/{pk}/configuration/", "/analyses/{pk}/results/",
    "/analyses/{pk}/scans/", "/calendar/", "/notifications/", "/account/", "/account/password/", "/account/sessions/",
    "/account/app/add/", "/account/keys/add/", "/stop-everything/", "/admin/analyses/allowedtarget/add/",
    "/admin/notifications/internalrecipient/add/", "/admin/auth/user/add/", "/admin/auth/group/add/",
    "/admin/analyses/analysis/{pk}/change/", "/admin/analyses/finding/",
]  # fmt: skip
TEXTS = [EVERYTHING, PAYLOADS[8], PAYLOADS[14], PAYLOADS[0]]


def send_all_forms(watch: Watch, address: str, text: str) -> int:
    """Fill in each form of a page, and look at what comes of it."""
    watch.visit(address)
    number = watch.page.locator("form").count()
    sent = 0
    for place in range(number):
        watch.page.goto(address)
        form = watch.page.locator("form").nth(place)
        if form.count() == 0 or "sign-out" in (form.get_attribute("action") or ""):
            continue
        told = len(watch.unexpected)
        if not watch.leads_somewhere(partial(_send, watch.page, place, text)):
            continue
        watch.look()
        watch.unexpected[told:] = [f"form {place} of {address}: {one}" for one in watch.unexpected[told:]]
        sent += 1
    return sent


def _send(page: Page, place: int, text: str) -> None:
    with page.expect_navigation():
        page.locator("form").nth(place).evaluate(TYPING, text)


def _window(browse, user, live_server) -> Watch:
    page: Page = browse(user, bypass_csp=True)
    return Watch(page, live_server.url)


def test_what_is_typed_into_any_form_is_shown_as_text(world, browse, live_server, console):
    console.expected += [""]
    watch = _window(browse, world.owner, live_server)
    draft = Analysis.objects.get(name="Draft").pk
    sent = 0
    for number, address in enumerate(PAGES):
        pk = world.compared.pk if "results" in address or "scans" in address else draft
        sent += send_all_forms(watch, address.format(pk=pk), TEXTS[number % len(TEXTS)])
    assert "\n".join(watch.unexpected) == ""
    assert sent >= len(PAGES)


@pytest.mark.parametrize("text", TEXTS[1:])
def test_what_is_typed_by_somebody_who_is_not_signed_in_is_too(transactional_db, browse, live_server, console, text):
    console.expected += [""]
    watch = _window(browse, None, live_server)
    assert send_all_forms(watch, "/sign-in/", text)
    assert send_all_forms(watch, "/sign-in/?next=/analyses/new/", text)
    assert "\n".join(watch.unexpected) == ""
