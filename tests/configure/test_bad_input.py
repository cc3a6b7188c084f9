"""Whatever is typed wrong is said at its place, and nothing that was typed is lost."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from analyses.models import Analysis
from tests.configure.pages import errors_of, form_of, text_of


def _in(**ahead) -> str:
    return (timezone.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


BAD = [
    ("urls", {"urls": "https://ok.example.test/\nhtp://shop.example.test"}, "Line 2 (htp://shop.example.test): "),
    ("urls", {"urls": "shop.example.test"}, "Line 1 (shop.example.test): The address must begin with http://"),
    ("urls", {"urls": "https://carol:pw@shop.example.test/"}, "Leave the user name and password out"),
    ("urls", {"urls": "https://shop.example.test/*"}, "“*” stands for nothing else here"),
    ("urls", {"urls": "\n".join(f"x{n}" for n in range(40))}, "and 30 more lines with a problem"),
    ("name", {"name": ""}, "Give the analysis a name."),
    ("name", {"name": "x" * 121}, "at most 120 characters"),
    ("name", {"name": "Shop\u202egnp.exe"}, "without line breaks or invisible characters"),
    ("excluded_urls", {"excluded_urls": "/logout"}, "Line 1 (/logout)"),
    ("user_agent", {"user_agent": "Smith’s scanner"}, "printable ASCII"),
    ("start_at", {"start": "at", "start_at": ""}, "Choose when it starts."),
    ("start_at", {"start": "at", "start_at": _in(hours=-2)}, "This time has passed."),
    ("start_at", {"start": "at", "start_at": _in(days=800)}, "within a year"),
    ("start_at", {"start": "at", "start_at": "tomorrow"}, "Enter a date and a time"),
    ("end_by", {"end_by": _in(hours=-2)}, "This time has passed."),
    ("end_by", {"start": "at", "start_at": _in(days=2), "end_by": _in(days=1)}, "The end must be after the start."),
    ("duration", {"duration_0": "0"}, "between 1 hour and 30 days"),
    ("duration", {"duration_0": "31", "duration_1": "days"}, "between 1 hour and 30 days"),
    ("duration", {"duration_0": "1e400"}, "between 1 hour and 30 days"),
    ("duration", {"duration_0": "long"}, "Enter a number"),
    ("duration", {"duration_0": ""}, "required"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "message"), BAD, ids=[f"{field}-{n}" for n, (field, *_) in enumerate(BAD)])
def test_it_is_said_at_its_place_and_nothing_is_lost(fill, field, typed, message, allowed):
    typed = {"name": "My analysis", "description": "Typed", "urls": "https://a.example.test/"} | typed
    page = fill(**typed)
    assert page.status_code == 200
    assert message in errors_of(page)[field]
    assert not Analysis.objects.exists()
    shown = form_of(page)
    seen = {name: text.replace("\u202e", "[U+202E]") for name, text in typed.items()}  # what is not seen is named
    assert {name: shown[name][0] for name in typed} == seen


def test_the_summary_of_errors_leads_to_each_field(fill, allowed):
    html = fill(name="", duration_0="").content.decode()
    assert 'id="problems" tabindex="-1" autofocus' in html
    assert 'href="#id_name"' in html
    assert 'href="#id_duration_0"' in html
    assert 'id="id_duration_0"' in html


def test_five_thousand_urls_name_the_limit_and_are_kept(fill, allowed):
    pasted = "\n".join(f"https://h{n}.example.test/" for n in range(5000))
    page = fill(name="Everything", urls=pasted)
    assert "These are 5,000 addresses; at most 1,000 are possible here." in errors_of(page)["urls"]
    assert form_of(page)["urls"] == [pasted]
    assert not Analysis.objects.exists()


def test_the_limit_counts_the_urls_that_are_there_already(fill, shop):
    page = fill(shop, urls="\n".join(f"https://h{n}.example.test/" for n in range(999)))
    assert "with these it would hold 1,001" in errors_of(page)["urls"]
    assert shop.scans.count() == 2


def test_a_name_that_is_taken_leads_to_the_analysis_that_has_it(fill, shop):
    page = fill(name="SHOP")
    assert "There is already an analysis with this name." in errors_of(page)["name"]
    assert reverse("analyses:summary", args=[shop.pk]) in errors_of(page)["name"]


def test_a_name_that_is_taken_by_a_stranger_does_not_lead_there(fill, charlie, alice):
    other = Analysis.objects.create(name="Secret project", owner=charlie)
    page = fill(name="secret project")
    assert errors_of(page)["name"] == "There is already an analysis with this name."
    assert reverse("analyses:summary", args=[other.pk]) not in page.content.decode()


def test_an_analysis_may_keep_its_own_name(fill, shop):
    assert fill(shop, description="New").status_code == 302


def test_a_team_i_am_not_in_is_refused(fill):
    page = fill(name="Shop", teams=[str(Group.objects.create(name="Others").pk)])
    assert errors_of(page)["teams"] == "Choose only teams you are a member of."


@pytest.mark.parametrize("address", ["configure", "action"])
def test_a_stranger_gets_404(client, charlie, shop, address):
    client.force_login(charlie)
    args = [shop.pk] if address == "configure" else [shop.pk, "submit"]
    for method in (client.get, client.post):
        assert method(reverse(f"analyses:{address}", args=args)).status_code == 404


def test_a_scan_of_somebody_else_cannot_be_reached_by_its_id(fill, shop, charlie):
    """Sent with this analysis, its id is an unknown one: nothing of it is shown, kept or changed."""
    other = Analysis.objects.create(name="Other", owner=charlie)
    theirs = other.scans.create(
        url="https://theirs.example.test/", sign_in_method="basic", username="u", secret="their-secret"
    )
    typed = {
        "scan": [str(theirs.pk)],
        f"scan-{theirs.pk}-url": "https://mine.example.test/",
        f"scan-{theirs.pk}-scope": "folder",
        f"scan-{theirs.pk}-sign_in_method": "basic",
        f"scan-{theirs.pk}-username": "u",
    }
    page = fill(shop, **typed)
    assert "no longer in the analysis" in errors_of(page)[f"scan-{theirs.pk}-url"]
    assert errors_of(page)[f"scan-{theirs.pk}-secret"] == "Give the password."
    assert "their" not in page.content.decode()
    fill(shop, **typed, remove=[str(theirs.pk)])
    theirs.refresh_from_db()
    assert (theirs.analysis, theirs.url, theirs.secret) == (other, "https://theirs.example.test/", "their-secret")


def test_the_same_url_twice_in_the_list_is_said_at_the_second(fill, shop):
    first, second = shop.scans.all()
    page = fill(shop, **{f"scan-{second.pk}-url": first.url, f"scan-{second.pk}-secret": "again"})
    assert "already in the list" in errors_of(page)[f"scan-{second.pk}-url"]
    assert form_of(page)[f"scan-{second.pk}-url"] == [first.url]


def test_two_urls_may_trade_places(fill, shop):
    first, second = shop.scans.all()
    second.sign_in_method = "none"
    second.save()
    fill(shop, **{f"scan-{first.pk}-url": second.url, f"scan-{second.pk}-url": first.url})
    assert [scan.url for scan in shop.scans.all()] == [second.url, first.url]


class TestTargetsThatAreNotAllowed:
    def test_are_saved_with_a_warning(self, fill, as_alice, allowed):
        fill(name="Shop", urls="https://elsewhere.test/")
        analysis = Analysis.objects.get()
        page = as_alice.get(reverse("analyses:configure", args=[analysis.pk]))
        assert "It cannot be submitted yet: elsewhere.test is not among the allowed targets." in text_of(page)
        assert page.context["page"].rows[0].notes

    def test_are_refused_at_their_place_when_submitting(self, fill, allowed):
        page = fill(name="Shop", urls="https://ok.example.test/\nhttps://elsewhere.test/", then="submit")
        assert "elsewhere.test is not among the allowed targets" in errors_of(page)["urls"]
        assert "ok.example.test" not in errors_of(page)["urls"]
        assert not Analysis.objects.exists()

    def test_so_are_sign_in_pages(self, fill, shop):
        scan = shop.scans.last()
        typed = {f"scan-{scan.pk}-login_url": "https://login.test/", f"scan-{scan.pk}-secret": "again"}
        page = fill(shop, **typed, then="submit")
        assert "login.test is not among the allowed targets" in errors_of(page)[f"scan-{scan.pk}-login_url"]

    def test_an_administrator_is_led_to_allow_them(self, fill, client, admin_user, allowed):
        client.force_login(admin_user)
        page = fill(by=client, name="Shop", urls="https://elsewhere.test:8443/", then="submit")
        link = f"{reverse('admin:analyses_allowedtarget_add')}?pattern=elsewhere.test%3A8443"
        assert link in errors_of(page)["urls"]

    def test_what_nobody_can_allow_offers_no_link(self, fill, client, admin_user):
        client.force_login(admin_user)
        page = fill(by=client, name="Shop", urls="http://169.254.169.254/", then="submit")
        assert "allowedtarget" not in errors_of(page)["urls"]

    def test_submitting_from_the_summary_leads_to_them(self, as_alice, shop, allowed):
        allowed.delete()
        response = as_alice.post(reverse("analyses:action", args=[shop.pk, "submit"]), follow=True)
        assert response.redirect_chain[-1][0] == reverse("analyses:configure", args=[shop.pk])
        assert all(row.notes for row in response.context["page"].rows)
        assert not shop.occurrences.exists()


def test_submitting_without_a_url_is_said_at_the_urls(fill, allowed):
    page = fill(name="Shop", then="submit")
    assert errors_of(page)["urls"] == "Add at least one URL or API before submitting."
