"""Who may do what: the roles, what each of them sees on the pages, and what it is refused."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from analyses import roles
from analyses.configuring import Configuration, Locked, update
from analyses.models import Activity, AllowedTarget, Analysis, ConfigurationTemplate, Judgement, SignInTest
from analyses.roles import ROLES, Right
from analyses.statuses import AnalysisStatus
from tests.configure.pages import form_of, text_of
from tests.scene import an_analysis, published

pytestmark = pytest.mark.django_db
NONE = ()
ONLY = {name: (name,) for name in ROLES}


@pytest.fixture
def person(team):
    """Makes a team mate of Alice with these roles, and answers their browser."""

    def make(*names: str) -> Client:
        user = User.objects.create_user("-".join(names).replace(" ", "") or "nobody", "p@example.test")
        user.groups.add(team, *Group.objects.filter(name__in=names))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def shop(alice, team) -> Analysis:
    AllowedTarget.objects.create(pattern="shop.test")
    analysis = an_analysis(alice, "http://shop.test/")
    analysis.teams.add(team)
    return analysis


@pytest.fixture
def done(alice, team) -> Analysis:
    analysis = published(alice, name="Done")
    analysis.teams.add(team)
    return analysis


def test_the_roles_exist_in_every_installation_and_each_carries_one_right():
    carried = {group.name: list(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert carried == {name: [right.value] for name, right in ROLES.items()}


def test_a_role_that_was_changed_is_left_alone_and_one_that_is_missing_is_made_again():
    Group.objects.get(name="Reviewers").permissions.clear()
    Group.objects.get(name="Creators").delete()
    roles.make_roles()
    assert not Group.objects.get(name="Reviewers").permissions.exists()
    assert Group.objects.get(name="Creators").permissions.get().codename == "configure_analyses"


def test_upgrading_keeps_what_people_could_do_and_a_team_that_is_called_like_a_role(alice, charlie):
    named = Group.objects.get(name="Reviewers")
    named.permissions.clear()
    Group.objects.filter(name__in=["Creators", "Submitters"]).delete()
    upgrade = import_module("analyses.migrations.0011_roles_and_teams_of_targets")
    upgrade.leave_the_names_to_the_roles(apps, None)
    upgrade.keep_what_people_could_do(apps, None)
    for person in (alice, charlie):
        assert roles.rights_of(User.objects.get(pk=person.pk)) == {Right.CONFIGURE, Right.SUBMIT, Right.TRIAGE}
    assert named.pk in roles.all_teams().filter(name="Reviewers (team)").values_list("pk", flat=True)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (NONE, set()),
        (("Creators",), {Right.CONFIGURE}),
        (("Submitters", "Reviewers"), {Right.SUBMIT, Right.TRIAGE}),
        (("Security leads",), set(Right)),
    ],
)
def test_the_rights_of_a_role(names, expected):
    user = User.objects.create_user("dora")
    user.groups.add(*Group.objects.filter(name__in=names))
    assert roles.rights_of(user) == expected


def test_a_right_may_be_given_to_a_person_or_to_a_team_as_well(team, alice):
    dora = User.objects.create_user("dora")
    dora.user_permissions.add(Permission.objects.get(codename="submit_analyses"))
    assert roles.rights_of(dora) == {Right.SUBMIT}
    team.permissions.add(Permission.objects.get(codename="triage_findings"))
    emil = User.objects.create_user("emil")
    emil.groups.add(team)
    assert roles.rights_of(emil) == {Right.TRIAGE}


def test_an_administrator_may_everything_and_who_is_inactive_nothing(admin_user):
    assert roles.rights_of(admin_user) == set(Right)
    admin_user.is_active = False
    assert roles.rights_of(admin_user) == set()


def test_one_query_tells_all_rights(alice, django_assert_num_queries):
    user = User.objects.get(pk=alice.pk)
    with django_assert_num_queries(1):
        assert [right in roles.rights_of(user) for right in Right] == [True, True, True, False]


def test_roles_are_no_teams(person, shop):
    page = person("Creators").get(reverse("analyses:configure", args=[shop.pk]))
    assert page.context["form"].fields["teams"].choices == [(shop.teams.get().pk, "Shop team")]


def test_an_analysis_shared_with_a_role_by_mistake_is_offered_to_no_form(admin_client, shop):
    page = admin_client.get(reverse("admin:analyses_analysis_change", args=[shop.pk]))
    offered = page.context["adminform"].form.fields["teams"].queryset
    assert [team.name for team in offered] == ["Shop team"]


class TestConfiguring:
    @pytest.mark.parametrize("names", [NONE, ("Submitters", "Reviewers")])
    def test_only_creators_make_analyses(self, person, names):
        client = person(*names)
        assert "Create analysis" not in text_of(client.get("/"))
        response = client.post(reverse("analyses:new"), {"name": "Mine"})
        assert response.status_code == 403
        assert "This needs the role Creator, which an administrator can give you." in text_of(response)
        assert not Analysis.objects.exists()

    @pytest.mark.parametrize("names", [NONE, ("Submitters", "Reviewers")])
    def test_nobody_else_changes_copies_or_tries_one(self, person, shop, names):
        client = person(*names)
        for name in ("configure", "duplicate", "test-sign-in", "configuration"):
            response = client.post(reverse(f"analyses:{name}", args=[shop.pk]), {"name": "Mine", "template-name": "T"})
            assert response.status_code == 403, name
        shop.refresh_from_db()
        assert shop.name == "Shop"
        assert Analysis.objects.count() == 1
        assert not SignInTest.objects.exists()
        assert not ConfigurationTemplate.objects.exists()

    def test_the_menu_says_what_it_needs(self, person, shop):
        page = text_of(person("Submitters").get(reverse("analyses:summary", args=[shop.pk])))
        assert "Configure Analysis This needs the role Creator" in page
        assert "Duplicate" not in page

    def test_a_creator_saves_but_does_not_submit(self, person, shop):
        client = person("Creators")
        address = reverse("analyses:configure", args=[shop.pk])
        page = client.get(address)
        assert "Save and submit" not in text_of(page)
        form = form_of(page)
        form["name"] = "Renamed"
        assert client.post(address, {**form, "then": "submit"}).status_code == 403
        shop.refresh_from_db()
        assert (shop.name, shop.status) == ("Shop", AnalysisStatus.SAVED)
        client.post(address, {**form, "then": "save"})
        shop.refresh_from_db()
        assert shop.name == "Renamed"

    def test_what_a_schedule_submits_by_itself_is_changed_by_those_only_who_may_submit(self, person, shop):
        Analysis.objects.filter(pk=shop.pk).update(status=AnalysisStatus.SCHEDULED)
        address = reverse("analyses:configure", args=[shop.pk])
        refused = person("Creators").get(address)
        assert refused.status_code == 403
        assert "Its schedule submits it as it is configured." in text_of(refused)
        assert person("Creators", "Submitters").get(address).status_code == 200


def test_what_was_scheduled_while_a_creator_typed_is_not_changed_either(alice, shop):
    creator = User.objects.create_user("creator")
    creator.groups.add(Group.objects.get(name="Creators"))
    configuration = Configuration({"name": "Renamed"})
    Analysis.objects.filter(pk=shop.pk).update(status=AnalysisStatus.SCHEDULED)
    with pytest.raises(Locked, match="Its schedule submits it as it is configured"):
        update(shop, configuration, creator, shop.revision)
    shop.refresh_from_db()
    assert shop.name == "Shop"


class TestSubmitting:
    @pytest.mark.parametrize("names", [NONE, ("Creators", "Reviewers")])
    def test_only_submitters_submit(self, person, shop, names):
        client = person(*names)
        page = client.post(reverse("analyses:action", args=[shop.pk, "submit"]), follow=True)
        assert "Submit is not possible for you. This needs the role Submitter" in text_of(page)
        client.post(reverse("analyses:bulk"), {"action": "submit", "chosen": [shop.pk]})
        shop.refresh_from_db()
        assert shop.status == AnalysisStatus.SAVED

    def test_a_submitter_does(self, person, shop):
        person("Submitters").post(reverse("analyses:action", args=[shop.pk, "submit"]))
        shop.refresh_from_db()
        assert shop.status == AnalysisStatus.SUBMITTED
        assert Activity.objects.filter(analysis=shop, actor_name="Submitters").exists()

    def test_who_may_not_correct_the_addresses_is_told_which_are_refused(self, person, shop):
        AllowedTarget.objects.all().delete()
        page = person("Submitters").post(reverse("analyses:action", args=[shop.pk, "submit"]), follow=True)
        assert "Not submitted: shop.test is not among the allowed targets." in text_of(page)

    def test_who_may_not_submit_is_offered_it_for_checked_rows_neither(self, person, shop):
        def offered(group: str) -> list[str]:
            bar = person(group).get("/").content.decode().split('id="bulk"', 1)[1].split("</form>", 1)[0]
            return re.findall(r'name="action" value="([a-z-]+)"', bar)

        assert offered("Creators") == []
        assert offered("Submitters") == ["submit", "withdraw", "stop-save", "stop-delete"]


class TestTriage:
    @pytest.mark.parametrize("names", [NONE, ("Creators", "Submitters")])
    def test_only_reviewers_judge(self, person, done, names):
        client = person(*names)
        address = reverse("analyses:results", args=[done.pk])
        assert "This finding is" not in text_of(client.get(address))
        finding = done.findings.get()
        assert client.post(address, {"finding": finding.pk, "state": "confirmed"}).status_code == 403
        assert not Judgement.objects.exists()

    def test_a_reviewer_does_and_may_not_submit(self, person, done):
        client = person("Reviewers")
        finding = done.findings.get()
        client.post(reverse("analyses:results", args=[done.pk]), {"finding": finding.pk, "state": "confirmed"})
        assert Judgement.objects.get().actor_name == "Reviewers"
        assert "Submit This needs the role Submitter" in text_of(
            client.get(reverse("analyses:summary", args=[done.pk]))
        )


def test_whoever_has_no_role_sees_what_is_shared_and_is_told_so(person, shop, done):
    client = person()
    for name in ("summary", "results", "history", "configuration"):
        assert client.get(reverse(f"analyses:{name}", args=[done.pk])).status_code == 200
    assert "No role: may look at what is shared" in text_of(client.get("/"))


def test_a_template_is_deleted_by_its_owner_while_they_may_configure(person, alice):
    client = person("Reviewers")
    theirs = ConfigurationTemplate.objects.create(name="T", owner=User.objects.get(username="Reviewers"))
    assert client.post(reverse("analyses:delete-template", args=[theirs.pk])).status_code == 404
    assert ConfigurationTemplate.objects.exists()
