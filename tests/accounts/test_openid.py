"""Signing in with an OpenID provider: who is let in, and that nobody is made an account."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured

from dashboard.accounts.configuration import openid_provider
from tests.accounts.people import Person
from tests.accounts.provider import CLIENT, SECRET, Provider, serving
from tests.configure.pages import text_of
from tests.scene import let_pass

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
START, BACK = "/sign-in/with/oidc/", "/sign-in/with/oidc/back/"
NOBODY = "There is no account here for you."


@pytest.fixture
def provider(settings) -> Provider:
    with serving() as provider:
        settings.OIDC_ISSUER, settings.OIDC_NAME = provider.address, "The company"
        settings.SOCIALACCOUNT_PROVIDERS = openid_provider(provider.address, "The company", CLIENT, SECRET)
        yield provider


class Visitor(Person):
    """Somebody who comes by the provider."""

    def leave(self, then: str = "", **more):
        """Press the button; the page that leads to the provider."""
        return self.post(START, {"next": then} | more, form="/sign-in/")

    def come_back(self, page, **changes):
        [there] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
        asked = parse_qs(urlsplit(there.replace("&amp;", "&")).query)
        answer = {"code": "c", "state": asked["state"][0]} | changes
        return self.browser.get(BACK, answer, follow=True)

    def go(self, then: str = ""):
        return self.come_back(self.leave(then))


@pytest.fixture
def alices(alice) -> Visitor:
    return Visitor(alice)


def test_somebody_with_an_account_comes_in_and_is_where_they_wanted_to_go(provider, alices):
    page = alices.go(then="/calendar/")
    assert page.redirect_chain == [("/calendar/", 302)]
    assert page.context["user"] == alices.user
    assert SocialAccount.objects.get().user == alices.user


def test_the_way_there_is_a_page_and_names_a_secret_of_this_visit(provider, alices):
    page = alices.leave()
    there = page.context["there"]
    assert there.startswith(f"{provider.address}/authorize?")
    asked = parse_qs(urlsplit(there).query)
    assert asked["redirect_uri"] == [f"http://testserver{BACK}"]
    assert asked["code_challenge_method"] == ["S256"]
    assert SECRET not in there
    alices.come_back(page)
    assert len(provider.asked[0]["code_verifier"][0]) >= 43


def test_from_then_on_the_providers_number_counts_and_not_the_address(provider, alices, bob):
    alices.go()
    provider.claims |= {"email": bob.email}
    again = Visitor(alices.user)
    assert again.go().context["user"] == alices.user


def test_nobody_is_made_an_account(provider, alices):
    provider.claims |= {"email": "dave@example.test"}
    page = alices.go()
    assert NOBODY in text_of(page)
    assert page.redirect_chain[0][0] == "/sign-in/"
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
    assert not alices.is_signed_in()


@pytest.mark.parametrize("verified", [False, None, "false", "true", 0, 1])
def test_an_address_that_is_not_verified_is_nobodys(provider, alices, verified):
    provider.claims["email_verified"] = verified
    assert NOBODY in text_of(alices.go())
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "email",
    [
        *("", None, "alice@example.test@evil.example", "ALICE@EXAMPLE.TEST.evil", "%", "a_ice@example.test"),
        *("al\N{LATIN SMALL LETTER DOTLESS I}ce@example.test", "alice@example.te\N{LATIN SMALL LETTER LONG S}t"),
    ],
)
def test_an_address_that_is_only_like_it_is_not_it(provider, alices, email):
    provider.claims["email"] = email
    page = alices.go()
    assert NOBODY in text_of(page)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "email", ["al\N{LATIN SMALL LETTER DOTLESS I}ce@example.test", "al\N{CYRILLIC SMALL LETTER I}ce@x.test"]
)
def test_an_address_with_letters_that_look_like_others_is_nobodys(provider, alices, email):
    """Also where an account has it: which letters are the same but for capitals, each database says otherwise."""
    alices.user.email = provider.claims["email"] = email
    alices.user.save()
    assert NOBODY in text_of(alices.go())


def test_capitals_are_no_difference(provider, alices):
    provider.claims["email"] = alices.user.email.upper()
    assert alices.go().context["user"] == alices.user


def test_an_address_of_two_accounts_is_nobodys(provider, alices, bob):
    bob.email = alices.user.email.upper()
    bob.save()
    assert NOBODY in text_of(alices.go())


def test_an_address_that_somebody_else_was_given_at_the_provider_does_not_take_the_account_over(provider, alices):
    alices.go()
    provider.claims["sub"] = "2002"
    heir = Visitor(alices.user)
    assert NOBODY in text_of(heir.go())
    assert not heir.is_signed_in()


def test_an_inactive_account_stays_out(provider, alices):
    alices.go()
    alices.user.is_active = False
    alices.user.save()
    again = Visitor(alices.user)
    assert "This account is not active." in text_of(again.go())
    assert not again.is_signed_in()


def test_a_second_factor_is_asked_for_here_as_well(provider, person, time_machine):
    person.set_up_app()
    let_pass(time_machine, 60)
    visitor = Visitor(person.user)
    visitor.secret = person.secret
    page = visitor.go()
    assert page.redirect_chain == [("/sign-in/second-factor/", 302)]
    assert not visitor.is_signed_in()
    visitor.give_code(visitor.code())
    assert visitor.is_signed_in()


def test_one_that_is_required_is_too(provider, alices, settings):
    settings.REQUIRE_SECOND_FACTOR = "everyone"
    alices.go()
    assert alices.get("/calendar/").url == "/account/"


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"error": "access_denied"}])
def test_an_answer_that_was_not_asked_for_is_refused(provider, alices, changes):
    page = alices.come_back(alices.leave(), **changes)
    assert page.status_code == 200
    assert page.redirect_chain[-1][0] == "/sign-in/" or not provider.asked
    assert not alices.is_signed_in()


def test_an_answer_for_somebody_elses_browser_is_refused(provider, alices, bob):
    leaving = alices.leave()
    stranger = Visitor(bob)
    stranger.come_back(leaving)
    assert not stranger.is_signed_in()


@pytest.mark.parametrize("wrong", [{"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"sub": "2002"}])
def test_a_token_for_others_of_others_too_old_or_of_two_people_is_refused(provider, alices, wrong):
    provider.signed = wrong
    page = alices.go()
    assert "Signing in with The company did not work." in text_of(page)
    assert not alices.is_signed_in()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_provider_that_is_broken_is_said(provider, alices, when):
    if when == "before":
        provider.is_broken = True
        page = alices.leave()
    else:
        leaving = alices.leave()
        provider.is_broken = True
        page = alices.come_back(leaving)
    assert "Signing in with The company did not work." in text_of(page)


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_leads_nowhere_else(provider, alices, then):
    assert alices.go(then=then).redirect_chain == [("/", 302)]


def test_it_takes_a_form(provider, visitor):
    assert visitor.get(START).status_code == 405
    assert visitor.post(START).status_code == 403


def test_an_account_here_cannot_be_tied_to_somebodys_there_otherwise(provider, alices, person):
    assert alices.leave(process="connect").status_code == 404
    assert person.post(START, form="/account/").status_code == 404


def test_without_a_provider_there_is_no_such_thing(alices):
    assert "Sign in with" not in text_of(alices.get("/sign-in/"))
    assert alices.leave().status_code == 404
    assert alices.get(BACK).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        ("http://id.example.test", "id", "secret"),
        ("https://id.example.test", "", ""),
        ("ftp://id.test", "id", "secret"),
    ],
)
def test_half_a_provider_is_refused_at_the_start(given):
    issuer, client_id, secret = given
    with pytest.raises(ImproperlyConfigured):
        openid_provider(issuer, "Name", client_id, secret)
