"""The administrators' pages: everything can be seen, statuses and the log cannot be written, secrets cannot be read."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analyses import lifecycle, presence
from analyses.models import (
    Activity,
    AllowedTarget,
    Analysis,
    Attendance,
    ConfigurationTemplate,
    CrawledUrl,
    DeletedAnalysis,
    DeletedRows,
    DeletedScan,
    Deletion,
    EngineLog,
    EverythingStopped,
    Finding,
    FindingInstance,
    Judgement,
    LastLook,
    Outage,
    PrescanStep,
    Retest,
    SavedView,
    Scan,
    SignInTest,
    SignInTestStage,
    SignInTestStep,
    Specification,
)
from analyses.statuses import AnalysisStatus
from tests.configure.pages import text_of

OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "analyses"), key=lambda model: model.__name__
)
EDITABLE = {AllowedTarget, ConfigurationTemplate, SavedView}
SECRET = "stored-secret"


@pytest.fixture
def analysis(alice, team) -> Analysis:
    """An analysis with a run and something in every table."""
    AllowedTarget.objects.create(pattern="shop.example.test")
    presence.say_present("worker@here", "default")
    ConfigurationTemplate.objects.create(name="Usual", owner=alice)
    SavedView.objects.create(name="Shops", user=alice, query="name=shop")
    analysis = Analysis.objects.create(name="Shop", owner=alice)
    analysis.teams.add(team)
    specification = Specification.objects.create(
        analysis=analysis, name="api.json", form="OpenAPI 3.1", endpoints=[], requests=SECRET
    )
    Scan.objects.create(analysis=analysis, url="https://shop.example.test/", specification=specification)
    Scan.objects.create(
        analysis=analysis, url="https://shop.example.test/", sign_in_method="basic", username="u", secret=SECRET
    )
    occurrence = lifecycle.submit(analysis, alice)
    scan = occurrence.scans.get(specification=None)
    PrescanStep.objects.create(scan_occurrence=scan, position=1, name="Name", outcome="passed")
    test = SignInTest.objects.create(user=alice, url="https://shop.example.test/", secret=SECRET)
    step = SignInTestStep.objects.create(test=test, position=0, name="Name", outcome="passed")
    SignInTestStage.objects.create(step=step, position=0, words="Opened the sign-in page")
    CrawledUrl.objects.create(scan_occurrence=scan, digest="d", method="GET", url="https://shop.example.test/")
    finding = Finding.objects.create(
        analysis=analysis, fingerprint="f", category="XSS", severity="high", severity_rank=1, method="GET", path="/"
    )
    Judgement.objects.create(
        finding=finding, old_state="open", new_state="confirmed", actor_name="alice", at=timezone.now()
    )
    FindingInstance.objects.create(
        finding=finding,
        scan_occurrence=scan,
        digest="d",
        url="https://shop.example.test/",
        info="<script>alert(1)</script>",
    )
    Retest.objects.create(finding=finding, scan_occurrence=scan, asked_by_name="alice", asked_at=timezone.now())
    EngineLog.objects.create(scan_occurrence=scan, text="[*] A line", updated_at=timezone.now())
    gone = Analysis.objects.create(name="Old shop", owner=alice)
    lifecycle.delete(gone, alice)
    assert DeletedAnalysis.objects.get().name == "Old shop"
    EverythingStopped.objects.create(by=alice, by_name="alice", since=timezone.now())
    return analysis


@pytest.fixture
def as_admin(client, admin_user):
    client.force_login(admin_user)
    return client


def _address(model, page: str, *args) -> str:
    return reverse(f"admin:analyses_{model._meta.model_name}_{page}", args=args)


def test_every_model_is_there_but_what_is_a_persons_own_and_what_the_log_tells():
    from django.apps import apps

    told_by_the_log = {Deletion, DeletedScan, DeletedRows, Attendance, Outage}
    assert set(apps.get_app_config("analyses").get_models()) - {LastLook} - told_by_the_log == set(OURS)


@pytest.mark.parametrize("model", OURS)
def test_its_pages_open_and_show_no_secret(as_admin, analysis, model):
    found = model.objects.first()
    for address in (
        _address(model, "changelist"),
        _address(model, "changelist") + "?q=shop",
        _address(model, "change", found.pk),
        _address(model, "history", found.pk),
    ):
        page = as_admin.get(address)
        assert page.status_code == 200
        text = page.content.decode()
        assert SECRET not in text
        assert Scan.objects.exclude(secret="").get().secret not in text
        assert "<script>alert(1)" not in text
        assert "Vedette administration" in text


@pytest.mark.parametrize("model", [model for model in OURS if model not in EDITABLE])
def test_what_ran_can_only_be_looked_at(as_admin, analysis, model):
    found = model.objects.first()
    before = list(model.objects.values())
    values = {field.name: "1" for field in model._meta.fields}
    if model is not Analysis:
        assert as_admin.post(_address(model, "change", found.pk), values).status_code == 403
    assert as_admin.post(_address(model, "delete", found.pk), {"post": "yes"}).status_code == 403
    assert as_admin.post(_address(model, "add"), values).status_code == 403
    as_admin.post(
        _address(model, "changelist"), {"action": "delete_selected", "_selected_action": found.pk, "post": "yes"}
    )
    assert list(model.objects.values()) == before


def test_nobody_has_permission_to_write_the_log(analysis, admin_user, rf):
    request = rf.get("/")
    request.user = admin_user
    log = admin.site._registry[Activity]
    assert log.has_view_permission(request)
    assert not log.has_add_permission(request)
    assert not log.has_change_permission(request, Activity.objects.first())
    assert not log.has_delete_permission(request, Activity.objects.first())


def test_an_analysis_is_handed_over_and_that_is_logged(as_admin, analysis, bob, team):
    Analysis.objects.filter(pk=analysis.pk).update(name="Renamed by a worker")  # after the page was opened
    values = {"owner": bob.pk, "teams": [], "status": AnalysisStatus.COMPLETED, "name": "X", "scan_count": 99}
    assert as_admin.post(_address(Analysis, "change", analysis.pk), values).status_code == 302
    analysis.refresh_from_db()
    assert analysis.owner == bob
    assert not analysis.teams.exists()
    assert (analysis.status, analysis.name) == (AnalysisStatus.SUBMITTED, "Renamed by a worker")
    assert analysis.scan_count == 2
    entry = Activity.objects.latest("id")
    assert (entry.actor_name, entry.cause) == ("admin", "Owner: alice → bob\nTeams: Shop team → none")


class TestAllowedTargets:
    def test_the_add_page_takes_the_pattern_from_a_link(self, as_admin):
        page = as_admin.get(_address(AllowedTarget, "add"), {"pattern": "shop.example.test:8443"})
        assert 'value="shop.example.test:8443"' in page.content.decode()

    def test_a_pattern_is_kept_in_its_normal_form(self, as_admin):
        as_admin.post(_address(AllowedTarget, "add"), {"pattern": " Shop.Example.Test ", "for_everybody": "on"})
        assert AllowedTarget.objects.get().pattern == "shop.example.test"

    @pytest.mark.parametrize("pattern", ["https://shop.example.test/", "0.0.0.0/0", "*", "a b", "10.1.2.3/16"])
    def test_a_pattern_that_cannot_be_meant_is_refused_at_its_place(self, as_admin, pattern):
        page = as_admin.post(_address(AllowedTarget, "add"), {"pattern": pattern})
        assert page.context["adminform"].form.errors["pattern"]
        assert not AllowedTarget.objects.exists()


@pytest.mark.parametrize("model", OURS)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(as_admin, analysis, alice, model):
    EverythingStopped.objects.all().delete()  # others are submitted
    address = _address(model, "changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_admin.get(address).status_code == 200
        return len(captured)

    queries()  # the first asks for content types, too
    with_one = queries()
    for number in range(5):
        _another(model, alice, number)
    assert queries() <= with_one


def _another(model, alice, number):
    """One more row of a model, with parents of its own."""
    if model is AllowedTarget:
        AllowedTarget.objects.create(pattern=f"h{number}.example.test")
        return
    SavedView.objects.create(name=f"Other {number}", user=alice, query="name=other")
    other = Analysis.objects.create(name=f"Other {number}", owner=alice)
    Scan.objects.create(analysis=other, url=f"https://h{number}.example.test/")
    scan = lifecycle.submit(other, alice).scans.get()
    PrescanStep.objects.create(scan_occurrence=scan, position=1, name="Name", outcome="passed")
    test = SignInTest.objects.create(user=alice, url="https://shop.example.test/", secret=SECRET)
    step = SignInTestStep.objects.create(test=test, position=0, name="Name", outcome="passed")
    SignInTestStage.objects.create(step=step, position=0, words="Opened the sign-in page")
    CrawledUrl.objects.create(scan_occurrence=scan, digest="d", method="GET", url="https://x.example.test/")
    finding = Finding.objects.create(
        analysis=other, fingerprint="f", category="XSS", severity="high", severity_rank=1, method="GET", path="/"
    )
    FindingInstance.objects.create(finding=finding, scan_occurrence=scan, digest="d", url="https://x.example.test/")


@pytest.mark.parametrize("model", ["user", "group"])
def test_people_are_managed_here(as_admin, alice, team, model):
    for page in ("changelist", "add"):
        assert as_admin.get(reverse(f"admin:auth_{model}_{page}")).status_code == 200


def test_people_who_are_not_staff_are_sent_away(client, alice):
    client.force_login(alice)
    assert client.get(reverse("admin:index")).status_code == 302


def test_deleting_somebody_who_owns_an_analysis_says_why_not(as_admin, analysis, alice):
    page = as_admin.get(reverse("admin:auth_user_delete", args=[alice.pk]))
    said = text_of(page)
    assert "protected related objects" in said
    assert "Analysis: Shop" in said
    as_admin.post(reverse("admin:auth_user_delete", args=[alice.pk]), {"post": "yes"})
    alice.refresh_from_db()  # still there


def test_deleting_a_person_keeps_what_the_log_says_of_them(as_admin, analysis, bob):
    lifecycle.stop(analysis, bob, keep=True)
    as_admin.post(reverse("admin:auth_user_delete", args=[bob.pk]), {"post": "yes"})
    assert Activity.objects.filter(actor=None, actor_name="bob", at__lte=timezone.now()).exists()


class TestPeople:
    """Whoever could change them would have every right."""

    @pytest.fixture
    def as_staff(self, client, alice):
        """Somebody with every permission there is, and no superuser."""
        alice.is_staff = True
        alice.save()
        alice.user_permissions.set(Permission.objects.all())
        client.force_login(alice)
        return client

    @pytest.mark.parametrize("model", [User, Group])
    def test_staff_looks_at_them_and_changes_nothing(self, as_staff, alice, team, model):
        there = {User: alice, Group: team}[model]
        address = f"admin:auth_{model._meta.model_name}"
        assert as_staff.get(reverse(f"{address}_changelist")).status_code == 200
        assert as_staff.get(reverse(f"{address}_add")).status_code == 403
        sent = {"username": "alice", "name": "Shop team", "is_superuser": "on", "permissions": ["1"]}
        assert as_staff.post(reverse(f"{address}_change", args=[there.pk]), sent).status_code == 403
        assert as_staff.post(reverse(f"{address}_delete", args=[there.pk]), {"post": "yes"}).status_code == 403
        alice.refresh_from_db()
        assert not alice.is_superuser

    def test_staff_sets_nobodys_password(self, as_staff, admin_user):
        address = reverse("admin:auth_user_password_change", args=[admin_user.pk])
        sent = {"password1": "another-long-one-1", "password2": "another-long-one-1"}
        assert as_staff.post(address, sent).status_code == 403
        admin_user.refresh_from_db()
        assert admin_user.check_password("password")

    def test_an_administrator_gives_a_role(self, as_admin, charlie):
        address = reverse("admin:auth_user_change", args=[charlie.pk])
        form = as_admin.get(address).context["adminform"].form
        sent = {name: form[name].value() for name in ("username", "email", "first_name", "last_name")}
        sent |= {"is_active": "on", "groups": [Group.objects.get(name="Security leads").pk]}
        assert as_admin.post(address, sent).status_code == 302
        assert charlie.groups.get().name == "Security leads"
