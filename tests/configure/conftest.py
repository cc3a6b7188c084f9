"""What the tests of Configure Analysis start from."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from analyses.models import AllowedTarget, Analysis, Scan
from tests.configure.pages import form_of


@pytest.fixture
def allowed(db) -> AllowedTarget:
    """Hosts below example.test may be scanned."""
    return AllowedTarget.objects.create(pattern="*.example.test")


@pytest.fixture
def shop(alice, team, allowed) -> Analysis:
    """Alice's analysis of two URLs, one of them with a sign-in; her team may see it."""
    analysis = Analysis.objects.create(name="Shop", owner=alice, scan_count=2)
    analysis.teams.add(team)
    Scan.objects.create(analysis=analysis, position=1, url="https://shop.example.test/")
    Scan.objects.create(
        analysis=analysis,
        position=2,
        url="https://admin.example.test/",
        sign_in_method="form",
        login_url="https://admin.example.test/login",
        username="carol",
        secret="stored-secret",
        check_text="Sign out",
    )
    return analysis


@pytest.fixture
def fill(as_alice) -> Callable:
    """Fill in the page of an analysis (None: a new one) as alice, and press a button."""

    def fill_in(analysis: Analysis | None = None, *, then: str = "save", by=as_alice, **changes):
        address = reverse("analyses:configure", args=[analysis.pk]) if analysis else reverse("analyses:new")
        sent = form_of(by.get(address)) | {name.replace("__", "-"): value for name, value in changes.items()}
        return by.post(address, sent | {"then": then})

    return fill_in
