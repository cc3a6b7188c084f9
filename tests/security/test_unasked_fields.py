"""What a form does not ask for is not taken from what is sent: every field of every table is sent to every form."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from analyses.models import Activity, Analysis, Finding, Scan
from analyses.statuses import AnalysisStatus
from tests.configure.pages import errors_of, form_of
from tests.security.routes import addresses, routes
from tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TABLES = ("analyses", "auth", "notifications")
LATER = datetime(2031, 1, 1, tzinfo=UTC)


def everything(**others: object) -> dict[str, object]:
    """Every field of every table by its name, as forms and programs spell them, with values that would be seen."""
    names = {
        field.name
        for label in TABLES
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.fields
    }
    spelled = {
        f"{prefix}{name}{suffix}"
        for name in names
        for prefix in ("", "analysis-", "analysis.")
        for suffix in ("", "_id")
    }
    return dict.fromkeys(spelled, "1") | others


def snapshot(row) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def differing(row, before: dict[str, object]) -> set[str]:
    row.refresh_from_db()
    now = snapshot(row)
    return {name for name in now if now[name] != before[name]}


# What the page of an analysis asks for, and what follows from saving it.
ASKED_OF_ANALYSIS = {
    "name", "description", "user_agent", "excluded_urls", "start_at", "end_by", "duration", "repeat", "repeat_days",
    "repeat_until", "repeat_count", "repeat_off_after", "zone", "pause_from", "pause_until", "pause_days",
    "prescan_only",
    "hold_results", "recipients", "business_unit", "contact_name", "contact_email",
    "revision", "version", "changed_at", "schedule_changed_by_id", "scan_count",
}  # fmt: skip
ASKED_OF_SCAN = {
    "position", "url", "scope", "both_schemes", "allowed_hosts", "excluded_urls", "user_agent", "headers_name",
    "headers",
    "speed", "sign_in_method", "login_url", "username", "header", "check_text", "check_url", "logout_url", "secret",
    "totp_secret", "excluded_endpoints",
}  # fmt: skip


@pytest.fixture
def creator(world: World, alice) -> Client:
    """Of a team mate who is a Creator and no more."""
    alice.groups.add(Group.objects.get(name="Creators"))
    client = Client()
    client.force_login(alice)
    return client


def test_saving_an_analysis_changes_what_its_page_asks_for_alone(world, creator, alice, bob):
    analysis = Analysis.objects.get(name="Draft")
    scan = analysis.scans.get()
    before, before_scan, log = snapshot(analysis), snapshot(scan), Activity.objects.count()
    address = reverse("analyses:configure", args=[analysis.pk])
    unasked = everything(owner=str(bob.pk), owner_id=str(bob.pk), status="Completed", created_at="2031-01-01")
    unasked = {name: value for name, value in unasked.items() if name not in ASKED_OF_ANALYSIS}
    of_scan = {f"scan-{scan.pk}-{name}": value for name, value in unasked.items() if name not in ASKED_OF_SCAN}
    page = form_of(creator.get(address))
    answer = creator.post(
        address, of_scan | unasked | page | {"name": "Renamed", f"scan-{scan.pk}-secret": "p", "then": "save"}
    )
    assert answer.status_code == 302, errors_of(answer)
    assert "name" in differing(analysis, before)
    assert differing(analysis, before) <= ASKED_OF_ANALYSIS
    assert differing(scan, before_scan) <= ASKED_OF_SCAN
    assert Activity.objects.count() == log + 1


def test_a_new_analysis_belongs_to_whoever_makes_it(world, creator, alice, bob):
    page = form_of(creator.get(reverse("analyses:new")))
    unasked = everything(owner=str(bob.pk), status="Completed", engine="scripted", version="99")
    sent = {
        name: value for name, value in unasked.items() if name not in {*ASKED_OF_ANALYSIS, "scan", "template"}
    } | page
    answer = creator.post(reverse("analyses:new"), sent | {"name": "New", "urls": "http://n.test/", "then": "save"})
    assert answer.status_code == 302
    made = Analysis.objects.get(name="New")
    assert (made.owner, made.status, made.finding_count, made.revision) == (alice, AnalysisStatus.SAVED, 0, 1)
    assert made.engine == Analysis._meta.get_field("engine").default
    assert made.created_at < LATER


def test_no_form_makes_anybody_more_than_they_are(world, creator, alice):
    """Whatever page it is sent to."""
    before = {user.pk: snapshot(user) for user in User.objects.all()}
    rights = {user.pk: (set(user.groups.all()), set(user.user_permissions.all())) for user in User.objects.all()}
    sent = everything(is_superuser="on", is_staff="on", groups="1", user_permissions="1", teams="1", username="root")
    for route in routes():
        for address in addresses(route, world, 1):
            if not address.endswith(("/sign-out/", "/logout/")):
                creator.post(address, sent)
    for user in User.objects.all():
        assert differing(user, before[user.pk]) <= {"last_login"}
        assert (set(user.groups.all()), set(user.user_permissions.all())) == rights[user.pk]


def test_judging_findings_changes_their_state_alone(world, as_root):
    finding = Finding.objects.filter(analysis=world.compared).first()
    before, others = snapshot(finding), {row.pk: snapshot(row) for row in Finding.objects.exclude(pk=finding.pk)}
    sent = everything(finding=str(finding.pk), state="fixed", comment="Mended", severity="info", category="x")
    sent.pop("every", None)
    as_root.post(reverse("analyses:results", args=[world.compared.pk]), sent)
    assert differing(finding, before) == {"state"}
    assert all(differing(Finding.objects.get(pk=pk), was) == set() for pk, was in others.items())


def test_a_scan_cannot_be_moved_to_another_analysis(world, creator):
    draft, other = Analysis.objects.get(name="Draft"), Analysis.objects.get(name="Failed")
    address, scan = reverse("analyses:configure", args=[draft.pk]), draft.scans.get()
    sent = form_of(creator.get(address))
    key = f"scan-{scan.pk}"
    creator.post(
        address, sent | {f"{key}-analysis": str(other.pk), f"{key}-id": "999", f"{key}-pk": "999", "then": "save"}
    )
    assert Scan.objects.get(pk=scan.pk).analysis == draft
    assert other.scans.count() == 1
