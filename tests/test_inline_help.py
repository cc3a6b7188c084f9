"""Every field that people fill in says what it is for, beside the field and to those who hear the page."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django import forms
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from django.utils.html import strip_tags

from analyses.admin.configured import AllowedTargetForm
from analyses.configuring import stored_scans
from analyses.filters import FilterForm
from analyses.forms.analysis import AnalysisForm
from analyses.forms.scans import ScanForm
from analyses.forms.template import TemplateForm
from analyses.forms.triage import TriageOfSeveralForm
from analyses.models import AllowedTarget, Analysis, Scan, Specification
from analyses.style_samples import SampleForm
from analyses.views.saved_views import ViewForm
from dashboard.accounts import forms as accounts
from dashboard.accounts.announcements import AnnouncementsForm
from dashboard.accounts.languages import LanguageForm
from dashboard.accounts.zones import ZoneForm
from notifications.admin.addresses import RefusedAddressForm
from notifications.admin.hooks import HookForm
from notifications.forms import PreferencesForm
from notifications.models import Hook, InternalRecipient

LONGEST = 300  # letters of a help: four lines of a narrow page
ROOMS = ("dashboard", "analyses", "notifications")
# A filter says it by its name; the others are written out on their pages, in lines too short for help at each field.
WITHOUT = {FilterForm, ViewForm, TriageOfSeveralForm}
OF_A_PERSON = (
    accounts.CodeForm, accounts.ConfirmCodeForm, accounts.ActivateAppForm, accounts.AddKeyForm, accounts.KeyForm,
    accounts.ConfirmKeyForm,
)  # fmt: skip
SECRETS = dict.fromkeys(("headers", "logout_script", "totp_secret", "client_certificate", "crawl_script"), "x")


@pytest.fixture
def shop(alice) -> Analysis:
    return Analysis.objects.create(name="Shop", owner=alice)


@pytest.fixture
def scan(shop) -> Scan:
    """One that has stored everything that can be removed again."""
    Scan.objects.create(analysis=shop, url="https://shop.example.test/", **SECRETS)
    return stored_scans(shop).get()


@pytest.fixture
def api(shop) -> Scan:
    specification = Specification.objects.create(
        analysis=shop, name="a.json", form="HAR", requests="[]", endpoints=[{"method": "GET", "path": "/a"}]
    )
    Scan.objects.create(analysis=shop, url="https://api.example.test/", specification=specification, position=1)
    return stored_scans(shop).get(specification=specification)


@pytest.fixture
def samples(alice, scan, api) -> list[forms.BaseForm]:
    """Every form, with all the fields that it can have, as if it had been sent."""
    request = RequestFactory().get("/")
    request.user, request.session = alice, {}  # type: ignore[assignment]
    key = Authenticator(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
    with request_context(request):
        return [
            AnalysisForm({}, user=alice),
            ScanForm({}, key="1", scan=scan),
            ScanForm({}, key="2", scan=api),
            TemplateForm({}, user=alice),
            PreferencesForm(alice, {}),  # type: ignore[arg-type]
            HookForm({}, instance=Hook(pk=1, address="https://hooks.example.test/", secret="s")),
            AllowedTargetForm({}),
            SampleForm({}),
            ZoneForm({}),
            LanguageForm({}),
            AnnouncementsForm({}),
            RefusedAddressForm({}),
            accounts.SignInForm({}),
            accounts.ChangePasswordForm(alice, {}),
            accounts.ConfirmPasswordForm({}, user=alice),
            *(form({}, user=alice) for form in OF_A_PERSON),
            accounts.RenameKeyForm({}, instance=key),
        ]


def shown(samples: list[forms.BaseForm]) -> Iterator[tuple[forms.BaseForm, forms.BoundField]]:
    """The fields that people see, each with its form."""
    return ((form, field) for form in samples for field in form.visible_fields())


def every_form(of: type = forms.BaseForm) -> Iterator[type]:
    """The forms of our rooms that no other form of ours is made from."""
    for kind in of.__subclasses__():
        below = list(every_form(kind))
        yield from below
        if not below and kind.__module__.partition(".")[0] in ROOMS and "django_filters" not in kind.__module__:
            yield kind


def test_there_is_a_sample_of_every_form(samples):
    get_resolver().url_patterns  # noqa: B018 - what loads every page, and with it every form
    assert set(every_form()) - WITHOUT == {type(form) for form in samples}


def test_every_visible_field_has_help(samples):
    without = [
        f"{type(form).__name__}.{field.name}"
        for form in samples
        for field in form.visible_fields()
        if not field.help_text
    ]
    assert without == []


def test_help_is_a_few_short_sentences(samples):
    told = {(type(form).__name__, field.name): strip_tags(str(field.help_text)) for form, field in shown(samples)}
    assert {name: text for name, text in told.items() if not text[:1].isalnum() or text[-1:] not in (".", "/")} == {}
    assert {name: text for name, text in told.items() if len(text) > LONGEST} == {}


class Described(HTMLParser):
    """Which fields of a page's forms are described by what; what a group says goes for what is in it."""

    def __init__(self, content: str):
        super().__init__()
        self.ids: set[str] = set()
        self.fields: list[tuple[str, list[str]]] = []
        self._groups: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        if tag == "fieldset":
            self._groups.append(found.get("aria-describedby") or "")
        if (
            tag in ("input", "select", "textarea")
            and found.get("type") != "hidden"
            and found.get("id", "").startswith("id_")
        ):
            self.fields.append((found["id"], " ".join([found.get("aria-describedby") or "", *self._groups]).split()))

    def handle_endtag(self, tag):
        if tag == "fieldset":
            self._groups.pop()

    @property
    def undescribed(self) -> list[str]:
        """Fields whose help is not there, or not tied to them."""
        return [name for name, by in self.fields if not by or not set(by) <= self.ids]


@pytest.mark.parametrize(
    "name", ["analyses:new", "analyses:configure", "analyses:configuration", "notifications:preferences"]
)
def test_help_is_tied_to_its_field(client, alice, scan, api, name):
    client.force_login(alice)
    of = [scan.analysis_id] if name in ("analyses:configure", "analyses:configuration") else []
    page = Described(client.get(reverse(name, args=of)).content.decode())
    assert page.fields
    assert page.undescribed == []


def test_help_is_tied_to_its_field_of_passwords(client, alice):
    client.post(reverse("sign-in"), {"username": "alice", "password": "a-long-password-1"})
    page = Described(client.get(reverse("account_change_password")).content.decode())
    assert len(page.fields) == 3
    assert page.undescribed == []


def test_help_is_tied_to_its_field_at_the_sign_in(client, db):
    page = Described(client.get(reverse("sign-in")).content.decode())
    assert [name for name, _ in page.fields] == ["id_username", "id_password"]
    assert page.undescribed == []


@pytest.mark.parametrize("model", [Hook, InternalRecipient, AllowedTarget])
def test_help_is_tied_to_its_field_in_the_administration(admin_client, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_add"
    page = Described(admin_client.get(reverse(name)).content.decode())
    assert page.fields
    assert page.undescribed == []
