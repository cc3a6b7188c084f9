"""What of people's accounts administrators see and take away, and that other staff does not."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.accounts.people import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PAGES = {
    Authenticator: "/admin/mfa/authenticator/",
    UserSession: "/admin/usersessions/usersession/",
    SocialAccount: "/admin/socialaccount/socialaccount/",
}


@pytest.fixture
def rows(person) -> dict[type, int]:
    """Alice's session, app and account at the provider: their numbers."""
    app = Authenticator.objects.create(user=person.user, type="totp", data={"secret": "x"})
    there = SocialAccount.objects.create(user=person.user, provider="oidc", uid="1001")
    return {Authenticator: app.pk, SocialAccount: there.pk, UserSession: UserSession.objects.get().pk}


@pytest.fixture
def as_staff(db) -> Client:
    """Somebody who may do everything with these, and is no superuser."""
    staff = User.objects.create_user("staff", password=PASSWORD, is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__model__in=[m._meta.model_name for m in PAGES]))
    browser = Client()
    browser.force_login(staff)
    return browser


@pytest.mark.parametrize("model", PAGES)
def test_staff_neither_sees_nor_deletes_them(as_staff, rows, model):
    one = f"{PAGES[model]}{rows[model]}"
    assert as_staff.get(PAGES[model]).status_code == 403
    assert as_staff.get(f"{one}/change/").status_code in (302, 403)
    assert as_staff.post(f"{one}/delete/", {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [rows[model]], "post": "yes"}
    assert as_staff.post(PAGES[model], sent).status_code == 403
    assert model.objects.filter(pk=rows[model]).exists()


@pytest.mark.parametrize("model", PAGES)
def test_superusers_see_them(admin_client, rows, model):
    assert admin_client.get(PAGES[model]).context["cl"].result_count == model.objects.count()
    assert admin_client.get(f"{PAGES[model]}{rows[model]}/change/").status_code == 200


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (UserSession, "session_key__startswith=a"),
        (UserSession, "data__contains=a"),
        (Authenticator, "data__contains=a"),
        (Authenticator, "user__password__startswith=a"),
        (SocialAccount, "extra_data__contains=a"),
    ],
)
def test_no_list_can_be_asked_what_a_secret_begins_with(admin_client, rows, model, asked):
    assert admin_client.get(f"{PAGES[model]}?{asked}").status_code == 400


def test_what_a_list_offers_can_be_asked(admin_client, rows):
    page = admin_client.get(f"{PAGES[Authenticator]}?type__exact=totp")
    assert page.context["cl"].result_count == 1


def test_tries_have_no_page():
    assert not [model for model in admin.site._registry if model._meta.app_label == "axes"]


def test_a_person_is_deleted_with_their_sessions(admin_client):
    dora = User.objects.create_user("dora", "dora@example.test")
    UserSession.objects.create(user=dora, session_key="somewhere", ip="127.0.0.1", user_agent="")
    assert admin_client.post(reverse("admin:auth_user_delete", args=[dora.pk]), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=dora.pk).exists()
