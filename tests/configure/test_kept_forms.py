"""A form that is sent after its session has expired: nothing that was typed is lost, and nobody else gets to see it."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import FileField
from django.test import Client
from django.urls import reverse

from analyses import tasks
from analyses.models import Analysis
from dashboard import kept_forms
from tests.configure.pages import form_of, text_of
from tests.scene import let_pass

pytestmark = pytest.mark.django_db
NEW = "/analyses/new/"
BANNER = (
    "You had been signed out. Nothing was saved; this is what you had typed. "
    "Passwords and files have to be given again."
)
PASSWORD = "a-long-password-1"
SECRETS = {
    "scan-new-1-secret": "typed-secret", "scan-new-1-totp_secret": "JBSWY3DPEHPK3PXP",
    "scan-new-1-headers": "X-Key: typed-header", "scan-new-1-certificate_password": "typed-certificate",
}  # fmt: skip
TYPED = {
    "name": "Typed", "description": "Two\nlines", "urls": "https://a.example.test/\nnonsense", "user_agent": "Typed/1",
    "repeat": "weekly", "repeat_days": ["0", "3"], "zone": "Europe/Berlin", "hold_results": "on",
    "scan": ["new-1"], "scan-new-1-url": "https://b.example.test/", "scan-new-1-scope": "page",
    "scan-new-1-speed": "slow", "scan-new-1-sign_in_method": "form", "scan-new-1-username": "robot",
    "scan-new-1-login_url": "https://b.example.test/login", "scan-new-1-check_text": "Sign out",
}  # fmt: skip


@pytest.fixture
def window(alice) -> Client:
    """Alice's browser, which checks nothing less than a real one has to pass."""
    client = Client(enforce_csrf_checks=True)
    sign_in(client, "alice", NEW)
    return client


def sign_in(client, name, then=""):
    page = client.get("/sign-in/", {"next": then})
    token = page.context["csrf_token"]
    sent = {"username": name, "password": PASSWORD, "next": then, "csrfmiddlewaretoken": str(token)}
    return client.post("/sign-in/", sent, follow=True)


def typed_on(client, address=NEW, **changes) -> dict:
    """The form of a page, filled in."""
    return form_of(client.get(address)) | TYPED | SECRETS | changes


def expire(client) -> None:
    """What the server does to a session that is too old."""
    Session.objects.get(session_key=client.cookies["vedette_session"].value).delete()


def kept() -> str:
    """Everything that is kept in sessions."""
    return json.dumps([session.get_decoded() for session in Session.objects.all()])


@pytest.fixture
def sent_too_late(window):
    """The form is sent when the session is gone; answers the page that follows."""

    def send(address=NEW, **changes):
        form = typed_on(window, address, **changes)
        expire(window)
        return window.post(address, form | {"then": "submit"}, follow=True)

    return send


def test_after_signing_in_everything_is_there_as_it_was_typed(window, sent_too_late):
    page = sent_too_late()
    assert page.redirect_chain == [(f"/sign-in/?next={NEW}", 302)]
    assert "You have been signed out. Sign in, and what you had typed is shown again." in text_of(page)
    page = sign_in(window, "alice", NEW)
    assert BANNER in text_of(page)
    shown = form_of(page)
    for name, value in TYPED.items():
        assert shown[name] == (value if isinstance(value, list) else [value]), name
    assert "Nothing is saved yet. Please look at" not in text_of(page)
    assert "data-changed" in page.content.decode()
    assert not Analysis.objects.exists()


def test_it_can_be_saved_from_there(window, sent_too_late):
    sent_too_late()
    form = form_of(sign_in(window, "alice", NEW))
    form |= {"urls": "", "scan-new-1-secret": "again", "then": "save"}
    assert window.post(NEW, form).status_code == 302
    assert Analysis.objects.get().scans.get().secret == "again"


def test_it_is_shown_once(window, sent_too_late):
    sent_too_late()
    sign_in(window, "alice", NEW)
    page = window.get(NEW)
    assert BANNER not in text_of(page)
    assert "Typed" not in page.content.decode()
    assert "Typed" not in kept()


def test_secrets_and_files_are_never_kept(window, sent_too_late):
    script = SimpleUploadedFile("walk.side", b'{"typed": "in a file"}')
    sent_too_late(**{"scan-new-1-crawl_script": script})
    everything = kept()
    assert "Typed/1" in everything
    for secret in (*SECRETS.values(), "in a file", "csrfmiddlewaretoken"):
        assert secret not in everything
    shown = sign_in(window, "alice", NEW).content.decode()
    for secret in SECRETS.values():
        assert secret not in shown


def test_every_field_of_a_secret_is_one_that_is_not_kept(window, alice):
    """A new secret on the form has to be named so that it is left out."""
    page = window.get(NEW, {"scan": "new-1"}, headers={"HX-Request": "true"}).context["row"].form
    fields = {name: field for name, field in page.fields.items() if not isinstance(field, FileField)}
    secret = [name for name, field in fields.items() if type(field).__name__.startswith("Secret")]
    assert secret
    assert [name for name in secret if not kept_forms.NEVER_KEPT.fullmatch(page.add_prefix(name))] == []


def test_ticks_that_remove_what_is_stored_are_kept_and_do_it(window, shop, sent_too_late):
    scan = shop.scans.first()
    stored = {"headers": "X-Key: stored", "headers_name": "X-Key", "totp_secret": "JBSWY3DPEHPK3PXP"}
    stored |= {"sign_in_method": "form", "username": "robot", "secret": "stored", "login_url": scan.url}
    for name, value in stored.items():
        setattr(scan, name, value)
    scan.save()
    address, prefix = reverse("analyses:configure", args=[shop.pk]), f"scan-{scan.pk}-"
    ticks = {f"{prefix}remove_headers": "on", f"{prefix}remove_totp_secret": "on"}
    sent_too_late(address, **ticks, urls="", scan=[str(scan.pk)], **{f"{prefix}secret": "typed"})
    form = form_of(sign_in(window, "alice", address))
    assert {name: form.get(name) for name in ticks} == {name: ["on"] for name in ticks}
    form |= {"then": "save"}
    assert window.post(address, form).status_code == 302
    scan.refresh_from_db()
    assert (scan.headers, scan.totp_secret, scan.secret) == ("", "", "stored")


def test_another_person_at_the_same_browser_sees_nothing_of_it(window, bob, sent_too_late):
    sent_too_late()
    page = sign_in(window, "bob", NEW)
    assert BANNER not in text_of(page)
    assert "Typed" not in page.content.decode()
    assert "Typed" not in kept()


def test_it_belongs_to_its_page(window, shop, sent_too_late):
    address = reverse("analyses:configure", args=[shop.pk])
    sent_too_late(address)
    assert BANNER not in text_of(sign_in(window, "alice", NEW))
    page = window.get(address)
    assert BANNER in text_of(page)
    assert form_of(page)["user_agent"] == ["Typed/1"]
    assert Analysis.objects.get().user_agent == ""


def test_whoever_may_not_see_the_analysis_any_more_does_not_see_it(window, shop, bob, sent_too_late):
    address = reverse("analyses:configure", args=[shop.pk])
    sent_too_late(address)
    shop.teams.clear()
    Analysis.objects.update(owner=bob)
    assert sign_in(window, "alice", address).status_code == 404


def test_somebody_elses_edit_meanwhile_is_still_noticed(window, shop, sent_too_late):
    address = reverse("analyses:configure", args=[shop.pk])
    sent_too_late(address, urls="", scan=[])
    Analysis.objects.update(revision=7, description="Theirs")
    form = form_of(sign_in(window, "alice", address))
    page = window.post(address, form | {"then": "save"})
    assert "Somebody else has saved this analysis meanwhile." in text_of(page)


def test_after_an_hour_it_is_gone(window, sent_too_late, time_machine, settings):
    settings.IDLE_SECONDS = settings.SESSION_COOKIE_AGE
    sent_too_late()
    sign_in(window, "alice")
    let_pass(time_machine, kept_forms.KEPT_SECONDS + 60)
    page = window.get(NEW)
    assert page.status_code == 200  # their session is as long as any
    assert BANNER not in text_of(page)
    assert "Typed" not in kept()


def test_where_nobody_signs_in_it_is_gone_with_the_sweep(sent_too_late, window, time_machine):
    sent_too_late()
    tasks.sweep()
    assert "Typed" in kept()
    let_pass(time_machine, kept_forms.KEPT_SECONDS + 60)
    tasks.sweep()
    assert not Session.objects.exists()


def test_without_a_valid_csrf_token_nothing_is_kept(window):
    form = typed_on(window) | {"csrfmiddlewaretoken": "x" * 32}
    expire(window)
    assert window.post(NEW, form).status_code == 403
    assert "Typed" not in kept()


@pytest.mark.parametrize("typed_by", ["", "1", "1:2:3"])
def test_of_somebody_who_never_had_the_page_nothing_is_kept(sent_too_late, typed_by):
    page = sent_too_late(typed_by=typed_by)
    assert page.redirect_chain
    assert "Typed" not in kept()
    assert "is shown again" not in text_of(page)


def test_of_a_page_that_was_open_for_days_nothing_is_kept(sent_too_late, window, time_machine):
    form = typed_on(window)
    let_pass(time_machine, timedelta(days=2).total_seconds())
    window.post(NEW, form)
    assert "Typed" not in kept()


@pytest.mark.parametrize(("size", "is_kept"), [(900_000, True), (1_100_000, False)])
def test_at_most_a_mebibyte_is_kept(sent_too_late, size, is_kept):
    page = sent_too_late(urls="x" * size)
    assert ("Typed" in kept()) is is_kept
    assert ("What you had typed was too large to keep" in text_of(page)) is not is_kept
    assert ("what you had typed is shown again" in text_of(page)) is is_kept


def test_what_was_too_large_is_said_once_after_signing_in(window, sent_too_late):
    sent_too_late(urls="x" * 1_100_000)
    page = sign_in(window, "alice", NEW)
    assert "What you had typed was too large to keep while you were signed out. Nothing was saved." in text_of(page)
    assert BANNER not in text_of(page)
    assert "too large" not in text_of(window.get(NEW))


def test_a_poll_and_other_forms_of_somebody_signed_out_are_not_kept(window, shop):
    form = typed_on(window)
    expire(window)
    assert window.post(NEW, form, headers={"HX-Request": "true"}).status_code == 401
    window.post(f"/analyses/{shop.pk}/duplicate/", form)
    assert "Typed" not in kept()
    assert Analysis.objects.count() == 1


def test_opening_the_settings_of_one_scan_does_not_use_it_up(window, sent_too_late):
    sent_too_late()
    sign_in(window, "alice", "/calendar/")
    window.get(NEW, {"scan": "new-1"}, headers={"HX-Request": "true"})
    window.head(NEW)
    assert BANNER in text_of(window.get(NEW))
