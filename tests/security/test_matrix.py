"""Every route, method and role, for one's own, a team mate's and other people's things: the table by hand, all of it.

A route without a row fails: whoever adds one says here who may do what with it.
"""

import time
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analyses import lifecycle
from analyses.actions import Action
from analyses.configuration_templates import save_as_template
from analyses.models import (
    AllowedTarget,
    Analysis,
    ConfigurationTemplate,
    Finding,
    PrescanStep,
    SavedView,
    SignInTest,
    SignInTestStage,
    SignInTestStep,
)
from analyses.moves import Ending
from tests.configure.pages import form_of
from tests.scene import FLAW, an_analysis, published, running
from tests.security.rights_table import (
    ADMINISTRATION,
    OWN_AFFAIRS,
    OWNERSHIPS,
    PASSWORD,
    ROLES,
    SECOND_FACTORS,
    TABLE,
    Row,
)
from tests.security.routes import Route, addresses, routes
from tests.security.stored import changed, stored
from tests.security.world import PICTURE

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.thorough]
OTHER_METHODS = ("put", "patch", "delete", "options")
SIGN_IN = ("/sign-in/", "/admin/login/")


@dataclass
class Things:
    """Somebody's analyses by what they are good for, and what else they have."""

    owner: User
    analyses: dict[str, Analysis]

    def placeholders(self, row: Row) -> dict[str, object]:
        """What stands for the placeholders of a row's texts, and of addresses."""
        analysis = self.analyses[row.about]
        finding = Finding.objects.filter(analysis=analysis).first()
        run = analysis.occurrences.first()
        return {
            "pk": analysis.pk,
            "name": analysis.name,
            "scan": analysis.scans.first().pk,
            "finding": finding.pk if finding else "",
            "finding_pk": finding.pk if finding else 0,
            "session": UserSession.objects.get(user=self.owner).pk,
            "scan_pk": run.scans.first().pk if run else 0,
            "soon": (timezone.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"),
        }

    def address(self, route: Route, row: Row, word: str) -> str:
        given = self.placeholders(row)
        own = {
            "analyses:delete-view": SavedView.objects.filter(user=self.owner),
            "analyses:delete-template": ConfigurationTemplate.objects.filter(owner=self.owner),
            "analyses:sign-in-test": SignInTest.objects.filter(user=self.owner),
            "analyses:sign-in-test-picture": SignInTest.objects.filter(user=self.owner),
            "analyses:sign-in-test-stage-picture": SignInTest.objects.filter(user=self.owner),
        }
        if route.name in own:
            given["pk"] = own[route.name].first().pk
        given |= {"action": word or "stop-delete", "form": "csv", "position": 0, "stage": 0, "token": "of-no-link"}
        given["provider_id"] = "of-nobody"
        text = route.text
        for name, value in given.items():
            text = text.replace(f"<{name}>", str(value))
        assert "<" not in text, f"{route} has a placeholder this test does not know"
        return f"/{text}"


def _things(owner: User, *teams: Group) -> Things:
    """One of everything."""
    start = timezone.now() + timedelta(hours=2)
    made = {word: an_analysis(owner, "http://a.test/", name=f"{word} of {owner}") for word in ("draft", "planned")}
    Analysis.objects.filter(pk=made["planned"].pk).update(start_at=start)
    made["planned"].refresh_from_db()
    lifecycle.submit(made["planned"], owner, start_at=start)
    made["deleted"], _, claims = running(owner, "http://a.test/", name=f"deleted of {owner}")
    lifecycle.record_found(claims[0], [FLAW])
    lifecycle.stop(made["deleted"], owner, keep=False)
    lifecycle.end_run(claims[0], Ending.STOPPED)
    made["running"] = running(owner, "http://a.test/", name=f"running of {owner}")[0]
    made["paused"] = running(owner, "http://a.test/", name=f"paused of {owner}")[0]
    lifecycle.pause(made["paused"], owner)
    made["held"], _, claims = running(owner, "http://a.test/", name=f"held of {owner}", hold_results=True)
    lifecycle.record_found(claims[0], [FLAW])
    lifecycle.record_log(claims[0], "[*] A line")
    lifecycle.end_run(claims[0], Ending.COMPLETED)
    lifecycle.publish(claims[0])
    PrescanStep.objects.filter(scan_occurrence=claims[0].scan_id).update(screenshot=PICTURE)
    made["published"] = published(owner, "http://a.test/", name=f"published of {owner}")
    for analysis in made.values():
        analysis.teams.set(teams)
    save_as_template(made["draft"], f"Template of {owner}", owner, list(teams))
    SavedView.objects.create(user=owner, name="Mine", query="owner=a")
    test = SignInTest.objects.create(user=owner, url="http://a.test/", ended_at=timezone.now())
    step = SignInTestStep.objects.create(test=test, position=0, name="Name", outcome="passed", screenshot=PICTURE)
    SignInTestStage.objects.create(step=step, position=0, words="Opened", screenshot=PICTURE)
    UserSession.objects.create(user=owner, session_key=f"of-{owner}", ip="127.0.0.1")
    return Things(owner, {word: Analysis.objects.get(pk=analysis.pk) for word, analysis in made.items()})


@dataclass
class Stage:
    """One person, and whose things there are."""

    role: str
    client: Client
    user: User
    things: dict[str, Things]
    reader: Client  # of an administrator, who sees every form

    def answer(self, route: Route, method: str, word: str, row: Row, ownership: str) -> str:
        """What the person is answered, in the words of the table. Nothing of it stays."""
        things = self.things[ownership]
        given = {**things.placeholders(row), "user": self.user}
        sent = {name.format(**given): str(value).format(**given) for name, value in row.sent.items()}
        if row.form:
            page = self.reader.get(reverse(row.form, args=[given["pk"]] if row.form == "analyses:configure" else []))
            sent = form_of(page) | sent
        before, cookies = stored(), deepcopy(self.client.cookies)
        with transaction.atomic():
            response = getattr(self.client, method)(things.address(route, row, word), sent)
            has_changed = changed(before)
            transaction.set_rollback(True)
        self.client.cookies = cookies
        return _in_words(response) + ("!" if has_changed else "")


def _in_words(response) -> str:
    if response.status_code == 302 and response["Location"].startswith(SIGN_IN):
        return "in"
    return "ok" if response.status_code in (200, 204, 302) else str(response.status_code)


@pytest.fixture(params=ROLES)
def stage(request, settings) -> Stage:
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 50, 0
    AllowedTarget.objects.get_or_create(pattern="*.test")
    team, others = Group.objects.create(name="Team"), Group.objects.create(name="Others")
    role = request.param
    rights = dict.fromkeys(("is_superuser", "is_staff"), role == "administrator")
    user = User.objects.create_user("person", password=PASSWORD, **rights)
    user.groups.add(team, *Group.objects.filter(name=role))
    client = Client(raise_request_exception=False)
    if role != "nobody":
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session.save()
    mate, stranger = User.objects.create_user("mate"), User.objects.create_user("stranger")
    mate.groups.add(team)
    stranger.groups.add(others)
    # Nobody's own is shared: that they are its owner is enough.
    things = {"own": _things(user), "team": _things(mate, team), "other": _things(stranger, others)}
    reader = Client()
    reader.force_login(User.objects.create_superuser("reader"))
    return Stage(role, client, user, things, reader)


def test_everybody_is_answered_as_the_table_says(stage):
    known = {route.name: route for route in routes() if route.name}
    wrong = []
    for (name, method, *words), row in TABLE.items():
        for ownership in OWNERSHIPS:
            expected = row.expected(stage.role, ownership)
            found = stage.answer(known[name], method, words[0] if words else "", row, ownership)
            if found != expected:
                wrong.append(f"{method} {name} {words} by {stage.role}, {ownership}: {found} instead of {expected}")
    assert "\n".join(wrong) == ""


def test_the_administration_is_for_administrators_alone(world, stage):
    """Whatever of it is asked for, by whatever method."""
    if stage.role == "administrator":
        return
    before, wrong = stored(), []
    for route in routes():
        if not route.text.startswith(ADMINISTRATION) or route.text.startswith(OWN_AFFAIRS):
            continue
        for address in addresses(route, world, 1):
            for method in ("get", "post", *OTHER_METHODS):
                response = getattr(stage.client, method)(address, {"post": "yes"})
                if response.status_code not in (302, 403, 404, 405):
                    wrong.append(f"{method} {address}: {response.status_code}")
    assert wrong == []
    assert changed(before) == set()


def test_no_other_method_does_anything(stage):
    before, wrong = stored(), []
    for route in routes():
        if route.name.startswith("analyses:"):
            row = next(row for (name, *_), row in TABLE.items() if name == route.name)
            for ownership in OWNERSHIPS:
                for method in OTHER_METHODS:
                    response = getattr(stage.client, method)(stage.things[ownership].address(route, row, ""))
                    if response.status_code not in (302, 403, 404, 405):
                        wrong.append(f"{method} {route}: {response.status_code}")
    assert wrong == []
    assert changed(before) == set()


def test_every_route_has_a_row():
    missing = {
        f"{method} {route}"
        for route in routes()
        for method in ("get", "post")
        if not route.text.startswith(ADMINISTRATION)
        and route.name not in SECOND_FACTORS
        and not any(key[0] == route.name and key[1] == method for key in TABLE)
    }
    assert missing == set()
    names = {route.name for route in routes()}
    assert {key[0] for key in TABLE} - names == set()  # and every row a route
    assert {key[2] for key in TABLE if key[0] == "analyses:action" and len(key) > 2} == set(map(str, Action))


def test_every_row_has_an_answer_for_every_role():
    assert {len(getattr(row, ownership).split()) for row in TABLE.values() for ownership in OWNERSHIPS} == {len(ROLES)}
