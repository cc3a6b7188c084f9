"""Every page of the administration: accessible in light and in dark, and under the same policy as all others.

That the browser complains of nothing is what the window itself sees to (conftest.py).
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import Page, expect

from notifications import kinds
from notifications.models import Hook
from tests.scene import an_analysis, published, running

pytestmark = pytest.mark.browser


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def addresses(user) -> list[str]:
    """The index, and of every model the list, the page of one row, and the page that adds one, where there is one."""
    request = RequestFactory().get("/admin/")
    request.user = user
    found = [reverse("admin:index"), reverse("admin:password_change")]
    for model, its in sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label):
        route = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if its.has_view_permission(request):
            found.append(reverse(f"{route}_changelist"))
            row = model._default_manager.first()
            found += [reverse(f"{route}_change", args=[row.pk])] if row else []
        if its.has_add_permission(request):
            found.append(reverse(f"{route}_add"))
    return found


@pytest.fixture
def at_work(alice, allowed) -> None:
    """Rows of most kinds."""
    every = [kind.event for kind in kinds.KINDS]
    Hook.objects.create(name="Chat", address="https://chat.example.test/x", events=every, for_everybody=True)
    published(alice, "https://shop.example.test/", name="Shop")
    running(alice, "https://pay.example.test/", name="Payments")
    an_analysis(alice, "https://blog.example.test/", name="Blog")


def test_it_runs_under_the_same_policy(browse, admin_user, at_work):
    page = browse(admin_user)
    for address in addresses(admin_user):
        page.goto(address)
        expect(page.locator("#content, main").first).to_be_visible()


def test_it_is_accessible(browse, admin_user, at_work):
    page = browse(admin_user, bypass_csp=True)  # the checks themselves try styles on elements
    broken = {}
    for address in addresses(admin_user):
        page.goto(address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if found := violations(page):
                broken[f"{address} {scheme}"] = found
    assert broken == {}
