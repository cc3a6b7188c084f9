"""Targets that are allowed to some teams: only the analyses of their people may scan them."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from analyses import configuring, lifecycle
from analyses.configuring import hand_over
from analyses.models import AllowedTarget, SignInTest
from analyses.pulse import Pulse, Withdrawn
from tests.configure.pages import form_of, text_of
from tests.scene import an_analysis, prescanned, running

pytestmark = pytest.mark.django_db
REFUSED = ["shop.test is not among the allowed targets. An administrator can add it."]


@pytest.fixture
def of_team(team) -> AllowedTarget:
    """Allowed to Alice's and Bob's team, and not to Charlie."""
    allowed = AllowedTarget.objects.create(pattern="shop.test", for_everybody=False)
    allowed.teams.add(team)
    return allowed


def refused(owner) -> list[str]:
    return configuring.refused_targets(an_analysis(owner, "http://shop.test/", name=f"of {owner}"))


def test_it_is_allowed_to_the_analyses_of_its_teams_only(of_team, alice, bob, charlie):
    assert refused(alice) == refused(bob) == []
    assert refused(charlie) == REFUSED


def test_it_is_allowed_to_them_at_its_ports_only(of_team, alice, bob, charlie):
    AllowedTarget.objects.update(pattern="10.1.0.0/16:8000-8100")
    analysis = an_analysis(alice, "http://10.1.2.3:8050/", "http://10.1.2.3:9000/", "http://10.2.2.3:8050/")
    assert configuring.refused_targets(analysis) == [
        f"{spot} is not among the allowed targets. An administrator can add it."
        for spot in ("10.1.2.3:9000", "10.2.2.3:8050")
    ]
    hand_over(analysis, charlie, (), alice)
    assert len(configuring.refused_targets(analysis)) == 3


def test_a_team_that_is_deleted_opens_its_targets_to_nobody(of_team, team, alice, charlie):
    team.delete()
    assert refused(alice) == refused(charlie) == REFUSED


def test_it_is_allowed_to_everybody_when_an_administrator_says_so(of_team, charlie):
    AllowedTarget.objects.update(for_everybody=True)
    assert refused(charlie) == []


@pytest.mark.parametrize(("sent", "is_stored"), [({"for_everybody": "on"}, True), ({}, False)])
def test_it_is_allowed_to_teams_or_to_everybody(admin_client, sent, is_stored):
    page = admin_client.post(reverse("admin:analyses_allowedtarget_add"), {"pattern": "mill.test", **sent})
    assert AllowedTarget.objects.filter(pattern="mill.test").exists() == is_stored
    assert is_stored or "Choose the teams, or “for everybody”: one of the two." in text_of(page)


class TestSomebodyElsesAnalysis:
    """Alice may have bank.test scanned, and Mallory, who edits an analysis of hers, may not."""

    @pytest.fixture
    def mallory(self, alice, charlie, team, of_team):
        bank = AllowedTarget.objects.create(pattern="bank.test", for_everybody=False)
        bank.teams.add(Group.objects.create(name="Bank team"))
        alice.groups.add(bank.teams.get())
        charlie.groups.add(team)
        return charlie

    @pytest.fixture
    def shop(self, alice, team):
        analysis = an_analysis(alice, "http://shop.test/")
        analysis.teams.add(team)
        return analysis

    def saved(self, client, person, analysis, **typed):
        client.force_login(person)
        address = reverse("analyses:configure", args=[analysis.pk])
        form = form_of(client.get(address))
        return client.post(address, {**form, **typed, "then": "save"})

    def test_nobody_adds_what_their_own_teams_may_not_scan(self, client, mallory, shop):
        page = self.saved(client, mallory, shop, urls="http://bank.test/")
        assert "bank.test is allowed to other teams, not to yours. The owner can add it." in text_of(page)
        assert [scan.url for scan in shop.scans.all()] == ["http://shop.test/"]

    def test_nor_by_the_settings_of_a_url(self, client, mallory, shop):
        scan = shop.scans.get()
        page = self.saved(client, mallory, shop, **{f"scan-{scan.pk}-url": "http://bank.test/"})
        assert "bank.test is allowed to other teams" in text_of(page)
        client.post(
            reverse("analyses:test-sign-in", args=[shop.pk]),
            {**form_of(page), f"scan-{scan.pk}-url": "http://bank.test/", "test": scan.pk},
        )
        assert not SignInTest.objects.exists()

    def test_its_owner_does(self, client, alice, mallory, shop):
        assert self.saved(client, alice, shop, urls="http://bank.test/").status_code == 302

    def test_what_is_there_already_may_stay(self, client, alice, mallory, shop):
        self.saved(client, alice, shop, urls="http://bank.test/")
        assert self.saved(client, mallory, shop, urls="http://bank.test/more", name="Renamed").status_code == 302

    def test_a_security_lead_may(self, client, lead, mallory, shop):
        assert self.saved(client, lead, shop, urls="http://bank.test/").status_code == 302


def test_it_stands_once_for_somebody_in_two_of_its_teams(of_team, alice):
    other = Group.objects.create(name="Mill team")
    alice.groups.add(other)
    of_team.teams.add(other)
    assert lifecycle.allowed_patterns(None, alice.pk) == ("shop.test",)


def test_sharing_an_analysis_with_the_team_does_not_allow_it(of_team, team, charlie):
    analysis = an_analysis(charlie, "http://shop.test/")
    analysis.teams.add(team)
    assert configuring.refused_targets(analysis) == REFUSED


def test_submitting_is_refused_where_the_address_is(of_team, client, charlie):
    analysis = an_analysis(charlie, "http://shop.test/")
    client.force_login(charlie)
    page = client.post(reverse("analyses:action", args=[analysis.pk, "submit"]), follow=True)
    assert "Not submitted: some addresses are not allowed targets." in text_of(page)
    assert REFUSED[0] in text_of(page)


def test_what_the_owner_may_scan_counts_for_a_team_mate_who_edits_it(of_team, client, alice, bob, team):
    analysis = an_analysis(alice, "http://shop.test/")
    analysis.teams.add(team)
    client.force_login(bob)
    assert REFUSED[0] not in text_of(client.get(reverse("analyses:configure", args=[analysis.pk])))


def test_the_scan_ends_when_its_owner_leaves_the_team(of_team, alice, team):
    _, _, [claim] = running(alice, "http://shop.test/")
    pulse = Pulse(claim, ["http://shop.test/"])
    pulse.beat()
    alice.groups.remove(team)
    with pytest.raises(Withdrawn, match=r"shop\.test is no longer an allowed target"):
        pulse.beat()


def test_the_sweep_ends_what_nobody_drives_of_those_only_who_may_not(of_team, alice, bob, team):
    waiting = {}
    for owner in (alice, bob):
        analysis = an_analysis(owner, "http://shop.test/", name=f"of {owner}")
        occurrence = lifecycle.submit(analysis, owner)
        prescanned(occurrence)
        waiting[owner.username] = occurrence.scans.get().pk
    bob.groups.remove(team)
    assert list(lifecycle.withdrawn()) == [waiting["bob"]]


def test_an_analysis_that_is_handed_over_keeps_to_what_its_new_owner_may_scan(of_team, alice, charlie):
    analysis = an_analysis(alice, "http://shop.test/")
    hand_over(analysis, charlie, [], alice)
    assert configuring.refused_targets(analysis) == REFUSED


def test_an_administrator_is_led_to_what_other_teams_have(of_team, admin_client, admin_user):
    analysis = an_analysis(admin_user, "http://shop.test/")
    page = admin_client.get(reverse("analyses:configure", args=[analysis.pk])).content.decode()
    assert reverse("admin:analyses_allowedtarget_change", args=[of_team.pk]) in page


def test_the_list_of_the_administrators_names_the_teams_by_few_queries(
    of_team, admin_client, django_assert_max_num_queries
):
    AllowedTarget.objects.create(pattern="mill.test")
    with django_assert_max_num_queries(10):
        page = text_of(admin_client.get(reverse("admin:analyses_allowedtarget_changelist")))
    assert "Shop team" in page
    assert "everybody" in page
