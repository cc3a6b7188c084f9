"""The way to the first results, on the empty list and on the help page, and what else that page leads to."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from analyses import lifecycle
from analyses.first_steps import first_steps
from analyses.models import AllowedTarget, SignInTest
from dashboard.accounts.models import FirstStepsOff
from tests.scene import an_analysis, prescanned, published, running

pytestmark = pytest.mark.django_db
ORDER = [
    "Approve a target",
    "Create an analysis",
    "Test the sign-in",
    "Prescan it",
    "Submit it",
    "Read the results",
    "Invite people",
]


@pytest.fixture
def admin(db) -> User:
    return User.objects.create_superuser("admin", "admin@example.test", "a-long-password-1")


@pytest.fixture
def as_admin(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def done(user: User) -> list[str]:
    return [step.title for step in first_steps(user) if step.done]


def test_nothing_is_done_on_a_new_installation(admin):
    assert [step.title for step in first_steps(admin)] == ORDER
    assert done(admin) == []


def test_each_step_is_done_when_its_trace_is_there(admin):
    AllowedTarget.objects.create(pattern="shop.test")
    assert done(admin) == ORDER[:1]
    analysis = an_analysis(admin)
    assert done(admin) == ORDER[:2]
    SignInTest.objects.create(user=admin, url="http://shop.test/")
    assert done(admin) == ORDER[:3]
    trial = lifecycle.submit(analysis, admin, prescan_only=True)
    prescanned(trial)
    assert done(admin) == ORDER[:4]
    running(admin, name="Another")
    assert done(admin) == ORDER[:5]
    published(admin, name="A third")
    assert done(admin) == ORDER[:6]
    User.objects.create_user("alice")
    assert done(admin) == ORDER


def test_what_others_did_where_one_sees_nothing_of_it_is_not_ones_own(admin, charlie, team):
    published(admin)
    AllowedTarget.objects.create(pattern="shop.test", for_everybody=False).teams.add(team)
    SignInTest.objects.create(user=admin, url="http://shop.test/")
    assert done(charlie) == ["Invite people"]


def test_an_administrator_is_led_to_the_pages_of_each_step(as_admin):
    page = as_admin.get("/").content.decode()
    places = [page.index(f">{title}<") for title in ORDER]
    assert places == sorted(places)
    for name in ("admin:analyses_allowedtarget_add", "analyses:new", "admin:auth_user_add"):
        assert f'href="{reverse(name)}">' in page


def test_others_are_told_whom_to_ask(as_charlie):
    page = as_charlie.get("/").content.decode()
    assert "Ask for the host you want to scan" in page
    assert "/admin/" not in page


def test_the_empty_list_ticks_what_is_done(as_admin):
    assert "Done: " not in as_admin.get("/").content.decode()
    AllowedTarget.objects.create(pattern="shop.test")
    assert as_admin.get("/").content.decode().count("Done: ") == 1


def test_the_list_leads_no_further_once_there_is_an_analysis(as_alice, alice):
    an_analysis(alice)
    assert ORDER[0] not in as_alice.get("/").content.decode()


def put_away(client: Client, *, off: bool, back: str = "/") -> str:
    """What the page says that one comes back to."""
    sent = {"first_steps": "off" if off else "on", "next": back}
    return client.post(reverse("first-steps"), sent, follow=True).content.decode()


def test_whoever_puts_the_steps_away_has_them_nowhere_until_they_bring_them_back(as_admin, admin):
    pages = ("/", reverse("analyses:help"))
    assert all(">Hide these steps</button>" in as_admin.get(page).content.decode() for page in pages)
    assert "The first steps are put away. Help brings them back." in put_away(as_admin, off=True)
    assert not any(ORDER[0] in as_admin.get(page).content.decode() for page in pages)
    elsewhere = Client()
    elsewhere.force_login(admin)
    assert ORDER[0] not in elsewhere.get("/").content.decode()
    back = put_away(as_admin, off=False, back=pages[1])
    assert "The first steps are back." in back
    assert "<h1>Help</h1>" in back
    assert all(ORDER[0] in as_admin.get(page).content.decode() for page in pages)
    assert not FirstStepsOff.objects.exists()


def test_the_help_page_offers_them_back_to_whoever_put_them_away_alone(as_admin, as_charlie):
    put_away(as_admin, off=True)
    assert ">Bring these steps back</button>" in as_admin.get(reverse("analyses:help")).content.decode()
    assert ORDER[0] in as_charlie.get("/").content.decode()


def test_steps_that_are_put_away_are_not_asked_for(as_admin, django_assert_max_num_queries):
    put_away(as_admin, off=True)
    with django_assert_max_num_queries(4) as asked:
        as_admin.get(reverse("analyses:help"))
    assert not any("allowedtarget" in query["sql"] for query in asked)


@pytest.mark.parametrize("analyses", [0, 3])
def test_how_far_one_is_takes_one_query(admin, analyses, django_assert_num_queries):
    for number in range(analyses):
        published(admin, name=f"Analysis {number}")
    with django_assert_num_queries(1):
        first_steps(admin)


def test_the_help_page_takes_at_most_5_queries(as_bob, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        as_bob.get(reverse("analyses:help"))


def test_every_link_of_the_help_page_leads_somewhere(as_admin):
    page = as_admin.get(reverse("analyses:help")).content.decode()
    links = set(re.findall(r'href="(/[^"#]*|#[^"]*)"', page.split("<main", 1)[1]))
    assert {reverse("analyses:statuses"), reverse("keyboard"), "#roles-title"} <= links
    assert {link for link in links if link[0] == "#" and f'id="{link[1:]}"' not in page} == set()
    assert {link: code for link in links if link[0] == "/" and (code := as_admin.get(link).status_code) != 200} == {}


def test_the_help_page_says_what_one_is(as_lead, as_charlie):
    assert "<strong>Security lead</strong>" in as_lead.get(reverse("analyses:help")).content.decode()
    assert "<strong>Creator, Submitter, Reviewer</strong>" in as_charlie.get(reverse("analyses:help")).content.decode()


def test_every_page_leads_to_help(as_alice):
    assert f'href="{reverse("analyses:help")}"' in as_alice.get("/calendar/").content.decode()
